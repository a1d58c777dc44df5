import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { RemoteDatagramSocket } from "../../stack/remote_socket.ts";
import { UDPConn } from "../../adapters/udp_conn.ts";
import {
  buffer,
  bytes,
  isPending,
  LOCAL,
  outcome,
  outcomes,
  RecordingSink,
  REMOTE,
  text,
  thrown,
  udp,
} from "./fakes.ts";

const ABORTED = "ConnectionAborted ECONNABORTED";

Deno.test("UDPConn.read: one datagram each, in order; the tail of the buffer stays untouched", async () => {
  const { socket, conn } = udp();
  const target = new Uint8Array(4).fill(46);
  const read = conn.read(target);
  assert(await isPending(read));
  socket.receive({ bytes: bytes("ab"), from: REMOTE });
  socket.receive({ bytes: bytes("cd"), from: REMOTE });
  assertEquals(await read, 2);
  assertEquals(text(target), "ab..");
  assertEquals(await conn.read(target), 2);
  assertEquals(text(target), "cd..");
});

Deno.test("UDPConn.read: what does not fit is lost", async () => {
  const { socket, conn } = udp();
  socket.receive({ bytes: bytes("abcdef"), from: REMOTE });
  socket.receive({ bytes: bytes("gh"), from: REMOTE });
  const target = buffer(3);
  assertEquals(await conn.read(target), 3);
  assertEquals(text(target), "abc");
  assertEquals(await conn.read(target), 2);
});

Deno.test("UDPConn.read: an empty buffer consumes a datagram, an empty datagram is 0", async () => {
  const { socket, conn } = udp();
  socket.receive({ bytes: bytes("lost"), from: REMOTE });
  socket.receive({ bytes: bytes(""), from: REMOTE });
  socket.receive({ bytes: bytes("next"), from: REMOTE });
  assertEquals(await conn.read(buffer(0)), 0);
  assertEquals(await conn.read(buffer()), 0);
  assertEquals(await conn.read(buffer()), 4);
});

Deno.test("UDPConn.read: a detached buffer is an empty one", async () => {
  const { socket, conn } = udp();
  const target = buffer();
  const read = conn.read(target);
  structuredClone(target.buffer, { transfer: [target.buffer] });
  socket.receive({ bytes: bytes("lost"), from: REMOTE });
  assertEquals(await read, 0);
  socket.receive({ bytes: bytes("lost"), from: REMOTE });
  assertEquals(await conn.read(target), 0);
  socket.receive({ bytes: bytes("next"), from: REMOTE });
  assertEquals(await conn.read(buffer()), 4);
});

Deno.test("UDPConn.read: concurrent reads are served in order", async () => {
  const { socket, conn } = udp();
  const targets = [buffer(1), buffer(1)];
  const reads = targets.map((target) => conn.read(target));
  socket.receive({ bytes: bytes("a"), from: REMOTE });
  socket.receive({ bytes: bytes("b"), from: REMOTE });
  assertEquals(await Promise.all(reads), [1, 1]);
  assertEquals(targets.map((target) => text(target)), ["a", "b"]);
});

Deno.test("UDPConn.write: one datagram each, an empty one too", async () => {
  const { conn, sink } = udp();
  assertEquals(await conn.write(bytes("hello")), 5);
  assertEquals(await conn.write(buffer(0)), 0);
  assertEquals(sink.calls, ["send 5 to 10.0.0.2:40000", "send 0 to 10.0.0.2:40000"]);
});

Deno.test("UDPConn.write: waits for room, in order, with the bytes of the call", async () => {
  const { socket, conn, sink } = udp();
  while (socket.writable) await conn.write(buffer(60000));
  sink.bytes = [];
  const source = bytes("a");
  const writes = [conn.write(source), conn.write(bytes("b"))];
  source.fill(120);
  assert(await isPending(writes[0]));
  socket.grant(300_000);
  assertEquals(await Promise.all(writes), [1, 1]);
  assertEquals(sink.bytes.map((part) => text(part)), ["a", "b"]);
});

for (const [hostname, max] of [["10.0.0.2", 65507], ["2001:db8::2", 65527]] as const) {
  Deno.test(`UDPConn.write: at most ${max} bytes to ${hostname}`, async () => {
    const { conn } = udp({ address: hostname, port: 53 });
    assertEquals(await outcome(conn.write(buffer(max))), max);
    const error = await assertRejects(() => conn.write(buffer(max + 1)), Error);
    assertEquals([error.constructor, error.message], [Error, "Message too long (os error 90)"]);
    assertEquals(await outcome(conn.write(buffer(max + 1))), "Error EMSGSIZE");
  });
}

for (const value of [undefined, null, "text", new ArrayBuffer(4), new Uint16Array(2)]) {
  Deno.test(`UDPConn: ${Deno.inspect(value)} is no buffer`, async () => {
    const { conn } = udp();
    await assertRejects(() => Reflect.apply(conn.read, conn, [value]), TypeError, "expected a Uint8Array");
    await assertRejects(() => Reflect.apply(conn.write, conn, [value]), TypeError, "expected a Uint8Array");
  });
}

Deno.test("UDPConn: an ICMP error is told to the first read that waits", async () => {
  const { socket, conn } = udp();
  const reads = [conn.read(buffer()), conn.read(buffer())];
  socket.report("refused");
  assertEquals(await outcome(reads[0]), "ConnectionRefused ECONNREFUSED");
  assert(await isPending(reads[1]));
  socket.receive({ bytes: bytes("ok"), from: REMOTE });
  assertEquals(await reads[1], 2);
});

Deno.test("UDPConn: an ICMP error is told to the next call, once, before data", async () => {
  for (const first of ["read", "write"] as const) {
    const { socket, conn } = udp();
    socket.receive({ bytes: bytes("data"), from: REMOTE });
    socket.report("refused");
    assertEquals(await outcome(conn[first](buffer())), "ConnectionRefused ECONNREFUSED");
    assertEquals(await outcomes(conn.read(buffer()), conn.write(bytes("x"))), [4, 1]);
  }
});

Deno.test("UDPConn: an ICMP error reaches a write that waits", async () => {
  const { socket, conn } = udp();
  while (socket.writable) await conn.write(buffer(60000));
  const write = conn.write(bytes("x"));
  socket.report("host-unreachable");
  assertEquals(await outcome(write), "Error EHOSTUNREACH");
});

Deno.test("UDPConn.closeWrite: is not valid", async () => {
  const { conn } = udp();
  const error = await assertRejects(() => conn.closeWrite(), TypeError);
  assertEquals(
    error.message,
    'Cannot close the write side of the UDP socket to "10.0.0.2:40000": Invalid argument (os error 22)',
  );
  assertEquals(await outcome(conn.closeWrite()), "TypeError EINVAL");
  conn.close();
  assertEquals(await outcome(conn.closeWrite()), "BadResource");
});

Deno.test("UDPConn.close: what waits is interrupted, what follows is on a bad resource", async () => {
  const { socket, conn, sink } = udp();
  while (socket.writable) await conn.write(buffer(60000));
  sink.calls = [];
  const calls = [conn.read(buffer()), conn.write(bytes("x"))];
  assertEquals(conn.close(), undefined);
  assertEquals(await outcomes(...calls), ["Interrupted EINTR", "Interrupted EINTR"]);
  assertEquals(await outcomes(conn.read(buffer()), conn.write(bytes("x"))), ["BadResource", "BadResource"]);
  const error = assertThrows(() => conn.close(), Deno.errors.BadResource);
  assertEquals(error.message, "Bad resource ID");
  conn[Symbol.dispose]();
  assertEquals(sink.calls, ["close", "forget"]);
});

Deno.test("UDPConn: the stack was closed", async () => {
  const { socket, conn } = udp();
  const read = conn.read(buffer());
  socket.fail("stack-closed");
  assertEquals(await outcomes(read, conn.read(buffer()), conn.write(bytes("x"))), [
    ABORTED,
    "BadResource",
    "BadResource",
  ]);
  assertEquals(thrown(() => conn.close()), "BadResource");
  assertEquals(thrown(() => conn[Symbol.dispose]()), "returned");
});

Deno.test("UDPConn: the worker died", async () => {
  const { socket, conn } = udp();
  const read = conn.read(buffer());
  socket.fail("worker-died");
  assertEquals(await outcomes(read, conn.read(buffer()), conn.write(bytes("x"))), [ABORTED, ABORTED, ABORTED]);
  assertEquals(thrown(() => conn.setDeadline(null)), ABORTED);
  assertEquals(thrown(() => conn.close()), "returned");
  assertEquals(await outcome(conn.read(buffer())), "BadResource");
});

Deno.test("UDPConn.readable: a chunk for each datagram, none ahead; not a byte stream", async () => {
  const { socket, conn } = udp();
  assertStrictEquals(conn.readable, conn.readable);
  assertThrows(() => conn.readable.getReader({ mode: "byob" }), TypeError);
  const reader = conn.readable.getReader();
  const received = new Uint8Array([1, 2, 3]);
  for (const part of [received.subarray(0, 2), received.subarray(2, 2), received.subarray(2)]) {
    socket.receive({ bytes: part, from: REMOTE });
  }
  const { value } = await reader.read();
  assertEquals(value, new Uint8Array([1, 2]));
  assertEquals(value?.buffer.byteLength, 2);
  assertEquals((await reader.read()).value?.length, 0);
  assertEquals(await conn.read(buffer()), 1);
  await reader.cancel();
  assertEquals(thrown(() => conn.close()), "BadResource");
});

Deno.test("UDPConn.readable: close interrupts", async () => {
  const { conn } = udp();
  const read = conn.readable.getReader().read();
  assert(await isPending(read));
  conn.close();
  assertEquals(await outcome(read), "Interrupted EINTR");
});

Deno.test("UDPConn.writable: a datagram for each chunk, an empty one too; its end closes", async () => {
  const { conn, sink } = udp();
  assertStrictEquals(conn.writable, conn.writable);
  const writer = conn.writable.getWriter();
  await writer.write(bytes("ab"));
  await writer.write(bytes(""));
  await writer.close();
  assertEquals(sink.calls, ["send 2 to 10.0.0.2:40000", "send 0 to 10.0.0.2:40000", "close", "forget"]);
});

Deno.test("UDPConn: addresses have no prototype and a stable identity, also after close", () => {
  const { conn } = udp();
  const { localAddr, remoteAddr } = conn;
  assertEquals({ ...localAddr }, { hostname: LOCAL.address, port: LOCAL.port, transport: "udp" });
  assertEquals({ ...remoteAddr }, { hostname: REMOTE.address, port: REMOTE.port, transport: "udp" });
  assertEquals(Object.getPrototypeOf(localAddr), null);
  conn.close();
  assertStrictEquals(conn.localAddr, localAddr);
  assertStrictEquals(conn.remoteAddr, remoteAddr);
  conn.ref();
  conn.unref();
});

Deno.test("UDPConn: needs a peer", () => {
  const socket = new RemoteDatagramSocket(new RecordingSink(), 1, LOCAL);
  assertThrows(() => new UDPConn(socket), TypeError, "Cannot create a UDPConn: the socket is not connected");
});
