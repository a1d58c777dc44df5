import { assert, assertEquals, assertFalse, assertThrows } from "@std/assert";
import { Deadline } from "../../adapters/deadlines.ts";
import { FakeTime } from "../harness/fake_time.ts";
import { buffer, bytes, datagrams, isPending, listener, outcome, outcomes, tcp, thrown, udp } from "./fakes.ts";

const TIMED_OUT = "TimedOut ETIMEDOUT";
const soon = () => Date.now() + 15;

Deno.test("Deadline: calls what waits when the time has come, not before", () => {
  using time = new FakeTime();
  let passed = 0;
  const deadline = new Deadline(() => passed++);
  deadline.set(Date.now() + 15);
  time.tick(14);
  assertEquals([deadline.passed, passed], [false, 0]);
  time.tick(1);
  assertEquals([deadline.passed, passed], [true, 1]);
});

Deno.test("Deadline: may be moved and cleared", () => {
  using time = new FakeTime();
  let passed = 0;
  const deadline = new Deadline(() => passed++);
  deadline.set(Date.now() + 15);
  deadline.set(new Date(Date.now() + 60_000));
  time.tick(59_999);
  assertEquals(passed, 0);
  deadline.set(1);
  assertEquals(passed, 1);
  deadline.set(Date.now() + 15);
  deadline.clear();
  time.tick(60_000);
  assertEquals([deadline.passed, passed], [false, 1]);
});

Deno.test("Deadline: one that is weeks away does not pass at once", async () => {
  let passed = 0;
  const deadline = new Deadline(() => passed++);
  deadline.set(Date.now() + 2 ** 31 + 1000);
  const other = Promise.withResolvers<void>();
  new Deadline(other.resolve).set(soon());
  await other.promise;
  assertEquals(passed, 0);
  assertFalse(deadline.passed);
  deadline.clear();
});

Deno.test("Deadline: the platform's own timers bring it too", async () => {
  const { promise, resolve } = Promise.withResolvers<number>();
  const at = soon();
  new Deadline(() => resolve(Date.now())).set(at);
  assert(await promise >= at);
});

Deno.test("Deadline: infinity is none, minus infinity has passed", () => {
  const deadline = new Deadline(() => {});
  deadline.set(Infinity);
  assertFalse(deadline.passed);
  deadline.set(-Infinity);
  assert(deadline.passed);
});

for (const at of [NaN, new Date(NaN), undefined, "2030-01-01", 5n, {}]) {
  Deno.test(`deadlines: ${Deno.inspect(at)} is no time`, () => {
    const sockets = [tcp().conn, udp().conn, datagrams().conn];
    for (const socket of sockets) {
      for (const method of [socket.setDeadline, socket.setReadDeadline, socket.setWriteDeadline]) {
        const error = assertThrows(() => Reflect.apply(method, socket, [at]), TypeError);
        const why = "must be a Date, milliseconds since the epoch, or null";
        assertEquals(error.message, `Cannot set the deadline to ${Deno.inspect(at)}: ${why}`);
      }
    }
    const server = listener().listener;
    assertThrows(() => Reflect.apply(server.setDeadline, server, [at]), TypeError);
  });
}

Deno.test("TCPConn deadlines: the calls that wait, and later ones, until it is cleared", async () => {
  const { socket, conn } = tcp(0);
  const read = conn.read(buffer());
  const write = conn.write(bytes("x"));
  const closeWrite = conn.closeWrite();
  conn.setDeadline(new Date(soon()));
  assertEquals(await outcomes(read, write, closeWrite), [TIMED_OUT, TIMED_OUT, undefined]);
  socket.receive(bytes("data"));
  assertEquals(await outcome(conn.read(buffer())), TIMED_OUT);
  assertEquals(await conn.read(buffer(0)), 0);
  conn.setDeadline(null);
  assertEquals(await outcome(conn.read(buffer())), 4);
  assertEquals(await outcome(conn.write(bytes("x"))), "BrokenPipe EPIPE");
});

Deno.test("TCPConn deadlines: one in the past fails at once", async () => {
  const { conn } = tcp(0);
  const read = conn.read(buffer());
  conn.setReadDeadline(Date.now() - 1);
  assertFalse(await isPending(read));
  assertEquals(await outcomes(read, conn.read(buffer())), [TIMED_OUT, TIMED_OUT]);
  const write = conn.write(bytes("x"));
  conn.setWriteDeadline(0);
  assertEquals(await outcomes(write, conn.write(bytes("x"))), [TIMED_OUT, TIMED_OUT]);
});

Deno.test("TCPConn deadlines: reads and writes have their own", async () => {
  const { conn } = tcp(1);
  conn.setReadDeadline(0);
  assertEquals(await outcomes(conn.read(buffer()), conn.write(bytes("x"))), [TIMED_OUT, 1]);
  conn.setReadDeadline(null);
  conn.setWriteDeadline(0);
  const read = conn.read(buffer());
  assert(await isPending(read));
  assertEquals(await outcome(conn.write(bytes("x"))), TIMED_OUT);
  conn.close();
  assertEquals(await outcome(read), "Interrupted EINTR");
});

// The sanitizers fail these when a timer stays.
Deno.test("deadlines: no timer outlives its socket", () => {
  const far = Date.now() + 3_600_000;
  const closed = tcp();
  closed.conn.setDeadline(far);
  closed.conn.close();
  assertEquals(thrown(() => closed.conn.setDeadline(far)), "BadResource");
  const aborted = tcp();
  aborted.conn.setDeadline(far);
  aborted.conn.abort();
  const ended = tcp();
  ended.conn.setDeadline(far);
  ended.socket.fail("stack-closed");
  const dead = tcp();
  dead.conn.setDeadline(far);
  dead.socket.fail("worker-died");
  const server = listener();
  server.listener.setDeadline(far);
  server.listener.close();
  assertEquals(thrown(() => server.listener.setDeadline(far)), "BadResource");
  const peer = udp();
  peer.conn.setDeadline(far);
  peer.conn.close();
  assertEquals(thrown(() => peer.conn.setReadDeadline(far)), "BadResource");
  const socket = datagrams();
  socket.conn.setDeadline(far);
  socket.conn.close();
  assertEquals(thrown(() => socket.conn.setWriteDeadline(far)), "BadResource");
  const down = datagrams();
  down.conn.setDeadline(far);
  down.socket.fail("stack-closed");
});

Deno.test("TCPListener.setDeadline: accept times out, the listener stays open", async () => {
  const { socket, listener: server, sink } = listener();
  server.setDeadline(soon());
  assertEquals(await outcome(server.accept()), TIMED_OUT);
  assertEquals(await outcome(server.next()), TIMED_OUT);
  server.setDeadline(null);
  const accept = server.accept();
  assert(await isPending(accept));
  server.close();
  assertEquals(await outcome(accept), "BadResource");
  assertEquals(sink.calls, ["close", "forget"]);
  assertEquals(socket.onChange, null);
});

Deno.test("UDPConn deadlines", async () => {
  const { socket, conn } = udp();
  while (socket.writable) await conn.write(buffer(60000));
  conn.setDeadline(soon());
  const calls = [conn.read(buffer()), conn.read(buffer()), conn.write(bytes("x"))];
  assertEquals(await outcomes(...calls), [TIMED_OUT, TIMED_OUT, TIMED_OUT]);
  assertEquals(await outcomes(conn.read(buffer()), conn.write(bytes("x"))), [TIMED_OUT, TIMED_OUT]);
  conn.setDeadline(null);
  socket.grant(300_000);
  assertEquals(await outcome(conn.write(bytes("x"))), 1);
});

Deno.test("DatagramConn deadlines", async () => {
  const { conn } = datagrams();
  const to = { transport: "udp", hostname: "10.0.0.2", port: 53 } as const;
  const receive = conn.receive();
  conn.setReadDeadline(soon());
  assertEquals(await outcomes(receive, conn.send(bytes("x"), to)), [TIMED_OUT, 1]);
  assertEquals(await outcome(conn[Symbol.asyncIterator]().next()), TIMED_OUT);
  conn.setWriteDeadline(0);
  assertEquals(await outcome(conn.send(bytes("x"), to)), TIMED_OUT);
});
