// Programs that know nothing of the simulated internet, and get into it through a proxy.
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { Internet, proxy } from "../../mod.ts";
import {
  bytes,
  CLIENT,
  eachIsolation,
  Network,
  readAll,
  scenario,
  SERVER,
  text,
  writeAll,
} from "../scenarios/hosts.ts";
import { socketFolder } from "./crossings.ts";
import { clientThrough, curl, NAME, type Seen, site } from "./site.ts";

const MISSING: [host: string, status: number, reason: string][] = [
  ["other.example", 502, 'Cannot look up host "other.example"'],
  [`${NAME}:81`, 502, `Cannot dial "${SERVER}:81": Connection refused`],
  ["10.9.9.9", 504, 'Cannot dial "10.9.9.9:80": Connection timed out'],
];

// To 10.9.9.9:80, where nobody is.
const SOCKS = Uint8Array.of(5, 1, 0, 5, 1, 0, 1, 10, 9, 9, 9, 0, 80);
const CONNECT = bytes("CONNECT 10.9.9.9:80 HTTP/1.1\r\n\r\n");

for (const transport of ["socks5", "http"] as const) {
  eachIsolation(`fetch through ${transport} reaches a name and an address`, async (isolation) => {
    await using web = await site(isolation);
    using client = clientThrough(web.proxy, transport);
    for (const host of [NAME, SERVER]) {
      const response = await fetch(`http://${host}/path?query`, { client, method: "POST", body: "content" });
      const { method, url, body, headers }: Seen = await response.json();
      assertEquals({ method, url, body }, { method: "POST", url: `http://${host}/path?query`, body: "content" });
      assertEquals([headers["host"], headers["proxy-connection"]], [host, undefined]);
    }
  });

  scenario(`fetch through ${transport} downloads megabytes, and leaves one half-way`, async () => {
    await using web = await site("inline");
    using client = clientThrough(web.proxy, transport);
    const whole = await (await fetch(`http://${NAME}/bytes?4000000`, { client })).bytes();
    assertEquals([whole.length, whole.every((byte) => byte === 97)], [4_000_000, true]);
    const half = await fetch(`http://${NAME}/bytes?40000000`, { client });
    await half.body!.cancel();
    await (await fetch(`http://${NAME}/`, { client })).text();
  });

  scenario(`fetch through ${transport} fails for what the internet does not have`, async () => {
    await using web = await site("inline", { timeout: 100 });
    using client = clientThrough(web.proxy, transport);
    for (const [host, status, reason] of MISSING) {
      const url = `http://${host}/`;
      if (transport === "socks5") {
        await assertRejects(() => fetch(url, { client }), TypeError);
        continue;
      }
      const response = await fetch(url, { client });
      assertEquals([host, response.status], [host, status]);
      assertStringIncludes(await response.text(), reason);
    }
  });

  scenario(`a WebSocket through ${transport}`, async () => {
    await using web = await site("inline");
    using client = clientThrough(web.proxy, transport);
    const socket = new WebSocket(`ws://${NAME}/socket`, { client });
    await event(socket, "open");
    socket.send("there and back");
    assertEquals((await event<MessageEvent>(socket, "message")).data, "there and back");
    socket.close();
    await event(socket, "close");
  });
}

function event<E extends Event>(target: EventTarget, type: string): Promise<E> {
  return new Promise((resolve, reject) => {
    target.addEventListener(type, (event) => resolve(event as E), { once: true });
    target.addEventListener("error", (event) => reject((event as ErrorEvent).error ?? event), { once: true });
  });
}

scenario("curl through SOCKS5, through HTTP, and through a tunnel", async () => {
  await using web = await site("inline");
  const { port } = web.proxy;
  for (
    const through of [
      ["--socks5-hostname", `127.0.0.1:${port}`],
      ["--socks5", `127.0.0.1:${port}`],
      ["--proxy", `http://127.0.0.1:${port}`],
      ["--proxy", `http://127.0.0.1:${port}`, "--proxytunnel"],
    ]
  ) {
    const host = through[0] === "--socks5" ? SERVER : NAME; // which looks names up by itself
    const run = await curl(...through, "--data", "content", `http://${host}/a?b`, `http://${host}/c`);
    if (!run) return;
    assertEquals([run.code, run.stderr], [0, ""], through.join(" "));
    const seen: Seen[] = JSON.parse(`[${run.stdout.replace("}{", "},{")}]`);
    assertEquals(seen.map(({ url, body }) => `${url} ${body}`), [
      `http://${host}/a?b content`,
      `http://${host}/c content`,
    ]);
  }
});

scenario("curl through a proxy on a Unix socket", async () => {
  await using folder = await socketFolder();
  await using web = await site("inline");
  await using _gateway = await proxy(web.net.client, { listen: { path: folder.path }, hosts: { [NAME]: SERVER } });
  const run = await curl("--proxy", `socks5h://localhost${folder.path}`, `http://${NAME}/bytes?3`);
  if (run) assertEquals([run.code, run.stdout, run.stderr], [0, "aaa", ""]);
});

scenario("curl hears why it cannot go on", async () => {
  await using web = await site("inline", { timeout: 100 });
  const { port } = web.proxy;
  const replies = { "other.example": 4, [`${NAME}:81`]: 5, "10.9.9.9": 4 };
  for (const [host, reply] of Object.entries(replies)) {
    const run = await curl("--socks5-hostname", `127.0.0.1:${port}`, `http://${host}/`);
    if (!run) return;
    assertEquals(run.code, 97);
    assertStringIncludes(run.stderr, `(${reply})`, host);
  }
});

for (const [how, greeting] of [["SOCKS5", SOCKS], ["CONNECT", CONNECT]] as const) {
  scenario(`a proxy whose stack closes while it dials for ${how} closes, though its client stays`, async () => {
    await using internet = new Internet({ isolation: "inline" });
    const stack = await internet.newStack({ addresses: [CLIENT] });
    const gateway = await proxy(stack);
    using conn = await Deno.connect(gateway.addr);
    await writeAll(conn, greeting);
    // The SYN is in flight, so the gateway dials.
    for await (const _ of internet.inFlight()) break;
    await internet.close();
    await gateway.close();
  });
}

scenario("nothing goes to the machine's own network", async () => {
  using real = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using web = await site("inline");
  using client = clientThrough(web.proxy, "http");
  for (const host of ["localhost", "127.0.0.1", "[::1]", "0.0.0.0"]) {
    const response = await fetch(`http://${host}:${real.addr.port}/`, { client });
    assertEquals([host, response.status], [host, 502]);
    await response.body?.cancel();
  }
  // The stack's own loopback is another matter.
  using own = web.net.client.listenTCP("127.0.0.1:8080");
  const asking = fetch("http://localhost:8080/", { client });
  using conn = await own.accept();
  await writeAll(conn, bytes("HTTP/1.1 204 No Content\r\n\r\n"));
  assertEquals((await asking).status, 204);
});

scenario("a thousand clients at once", async () => {
  await using web = await site("inline");
  const request = bytes(`GET http://${NAME}/bytes?2 HTTP/1.1\r\nHost: ${NAME}\r\n\r\n`);
  await Promise.all(Array.from({ length: 1000 }, async () => {
    using conn = await Deno.connect(web.proxy);
    await writeAll(conn, request);
    assertEquals(text(await readAll(conn)).endsWith("\r\n\r\naa"), true);
  }));
});

scenario("options that make no sense are refused", async () => {
  await using net = await Network.create("inline");
  for (const address of ["localhost", "10.0.0.256", "10.0.0.1:80", ""]) {
    await assertRejects(() => proxy(net.client, { hosts: { web: address } }), TypeError, JSON.stringify(address));
  }
  for (const timeout of [0, -1, NaN, Infinity]) {
    await assertRejects(() => proxy(net.client, { timeout }), RangeError, `${timeout}`);
  }
});
