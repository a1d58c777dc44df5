// What a handler and a client see, of Deno's own server and of the simulated one alike.
import { assertEquals, assertMatch } from "@std/assert";
import { joined } from "../../adapters/joined.ts";
import { bytes, readAll, text, writeAll } from "../scenarios/hosts.ts";
import { eachServer, eachSimulated, type Handler, parse, readUntil, say } from "./servers.ts";

const CLOSE = "Host: example\r\nConnection: close\r\n\r\n";

const echo: Handler = async (request) => {
  const { method, url } = request;
  const [a, b] = [request.headers.get("x-a"), request.headers.get("x-b")];
  return Response.json({ method, url, a, b, body: await request.text() });
};

const REQUESTS: [request: string, seen: object][] = [
  [`GET / HTTP/1.1\r\n${CLOSE}`, { method: "GET", url: "http://example/" }],
  [`GET /a%20b?c=d&e HTTP/1.1\r\n${CLOSE}`, { method: "GET", url: "http://example/a%20b?c=d&e" }],
  [`GET //other/path HTTP/1.1\r\n${CLOSE}`, { method: "GET", url: "http://example//other/path" }],
  [`GET http://other:81/a HTTP/1.1\r\n${CLOSE}`, { method: "GET", url: "http://other:81/a" }],
  [`OPTIONS * HTTP/1.1\r\n${CLOSE}`, { method: "OPTIONS", url: "http://example/*" }],
  [`DELETE /a HTTP/1.1\r\n${CLOSE}`, { method: "DELETE", url: "http://example/a" }],
  [`GET / HTTP/1.1\r\nX-A: 1\r\nx-a: 2\r\nX-B:\r\n${CLOSE}`, {
    method: "GET",
    url: "http://example/",
    a: "1, 2",
    b: "",
  }],
  [`POST / HTTP/1.1\r\nContent-Length: 4\r\n${CLOSE}text`, { method: "POST", url: "http://example/", body: "text" }],
  [`POST / HTTP/1.1\r\nContent-Length: 0\r\n${CLOSE}`, { method: "POST", url: "http://example/" }],
  [`PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n${CLOSE}3\r\ntex\r\n1\r\nt\r\n0\r\n\r\n`, {
    method: "PUT",
    url: "http://example/",
    body: "text",
  }],
];

eachServer("each form of a request is what the handler gets", async (serve) => {
  await using served = await serve(echo);
  for (const [request, seen] of REQUESTS) {
    const { status, body } = parse(await say(served, request));
    assertEquals([request, status], [request, "HTTP/1.1 200 OK"]);
    assertEquals(JSON.parse(body), { a: null, b: null, body: "", ...seen });
  }
});

eachServer("responses have status, headers and length", async (serve) => {
  await using served = await serve((request) => {
    switch (new URL(request.url).pathname) {
      case "/cookies":
        return new Response(null, {
          status: 201,
          headers: [["set-cookie", "a=b"], ["set-cookie", "c=d"], ["x-y", "z"]],
        });
      case "/empty":
        return new Response(null, { status: 204 });
      case "/redirect":
        return Response.redirect("http://example/there", 307);
      default:
        return new Response("hello");
    }
  });
  const cookies = parse(await say(served, `GET /cookies HTTP/1.1\r\n${CLOSE}`));
  assertEquals([cookies.status, cookies.headers.getSetCookie()], ["HTTP/1.1 201 Created", ["a=b", "c=d"]]);
  assertEquals(cookies.headers.get("x-y"), "z");
  const empty = parse(await say(served, `GET /empty HTTP/1.1\r\n${CLOSE}`));
  assertEquals([empty.status, empty.body], ["HTTP/1.1 204 No Content", ""]);
  const redirect = parse(await say(served, `GET /redirect HTTP/1.1\r\n${CLOSE}`));
  assertEquals([redirect.status, redirect.headers.get("location")], [
    "HTTP/1.1 307 Temporary Redirect",
    "http://example/there",
  ]);
  for (const method of ["GET", "HEAD"]) {
    const { headers, body } = parse(await say(served, `${method} / HTTP/1.1\r\n${CLOSE}`));
    assertEquals([method, headers.get("content-type")], [method, "text/plain;charset=UTF-8"]);
    assertEquals([method, headers.get("content-length"), body], [method, "5", method === "HEAD" ? "" : "hello"]);
  }
});

eachServer("HEAD is answered without waiting for the body, which is cancelled", async (serve) => {
  for (const start of [undefined, "some"]) {
    const cancelled = Promise.withResolvers<void>();
    await using served = await serve(() => {
      const body = new ReadableStream({
        start: (controller) => start && controller.enqueue(bytes(start)),
        cancel: () => cancelled.resolve(),
      });
      return new Response(body, { headers: { "x-head": "yes" } });
    });
    using conn = await served.dial();
    await writeAll(conn, bytes("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n"));
    const { status, headers } = parse(await readUntil(conn, "\r\n\r\n"));
    assertEquals([status, headers.get("x-head")], ["HTTP/1.1 200 OK", "yes"]);
    await cancelled.promise;
    // What came was the whole response.
    await writeAll(conn, bytes(`HEAD / HTTP/1.1\r\n${CLOSE}`));
    assertMatch(text(await readAll(conn)), /^HTTP\/1.1 200 OK\r\n/);
  }
});

eachServer("a request has one field of cookies, and one host, which may be empty", async (serve) => {
  await using served = await serve(({ url, headers }) => Response.json([headers.get("cookie"), new URL(url).pathname]));
  const cookies = await say(served, `GET /a HTTP/1.1\r\nCookie: a=b\r\nX: y\r\ncookie: c=d\r\n${CLOSE}`);
  assertEquals(JSON.parse(parse(cookies).body), ["a=b; c=d", "/a"]);
  const hostless = await say(served, "GET /a HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n");
  assertEquals(JSON.parse(parse(hostless).body), [null, "/a"]);
  assertMatch(await say(served, `GET / HTTP/1.1\r\nHost: other\r\n${CLOSE}`), /^HTTP\/1\.1 400 /);
});

eachServer("a length that a handler gives and that is wrong harms no later response", async (serve) => {
  const length = (n: number, body: BodyInit | null) => new Response(body, { headers: { "content-length": `${n}` } });
  await using served = await serve((request) => {
    switch (new URL(request.url).pathname) {
      case "/short":
        return length(3, "hello");
      case "/long":
        return length(10, "hello");
      case "/none":
        return length(10, null);
      default:
        return new Response("next");
    }
  });
  const ask = (path: string, method = "GET") => {
    return say(served, `${method} ${path} HTTP/1.1\r\nHost: x\r\n\r\nGET /next HTTP/1.1\r\n${CLOSE}`);
  };
  for (const [path, body] of [["/short", "hello"], ["/long", "hello"], ["/none", ""]]) {
    const first = parse(await ask(path));
    assertEquals([path, first.headers.get("content-length")], [path, `${body.length}`]);
    assertEquals([path, first.body.slice(0, body.length + 9)], [path, `${body}HTTP/1.1 `]);
    assertMatch(first.body, /\r\n\r\nnext$/);
  }
  // Where no body is sent, only the handler knows its length.
  assertEquals(parse(await ask("/none", "HEAD")).headers.get("content-length"), "10");
  assertEquals(parse(await ask("/next", "HEAD")).headers.get("content-length"), "4");
});

eachServer("fields of a response that are about how it is sent do not keep it from being sent", async (serve) => {
  await using served = await serve((request) => {
    const [, name, value] = new URL(request.url).pathname.split("/");
    return new Response("hello", { headers: { [name]: value } });
  });
  for (const field of ["trailer/x", "transfer-encoding/chunked", "upgrade/h2c", "keep-alive/timeout=5"]) {
    const { status, body } = parse(await say(served, `GET /${field} HTTP/1.1\r\n${CLOSE}`));
    assertEquals([field, status], [field, "HTTP/1.1 200 OK"]);
    assertMatch(body, /^(5\r\nhello\r\n0\r\n\r\n|hello)$/, field);
  }
});

eachSimulated("a stream that gives more or less than its length ends the connection", async (serve) => {
  const errors: unknown[] = [];
  await using served = await serve(
    (request) => {
      const headers = { "content-length": new URL(request.url).pathname.slice(1) };
      return new Response(ReadableStream.from([bytes("abc"), bytes("def")]), { headers });
    },
    { onError: (error) => (errors.push(Reflect.get(error as Error, "code")), new Response()) },
  );
  const ask = (length: number) => say(served, `GET /${length} HTTP/1.1\r\nHost: x\r\n\r\nGET /6 HTTP/1.1\r\n${CLOSE}`);
  assertEquals([parse(await ask(4)).body, parse(await ask(8)).body], ["abc", "abcdef"]);
  assertMatch(parse(await ask(6)).body, /^abcdefHTTP[^]*abcdef$/);
  assertEquals(errors, ["ERR_HTTP_CONTENT_LENGTH_MISMATCH", "ERR_HTTP_CONTENT_LENGTH_MISMATCH"]);
});

eachServer("requests on one connection are answered in order, however they come", async (serve) => {
  await using served = await serve(async (request) => {
    const { pathname } = new URL(request.url);
    // The first of two takes longer.
    if (pathname === "/1") await new Promise((resolve) => setTimeout(resolve, 5));
    return new Response(`answer ${pathname}${await request.text()}`);
  });
  using conn = await served.dial();
  await writeAll(
    conn,
    bytes("POST /1 HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\naGET /2 HTTP/1.1\r\nHost: x\r\n\r\n"),
  );
  assertMatch(await readUntil(conn, "answer /1a"), /^HTTP\/1.1 200 OK\r\n/);
  assertMatch(await readUntil(conn, "answer /2"), /^HTTP\/1.1 200 OK\r\n/);
  await writeAll(conn, bytes(`GET /3 HTTP/1.1\r\n${CLOSE}`));
  assertMatch(text(await readAll(conn)), /^HTTP\/1.1 200 OK\r\n[^]*answer \/3$/);
});

eachServer("HTTP/1.0 is answered, and its connection closed", async (serve) => {
  await using served = await serve(() => new Response("old"));
  assertMatch(await say(served, "GET / HTTP/1.0\r\n\r\n"), /^HTTP\/1\.[01] 200 OK\r\n[^]*\r\n\r\nold$/);
});

eachServer("a client that waits before it sends its body is told to go on", async (serve) => {
  await using served = await serve(async (request) => new Response(`got ${await request.text()}`));
  using conn = await served.dial();
  await writeAll(conn, bytes(`POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n${CLOSE}`));
  assertEquals(await readUntil(conn, "\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  await writeAll(conn, bytes("abc"));
  assertEquals(parse(text(await readAll(conn))).body, "got abc");
});

eachServer("a body whose pieces come at once is what was sent, and a reader may keep each piece", async (serve) => {
  await using served = await serve(async (request) => {
    const pieces = await Array.fromAsync(request.body!);
    return Response.json([...text(joined(pieces))].join(" "));
  });
  const chunks = ["1\r\na\r\n", "2\r\nbc\r\n", "3\r\ndef\r\n", "0\r\n\r\n"].join("");
  const answer = await say(served, `POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n${CLOSE}${chunks}`);
  assertEquals(JSON.parse(parse(answer).body), "a b c d e f");
});

eachServer("a handler sees who asks, and may be slow", async (serve) => {
  await using served = await serve(async (_request, { remoteAddr, completed }) => {
    completed.catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 5));
    return Response.json({ ...remoteAddr });
  });
  using conn = await served.dial();
  await writeAll(conn, bytes(`GET / HTTP/1.1\r\n${CLOSE}`));
  assertEquals(JSON.parse(parse(text(await readAll(conn))).body), { ...conn.localAddr });
});

eachServer("what is no HTTP is answered with 400, and the connection closed", async (serve) => {
  await using served = await serve(() => new Response("never"));
  for (
    const garbage of ["garbage\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n"]
  ) {
    assertMatch(await say(served, garbage), /^(HTTP\/1\.1 400 Bad Request\r\n[^]*)?$/, JSON.stringify(garbage));
  }
  assertMatch(await say(served, "garbage\r\n\r\n"), /^HTTP\/1\.1 400 /);
});

eachSimulated("a head that is too long is refused", async (serve) => {
  await using served = await serve(() => new Response("never"));
  const answer = await say(served, `GET / HTTP/1.1\r\nX: ${"x".repeat(20_000)}\r\n\r\n`);
  assertMatch(answer, /^HTTP\/1\.1 431 Request Header Fields Too Large\r\n/);
});

eachSimulated("a request that has no web form is refused", async (serve) => {
  await using served = await serve(() => new Response("never"));
  for (const request of ["TRACE / HTTP/1.1\r\nHost: x\r\n\r\n", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"]) {
    assertMatch(await say(served, request), /^HTTP\/1\.1 400 /, request);
  }
  assertEquals(await say(served, "CONNECT x:80 HTTP/1.1\r\nHost: x:80\r\n\r\n"), "");
});

eachSimulated(
  "garbage in the middle of a response ends the connection, and is not put into the response",
  async (serve) => {
    const gate = Promise.withResolvers<void>();
    await using served = await serve(async (request) => {
      request.signal.addEventListener("abort", () => gate.resolve());
      await gate.promise;
      return new Response("late");
    });
    assertEquals(await say(served, "GET / HTTP/1.1\r\nHost: x\r\n\r\ngarbage\r\n\r\n"), "");
  },
);
