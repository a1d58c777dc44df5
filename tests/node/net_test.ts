// What Node's net does, by itself and over stacks.
import { assert, assertEquals, assertThrows } from "@std/assert";
import { Buffer } from "node:buffer";
import { once } from "node:events";
import type net from "node:net";
import { constants } from "node:os";
import { patternBytes, patternDigest } from "../scenarios/data.ts";
import { digestOf, textOf } from "./data.ts";
import { closed, connected, eachNet, eachNodeNet, eventsOf, listening } from "./nets.ts";

eachNet(
  "connect by port, host and callback, by options, and by a port as text",
  async ({ server: there, client, host }) => {
    const server = there.createServer((socket) => socket.end("Hello"));
    const port = await listening(server, host);
    const { promise: called, resolve } = Promise.withResolvers<void>();
    const sockets = [
      client.connect(port, host, resolve),
      client.createConnection({ port, host }),
      client.connect({ port: String(port) as unknown as number, host }),
      new client.Socket().connect(port, host),
    ];
    for (const socket of sockets) assertEquals(await textOf(socket), "Hello");
    await called;
    await closed(...sockets);
    server.close();
    await once(server, "close");
  },
);

eachNet("the states of a socket, and its addresses", async ({ server: there, client: here, host }) => {
  const server = there.createServer();
  const port = await listening(server, host);
  const client = new here.Socket();
  const states = [stateOf(client)];
  const events = eventsOf(client, "connect", "ready", "end", "finish", "close");
  client.connect(port, host);
  states.push(stateOf(client));
  const [accepted] = await once(server, "connection") as [net.Socket];
  if (client.connecting) await once(client, "ready");
  states.push(stateOf(client));
  assertEquals(client.remoteAddress, host);
  assertEquals([client.remotePort, client.remoteFamily, client.localFamily], [port, "IPv4", "IPv4"]);
  assertEquals([client instanceof here.Socket, accepted instanceof there.Socket], [true, true]);
  assertEquals(client.localPort, accepted.remotePort);
  assertEquals(client.address(), { address: accepted.remoteAddress!, family: "IPv4", port: accepted.remotePort! });
  client.end();
  await once(accepted.resume(), "end");
  states.push(stateOf(client));
  await closed(client.resume(), accepted);
  states.push(stateOf(client));
  assertEquals(states, [
    { connecting: false, pending: true, readyState: "open" },
    { connecting: true, pending: true, readyState: "opening" },
    { connecting: false, pending: false, readyState: "open" },
    { connecting: false, pending: false, readyState: "readOnly" },
    { connecting: false, pending: true, readyState: "closed" },
  ]);
  assertEquals(events, ["connect", "ready", "finish", "end", "close false"]);
  server.close();
});

function stateOf({ connecting, pending, readyState }: net.Socket): unknown {
  return { connecting, pending, readyState };
}

eachNet("a port that nobody listens on", async ({ server: there, client, host }) => {
  const server = there.createServer();
  const port = await listening(server, host);
  server.close();
  await once(server, "close");
  const socket = client.connect(port, host);
  const events = eventsOf(socket, "connect", "error", "close");
  const ended = closed(socket);
  const [error] = await once(socket, "error") as [NodeJS.ErrnoException & { address: string; port: number }];
  const { code, errno, syscall, address, message } = error;
  assertEquals({ code, errno, syscall, address, message }, {
    code: "ECONNREFUSED",
    errno: -constants.errno.ECONNREFUSED,
    syscall: "connect",
    address: host,
    message: `connect ECONNREFUSED ${host}:${port}`,
  });
  assertEquals(error.port, port);
  await ended;
  assertEquals(events, ["error ECONNREFUSED", "close true"]);
});

eachNet("each end ends by itself, and the other one may go on", async (nets) => {
  const { client, server } = await connected(nets, { server: { allowHalfOpen: true } });
  client.end("question");
  assertEquals(await textOf(server), "question");
  assert(server.writable);
  server.write("an ");
  server.end("answer");
  assertEquals(await textOf(client), "an answer");
  await closed(client, server);
  assertEquals([client.bytesWritten, client.bytesRead, server.bytesRead, server.bytesWritten], [8, 9, 8, 9]);
});

eachNet("without half open, the end of the peer is the end", async (nets) => {
  const { client, server } = await connected(nets);
  const events = eventsOf(client, "end", "finish", "error", "close");
  server.end("bye");
  assertEquals(await textOf(client), "bye");
  await closed(client, server);
  assertEquals(events, ["end", "finish", "close false"]);
});

eachNet("the end of the peer is seen by who does not read, when there is nothing to read", async (nets) => {
  const { client, server } = await connected(nets);
  const ended = once(client, "end");
  server.end();
  await ended;
  await closed(client, server);
});

eachNet("a reset", async (nets) => {
  const { client, server } = await connected(nets);
  const events = eventsOf(client, "error", "end", "close");
  const [ours, theirs] = [closed(client), closed(server)];
  server.resetAndDestroy();
  await Promise.all([ours, theirs]);
  assertEquals(events, ["error ECONNRESET", "close true"]);
  assertEquals(client.errored?.message, "read ECONNRESET");
});

eachNet("data waits for who reads it, and the writer for that", async (nets) => {
  const { client, server } = await connected(nets);
  const [length, seed] = [8 * 1024 * 1024, 7];
  const data = Buffer.from(patternBytes(length, seed).buffer);
  assertEquals(client.write(data.subarray(0, length / 2)), false);
  client.end(data.subarray(length / 2));
  assert(client.writableLength > 0);
  const finished = once(client, "finish");
  assertEquals(await digestOf(server), patternDigest(length, seed));
  await finished;
  await closed(client, server);
  assertEquals([client.bytesWritten, server.bytesRead], [length, length]);
});

eachNet("a stream that is full asks to wait, and says when it drains", async (nets) => {
  const { client, server } = await connected(nets);
  const chunk = Buffer.alloc(64 * 1024);
  let written = 0;
  while (client.writableLength < 16 * 1024 * 1024 && written < 64) written += client.write(chunk) ? 1 : 64;
  const drained = once(client, "drain");
  server.resume();
  await drained;
  client.end();
  await closed(client, server);
});

eachNet("writes and the end before the connection stands", async ({ server: there, client: here, host }) => {
  const server = there.createServer({ allowHalfOpen: true });
  const port = await listening(server, host);
  const client = here.connect(port, host);
  client.write("one, ");
  client.write("two, ");
  client.end("three");
  const [accepted] = await once(server, "connection") as [net.Socket];
  assertEquals(await textOf(accepted), "one, two, three");
  accepted.end();
  await closed(client.resume(), accepted);
  server.close();
});

eachNet("what is written together arrives whole", async (nets) => {
  const { client, server } = await connected(nets);
  client.cork();
  for (let i = 0; i < 100; i++) client.write(`${i} `);
  client.uncork();
  client.end();
  assertEquals(await textOf(server), Array.from({ length: 100 }, (_, i) => `${i} `).join(""));
  await closed(client, server);
});

eachNet("text in a charset, pipes and iteration", async (nets) => {
  const { client, server } = await connected(nets);
  server.pipe(server);
  client.setEncoding("utf8");
  client.end("Grüße");
  let echo = "";
  for await (const part of client) echo += part;
  assertEquals(echo, "Grüße");
  await closed(client, server);
});

eachNet("destroy while connecting: close, and no connect", async ({ server: there, client: here, host }) => {
  const server = there.createServer((socket) => socket.on("error", () => {}));
  const port = await listening(server, host);
  const client = here.connect(port, host);
  const events = eventsOf(client, "connect", "error", "close");
  const { promise, resolve } = Promise.withResolvers<unknown>();
  client.write("lost", resolve);
  client.destroy();
  await closed(client);
  assertEquals(Reflect.get(await promise as Error, "code"), "ERR_SOCKET_CLOSED_BEFORE_CONNECTION");
  assertEquals(events, ["close false"]);
  server.close();
  await once(server, "close");
});

eachNet("destroy with an error, and with bytes that nobody read", async (nets) => {
  const { client, server } = await connected(nets);
  server.write("unread");
  await once(client, "readable");
  const [ours, theirs] = [eventsOf(client, "error", "close"), eventsOf(server, "close")];
  const ends = closed(client, server.resume());
  client.destroy(Object.assign(new Error("enough"), { code: "ENOUGH" }));
  await ends;
  assertEquals(ours, ["error ENOUGH", "close true"]);
  assertEquals(theirs.length, 1);
});

eachNet("destroySoon lets go when all is sent", async (nets) => {
  const { client, server } = await connected(nets, { server: { allowHalfOpen: true } });
  client.write("last words");
  client.destroySoon();
  assertEquals(await textOf(server), "last words");
  server.end();
  await closed(client, server);
});

eachNet("calls on a socket without a connection", async ({ client: here }) => {
  const written = new here.Socket();
  const { promise, resolve } = Promise.withResolvers<unknown>();
  written.on("error", () => {}).write("nowhere", resolve);
  assertEquals(Reflect.get(await promise as Error, "code"), "ERR_SOCKET_CLOSED");
  const reset = new here.Socket().resetAndDestroy();
  assertEquals(Reflect.get((await once(reset, "error"))[0], "code"), "ERR_SOCKET_CLOSED");
  const ended = new here.Socket();
  ended.end();
  await once(ended, "finish");
  const timed = new here.Socket();
  const callback = () => {};
  timed.setTimeout(1000, callback).setTimeout(0, callback);
  assertEquals([timed.listenerCount("timeout"), timed.address()], [0, {}]);
});

// The kernel forgets a connection that is reset before it was accepted.
eachNodeNet(
  "a reset while connecting takes place when the connection stands",
  async ({ server: there, client: here, host }) => {
    const server = there.createServer();
    const port = await listening(server, host);
    const accepting = once(server, "connection");
    const client = here.connect(port, host);
    const events = eventsOf(client, "connect", "close");
    client.resetAndDestroy();
    const [accepted] = await accepting as [net.Socket];
    await closed(client, accepted);
    assertEquals(events, ["connect", "close false"]);
    assertEquals(Reflect.get(accepted.errored!, "code"), "ECONNRESET");
    server.close();
  },
);

eachNet("who writes after the end of the peer is told that it has ended", async (nets) => {
  const { client, server } = await connected(nets);
  server.end();
  await once(client, "end");
  // This side ends in the next tick.
  await new Promise<void>((resolve) => setImmediate(resolve));
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const over = closed(client, server);
  client.write("too late", resolve);
  assert(["EPIPE", "ERR_STREAM_DESTROYED"].includes(Reflect.get(await promise as Error, "code")));
  await over;
});

eachNet("a write that fails tells its callback, and then the socket", async (nets) => {
  const { client, server } = await connected(nets, { client: { allowHalfOpen: true } });
  const events = eventsOf(client, "error", "close");
  const ended = once(client.resume(), "end");
  server.destroy();
  await ended;
  const write = (error?: Error | null) => {
    if (error) events.push(`write ${Reflect.get(error, "code")}`);
    else setImmediate(() => client.write("x", write));
  };
  write();
  await closed(client);
  assertEquals(events, ["write EPIPE", "error EPIPE", "close true"]);
});

eachNet("the callback of a write that the end interrupts comes before close", async (nets) => {
  const { client, server } = await connected(nets, { server: { pauseOnConnect: true } });
  const events = eventsOf(client, "close");
  client.write(Buffer.alloc(64 * 1024 * 1024), () => events.push("waited"));
  client.write("more", () => events.push("queued"));
  client.destroy();
  client.write("too late", () => events.push("late"));
  await new Promise((resolve) => client.once("close", resolve));
  server.on("error", () => {}).destroy();
  assertEquals([events.length, events.at(-1)], [4, "close false"]);
});

eachNet("a socket that is closed still knows its peer, and not its own address", async (nets) => {
  const { client, server } = await connected(nets);
  const { remoteAddress, remotePort } = client;
  client.destroy();
  assertEquals([client.address(), client.localAddress, client.localPort], [{}, undefined, undefined]);
  assertEquals([client.remoteAddress, client.remotePort], [remoteAddress, remotePort]);
  await closed(client, server.resume());
});

eachNet("a timeout is told each time that nothing happens for long", async (nets) => {
  const { client, server } = await connected(nets);
  client.setTimeout(20);
  assertEquals(client.timeout, 20);
  await once(client, "timeout");
  server.write("something happens");
  await once(client.resume(), "timeout");
  assert(!client.destroyed);
  const { promise, resolve } = Promise.withResolvers<void>();
  client.setTimeout(10, resolve);
  client.write("and again");
  await promise;
  client.setTimeout(0);
  assertThrows(() => client.setTimeout(-1), RangeError);
  client.end();
  await closed(client, server.resume());
});

eachNet("a signal ends a socket", async ({ server: there, client: here, host }) => {
  const server = there.createServer();
  const port = await listening(server, host);
  const abort = new AbortController();
  const client = here.connect({ port, host, signal: abort.signal } as net.NetConnectOpts);
  const [accepted] = await once(server, "connection") as [net.Socket];
  const events = eventsOf(client, "error", "close");
  abort.abort();
  await closed(client, accepted.resume());
  assertEquals(events, ["error ABORT_ERR", "close true"]);
  server.close();
});

eachNet("a signal that has aborted already: no connection", async ({ server: there, client: here, host }) => {
  const server = there.createServer((socket) => socket.resume());
  const port = await listening(server, host);
  const client = here.connect({ port, host, signal: AbortSignal.abort() } as net.NetConnectOpts);
  const events = eventsOf(client, "connect", "error");
  await new Promise((resolve) => client.once("close", resolve));
  assertEquals(events, ["error ABORT_ERR"]);
  server.close();
  await once(server, "close");
});

eachNet("bytes that wait to be written count once", async (nets) => {
  const { client, server } = await connected(nets, { server: { pauseOnConnect: true } });
  const chunk = Buffer.alloc(1 << 20);
  for (let i = 1; i <= 20; i++) {
    client.write(chunk);
    client.write("");
    assertEquals(client.bytesWritten, i << 20);
  }
  let received = 0;
  server.on("data", (data) => received += data.length).resume();
  client.on("drain", () => assertEquals(client.bytesWritten, 20 << 20));
  client.end();
  await closed(client, server);
  assertEquals([client.bytesWritten, received], [20 << 20, 20 << 20]);
});

eachNet("a socket that was closed connects again", async ({ server: there, client: here, host }) => {
  const server = there.createServer((socket) => socket.end("Hello"));
  const port = await listening(server, host);
  const client = here.connect(port, host);
  for (let i = 0; i < 3; i++) {
    const [data] = await once(client, "data");
    assertEquals(String(data), "Hello");
    await closed(client);
    if (i < 2) client.connect(port, host);
  }
  server.close();
});

eachNet("names are looked up by who is asked to", async ({ server: there, client: here, host }) => {
  const server = there.createServer((socket) => socket.end());
  const port = await listening(server, host);
  const asked: string[] = [];
  const lookup = ((name, options, callback) => {
    asked.push(name);
    const isKnown = name === "example.test";
    queueMicrotask(() => {
      if (!isKnown) callback(Object.assign(new Error("no such name"), { code: "ENOTFOUND" }), "");
      else if (options.all) callback(null, [{ address: host, family: 4 }]);
      else callback(null, host, 4);
    });
  }) satisfies net.LookupFunction;
  const known = here.connect({ port, host: "example.test", lookup, autoSelectFamily: false });
  assertEquals((await once(known, "lookup")).slice(1), [host, 4, "example.test"]);
  await closed(known.resume());
  const unknown = here.connect({ port, host: "nobody.test", lookup, autoSelectFamily: false });
  const [error] = await once(unknown, "error");
  assertEquals(Reflect.get(error, "code"), "ENOTFOUND");
  assertEquals(asked, ["example.test", "nobody.test"]);
  server.close();
});
