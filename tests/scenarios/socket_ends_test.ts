// What ends a socket decides what its calls see: each row of the table, for calls that wait and for later ones. A test's name
// begins with its row: close(), dispose, abort(), stack.close(), internet.close(), the worker died; then what internet.close() ends.
import { assertEquals, assertRejects } from "@std/assert";
import { delay } from "@std/async";
import { type DatagramConn, Internet, type Stack, type TCPConn, type TCPListener, type UDPConn } from "../../mod.ts";
import * as failure from "./failures.ts";
import { type Failure, later, rejects, throws } from "./failures.ts";
import {
  assertTalks,
  bytes,
  CLIENT,
  connect,
  eachIsolation,
  type Isolation,
  Network,
  readAll,
  scenario,
  SERVER,
} from "./hosts.ts";
import { fixture, OtherWorkers } from "./other_workers.ts";

/** A socket of each kind on the client, with a call of each kind that waits. */
class Waiting implements Disposable {
  readonly conn: TCPConn;
  readonly udp: UDPConn;
  readonly socket: DatagramConn;
  readonly listener: TCPListener;
  /** Of the connection, in order: reads, a write, the end of writing. */
  readonly stream: Promise<unknown>[];
  readonly datagrams: Promise<unknown>[];
  readonly accept: Promise<unknown>;
  readonly iteration: Promise<IteratorResult<TCPConn>>;
  readonly dials: Promise<unknown>[];
  readonly #peer: TCPConn;
  readonly #iterated: TCPListener;

  private constructor(client: Stack, conn: TCPConn, peer: TCPConn, udp: UDPConn) {
    this.conn = conn;
    this.udp = udp;
    this.#peer = peer;
    this.socket = client.listenUDP("0.0.0.0:0");
    this.listener = client.listenTCP("0.0.0.0:0");
    this.#iterated = client.listenTCP("0.0.0.0:0");
    // The send buffer takes the first write whole, and the network brings no acknowledgement of it.
    later(conn.write(new Uint8Array(1024 * 1024)));
    this.stream = [
      conn.read(new Uint8Array(1)),
      conn.read(new Uint8Array(1)),
      conn.write(bytes("waits")),
      conn.closeWrite(),
    ];
    this.datagrams = [udp.read(new Uint8Array(1)), this.socket.receive(), this.socket.receive()];
    this.accept = this.listener.accept();
    this.iteration = this.#iterated.next();
    this.dials = [client.dialTCP(`${SERVER}:81`)];
    for (const pending of [...this.stream, ...this.datagrams, this.accept, this.iteration, ...this.dials]) {
      later(pending as Promise<unknown>);
    }
  }

  static async start(net: Cuttable): Promise<Waiting> {
    const { client, server } = await connect(net.client, net.server);
    const udp = await net.client.dialUDP(`${SERVER}:53`);
    net.cut();
    return new Waiting(net.client, client, server, udp);
  }

  /** What every later call comes to. */
  async assertLater(expected: Failure): Promise<void> {
    const { conn, udp, socket, listener } = this;
    const addr: Deno.NetAddr = { transport: "udp", hostname: SERVER, port: 53 };
    await rejects(conn.read(new Uint8Array(1)), expected);
    await rejects(conn.write(bytes("x")), expected);
    await rejects(conn.write(new Uint8Array(0)), expected);
    await rejects(conn.closeWrite(), expected);
    assertEquals(await conn.read(new Uint8Array(0)), 0);
    await rejects(udp.read(new Uint8Array(1)), expected);
    await rejects(udp.write(bytes("x")), expected);
    await rejects(socket.receive(), expected);
    await rejects(socket.send(bytes("x"), addr), expected);
    await rejects(listener.accept(), expected);
  }

  /** Sync calls on sockets that are closed. */
  assertLaterThrows(): void {
    const { conn, udp, socket, listener } = this;
    for (const each of [conn, udp, socket, listener]) {
      throws(() => each.close(), failure.BAD_RESOURCE);
      throws(() => each.setDeadline(null), failure.BAD_RESOURCE);
      each[Symbol.dispose]();
    }
    throws(() => conn.abort(), failure.BAD_RESOURCE);
    throws(() => conn.setNoDelay(), failure.BAD_RESOURCE);
    throws(() => conn.setKeepAlive(), failure.BAD_RESOURCE);
    conn.ref();
    conn.unref();
  }

  /** Addresses can be read for ever. */
  assertAddresses(): void {
    assertEquals(this.conn.remoteAddr.hostname, SERVER);
    assertEquals(this.udp.remoteAddr.port, 53);
    assertEquals(this.listener.addr.hostname, "0.0.0.0");
    assertEquals(this.socket.addr.transport, "udp");
  }

  [Symbol.dispose](): void {
    for (const each of [this.conn, this.#peer, this.udp, this.socket, this.listener, this.#iterated]) {
      each[Symbol.dispose]();
    }
  }
}

/** A network whose packets are all lost from `cut()` to `mend()`. */
type Cuttable = Network & { cut(): void; mend(): void };

async function cuttable(isolation: Isolation): Promise<Cuttable> {
  let isCut = false;
  const net = await Network.create(isolation, { filter: () => !isCut });
  return Object.assign(net, { cut: () => void (isCut = true), mend: () => void (isCut = false) });
}

for (
  const [name, close] of [
    ["close()", (each: { close(): void }) => each.close()],
    ["dispose", (each: Disposable) => each[Symbol.dispose]()],
  ] as const
) {
  eachIsolation(`${name}: Interrupted, of accept BadResource; later BadResource`, async (isolation) => {
    await using net = await cuttable(isolation);
    using waiting = await Waiting.start(net);
    for (const each of [waiting.conn, waiting.udp, waiting.socket, waiting.listener]) close(each);
    for (const pending of [...waiting.stream, ...waiting.datagrams]) await rejects(pending, failure.INTERRUPTED);
    await rejects(waiting.accept, failure.BAD_RESOURCE, "Listener has been closed");
    await waiting.assertLater(failure.BAD_RESOURCE);
    waiting.assertLaterThrows();
    waiting.assertAddresses();
    await net.internet.close();
    await rejects(waiting.dials[0], failure.ABORTED);
  });
}

eachIsolation("abort(): ConnectionAborted; later BadResource; the peer hears a reset", async (isolation) => {
  await using net = await Network.create(isolation);
  using pair = await connect(net.client, net.server);
  const { client, server } = pair;
  // The peer reads nothing, so that writes come to wait in the end.
  const writes = Array.from({ length: 64 }, () => later(client.write(new Uint8Array(64 * 1024))));
  const pending = [client.read(new Uint8Array(1)), client.read(new Uint8Array(1)), client.write(bytes("x"))];
  pending.forEach(later);
  const closing = later(client.closeWrite());
  client.abort();
  for (const each of [...pending, writes[63], closing]) await rejects(each, failure.ABORTED);
  await rejects(client.read(new Uint8Array(1)), failure.BAD_RESOURCE);
  await rejects(client.write(bytes("x")), failure.BAD_RESOURCE);
  await rejects(client.closeWrite(), failure.BAD_RESOURCE);
  throws(() => client.abort(), failure.BAD_RESOURCE);
  throws(() => client.close(), failure.BAD_RESOURCE);
  await assertRejects(() => readAll(server), Deno.errors.ConnectionReset);
});

for (const whole of [false, true]) {
  const name = whole ? "internet.close()" : "stack.close()";
  eachIsolation(`${name}: ConnectionAborted; later BadResource; iterations end`, async (isolation) => {
    await using net = await cuttable(isolation);
    using waiting = await Waiting.start(net);
    const dials = [...waiting.dials, later(net.client.dialUDP(`${SERVER}:53`))];
    const closing = whole ? net.internet.close() : net.client.close();
    // At once, not when the worker has ended.
    for (const pending of [...waiting.stream, ...waiting.datagrams, waiting.accept, ...dials]) {
      await rejects(pending, failure.ABORTED);
    }
    assertEquals(await waiting.iteration, { value: undefined, done: true });
    await waiting.assertLater(failure.BAD_RESOURCE);
    waiting.assertLaterThrows();
    await closing;
    await waiting.assertLater(failure.BAD_RESOURCE);
    waiting.assertLaterThrows();
    waiting.assertAddresses();
    await net.client.closed;
  });
}

/** Connections that are over, but not closed: reset by the peer, and ended by both sides. */
async function endedConnections(net: Network): Promise<TCPConn[]> {
  const reset = await connect(net.client, net.server);
  reset.server.abort();
  await rejects(reset.client.read(new Uint8Array(1)), failure.RESET);
  const ended = await connect(net.client, net.server);
  for (const each of [ended.client, ended.server]) await each.closeWrite();
  assertEquals(await ended.client.read(new Uint8Array(1)), null);
  while ((await ended.client.info()).state !== "CLOSED") await delay(1);
  ended.server.close();
  return [reset.client, ended.client];
}

const SHORT_TIME_WAIT = { tcp: { timeWait: 1 } };

eachIsolation(
  "stack.close(): also connections that were over hear of it, and their deadlines end",
  async (isolation) => {
    await using net = await Network.create(isolation, { client: SHORT_TIME_WAIT });
    const conns = await endedConnections(net);
    for (const conn of conns) conn.setDeadline(Date.now() + 1_000_000);
    await net.client.close();
    for (const conn of conns) {
      await rejects(conn.read(new Uint8Array(1)), failure.BAD_RESOURCE);
      await rejects(conn.write(bytes("x")), failure.BAD_RESOURCE);
      await rejects(conn.info(), failure.BAD_RESOURCE);
      throws(() => conn.close(), failure.BAD_RESOURCE);
    }
  },
);

eachIsolation("stack.close(): peers hear a reset, and go on without it", async (isolation) => {
  await using net = await Network.create(isolation);
  using pair = await connect(net.client, net.server);
  using other = await connect(net.server, net.server, "127.0.0.1:80");
  const reading = later(pair.server.read(new Uint8Array(1)));
  await net.client.close();
  await rejects(reading, failure.RESET);
  await assertTalks(other);
});

eachIsolation(
  "stack.close(): peers hear a reset, also behind more datagrams than may be under way",
  async (isolation) => {
    await using net = await Network.create(isolation, { mtu: 65535, maxInflight: 10_000 });
    const pairs = [];
    for (let port = 80; port < 100; port++) pairs.push(await connect(net.client, net.server, `${SERVER}:${port}`));
    const reading = pairs.map(({ server }) => later(server.read(new Uint8Array(1))));
    const sockets = await Promise.all(Array.from({ length: 12 }, () => net.client.dialUDP(`${SERVER}:53`)));
    for (const socket of sockets) {
      for (let i = 0; i < 100; i++) later(socket.write(new Uint8Array(1000)));
    }
    await net.client.close();
    for (const read of reading) await rejects(read, failure.RESET);
    for (const pair of pairs) pair[Symbol.dispose]();
  },
);

scenario("the worker died: ConnectionAborted, and later too", async () => {
  using workers = new OtherWorkers(fixture("mortal_worker.ts"));
  await using net = await cuttable("worker");
  const { internet, client } = net;
  using waiting = await Waiting.start(net);
  workers.find(CLIENT).postMessage("die");
  for (const pending of [...waiting.stream, ...waiting.datagrams, waiting.accept, ...waiting.dials]) {
    await rejects(pending, failure.ABORTED);
  }
  await rejects(waiting.iteration, failure.ABORTED);
  await waiting.assertLater(failure.ABORTED);
  waiting.assertAddresses();
  await rejects(client.dialTCP(`${SERVER}:80`), failure.NET_DOWN);
  throws(() => client.listenTCP("0.0.0.0:80"), failure.NET_DOWN);
  const death = await assertRejects(() => client.closed, Error, "told to die");
  assertEquals(death.message.startsWith("The stack's worker died: "), true);
  // Its address is free, and the rest of the internet goes on.
  const next = await internet.newStack(1500, CLIENT);
  net.mend();
  using pair = await connect(next, net.server, `${SERVER}:90`);
  await assertTalks(pair);
  await client.close();
});

scenario("the worker died: connections that were over hear of it too", async () => {
  using workers = new OtherWorkers(fixture("mortal_worker.ts"));
  await using net = await Network.create("worker", { client: SHORT_TIME_WAIT });
  const conns = await endedConnections(net);
  for (const conn of conns) conn.setDeadline(Date.now() + 1_000_000);
  workers.find(CLIENT).postMessage("die");
  await assertRejects(() => net.client.closed, Error, "told to die");
  for (const conn of conns) {
    await rejects(conn.read(new Uint8Array(1)), failure.ABORTED);
    await rejects(conn.info(), failure.ABORTED);
  }
});

eachIsolation("a socket's own end leaves the stack's others alone", async (isolation) => {
  await using net = await Network.create(isolation);
  using listener = net.server.listenTCP(`${SERVER}:80`);
  const first = await net.client.dialTCP(`${SERVER}:80`);
  using firstAccepted = await listener.accept();
  using second = await net.client.dialTCP(`${SERVER}:80`);
  using secondAccepted = await listener.accept();
  first.abort();
  await assertRejects(() => firstAccepted.read(new Uint8Array(1)), Deno.errors.ConnectionReset);
  listener.close();
  await assertTalks({ client: second, server: secondAccepted });
});

eachIsolation("after internet.close(): everything has ended", async (isolation) => {
  const internet = new Internet({ isolation });
  const stack = await internet.newStack(1500, "10.0.0.1");
  const vnic = internet.newVNIC(1500);
  using conn = await stack.dialUDP("10.0.0.9:9");
  // A queued packet of a stack, and iterators with and without a place in the queue.
  await conn.write(bytes("x"));
  const first = await internet.inFlight().next();
  assertEquals(first.done, false);
  assertEquals(internet.sendFrame({ packet: Uint8Array.of(0x45) }), true);
  const idle = internet.inFlight();
  const closing = internet.close();
  assertEquals(await idle.next(), { value: undefined, done: true });
  assertEquals(internet.deliver({ packet: first.value!.packet }), false);
  assertEquals(internet.sendFrame(first.value!), false);
  await rejects(internet.newStack(1500, "10.0.0.2"), failure.NET_DOWN);
  throws(() => internet.newVNIC(1500), failure.NET_DOWN);
  throws(() => internet.addRoute(vnic, "10.0.0.2"), failure.NET_DOWN);
  await closing;
  assertEquals(await internet.inFlight().next(), { value: undefined, done: true });
  assertEquals(internet.deliver(first.value!), false);
  await internet.route();
  await stack.closed;
  await internet.close();
});

eachIsolation("after internet.close(): pending iterators end, and so does route()", async (isolation) => {
  const internet = new Internet({ isolation });
  await internet.newStack(1500, "10.0.0.1");
  const pending = [internet.inFlight().next(), internet.inFlight().next()];
  const routing = internet.route();
  await internet.close();
  for (const next of pending) assertEquals(await next, { value: undefined, done: true });
  await routing;
});

eachIsolation("internet.close() while stacks start: they reject, and nothing is left", async (isolation) => {
  for (const wait of [0, 1, 5, 20]) {
    const internet = new Internet({ isolation });
    const starting = ["10.0.0.1", "10.0.0.2", "2001:db8::3"].map((address) => internet.newStack(1500, address));
    starting.forEach(later);
    if (wait > 0) await delay(wait);
    const closing = internet.close();
    const results = await Promise.allSettled(starting);
    for (const [i, result] of results.entries()) {
      // It may have started before the close.
      if (result.status === "fulfilled") await result.value.closed;
      else await rejects(starting[i], failure.NET_DOWN);
    }
    await closing;
  }
});

eachIsolation("return() of an iterator that waits gives up its place", async (isolation) => {
  await using internet = new Internet({ isolation });
  const stack = await internet.newStack(1500, "10.0.0.1");
  using conn = await stack.dialUDP("10.0.0.9:9");
  const [leaving, staying] = [internet.inFlight(), internet.inFlight()];
  const left = leaving.next();
  const next = staying.next();
  await leaving.return?.();
  assertEquals(await left, { value: undefined, done: true });
  await conn.write(bytes("x"));
  assertEquals((await next).value?.packet.length, 20 + 8 + 1);
  assertEquals(await leaving.next(), { value: undefined, done: true });
});
