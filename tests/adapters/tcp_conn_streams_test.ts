import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { buffer, bytes, isPending, outcome, tcp, text, thrown } from "./fakes.ts";

Deno.test("TCPConn streams: made once", () => {
  const { conn } = tcp();
  assertStrictEquals(conn.readable, conn.readable);
  assertStrictEquals(conn.writable, conn.writable);
});

Deno.test("TCPConn.readable: chunks as they arrive, at most 65,536 bytes", async () => {
  const { socket, conn } = tcp();
  const reader = conn.readable.getReader();
  socket.receive(new Uint8Array(100_000));
  assertEquals((await reader.read()).value?.length, 65536);
  const rest = (await reader.read()).value;
  assertEquals(rest?.length, 34464);
  assertEquals(rest?.buffer.byteLength, 34464);
});

Deno.test("TCPConn.readable: reads nothing before it is asked to", async () => {
  const { socket, conn } = tcp();
  const reader = conn.readable.getReader();
  socket.receive(bytes("early"));
  assert(await isPending(new Promise(() => {})));
  assertEquals(socket.readable, 5);
  assertEquals(await conn.read(buffer()), 5);
  reader.releaseLock();
});

Deno.test("TCPConn.readable: shares the queue with conn.read", async () => {
  const { socket, conn } = tcp();
  const reader = conn.readable.getReader();
  const first = reader.read();
  assert(await isPending(first));
  const target = buffer();
  const second = conn.read(target);
  socket.receive(bytes("12"));
  socket.receive(bytes("345"));
  assertEquals(text((await first).value), "12");
  assertEquals(text(target, await second ?? 0), "345");
});

Deno.test("TCPConn.readable: a user's own buffer", async () => {
  const { socket, conn } = tcp();
  const reader = conn.readable.getReader({ mode: "byob" });
  const read = reader.read(new Uint8Array(2));
  socket.receive(bytes("echo"));
  assertEquals(text((await read).value), "ec");
  assertEquals(socket.readable, 2);
  assertEquals(text((await reader.read(new Uint8Array(8))).value), "ho");
  const two = reader.read(new Uint8Array(8), { min: 2 });
  socket.receive(bytes("1"));
  assert(await isPending(two));
  socket.receive(bytes("2"));
  assertEquals(text((await two).value), "12");
  socket.end();
  const end = await reader.read(new Uint8Array(8));
  assertEquals([end.done, end.value?.length], [true, 0]);
  assertEquals(thrown(() => conn.close()), "BadResource");
});

Deno.test("TCPConn.readable: the peer's end closes the connection", async () => {
  const { socket, conn, sink } = tcp();
  const reader = conn.readable.getReader();
  socket.receive(bytes("hi"));
  socket.end();
  assertEquals(text((await reader.read()).value), "hi");
  assertEquals(await reader.read(), { value: undefined, done: true });
  await reader.closed;
  assertEquals(thrown(() => conn.close()), "BadResource");
  assertEquals(sink.calls, ["consumed 2", "close", "forget"]);
});

Deno.test("TCPConn.readable: cancel closes the connection", async () => {
  const { socket, conn, sink } = tcp();
  const reader = conn.readable.getReader();
  const read = reader.read();
  assert(await isPending(read));
  await reader.cancel();
  assertEquals(await read, { value: undefined, done: true });
  assertEquals(thrown(() => conn.close()), "BadResource");
  assertEquals(sink.calls, ["close", "forget"]);
  assertEquals(socket.onChange, null);
});

Deno.test("TCPConn.readable: leaving a loop closes the connection", async () => {
  const { socket, conn } = tcp();
  socket.receive(bytes("hi"));
  for await (const chunk of conn.readable) {
    assertEquals(text(chunk), "hi");
    break;
  }
  assertEquals(thrown(() => conn.close()), "BadResource");
});

Deno.test("TCPConn.readable: close interrupts a read that waits", async () => {
  const { conn } = tcp();
  const reader = conn.readable.getReader();
  const read = reader.read();
  assert(await isPending(read));
  conn.close();
  assertEquals(await outcome(read), "Interrupted EINTR");
});

Deno.test("TCPConn.readable: reads after close are on a bad resource", async () => {
  const { conn } = tcp();
  const reader = conn.readable.getReader();
  conn.close();
  assertEquals(await outcome(reader.read()), "BadResource");
});

Deno.test("TCPConn.readable: made or cancelled after close", async () => {
  const { conn } = tcp();
  conn.close();
  const reader = conn.readable.getReader();
  assertEquals(await outcome(reader.read()), "BadResource");
  const other = tcp();
  const { readable } = other.conn;
  other.conn.close();
  await readable.cancel();
});

Deno.test("TCPConn.readable: a reset is its error, and closes the connection", async () => {
  const { socket, conn } = tcp();
  const reader = conn.readable.getReader();
  socket.fail("reset");
  assertEquals(await outcome(reader.read()), "ConnectionReset ECONNRESET");
  assertEquals(thrown(() => conn.close()), "BadResource");
});

Deno.test("TCPConn.readable: a released lock leaves the bytes to the next reader", async () => {
  for (const mode of [undefined, "byob"] as const) {
    const { socket, conn } = tcp();
    const { readable } = conn;
    const first = mode ? readable.getReader({ mode }) : readable.getReader();
    const lost = "closed" in first && mode
      ? (first as ReadableStreamBYOBReader).read(new Uint8Array(8))
      : (first as ReadableStreamDefaultReader).read();
    assert(await isPending(lost));
    first.releaseLock();
    assertEquals(await outcome(lost), "TypeError");
    const read = readable.getReader().read();
    socket.receive(bytes("xyz"));
    assertEquals(text((await read).value), "xyz");
  }
});

Deno.test("TCPConn.writable: a write completes when all of it is taken", async () => {
  const { socket, conn, sink } = tcp(3);
  const writer = conn.writable.getWriter();
  assertEquals(writer.desiredSize, 1);
  const write = writer.write(bytes("hello"));
  assert(await isPending(write));
  socket.grant(1);
  assert(await isPending(write));
  socket.grant(9);
  await write;
  assertEquals(sink.bytes.map((part) => text(part)), ["hel", "l", "o"]);
});

Deno.test("TCPConn.writable: any buffer and any view", async () => {
  const { conn, sink } = tcp();
  const writer: WritableStreamDefaultWriter<unknown> = conn.writable.getWriter();
  await writer.write(bytes("a").buffer);
  await writer.write(new DataView(bytes("bcd").buffer, 1, 1));
  await writer.write(new Uint16Array(2));
  await writer.write(new Uint8Array(0));
  assertEquals(sink.bytes.map((part) => part.length), [1, 1, 4]);
  assertEquals(text(sink.bytes[1]), "c");
});

for (const chunk of ["text", null, undefined, 5, [1]]) {
  Deno.test(`TCPConn.writable: ${Deno.inspect(chunk)} is a TypeError and closes the connection`, async () => {
    const { conn, sink } = tcp();
    const writer: WritableStreamDefaultWriter<unknown> = conn.writable.getWriter();
    const error = await assertRejects(() => writer.write(chunk), TypeError);
    assertEquals(error.message, `Cannot write ${Deno.inspect(chunk)}: expected an ArrayBuffer or a view of one`);
    assertEquals(thrown(() => conn.close()), "BadResource");
    assertEquals(sink.calls, ["close", "forget"]);
  });
}

Deno.test("TCPConn.writable: its end closes the connection, behind what was written", async () => {
  const { conn, sink } = tcp();
  const writer = conn.writable.getWriter();
  writer.write(bytes("bye"));
  await writer.close();
  assertEquals(sink.calls, ["write 3", "close", "forget"]);
  assertEquals(await outcome(conn.read(buffer())), "BadResource");
  assertEquals(await outcome(conn.readable.getReader().read()), "BadResource");
});

Deno.test("TCPConn.writable: abort closes the connection, also with a write waiting", async () => {
  const { conn, sink } = tcp(0);
  const writer = conn.writable.getWriter();
  const write = writer.write(bytes("x"));
  assert(await isPending(write));
  await writer.abort(new Error("enough"));
  assertEquals(await outcome(write), "Interrupted EINTR");
  assertEquals(sink.calls, ["close", "forget"]);
});

Deno.test("TCPConn.writable: writes after close are on a bad resource, its end is silent", async () => {
  const first = tcp();
  const writer = first.conn.writable.getWriter();
  first.conn.close();
  assertEquals(await outcome(writer.write(bytes("x"))), "BadResource");
  const second = tcp();
  const other = second.conn.writable.getWriter();
  second.conn.close();
  await other.close();
});

Deno.test("TCPConn.writable: a reset is its error, and closes the connection", async () => {
  const { socket, conn } = tcp();
  const writer = conn.writable.getWriter();
  socket.fail("reset");
  assertEquals(await outcome(writer.write(bytes("x"))), "ConnectionReset ECONNRESET");
  assertEquals(thrown(() => conn.close()), "BadResource");
});

Deno.test("TCPConn streams: an echo by pipeTo", async () => {
  const { socket, conn, sink } = tcp();
  const pipe = conn.readable.pipeTo(conn.writable);
  socket.receive(bytes("echo"));
  socket.end();
  await pipe;
  assertEquals(text(sink.bytes[0]), "echo");
  assertEquals(sink.calls, ["consumed 4", "write 4", "close", "forget"]);
});

Deno.test("TCPConn streams: the stack was closed", async () => {
  const { socket, conn } = tcp(0);
  const read = conn.readable.getReader().read();
  const write = conn.writable.getWriter().write(bytes("x"));
  assert(await isPending(read));
  socket.fail("stack-closed");
  assertEquals(await outcome(read), "ConnectionAborted ECONNABORTED");
  assertEquals(await outcome(write), "ConnectionAborted ECONNABORTED");
});
