// What a proxy answers to clients that speak badly, or not at all.
import { assertEquals, assertMatch } from "@std/assert";
import type { TCPAddr } from "../../mod.ts";
import { bytes, readAll, readExactly, scenario, SERVER, text, writeAll } from "../scenarios/hosts.ts";
import { NAME, site } from "./site.ts";

/** Says this, then nothing more, and reads until the proxy ends. */
async function say(addr: TCPAddr, greeting: Uint8Array): Promise<Uint8Array> {
  using conn = await Deno.connect(addr);
  await writeAll(conn, greeting);
  await conn.closeWrite();
  return await readAll(conn);
}

const [HELLO, WELCOME] = [[5, 1, 0], [5, 0]];
const NAME_BYTES = [NAME.length, ...bytes(NAME)];

function refusal(code: number): number[] {
  return [5, code, 0, 1, 0, 0, 0, 0, 0, 0];
}

const SOCKS: [string, number[], number[]][] = [
  ["no method that it knows", [5, 2, 1, 2], [5, 0xff]],
  ["no method at all", [5, 0], [5, 0xff]],
  ["BIND", [...HELLO, 5, 2, 0, 1, 10, 0, 0, 1, 0, 80], [...WELCOME, ...refusal(7)]],
  ["UDP ASSOCIATE", [...HELLO, 5, 3, 0, 1, 10, 0, 0, 1, 0, 80], [...WELCOME, ...refusal(7)]],
  ["an unknown type of address", [...HELLO, 5, 1, 0, 2, 10, 0, 0, 1, 0, 80], [...WELCOME, ...refusal(8)]],
  ["another version in the request", [...HELLO, 4, 1, 0, 1, 10, 0, 0, 1, 0, 80], [...WELCOME, ...refusal(1)]],
  ["port 0", [...HELLO, 5, 1, 0, 1, 10, 0, 0, 1, 0, 0], [...WELCOME, ...refusal(1)]],
  ["an empty name", [...HELLO, 5, 1, 0, 3, 0, 0, 80], [...WELCOME, ...refusal(1)]],
  ["a name that nobody has", [...HELLO, 5, 1, 0, 3, 1, 120, 0, 80], [...WELCOME, ...refusal(4)]],
  ["a name that is no text", [...HELLO, 5, 1, 0, 3, 2, 0xff, 0, 0, 80], [...WELCOME, ...refusal(4)]],
  ["a port that nobody listens on", [...HELLO, 5, 1, 0, 3, ...NAME_BYTES, 0, 81], [...WELCOME, ...refusal(5)]],
  ["the wildcard, which is the stack itself", [...HELLO, 5, 1, 0, 4, ...new Uint8Array(16), 0, 80], [
    ...WELCOME,
    ...refusal(5),
  ]],
  ["the end in the middle of the methods", [5, 3, 0], []],
  ["the end in the middle of the request", [...HELLO, 5, 1, 0, 3, 9], WELCOME],
];

scenario("SOCKS5: each bad request has its reply", async () => {
  await using web = await site("inline");
  for (const [what, greeting, answer] of SOCKS) {
    assertEquals([what, ...await say(web.proxy, Uint8Array.from(greeting))], [what, ...answer]);
  }
});

scenario("SOCKS5: a reply names the address on this side, and what came early is not lost", async () => {
  await using web = await site("inline");
  const request = bytes(`GET /bytes?1 HTTP/1.1\r\nHost: ${NAME}\r\nConnection: close\r\n\r\n`);
  using conn = await Deno.connect(web.proxy);
  await writeAll(conn, Uint8Array.from([...HELLO, 5, 1, 0, 1, 10, 0, 0, 1, 0, 80, ...request]));
  const [version, succeeded, , type, ...rest] = (await readExactly(conn, 12)).subarray(2);
  assertEquals([version, succeeded, type, ...rest.slice(0, 4)], [5, 0, 1, 10, 0, 0, 2]);
  assertEquals(text(await readAll(conn)).endsWith("\r\n\r\na"), true);
});

const LONG = "x".repeat(20_000);

const HTTP: [string, string, RegExp][] = [
  ["garbage", "\x04\x01\x00\x50 garbage\r\n\r\n", /^HTTP\/1\.1 400 Bad Request\r\n/],
  ["an empty head", "\r\n\r\n", /^HTTP\/1\.1 400 /],
  ["TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", /^HTTP\/1\.1 400 /],
  ["another version", `GET http://${NAME}/ HTTP/2.0\r\n\r\n`, /^HTTP\/1\.1 400 /],
  ["a field that is none", `GET http://${NAME}/ HTTP/1.1\r\nHost\r\n\r\n`, /^HTTP\/1\.1 400 /],
  ["a folded field", `GET http://${NAME}/ HTTP/1.1\r\nHost: x\r\n y\r\n\r\n`, /^HTTP\/1\.1 400 /],
  ["a request as to a server", `GET / HTTP/1.1\r\nHost: ${NAME}\r\n\r\n`, /^HTTP\/1\.1 400 [^]*This is a proxy/],
  ["a URL that a proxy cannot go to", "GET https://x/ HTTP/1.1\r\n\r\n", /^HTTP\/1\.1 400 /],
  ["CONNECT without a port", `CONNECT ${NAME} HTTP/1.1\r\n\r\n`, /^HTTP\/1\.1 400 /],
  ["CONNECT to port 0", `CONNECT ${NAME}:0 HTTP/1.1\r\n\r\n`, /^HTTP\/1\.1 400 /],
  ["CONNECT to port 65536", `CONNECT ${NAME}:65536 HTTP/1.1\r\n\r\n`, /^HTTP\/1\.1 400 /],
  [
    "CONNECT to a name that nobody has",
    "CONNECT other:80 HTTP/1.1\r\n\r\n",
    /^HTTP\/1\.1 502 Bad Gateway\r\n[^]*"other"/,
  ],
  ["CONNECT to a port that nobody listens on", `CONNECT ${NAME}:81 HTTP/1.1\r\n\r\n`, /^HTTP\/1\.1 502 [^]*refused/],
  ["a head that is too long", `GET http://${NAME}/ HTTP/1.1\r\nX: ${LONG}\r\n\r\n`, /^HTTP\/1\.1 431 /],
  ["a head without an end", `GET http://${NAME}/${LONG}`, /^HTTP\/1\.1 431 /],
  ["the end in the middle of the head", `GET http://${NAME}/ HTTP/1.1\r\n`, /^$/],
];

scenario("HTTP: each bad request has its status", async () => {
  await using web = await site("inline");
  for (const [what, greeting, answer] of HTTP) {
    const said = Uint8Array.from(greeting, (char) => char.charCodeAt(0));
    assertMatch(text(await say(web.proxy, said)), answer, what);
  }
});

scenario("HTTP: what is between client and proxy stays there", async () => {
  await using web = await site("inline");
  const head = [
    `GET HTTP://user:secret@${NAME}?a=b HTTP/1.1`,
    "Host: other.example",
    "Connection: keep-alive, X-Hop",
    "X-Hop: 1",
    "X-End: 2",
    "Proxy-Authorization: Basic eDp5",
    "Keep-Alive: timeout=5",
  ];
  const answer = text(await say(web.proxy, bytes(`${head.join("\r\n")}\r\n\r\n`)));
  const { url, headers } = JSON.parse(answer.slice(answer.indexOf("\r\n\r\n")));
  assertEquals(url, `http://${NAME}/?a=b`);
  assertEquals(headers, { host: NAME, "x-end": "2", connection: "close" });
});

scenario("HTTP: a tunnel carries what came with its request", async () => {
  await using web = await site("inline");
  const request = `GET /bytes?1 HTTP/1.1\r\nHost: ${NAME}\r\nConnection: close\r\n\r\n`;
  const answer = await say(web.proxy, bytes(`CONNECT ${SERVER}:80 HTTP/1.1\r\nHost: x\r\n\r\n${request}`));
  assertMatch(text(answer), /^HTTP\/1\.1 200 [^\r]*\r\n\r\nHTTP\/1\.1 200 OK\r\n[^]*\r\n\r\na$/);
});

scenario("a client that never finishes its greeting is ended, in the middle of whatever it is", async () => {
  await using web = await site("inline", { timeout: 1000 });
  const requests = [
    Uint8Array.from([...HELLO, 5, 1, 0, 1, 10, 0, 0, 1, 0]),
    bytes("GET http://x/ HTTP/1.1\r\nX: y\r\n"),
  ];
  await Promise.all(requests.flatMap((request) =>
    Array.from(request, async (_, length) => {
      using conn = await Deno.connect(web.proxy);
      await writeAll(conn, request.subarray(0, length));
      const answer = await readAll(conn);
      assertEquals([...answer], request[0] === 5 && length >= HELLO.length ? WELCOME : []);
    })
  ));
});

scenario("a client that is refused while it is still sending gets its answer", async () => {
  await using web = await site("inline");
  using conn = await Deno.connect(web.proxy);
  const sending = (async () => {
    await writeAll(conn, bytes("garbage\r\n\r\n"));
    await writeAll(conn, new Uint8Array(8_000_000));
    await conn.closeWrite();
  })();
  assertMatch(text(await readAll(conn)), /^HTTP\/1\.1 400 [^]*\n$/);
  await sending;
});

scenario("a client that was refused and does not go away is ended too", async () => {
  await using web = await site("inline", { timeout: 50 });
  using conn = await Deno.connect(web.proxy);
  await writeAll(conn, bytes("garbage\r\n\r\n"));
  assertMatch(text(await readAll(conn)), /^HTTP\/1\.1 400 /);
  // The proxy's end is only half of it: it would read on, for as long as the client writes.
  const ended = (async () => {
    for (;;) await conn.write(new Uint8Array(1000));
  })();
  const error = await ended.catch((error: unknown) => error);
  assertMatch(String(error), /BrokenPipe|ConnectionReset/);
});
