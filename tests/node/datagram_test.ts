// What Node's dgram does, by itself and over stacks.
import { assert, assertEquals, assertThrows } from "@std/assert";
import { Buffer } from "node:buffer";
import dgram from "node:dgram";
import { once } from "node:events";
import { nodeDatagram } from "../../adapters/node.ts";
import { Network, scenario, SERVER, SERVER6 } from "../scenarios/hosts.ts";
import { ASKS_NODE, assertNothingOpen, codeOf } from "./nets.ts";

/** Two programs that reach each other. */
interface Datagrams {
  server: typeof dgram;
  client: typeof dgram;
  host: string;
}

type Message = [Buffer, dgram.RemoteInfo];

/** The same test with Node's own dgram over the kernel's loopback, and with that of stacks. */
function eachDatagram(name: string, body: (datagrams: Datagrams) => Promise<void>): void {
  if (ASKS_NODE) scenario(`${name} (node:dgram)`, () => body({ server: dgram, client: dgram, host: "127.0.0.1" }));
  eachNodeDatagram(name, body);
}

function eachNodeDatagram(name: string, body: (datagrams: Datagrams, network: Network) => Promise<void>): void {
  for (const isolation of ["inline", "worker"] as const) {
    scenario(`${name} (nodeDatagram, ${isolation})`, async () => {
      await using network = await Network.create(isolation);
      const { server, client } = network;
      await body({ server: nodeDatagram(server), client: nodeDatagram(client), host: SERVER }, network);
      await assertNothingOpen(server, client);
    });
  }
}

async function bound(socket: dgram.Socket, host?: string): Promise<number> {
  socket.bind(0, host);
  await once(socket, "listening");
  return socket.address().port;
}

async function close(...sockets: dgram.Socket[]): Promise<void> {
  await Promise.all(sockets.map((socket) => {
    socket.close();
    return once(socket, "close");
  }));
}

eachDatagram("a question and an answer", async ({ server: there, client: here, host }) => {
  const server = there.createSocket("udp4", (message, { address, port }) => server.send(message, port, address));
  const port = await bound(server, host);
  assertEquals(server.address(), { address: host, family: "IPv4", port });
  const client = here.createSocket({ type: "udp4" });
  const { promise: sent, resolve } = Promise.withResolvers<unknown[]>();
  const answering = once(client, "message") as Promise<Message>;
  client.send("Grüße", port, host, (...args) => resolve(args));
  assertEquals(await sent, [null, 7]);
  const [answer, from] = await answering;
  assertEquals([String(answer), from], ["Grüße", { address: host, family: "IPv4", port, size: 7 }]);
  assert(Buffer.isBuffer(answer));
  await close(server, client);
});

eachDatagram("send in all of its forms", async ({ server: there, client: here, host }) => {
  const server = there.createSocket("udp4");
  const port = await bound(server, host);
  const client = here.createSocket("udp4");
  await bound(client);
  const view = new Uint8Array([0, 104, 105, 33]).subarray(1);
  const { promise, resolve } = Promise.withResolvers<void>();
  const forms: [string, () => void][] = [
    ["text", () => client.send("text", port, host)],
    ["hi!", () => client.send(view, port, host)],
    ["hi", () => client.send(view, 0, 2, port, host)],
    ["i!", () => client.send(view, 1, 2, port, host, () => {})],
    ["a list", () => client.send(["a ", Buffer.from("li"), "st"], port, host)],
    ["", () => client.send("", port, host)],
    ["the last", () => client.send("the last", 0, 8, port, host, () => resolve())],
  ];
  for (const [expected, send] of forms) {
    const arriving = once(server, "message") as Promise<Message>;
    send();
    const [message, { size }] = await arriving;
    assertEquals([String(message), size], [expected, expected.length]);
  }
  await promise;
  await close(server, client);
});

eachDatagram("a socket with a peer", async ({ server: there, client: here, host }) => {
  const server = there.createSocket("udp4", (message, { address, port }) => server.send(message, port, address));
  const port = await bound(server, host);
  const client = here.createSocket("udp4");
  const { promise: connected, resolve } = Promise.withResolvers<void>();
  client.connect(port, host, resolve);
  await connected;
  assertEquals(client.remoteAddress(), { address: host, family: "IPv4", port });
  assertEquals(codeOf(() => client.connect(port, host)), "ERR_SOCKET_DGRAM_IS_CONNECTED");
  assertEquals(codeOf(() => client.send("elsewhere", 0, 4, port, host)), "ERR_SOCKET_DGRAM_IS_CONNECTED");
  for (
    const send of [() => client.send("hello"), () => client.send("hello!", 0, 5), () => client.send("hello", () => {})]
  ) {
    const arriving = once(client, "message") as Promise<Message>;
    send();
    assertEquals(String((await arriving)[0]), "hello");
  }
  client.disconnect();
  assertEquals(codeOf(() => client.remoteAddress()), "ERR_SOCKET_DGRAM_NOT_CONNECTED");
  assertEquals(codeOf(() => client.disconnect()), "ERR_SOCKET_DGRAM_NOT_CONNECTED");
  const arriving = once(client, "message") as Promise<Message>;
  client.send("again", port, host);
  assertEquals(String((await arriving)[0]), "again");
  await close(server, client);
});

// Deno's own hears others too.
eachNodeDatagram("a socket with a peer hears nobody else", async ({ server: there, client: here, host }) => {
  const [peer, stranger] = [there.createSocket("udp4"), there.createSocket("udp4")];
  const peerPort = await bound(peer, host);
  await bound(stranger, host);
  for (const bindsFirst of [true, false]) {
    const client = here.createSocket("udp4");
    if (bindsFirst) await bound(client);
    client.connect(peerPort, host);
    await once(client, "connect");
    client.send("hello");
    const [, from] = await once(peer, "message") as Message;
    const heard = once(client, "message") as Promise<Message>;
    const { promise, resolve } = Promise.withResolvers<void>();
    stranger.send("from a stranger", from.port, from.address, () => resolve());
    await promise;
    peer.send("from the peer", from.port, from.address);
    assertEquals(String((await heard)[0]), "from the peer");
    await close(client);
  }
  await close(peer, stranger);
});

eachNodeDatagram(
  "a peer whose address is not written in the canonical way is heard",
  async ({ server: there, client: here }) => {
    const server = there.createSocket("udp6", (message, { address, port }) => server.send(message, port, address));
    const port = await bound(server, SERVER6);
    for (const bindsFirst of [true, false]) {
      const client = here.createSocket("udp6");
      if (bindsFirst) await bound(client);
      client.connect(port, SERVER6.replace("::", ":0:0:0:0:0:").toUpperCase());
      await once(client, "connect");
      const arriving = once(client, "message") as Promise<Message>;
      client.send("hello");
      assertEquals(String((await arriving)[0]), "hello");
      await close(client);
    }
    await close(server);
  },
);

eachNodeDatagram("nobody has the port: a socket with a peer is told", async ({ client: here, host }) => {
  const client = here.createSocket("udp4");
  client.connect(9, host);
  await once(client, "connect");
  client.send("anybody?");
  const [error] = await once(client, "error");
  assertEquals([error.code, error.syscall], ["ECONNREFUSED", "recvmsg"]);
  await close(client);
});

eachNodeDatagram("a peer that there is no way to", async ({ client: here }, { internet }) => {
  const told = here.createSocket("udp4");
  const { promise, resolve } = Promise.withResolvers<unknown>();
  told.connect(53, "example.com", resolve as () => void);
  assertEquals(Reflect.get(await promise as Error, "code"), "ENOTFOUND");
  assertEquals(codeOf(() => told.remoteAddress()), "ERR_SOCKET_DGRAM_NOT_CONNECTED");
  told.connect(53, "example.com");
  assertEquals((await once(told, "error"))[0].code, "ENOTFOUND");
  await close(told);

  const stack = await internet.newStack({ addresses: ["10.0.0.9"] });
  const lone = nodeDatagram(stack).createSocket("udp6");
  lone.connect(53, SERVER6);
  const [error] = await once(lone, "error");
  assertEquals([error.message, error.address], [`connect ENETUNREACH ${SERVER6}:53`, SERVER6]);
  // It may still be bound.
  assertEquals((await bound(lone)) > 0, true);
  await close(lone);
});

eachDatagram("a socket that was bound keeps its port, with a peer and without", async ({ client: here, host }) => {
  const socket = here.createSocket("udp4");
  const port = await bound(socket, host === SERVER ? undefined : host);
  socket.connect(9, host);
  await once(socket, "connect");
  assertEquals([socket.address().port, socket.remoteAddress().port], [port, 9]);
  socket.disconnect();
  assertEquals(socket.address().port, port);
  await close(socket);
});

eachDatagram("a port that is taken", async ({ server: there, host }) => {
  const server = there.createSocket("udp4");
  const port = await bound(server, host);
  const second = there.createSocket("udp4");
  second.bind(port, host);
  const [error] = await once(second, "error");
  const { code, syscall, address, message } = error;
  assertEquals({ code, syscall, address, message }, {
    code: "EADDRINUSE",
    syscall: "bind",
    address: host,
    message: `bind EADDRINUSE ${host}:${port}`,
  });
  await close(server, second);
});

eachDatagram("calls in the wrong state", async ({ server: there, host }) => {
  const socket = there.createSocket("udp4");
  assertEquals(codeOf(() => socket.address()), "EBADF");
  assertEquals(codeOf(() => socket.remoteAddress()), "ERR_SOCKET_DGRAM_NOT_CONNECTED");
  await bound(socket, host);
  assertEquals(codeOf(() => socket.bind(0)), "ERR_SOCKET_ALREADY_BOUND");
  assertEquals(codeOf(() => socket.send("x", 70000, host)), "ERR_SOCKET_BAD_PORT");
  assertEquals(codeOf(() => socket.send("x", 0, host)), "ERR_SOCKET_BAD_PORT");
  assertEquals(codeOf(() => socket.send("x", 0, 2, 53, host)), "ERR_BUFFER_OUT_OF_BOUNDS");
  assertEquals(codeOf(() => socket.send(7 as unknown as string, 53, host)), "ERR_INVALID_ARG_TYPE");
  await close(socket);
  // Deno's own may be closed twice.
  const calls = there === dgram ? [] : [() => socket.close()];
  for (const call of [...calls, () => socket.bind(), () => socket.address(), () => socket.send("x", 53)]) {
    assertEquals(codeOf(call), "ERR_SOCKET_DGRAM_NOT_RUNNING");
  }
  assertEquals(codeOf(() => there.createSocket("tcp" as dgram.SocketType)), "ERR_SOCKET_BAD_TYPE");
});

// Node's own and Deno's lose it.
eachNodeDatagram("what was sent before the close is sent", async ({ server: there, client: here, host }) => {
  const server = there.createSocket("udp4");
  const port = await bound(server, host);
  const client = here.createSocket("udp4");
  const arriving = once(server, "message") as Promise<Message>;
  client.send("the last words", port, host);
  await close(client);
  assertEquals(String((await arriving)[0]), "the last words");
  await close(server);
});

eachNodeDatagram("the bytes are those of the call", async ({ server: there, client: here, host }) => {
  const server = there.createSocket("udp4");
  const port = await bound(server, host);
  const client = here.createSocket("udp4");
  const arriving = once(server, "message") as Promise<Message>;
  const data = Buffer.from("before");
  client.send(data, port, host);
  data.fill("x");
  assertEquals(String((await arriving)[0]), "before");
  await close(server, client);
});

eachDatagram("a signal closes a socket, and so does its disposal", async ({ server: there }) => {
  const abort = new AbortController();
  const socket = there.createSocket({ type: "udp4", signal: abort.signal });
  await bound(socket);
  const closing = once(socket, "close");
  abort.abort();
  await closing;
  const disposed = there.createSocket("udp4");
  await bound(disposed);
  const done = once(disposed, "close");
  await disposed[Symbol.asyncDispose]();
  await done;
});

eachNodeDatagram(
  "the largest datagrams, over both families, and larger ones",
  async ({ server: there, client: here }) => {
    for (const [type, host, largest] of [["udp4", SERVER, 65507], ["udp6", SERVER6, 65527]] as const) {
      const server = there.createSocket(type);
      const port = await bound(server);
      const client = here.createSocket(type);
      const arriving = once(server, "message") as Promise<Message>;
      client.send(new Uint8Array(largest).fill(7), port, host);
      const [message, { family, size }] = await arriving;
      assertEquals([message.length, size, family], [largest, largest, type === "udp4" ? "IPv4" : "IPv6"]);
      const { promise, resolve } = Promise.withResolvers<unknown>();
      client.send(new Uint8Array(largest + 1), port, host, (error) => resolve(error));
      assertEquals(Reflect.get(await promise as Error, "code"), "EMSGSIZE");
      await close(server, client);
    }
  },
);

eachNodeDatagram(
  "a socket of both families shows IPv4 peers as mapped addresses",
  async ({ server: there, client: here }) => {
    const server = there.createSocket("udp6", (message, { address, port }) => server.send(message, port, address));
    const port = await bound(server);
    const client = here.createSocket("udp4");
    const arriving = once(client, "message") as Promise<Message>;
    client.send("hello", port, SERVER);
    const [message, { address }] = await arriving;
    assertEquals([String(message), address], ["hello", SERVER]);
    await close(server, client);
  },
);

eachNodeDatagram("names, and what has no meaning on a stack", async ({ server: there }) => {
  const socket = there.createSocket("udp4");
  socket.send("hello", 53, "example.com");
  const [unheard] = await once(socket, "error");
  assertEquals([unheard.code, unheard.hostname], ["ENOTFOUND", "example.com"]);
  const { promise, resolve } = Promise.withResolvers<unknown>();
  socket.send("hello", 53, "example.com", resolve);
  assertEquals(Reflect.get(await promise as Error, "code"), "ENOTFOUND");
  socket.setBroadcast(true);
  assertEquals([socket.setTTL(3), socket.getRecvBufferSize() > 0, socket.ref() === socket.unref()], [3, true, true]);
  assertThrows(() => socket.addMembership("224.0.0.1"), Error, "EPROTOTYPE");
  await close(socket);

  const named = there.createSocket({
    type: "udp4",
    lookup: (_name, _options, callback) => callback(null, "127.0.0.1", 4),
  });
  const port = await bound(named, "localhost");
  const arriving = once(named, "message") as Promise<Message>;
  named.send("to myself", port, "myself.test");
  assertEquals(String((await arriving)[0]), "to myself");
  await close(named);
});

eachNodeDatagram(
  "the stack is closed: sockets close, with an error for those who listen",
  async ({ server: there }, network) => {
    const [quiet, listener] = [there.createSocket("udp4"), there.createSocket("udp4")];
    await bound(quiet);
    await bound(listener);
    const ends = [quiet, listener].map((socket) =>
      new Promise<void>((resolve) => socket.once("close", () => resolve()))
    );
    const failing = new Promise<NodeJS.ErrnoException>((resolve) => listener.once("error", resolve));
    await network.server.close();
    assertEquals((await failing).code, "ECONNABORTED");
    await Promise.all(ends);
  },
);

/** Finds every name at an address, but not at once. */
function slowLookup(host: string): dgram.SocketOptions["lookup"] {
  const lookup = (_name: string, _options: unknown, done: (error: null, address: string, family: number) => void) => {
    setTimeout(() => done(null, host, 4), 5);
  };
  return lookup as dgram.SocketOptions["lookup"];
}

eachNodeDatagram("close() while it connects leaves nothing open", async ({ client: here, host }) => {
  const lookup = slowLookup(host);
  const soon = here.createSocket("udp4");
  soon.connect(53, host);
  await close(soon);
  const later = here.createSocket({ type: "udp4", lookup });
  later.connect(53, "somewhere");
  await close(later);
  // So that the name has been looked up.
  const other = here.createSocket({ type: "udp4", lookup });
  other.connect(53, "somewhere");
  await once(other, "connect");
  await close(other);
});

eachNodeDatagram("a send while the name of the peer is looked up: one socket, which gets the peer", async (nets) => {
  const { server: there, client: here, host } = nets;
  const server = there.createSocket("udp4");
  const port = await bound(server, host);
  const lookup = slowLookup(host);
  const client = here.createSocket({ type: "udp4", lookup });
  client.connect(port, "somewhere");
  client.send("before", port, host);
  const [[message, from]] = await Promise.all([once(server, "message"), once(client, "connect")]);
  assertEquals([String(message), from.port], ["before", client.address().port]);
  client.send("after");
  assertEquals(String((await once(server, "message"))[0]), "after");
  await close(client, server);
});

eachNodeDatagram("a send that comes when the bind before its connect has just failed: one socket", async (nets) => {
  const { client: here, host } = nets;
  for (let steps = 0; steps < 5; steps++) {
    const client = here.createSocket("udp4");
    client.on("error", () => {});
    client.bind(0, "192.0.2.1");
    client.connect(53, host);
    for (let i = 0; i < steps; i++) await null;
    client.send("x", 53, host, () => {});
    await close(client);
  }
});
