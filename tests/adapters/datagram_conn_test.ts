import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { buffer, bytes, datagrams, isPending, outcome, outcomes, REMOTE, text, thrown } from "./fakes.ts";

const TO = { transport: "udp", hostname: "10.0.0.2", port: 53 } as const;
const ABORTED = "ConnectionAborted ECONNABORTED";

Deno.test("DatagramConn.send: waits for room, in order, with the bytes of the call", async () => {
  const { socket, conn, sink } = datagrams();
  while (socket.writable) await conn.send(buffer(60000), TO);
  sink.bytes = [];
  const source = bytes("a");
  const sends = [conn.send(source, TO), conn.send(bytes("b"), { ...TO, port: 54 })];
  source.fill(120);
  assert(await isPending(sends[0]));
  sink.calls = [];
  socket.grant(300_000);
  assertEquals(await Promise.all(sends), [1, 1]);
  assertEquals(sink.bytes.map((part) => text(part)), ["a", "b"]);
  assertEquals(sink.calls, ["send 1 to 10.0.0.2:53", "send 1 to 10.0.0.2:54"]);
});

for (const value of [undefined, null, "text", new ArrayBuffer(4), new Uint16Array(2)]) {
  Deno.test(`DatagramConn.send: ${Deno.inspect(value)} is no buffer`, async () => {
    const { conn } = datagrams();
    const error = await assertRejects(() => Reflect.apply(conn.send, conn, [value, TO]), TypeError);
    assertEquals(error.message, `Cannot send ${Deno.inspect(value)}: expected a Uint8Array`);
  });
}

Deno.test("DatagramConn.receive: the datagram and its sender", async () => {
  const { socket, conn } = datagrams();
  const receive = conn.receive();
  assert(await isPending(receive));
  const batch = bytes("xhix");
  socket.receive({ bytes: batch.subarray(1, 3), from: REMOTE });
  const [data, sender] = await receive;
  assertEquals(text(data), "hi");
  assertEquals(data.buffer.byteLength, 2);
  assertEquals({ ...sender }, { hostname: "10.0.0.2", port: 40000, transport: "udp" });
  assertEquals(Object.getPrototypeOf(sender), null);
});

for (const value of ["text", 5, new ArrayBuffer(4), new Uint16Array(2)]) {
  Deno.test(`DatagramConn.receive: ${Deno.inspect(value)} is no buffer`, async () => {
    const { conn } = datagrams();
    const error = await assertRejects(() => Reflect.apply(conn.receive, conn, [value]), TypeError);
    assertEquals(error.message, `Cannot receive into ${Deno.inspect(value)}: expected a Uint8Array`);
  });
}

Deno.test("DatagramConn.receive: a detached buffer is an empty one", async () => {
  const { socket, conn } = datagrams();
  const target = buffer();
  const receive = conn.receive(target);
  structuredClone(target.buffer, { transfer: [target.buffer] });
  socket.receive({ bytes: bytes("lost"), from: REMOTE });
  assertEquals((await receive)[0], new Uint8Array(0));
  socket.receive({ bytes: bytes("lost"), from: REMOTE });
  assertEquals((await conn.receive(target))[0], new Uint8Array(0));
  socket.receive({ bytes: bytes("next"), from: REMOTE });
  assertEquals(text((await conn.receive(buffer()))[0]), "next");
});

Deno.test("DatagramConn.close: what waits is interrupted, what follows is on a bad resource", async () => {
  const { socket, conn, sink } = datagrams();
  while (socket.writable) await conn.send(buffer(60000), TO);
  sink.calls = [];
  const calls = [conn.receive(), conn.receive(), conn.send(bytes("x"), TO)];
  assertEquals(conn.close(), undefined);
  assertEquals(await outcomes(...calls), Array(3).fill("Interrupted EINTR"));
  for (const call of [() => conn.receive(), () => conn.receive(buffer(0)), () => conn.send(bytes("x"), TO)]) {
    const error = await assertRejects(call, Deno.errors.BadResource);
    assertEquals(error.message, "Socket has been closed");
  }
  assertEquals(assertThrows(() => conn.close(), Deno.errors.BadResource).message, "Bad resource ID");
  assertEquals(sink.calls, ["close", "forget"]);
});

Deno.test("DatagramConn dispose: silent, again and again", () => {
  const { conn, sink } = datagrams();
  {
    using same = conn;
    same[Symbol.dispose]();
  }
  assertEquals(sink.calls, ["close", "forget"]);
});

Deno.test("DatagramConn: the stack was closed", async () => {
  const { socket, conn } = datagrams();
  const receive = conn.receive();
  const next = conn[Symbol.asyncIterator]().next();
  socket.fail("stack-closed");
  assertEquals(await outcome(receive), ABORTED);
  assertEquals(await next, { value: undefined, done: true });
  assertEquals(await outcomes(conn.receive(), conn.send(bytes("x"), TO)), ["BadResource", "BadResource"]);
  assertEquals(thrown(() => conn.close()), "BadResource");
  assertEquals(thrown(() => conn[Symbol.dispose]()), "returned");
});

Deno.test("DatagramConn: the worker died", async () => {
  const { socket, conn } = datagrams();
  const receive = conn.receive();
  const next = conn[Symbol.asyncIterator]().next();
  socket.fail("worker-died");
  assertEquals(await outcomes(receive, next), [ABORTED, ABORTED]);
  assertEquals(await outcomes(conn.receive(), conn.send(bytes("x"), TO)), [ABORTED, ABORTED]);
  assertEquals(thrown(() => conn.setDeadline(null)), ABORTED);
  assertEquals(thrown(() => conn.close()), "returned");
  assertEquals(await outcome(conn.receive()), "BadResource");
});

Deno.test("DatagramConn.receive: one whose buffer throws waits on, and is interrupted as others are", async () => {
  const { socket, conn } = datagrams();
  const odd = buffer();
  odd.set = () => {
    throw new Error("odd");
  };
  const receive = conn.receive(odd);
  assertThrows(() => socket.receive({ bytes: bytes("lost"), from: REMOTE }), Error, "odd");
  assert(await isPending(receive));
  conn.close();
  assertEquals(await outcome(receive), "Interrupted EINTR");
});
