// Programs that throw, peers that vanish, stacks that close, crowds.
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Buffer } from "node:buffer";
import { EventEmitter, once } from "node:events";
import http from "node:http";
import type net from "node:net";
import process from "node:process";
import { pipeline } from "node:stream/promises";
import { nodeDatagram, nodeDuplex, nodeListen, nodeNet } from "../../adapters/node.ts";
import { Internet } from "../../mod.ts";
import { tcp } from "../adapters/fakes.ts";
import { pattern } from "../scenarios/data.ts";
import { bytes, Network, readAll, scenario, SERVER, text } from "../scenarios/hosts.ts";
import { fixture, OtherWorkers } from "../scenarios/other_workers.ts";
import { textOf } from "./data.ts";
import { assertNothingOpen, closed, connected, eachNet, eachNodeNet, eventsOf, listening } from "./nets.ts";

/** What nobody catches while `body` runs: it would end a program. */
async function uncaught(body: () => Promise<void>): Promise<string[]> {
  const messages: string[] = [];
  const onError = (error: Error) => void messages.push(error.message);
  process.on("uncaughtException", onError);
  try {
    await body();
  } finally {
    process.off("uncaughtException", onError);
  }
  return messages;
}

// Deno's own reports what listeners of "connection" throw to nobody.
eachNodeNet(
  "listeners that throw: nobody catches it, and all goes on",
  async ({ server: there, client: here, host }) => {
    const received: string[] = [];
    const messages = await uncaught(async () => {
      const server = there.createServer((socket) => {
        socket.on("data", (data) => {
          received.push(String(data));
          if (String(data) === "one") socket.write("go on");
          if (String(data) === "one") throw new Error("data");
        });
      });
      server.on("connection", () => {
        throw new Error("connection");
      });
      const port = await listening(server, host);
      for (let i = 0; i < 2; i++) {
        const client = here.connect(port, host);
        client.write("one");
        await once(client, "data");
        const ended = closed(client.resume());
        client.end("two");
        await ended;
      }
      server.close();
      await once(server, "close");
    });
    assertEquals(messages.toSorted(), ["connection", "connection", "data", "data"]);
    assertEquals(received, ["one", "two", "one", "two"]);
  },
);

eachNodeNet("a request handler that throws, and one that destroys", async ({ client }, { server: stack }) => {
  const messages = await uncaught(async () => {
    const server = http.createServer((request, response) => {
      if (request.url === "/throws") throw new Error("the handler");
      if (request.url === "/destroys") request.socket.destroy();
      else response.end("fine");
    });
    nodeListen(server, stack.listenTCP(`${SERVER}:80`));
    const request = (path: string) => http.get(`http://${SERVER}${path}`, { createConnection: client.connect });
    const broken = request("/throws");
    const [destroyed] = await once(request("/destroys"), "error");
    assertEquals(destroyed.code, "ECONNRESET");
    const [response] = await once(request("/"), "response");
    assertEquals(await textOf(response), "fine");
    const failed = once(broken, "error");
    broken.destroy();
    await failed;
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });
  assertEquals(messages, ["the handler"]);
});

eachNodeNet("a listener of datagrams that throws", async (_nets, { server, client }) => {
  const messages = await uncaught(async () => {
    const sink = nodeDatagram(server).createSocket("udp4").bind(53);
    await once(sink, "listening");
    const { promise, resolve } = Promise.withResolvers<void>();
    sink.on("message", (message) => {
      if (String(message) === "last") resolve();
      else throw new Error(String(message));
    });
    const source = nodeDatagram(client).createSocket("udp4");
    for (const message of ["one", "two", "last"]) source.send(message, 53, SERVER);
    await promise;
    source.close();
    sink.close();
    await Promise.all([once(source, "close"), once(sink, "close")]);
  });
  assertEquals(messages, ["one", "two"]);
});

eachNet("destroy in the middle of a transfer, by either side", async (nets) => {
  for (const who of ["client", "server"] as const) {
    const ends = await connected(nets);
    const sending = pipeline(pattern(50_000_000, 3), ends.client);
    sending.catch(() => {});
    await once(ends.server, "data");
    const done = closed(ends.client, ends.server);
    ends[who].destroy();
    await done;
    const error = await assertRejects(() => sending, Error);
    const code = Reflect.get(error, "code");
    const expected = who === "client" ? ["ERR_STREAM_PREMATURE_CLOSE", "ECANCELED"] : ["ECONNRESET", "EPIPE"];
    assert(expected.includes(code), `${who}: ${code}`);
  }
});

eachNodeNet("writes that wait fail when the peer resets", async (nets) => {
  const { client, server } = await connected(nets, { server: { pauseOnConnect: true } });
  const results: unknown[] = [];
  for (let i = 0; i < 40; i++) {
    client.write(Buffer.alloc(1 << 20), (error) => results.push(error && Reflect.get(error, "code")));
  }
  const done = closed(client, server);
  server.resetAndDestroy();
  await done;
  assertEquals(results.length, 40);
  assert(
    results.slice(-30).every((code) => ["ECONNRESET", "EPIPE", "ERR_STREAM_DESTROYED"].includes(String(code))),
    `${results}`,
  );
});

scenario("a peer that vanishes: the socket says that nobody answers", async () => {
  let cut = false;
  const tcp = { retries: 2, minRto: 10 };
  await using net = await Network.create("inline", { client: { tcp }, filter: () => !cut });
  using listener = net.server.listenTCP(`${SERVER}:80`);
  const socket = nodeNet(net.client).connect(80, SERVER);
  using _accepted = await listener.accept();
  cut = true;
  const events = eventsOf(socket, "error", "close");
  socket.write("anybody?");
  await closed(socket);
  assertEquals(events, ["error ETIMEDOUT", "close true"]);
});

/** What Node's HTTP client does with a socket, and what a program then cannot hear. */
const UNHEARD: [name: string, use: (client: net.Socket) => void][] = [
  ["who listens at first may have left when it is told", (client) => {
    const listener = () => {};
    client.on("error", listener);
    const destroy = client.destroy.bind(client);
    client.destroy = (error) => destroy(error).off("error", listener);
  }],
  ["a request need not listen, though Node's client does", (client) => {
    const request = new EventEmitter();
    Reflect.set(client, "_httpMessage", request);
    client.on("error", (error) => request.emit("error", error));
  }],
];

for (const [name, use] of UNHEARD) {
  eachNodeNet(`the stack closes: ${name}`, async ({ server: there, client: here, host }, { client: stack }) => {
    const server = there.createServer((socket) => void socket.on("error", () => {}));
    const client = here.connect(await listening(server, host), host);
    await once(client, "connect");
    use(client.resume());
    assertEquals(await uncaught(() => Promise.all([closed(client), stack.close()]).then(() => {})), []);
    server.close();
    await once(server, "close");
  });
}

eachNodeNet("the stack closes: who listens is told, and nobody has to", async (nets, { server: stack }) => {
  const server = nets.server.createServer();
  await listening(server, SERVER);
  const quiet = await connected(nets);
  const told = await connected(nets);
  const { promise: failure, resolve } = Promise.withResolvers<NodeJS.ErrnoException>();
  told.server.once("error", resolve);
  const ends = [quiet.server, told.server].map((socket) => new Promise((resolve) => socket.once("close", resolve)));
  const peers = closed(quiet.client, told.client);
  const over = once(server, "close");
  await stack.close();
  assertEquals((await failure).code, "ECONNABORTED");
  assertEquals(await Promise.all(ends), [false, true]);
  await Promise.all([peers, over]);
  assertEquals([quiet.client.errored, told.client.errored].map((error) => Reflect.get(error!, "code")), [
    "ECONNRESET",
    "ECONNRESET",
  ]);
  const late = nets.server.createServer().listen(80);
  const [error] = await once(late, "error");
  assertEquals([error.code, error.syscall], ["ENETDOWN", "listen"]);
  const [down] = await once(nets.server.connect(80, "10.0.0.2"), "error");
  assertEquals([down.code, down.syscall], ["ENETDOWN", "connect"]);
});

scenario("the stack's worker dies: who listens is told, and all is over", async () => {
  using workers = new OtherWorkers(fixture("mortal_worker.ts"));
  await using internet = new Internet();
  void internet.route();
  const stack = await internet.newStack(1500, SERVER);
  const net = nodeNet(stack);
  const server = net.createServer();
  const port = await listening(server, SERVER);
  const client = net.connect(port, SERVER);
  const [accepted] = await once(server, "connection") as [net.Socket];
  const failing = new Promise<NodeJS.ErrnoException>((resolve) => client.once("error", resolve));
  // Not by once(), which listens for errors.
  const over = Promise.all([server, accepted].map((target) => new Promise((resolve) => target.on("close", resolve))));
  workers.find(SERVER).postMessage("die");
  assertEquals((await failing).code, "ECONNABORTED");
  await over;
  assertEquals(accepted.errored, null);
});

eachNodeNet("a connection that a program of Deno's has in hand already", async (_nets, { server, client }) => {
  using listener = server.listenTCP(`${SERVER}:80`);
  const conn = await client.dialTCP(`${SERVER}:80`);
  const peer = await listener.accept();
  const socket = nodeDuplex(conn, { allowHalfOpen: true });
  const events = eventsOf(socket, "connect", "ready");
  // As pg has it, which takes a stream and tells it to connect.
  socket.setNoDelay(true).setKeepAlive(true, 1000).ref().unref();
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.connect(5432, "anything", resolve);
  await promise;
  await Promise.resolve();
  assertEquals(events, ["connect", "ready"]);
  await peer.write(bytes("a question"));
  await peer.closeWrite();
  assertEquals(await textOf(socket), "a question");
  // The reply after the peer's end of writing arrives.
  socket.end("the answer");
  assertEquals(text(await readAll(peer)), "the answer");
  peer.close();
  await closed(socket);
});

eachNodeNet("what a stack cannot do is refused, in Node's words", async ({ client, server }) => {
  const failing: [string, () => net.Socket | net.Server][] = [
    ["connect EPROTOTYPE", () => client.connect("/run/some.sock")],
    ["connect EPROTOTYPE 10.0.0.1:80", () => client.connect({ port: 80, host: SERVER, localPort: 4000 })],
    ["connect EADDRNOTAVAIL 10.0.0.1:80", () => client.connect({ port: 80, host: SERVER, localAddress: "10.0.0.77" })],
    ["connect ECONNREFUSED 10.0.0.1:0", () => client.connect(0, SERVER)],
    ["connect ECONNREFUSED 127.0.0.1:80", () => client.connect(80)],
    ["connect ECONNREFUSED ::1:80", () => client.connect({ port: 80, host: "localhost", family: 6 })],
    ["connect ECONNREFUSED ::ffff:10.0.0.1:80", () => client.connect(80, "::ffff:10.0.0.1")],
    ["getaddrinfo ENOTFOUND example.com", () => client.connect(80, "example.com")],
    ["listen EPROTOTYPE", () => server.createServer().listen("/run/some.sock")],
    ["listen EPROTOTYPE :::80", () => server.createServer().listen({ port: 80, host: "::", ipv6Only: true })],
    ["getaddrinfo ENOTFOUND example.com", () => server.createServer().listen(80, "example.com")],
  ];
  for (const [message, open] of failing) {
    const [error] = await once(open(), "error");
    assertEquals(error.message, message);
  }
  for (const call of [nodeNet, nodeDatagram, nodeDuplex]) assertThrows(() => call({} as never), TypeError, "must be a");
});

scenario("a thousand clients at once", async () => {
  const internet = new Internet({ isolation: "inline", maxInflight: 100_000 });
  void internet.route();
  const [server, client] = [await internet.newStack(1500, SERVER), await internet.newStack(1500, "10.0.0.2")];
  const listener = nodeNet(server).createServer((socket) => socket.pipe(socket)).listen({ port: 80, backlog: 1000 });
  const echoes = await Promise.all(Array.from({ length: 1000 }, async (_, i) => {
    const socket = nodeNet(client).connect(80, SERVER);
    const echo = textOf(socket);
    socket.end(`I am ${i}`);
    return await echo;
  }));
  assertEquals(echoes, Array.from({ length: 1000 }, (_, i) => `I am ${i}`));
  listener.close();
  await once(listener, "close");
  await assertNothingOpen(server, client);
  await internet.close();
});

scenario("a thousand requests at once", async () => {
  await using internet = new Internet({ isolation: "inline", maxInflight: 100_000 });
  void internet.route();
  const [there, here] = [await internet.newStack(1500, SERVER), await internet.newStack(1500, "10.0.0.2")];
  const server = http.createServer((request, response) => response.end(request.url));
  nodeListen(server, there.listenTCP(`${SERVER}:80`, { backlog: 1000 }));
  const { connect: createConnection } = nodeNet(here);
  await Promise.all(Array.from({ length: 1000 }, async (_, i) => {
    const [response] = await once(http.get(`http://${SERVER}/${i}`, { createConnection }), "response");
    assertEquals(await textOf(response), `/${i}`);
  }));
  server.close();
  await once(server, "close");
  await assertNothingOpen(there, here);
});

scenario("a stack that closes between a connection and the program's turn ends no program", async () => {
  // After each number of microtasks; with the last of them a connection stands.
  const STEPS = 40;
  let connections = 0;
  const messages = await uncaught(async () => {
    for (let steps = 0; steps < STEPS; steps++) {
      await using network = await Network.create("inline");
      const { server: there, client: here } = network;
      const server = http.createServer((_request, response) => void response.end());
      server.on("error", () => {});
      nodeListen(server, there.listenTCP(`${SERVER}:80`));
      await once(server, "listening");
      const socket = nodeNet(here).connect({ port: 80, host: SERVER, noDelay: true, keepAlive: true });
      socket.on("error", () => {});
      socket.on("connect", () => connections++);
      for (let i = 0; i < steps; i++) await null;
      await Promise.all([there.close(), here.close()]);
      await new Promise(setImmediate);
    }
  });
  assertEquals(messages, []);
  assert(connections > 0 && connections < STEPS, `${connections} connections`);
});

Deno.test("setNoDelay() leaves keep-alive alone, and the other way round", async () => {
  const { conn, sink } = tcp();
  const socket = nodeDuplex(conn);
  socket.setKeepAlive(true);
  socket.setNoDelay(false);
  assertEquals(sink.calls, ["setKeepAlive true", "setNoDelay false"]);
  await closed(socket.destroy());
});

for (const call of ["resetAndDestroy", "setNoDelay", "setKeepAlive"] as const) {
  scenario(`${call}() of a socket whose stack was closed throws nothing, and it closes`, async () => {
    await using network = await Network.create("inline");
    using listener = network.server.listenTCP(`${SERVER}:80`);
    const socket = nodeDuplex(await network.client.dialTCP(`${SERVER}:80`));
    using _accepted = await listener.accept();
    socket.on("error", () => {});
    const ended = closed(socket.resume());
    const closing = network.client.close();
    socket[call]();
    await Promise.all([ended, closing]);
  });
}
