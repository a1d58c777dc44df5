// How a server ends: in an orderly way, at once, or with its stack.
import { assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { identity } from "../../examples/helpers/certificate.ts";
import { Internet, serveHttp } from "../../mod.ts";
import {
  bytes,
  eachIsolation,
  Network,
  readAll,
  readExactly,
  scenario,
  SERVER,
  text,
  writeAll,
} from "../scenarios/hosts.ts";
import { eachServer, eachSimulated, readUntil, say } from "./servers.ts";

const REQUEST = bytes("GET / HTTP/1.1\r\nHost: x\r\n\r\n");

eachServer("shutdown answers what was asked, and closes what is idle", async (serve) => {
  const asked = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  let requests = 0;
  await using served = await serve(async () => {
    if (++requests === 1) return new Response("quick");
    asked.resolve();
    await gate.promise;
    return new Response("slow");
  });
  using idle = await served.dial();
  await writeAll(idle, REQUEST);
  await readUntil(idle, "quick");
  using busy = await served.dial();
  await writeAll(busy, REQUEST);
  await asked.promise;

  let isShut = false;
  const shutdown = served.server.shutdown().then(() => isShut = true);
  assertEquals(await idle.read(new Uint8Array(1)), null);
  assertEquals(isShut, false);
  gate.resolve();
  assertMatch(text(await readAll(busy)), /^HTTP\/1.1 200 OK\r\n[^]*slow$/);
  await shutdown;
  await served.server.finished;
  await assertRejects(() => served.dial(), Deno.errors.ConnectionRefused);
  await served.server.shutdown();
});

eachServer("an abort ends everything at once", async (serve) => {
  const asked = Promise.withResolvers<Request>();
  const controller = new AbortController();
  await using served = await serve((request) => {
    asked.resolve(request);
    return new Promise(() => {});
  }, { signal: controller.signal });
  using busy = await served.dial();
  await writeAll(busy, REQUEST);
  const { signal } = await asked.promise;
  const aborted = new Promise((resolve) => signal.addEventListener("abort", resolve));
  controller.abort();
  await served.server.finished;
  assertEquals(await busy.read(new Uint8Array(1)), null);
  await aborted;
});

eachSimulated("a server whose signal aborted before serves nobody", async (serve) => {
  await using served = await serve(() => new Response(), { signal: AbortSignal.abort() });
  await served.server.finished;
});

eachServer("onListen is told the address", async (serve) => {
  let heard: Deno.NetAddr | undefined;
  await using served = await serve(() => new Response(), { onListen: (addr) => heard = addr });
  assertEquals({ ...heard! }, { ...served.server.addr });
});

eachServer("shutdown at once, before anybody came", async (serve) => {
  await using served = await serve(() => new Response());
  served.server.unref();
  served.server.ref();
  await served.server.shutdown();
});

eachSimulated("a client that connected and said nothing does not hold shutdown up", async (serve) => {
  await using served = await serve(() => new Response("served"));
  // Once the second is served, the first has been accepted.
  using silent = await served.dial();
  using half = await served.dial();
  await writeAll(half, bytes("GET / HTTP/1.1\r\nHost"));
  await say(served, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  await served.server.shutdown();
  assertEquals(await silent.read(new Uint8Array(1)), null);
});

eachIsolation("a server ends with its stack", async (isolation) => {
  await using net = await Network.create(isolation);
  const server = serveHttp(net.server.listenTCP(`${SERVER}:80`), () => new Promise(() => {}));
  using conn = await net.client.dialTCP(`${SERVER}:80`);
  await writeAll(conn, REQUEST);
  await net.server.close();
  await server.finished;
  await server.shutdown();
});

eachIsolation("a server ends when somebody else closes its listener", async (isolation) => {
  await using net = await Network.create(isolation);
  const listener = net.server.listenTCP(`${SERVER}:80`);
  const server = serveHttp(listener, () => new Response());
  listener.close();
  await server.finished;
});

eachSimulated("what arrives before the server is ready waits for it", async (serve) => {
  await using served = await serve(() => new Response("patience"));
  using conn = await served.dial();
  await writeAll(conn, REQUEST);
  assertEquals(text(await readExactly(conn, 15)), "HTTP/1.1 200 OK");
});

scenario("a thousand clients at once", async () => {
  await using internet = new Internet({ isolation: "inline" });
  void internet.route();
  const host = await internet.newStack(1500, "10.0.0.1");
  const client = await internet.newStack(1500, "10.0.0.2");
  await using _server = serveHttp(host.listenTCP("10.0.0.1:80"), async (request) => {
    return new Response(`Hello, ${await request.text()}`);
  });
  await Promise.all(Array.from({ length: 1000 }, async (_, i) => {
    using conn = await client.dialTCP("10.0.0.1:80");
    const body = `client ${i}`;
    await writeAll(conn, bytes(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`));
    await readUntil(conn, `Hello, ${body}`);
  }));
});

const CERTIFICATES: [what: string, cert: string, key: string, message: string][] = [
  ["none", "no certificate", identity("x").key, "must be a certificate and its key"],
  ["without a key", identity("x").cert, "no key", "must be a certificate and its key"],
  ["of another key", identity("x").cert, identity("x").key, "not that of the certificate"],
];

for (const [what, cert, key, message] of CERTIFICATES) {
  scenario(`a certificate that is ${what} ends the server, which says so`, async () => {
    await using net = await Network.create("inline");
    const server = serveHttp({ listener: net.server.listenTCP(`${SERVER}:443`), cert, key }, () => new Response());
    await assertRejects(() => server.finished, TypeError, message);
    await assertRejects(() => net.client.dialTCP(`${SERVER}:443`), Deno.errors.ConnectionRefused);
  });
}

scenario("arguments that make no server are refused", async () => {
  await using net = await Network.create("inline");
  using listener = net.server.listenTCP(`${SERVER}:80`);
  const handler = () => new Response();
  assertThrows(() => serveHttp(undefined as never, handler), TypeError, "listener must be a TCPListener");
  assertThrows(() => serveHttp({} as never, handler), TypeError, "listener must be a TCPListener");
  assertThrows(() => serveHttp(listener, undefined as never), TypeError, "handler must be a function");
  assertThrows(() => serveHttp({ listener, cert: "x" }, handler), TypeError, "cert and key belong together");
});
