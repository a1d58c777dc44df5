import { assert, assertEquals, assertRejects } from "@std/assert";
import { bytes, isPending, outcome, tcp, text, thrown } from "./fakes.ts";

Deno.test("TCPConn.readable: chunks as they arrive, at most 65,536 bytes", async () => {
  const { socket, conn } = tcp();
  const reader = conn.readable.getReader();
  socket.receive(new Uint8Array(100_000));
  assertEquals((await reader.read()).value?.length, 65536);
  const rest = (await reader.read()).value;
  assertEquals(rest?.length, 34464);
  assertEquals(rest?.buffer.byteLength, 34464);
});

Deno.test("TCPConn.readable: a reader's own buffer may be larger than a chunk, and takes no more than it holds", async () => {
  const { socket, conn } = tcp();
  const reader = conn.readable.getReader({ mode: "byob" });
  socket.receive(new Uint8Array(200_000));
  assertEquals((await reader.read(new Uint8Array(150_000))).value?.length, 150_000);
  assertEquals(socket.readable, 50_000);
});

Deno.test("TCPConn.writable: a write of which a part was taken is one call: close interrupts it", async () => {
  const { socket, conn, sink } = tcp(3);
  const write = conn.writable.getWriter().write(bytes("hello"));
  assert(await isPending(write));
  socket.grant(1);
  conn.close();
  assertEquals(await outcome(write), "Interrupted EINTR");
  assertEquals(sink.bytes.map((part) => text(part)), ["hel", "l"]);
});

Deno.test("TCPConn.writable: nothing comes between the parts of a write", async () => {
  const { socket, conn, sink } = tcp(3);
  const write = conn.writable.getWriter().write(bytes("hello"));
  assert(await isPending(write));
  const others = [conn.write(bytes("!")), conn.closeWrite()];
  socket.grant(1);
  assert(await isPending(others[0]));
  socket.grant(9);
  await Promise.all([write, ...others]);
  assertEquals(sink.bytes.map((part) => text(part)), ["hel", "l", "o", "!"]);
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

Deno.test("TCPConn.writable: abort closes the connection, also with a write waiting", async () => {
  const { conn, sink } = tcp(0);
  const writer = conn.writable.getWriter();
  const write = writer.write(bytes("x"));
  assert(await isPending(write));
  await writer.abort(new Error("enough"));
  assertEquals(await outcome(write), "Interrupted EINTR");
  assertEquals(sink.calls, ["close", "forget"]);
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

Deno.test("TCPConn.writable: a chunk that is transferred while its write waits fails the write", async () => {
  const { socket, conn } = tcp(3);
  const chunk = bytes("hello");
  const write = conn.writable.getWriter().write(chunk);
  assert(await isPending(write));
  structuredClone(chunk, { transfer: [chunk.buffer] });
  socket.grant(9);
  await assertRejects(() => write, TypeError, "transferred while their write waited");
});
