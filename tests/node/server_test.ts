// What servers of Node's net do, by themselves and over stacks.
import { assertEquals } from "@std/assert";
import { once } from "node:events";
import type net from "node:net";
import { textOf } from "./data.ts";
import { closed, codeOf, connected, eachNet, eachNodeNet, eventsOf, listening } from "./nets.ts";

eachNet("a server counts its connections, and closes when they have", async ({ server: there, client: here, host }) => {
  const server = there.createServer();
  assertEquals([server.listening, server.address()], [false, null]);
  const events = eventsOf(server, "listening", "close");
  const port = await listening(server, host);
  assertEquals([server.listening, server.address()], [true, { address: host, family: "IPv4", port }]);
  const { promise: both, resolve: served } = Promise.withResolvers<void>();
  server.once("connection", () => server.once("connection", () => served()));
  const clients = [here.connect(port, host), here.connect(port, host)];
  await both;
  assertEquals(await connections(server), 2);
  const { promise, resolve } = Promise.withResolvers<unknown>();
  server.close(resolve);
  assertEquals([server.listening, server.address()], [false, null]);
  assertEquals(events, ["listening"]);
  for (const client of clients) client.end();
  assertEquals(await promise, undefined);
  assertEquals(events, ["listening", "close"]);
  assertEquals(await connections(server), 0);
  await closed(...clients);
  const [error] = await new Promise<unknown[]>((resolve) => server.close((...args) => resolve(args)));
  assertEquals(Reflect.get(error as Error, "code"), "ERR_SERVER_NOT_RUNNING");
});

function connections(server: net.Server): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.getConnections((error, count) => error ? reject(error) : resolve(count));
  return promise;
}

eachNet("a server listens again, and not twice at once", async ({ server: there, client: here, host }) => {
  const server = there.createServer((socket) => socket.end("Hello"));
  const port = await listening(server, host);
  assertEquals(codeOf(() => server.listen(0, host)), "ERR_SERVER_ALREADY_LISTEN");
  server.close();
  await once(server, "close");
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen({ port, host }, resolve);
  await promise;
  assertEquals(await textOf(here.connect(port, host)), "Hello");
  server.close();
  await once(server, "close");
});

eachNet("a port that is taken", async ({ server: there, host }) => {
  const server = there.createServer();
  const port = await listening(server, host);
  const second = there.createServer();
  second.listen(port, host);
  const [error] = await once(second, "error") as [NodeJS.ErrnoException & { address: string; port: number }];
  assertEquals([error.code, error.syscall, error.address, error.port], ["EADDRINUSE", "listen", host, port]);
  assertEquals(second.listening, false);
  server.close();
});

// Deno's own says EINVAL.
eachNodeNet("an address of somebody else", async ({ server: there }) => {
  const server = there.createServer().listen(0, "192.0.2.77");
  const [error] = await once(server, "error") as [NodeJS.ErrnoException];
  assertEquals([error.code, error.syscall], ["EADDRNOTAVAIL", "listen"]);
});

// Deno's own does not emit "drop".
eachNodeNet("more connections than a server takes are dropped", async ({ server: there, client: here, host }) => {
  const server = there.createServer();
  server.maxConnections = 1;
  const port = await listening(server, host);
  const first = here.connect(port, host);
  const [accepted] = await once(server, "connection") as [net.Socket];
  const dropped = once(server, "drop");
  const second = here.connect(port, host);
  await closed(second.resume());
  const [who] = await dropped as [net.DropArgument];
  assertEquals([who.localPort, who.remoteAddress, who.remoteFamily], [port, first.localAddress, "IPv4"]);
  server.close();
  first.end();
  await closed(first, accepted.resume());
});

eachNet("a server that pauses what it accepts", async (nets) => {
  const { client, server } = await connected(nets, { server: { pauseOnConnect: true } });
  assertEquals(server.isPaused(), true);
  client.end("patience");
  server.resume();
  assertEquals(await textOf(server), "patience");
  await closed(client, server);
});

eachNet("a signal closes a server, also one that has aborted already", async ({ server: there, host }) => {
  const abort = new AbortController();
  const server = there.createServer();
  server.listen({ port: 0, host, signal: abort.signal });
  await once(server, "listening");
  abort.abort();
  await once(server, "close");
  const late = there.createServer();
  late.listen({ port: 0, host, signal: abort.signal });
  await once(late, "close");
  assertEquals([server.listening, late.listening], [false, false]);
});
