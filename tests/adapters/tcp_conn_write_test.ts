import { assert, assertEquals, assertRejects } from "@std/assert";
import { buffer, bytes, isPending, outcome, outcomes, tcp, text } from "./fakes.ts";

Deno.test("TCPConn.write: all of it while there is room", async () => {
  const { conn, sink } = tcp(10);
  assertEquals(await conn.write(bytes("hello")), 5);
  assertEquals(sink.calls, ["write 5"]);
  assertEquals(text(sink.bytes[0]), "hello");
});

Deno.test("TCPConn.write: a part when room ends, then waits", async () => {
  const { socket, conn, sink } = tcp(3);
  assertEquals(await conn.write(bytes("hello")), 3);
  const rest = conn.write(bytes("lo"));
  assert(await isPending(rest));
  socket.grant(1);
  assertEquals(await rest, 1);
  assertEquals(sink.bytes.map((part) => text(part)), ["hel", "l"]);
});

Deno.test("TCPConn.write: the bytes are those of the call", async () => {
  const { socket, conn, sink } = tcp(2);
  const source = bytes("ab");
  const first = conn.write(source);
  source.fill(120);
  const second = conn.write(source);
  source.fill(121);
  socket.grant(2);
  assertEquals(await Promise.all([first, second]), [2, 2]);
  assertEquals(sink.bytes.map((part) => text(part)), ["ab", "xx"]);
});

Deno.test("TCPConn.write: one that waits takes 64 KiB at most", async () => {
  const { socket, conn, sink } = tcp(0);
  const write = conn.write(new Uint8Array(2 ** 26));
  socket.grant(2 ** 27);
  assertEquals(await write, 65536);
  assertEquals(sink.bytes[0].length, 65536);
});

Deno.test("TCPConn.write: concurrent writes are served in order", async () => {
  const { socket, conn, sink } = tcp(0);
  const writes = [conn.write(bytes("ab")), conn.write(bytes("cd"))];
  socket.grant(3);
  assertEquals(await Promise.all(writes), [2, 1]);
  assertEquals(sink.bytes.map((part) => text(part)), ["ab", "c"]);
});

Deno.test("TCPConn.write: of nothing is 0, and behind those that wait", async () => {
  const { socket, conn, sink } = tcp(1);
  assertEquals(await conn.write(buffer(0)), 0);
  await conn.write(bytes("a"));
  const writes = [conn.write(bytes("b")), conn.write(buffer(0))];
  assert(await isPending(writes[1]));
  socket.grant(1);
  assertEquals(await Promise.all(writes), [1, 0]);
  assertEquals(sink.calls, ["write 1", "write 1"]);
});

for (const value of [undefined, null, "text", 5, new ArrayBuffer(4), new Uint16Array(2), [1]]) {
  Deno.test(`TCPConn.write: rejects for ${Deno.inspect(value)}`, async () => {
    const { conn } = tcp();
    const error = await assertRejects(() => Reflect.apply(conn.write, conn, [value]), TypeError);
    assertEquals(error.message, `Cannot write ${Deno.inspect(value)}: expected a Uint8Array`);
  });
}

Deno.test("TCPConn.close: what waits is interrupted", async () => {
  const { conn, sink } = tcp(1);
  const taken = conn.write(bytes("abc"));
  const waiting = [conn.write(bytes("d")), conn.write(bytes("e")), conn.closeWrite()];
  conn.close();
  assertEquals(await taken, 1);
  assertEquals(await outcomes(...waiting), ["Interrupted EINTR", "Interrupted EINTR", "Interrupted EINTR"]);
  assertEquals(sink.calls, ["write 1", "close", "forget"]);
});

Deno.test("TCPConn.closeWrite: once, and no-ops after", async () => {
  const { conn, sink } = tcp();
  await conn.closeWrite();
  await conn.closeWrite();
  assertEquals(sink.calls, ["closeWrite"]);
});

Deno.test("TCPConn.closeWrite: behind the writes that wait", async () => {
  const { socket, conn, sink } = tcp(0);
  const write = conn.write(bytes("ab"));
  const closes = [conn.closeWrite(), conn.closeWrite()];
  const late = conn.write(bytes("c"));
  assert(await isPending(closes[0]));
  assertEquals(sink.calls, []);
  socket.grant(9);
  assertEquals(await write, 2);
  await Promise.all(closes);
  assertEquals(await outcome(late), "BrokenPipe EPIPE");
  assertEquals(sink.calls, ["write 2", "closeWrite"]);
});

Deno.test("TCPConn: exhausted retransmissions are told once, though the peer had ended its side", async () => {
  const { socket, conn } = tcp();
  socket.end();
  socket.fail("timed-out");
  assertEquals(await outcome(conn.read(buffer())), null);
  assertEquals(await outcome(conn.write(bytes("x"))), "TimedOut ETIMEDOUT");
  assertEquals(await outcome(conn.write(bytes("x"))), "BrokenPipe EPIPE");
});
