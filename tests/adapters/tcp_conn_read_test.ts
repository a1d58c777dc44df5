import { assert, assertEquals, assertRejects } from "@std/assert";
import { buffer, bytes, isPending, outcome, tcp, text } from "./fakes.ts";

Deno.test("TCPConn.read: buffered data coalesces, the tail of the buffer stays untouched", async () => {
  const { socket, conn, sink } = tcp();
  socket.receive(bytes("ab"));
  socket.receive(bytes("cde"));
  const target = new Uint8Array(8).fill(46);
  assertEquals(await conn.read(target), 5);
  assertEquals(text(target), "abcde...");
  assertEquals(sink.calls, ["consumed 5"]);
});

Deno.test("TCPConn.read: waits for data", async () => {
  const { socket, conn } = tcp();
  const target = buffer();
  const read = conn.read(target);
  assert(await isPending(read));
  socket.receive(bytes("hi"));
  assertEquals(await read, 2);
  assertEquals(text(target, 2), "hi");
});

Deno.test("TCPConn.read: a later read does not overtake", async () => {
  const { socket, conn } = tcp();
  const first = buffer(1);
  const second = buffer(1);
  const reads = [conn.read(first)];
  socket.receive(bytes("ab"));
  reads.push(conn.read(second));
  await Promise.all(reads);
  assertEquals([text(first), text(second)], ["a", "b"]);
});

for (
  const value of [
    undefined,
    null,
    "text",
    5,
    new ArrayBuffer(4),
    new Uint16Array(2),
    new DataView(new ArrayBuffer(4)),
    [1],
  ]
) {
  Deno.test(`TCPConn.read: rejects for ${Deno.inspect(value)}`, async () => {
    const { conn } = tcp();
    const error = await assertRejects(() => Reflect.apply(conn.read, conn, [value]), TypeError);
    assertEquals(error.message, `Cannot read into ${Deno.inspect(value)}: expected a Uint8Array`);
  });
}

Deno.test("TCPConn.read: a detached buffer takes nothing from the others", async () => {
  const { socket, conn } = tcp();
  const target = buffer();
  const read = conn.read(target);
  structuredClone(target.buffer, { transfer: [target.buffer] });
  socket.receive(bytes("hi"));
  assertEquals(await read, 0);
  assertEquals(await conn.read(buffer()), 2);
});

Deno.test("TCPConn.read: data that arrived is read before the reset", async () => {
  const { socket, conn } = tcp();
  socket.receive(bytes("data"));
  socket.fail("reset");
  assertEquals(await outcome(conn.read(buffer())), 4);
  assertEquals(await outcome(conn.read(buffer())), "ConnectionReset ECONNRESET");
  assertEquals(await outcome(conn.read(buffer())), null);
});

Deno.test("TCPConn.read: after the peer's FIN a reset is no news", async () => {
  const { socket, conn } = tcp();
  socket.receive(bytes("data"));
  socket.end();
  socket.fail("reset");
  assertEquals(await outcome(conn.read(buffer())), 4);
  assertEquals(await outcome(conn.read(buffer())), null);
  assertEquals(await outcome(conn.write(bytes("x"))), "BrokenPipe EPIPE");
});

for (
  const [reason, error] of [
    ["timed-out", "TimedOut ETIMEDOUT"],
    ["host-unreachable", "Error EHOSTUNREACH"],
    ["network-unreachable", "NetworkUnreachable ENETUNREACH"],
  ] as const
) {
  Deno.test(`TCPConn.read: ${reason} is told once, then the end`, async () => {
    const { socket, conn } = tcp();
    const read = conn.read(buffer());
    socket.fail(reason);
    assertEquals(await outcome(read), error);
    assertEquals(await outcome(conn.read(buffer())), null);
    assertEquals(await outcome(conn.write(bytes("x"))), "BrokenPipe EPIPE");
  });
}
