import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { buffer, bytes, datagrams, isPending, outcome, outcomes, REMOTE, text, thrown } from "./fakes.ts";

const TO = { transport: "udp", hostname: "10.0.0.2", port: 53 } as const;
const ABORTED = "ConnectionAborted ECONNABORTED";

Deno.test("DatagramConn.send: the length, also of nothing", async () => {
  const { conn, sink } = datagrams();
  assertEquals(await conn.send(bytes("hi"), TO), 2);
  assertEquals(await conn.send(buffer(0), TO), 0);
  assertEquals(sink.calls, ["send 2 to 10.0.0.2:53", "send 0 to 10.0.0.2:53"]);
});

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

for (
  const [local, hostname, address] of [
    ["10.0.0.1", "10.0.0.2", "10.0.0.2"],
    ["10.0.0.1", undefined, "127.0.0.1"],
    ["0.0.0.0", "localhost", "127.0.0.1"],
    ["10.0.0.1", "LOCALHOST", "127.0.0.1"],
    ["10.0.0.1", "0.0.0.0", "127.0.0.1"],
    ["10.0.0.1", "255.255.255.255", "255.255.255.255"],
    ["2001:db8::1", "[2001:DB8::0:2]", "2001:db8::2"],
    ["2001:db8::1", "2001:db8::2", "2001:db8::2"],
    ["::", "localhost", "::1"],
    ["::", undefined, "::1"],
    ["::", "::", "::1"],
  ]
) {
  Deno.test(`DatagramConn.send: from ${local} to host ${hostname}`, async () => {
    const { conn, sink } = datagrams(local);
    await Reflect.apply(conn.send, conn, [bytes("x"), { hostname, port: 53 }]);
    assertEquals(sink.calls, [`send 1 to ${address}:53`]);
  });
}

for (
  const [what, addr, error] of [
    ["the other family", { ...TO, hostname: "2001:db8::2" }, "Error EAFNOSUPPORT"],
    ["an empty host", { ...TO, hostname: "" }, "URIError"],
    ["a name", { ...TO, hostname: "example.com" }, "Error"],
    ["a host with a space", { ...TO, hostname: "a b" }, "URIError"],
    ["a number for a host", { ...TO, hostname: 5 }, "TypeError"],
    ["port 0", { ...TO, port: 0 }, "TypeError EINVAL"],
    ["a negative port", { ...TO, port: -1 }, "TypeError EINVAL"],
    ["a port too large", { ...TO, port: 65536 }, "TypeError EINVAL"],
    ["half a port", { ...TO, port: 1.5 }, "TypeError EINVAL"],
    ["no port", { ...TO, port: undefined }, "TypeError"],
    ["a text for a port", { ...TO, port: "53" }, "TypeError"],
    ["a unix path", { transport: "unixpacket", path: "/x" }, "NotSupported EPROTOTYPE"],
    ["vsock", { transport: "vsock", cid: 1, port: 1 }, "NotSupported EPROTOTYPE"],
    ["no address", undefined, "TypeError"],
    ["null", null, "TypeError"],
  ] as const
) {
  Deno.test(`DatagramConn.send: not to ${what}`, async () => {
    const { conn, sink } = datagrams();
    assertEquals(await outcome(Reflect.apply(conn.send, conn, [bytes("x"), addr])), error);
    assertEquals(sink.calls, []);
  });
}

Deno.test("DatagramConn.send: an IPv6 socket sends no IPv4", async () => {
  const { conn } = datagrams("::");
  const error = await assertRejects(() => conn.send(bytes("x"), TO), Error);
  assertEquals(error.message, 'Cannot send to "10.0.0.2": Address family not supported by protocol (os error 97)');
});

Deno.test("DatagramConn.send: an address of TCP will do, as for Deno", async () => {
  const { conn } = datagrams();
  assertEquals(await conn.send(bytes("x"), { ...TO, transport: "tcp" }), 1);
});

for (const [local, hostname, max] of [["10.0.0.1", "10.0.0.2", 65507], ["::", "::1", 65527]] as const) {
  Deno.test(`DatagramConn.send: at most ${max} bytes to ${hostname}`, async () => {
    const { conn } = datagrams(local);
    assertEquals(await outcome(conn.send(buffer(max), { ...TO, hostname })), max);
    assertEquals(await outcome(conn.send(buffer(max + 1), { ...TO, hostname })), "Error EMSGSIZE");
  });
}

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

Deno.test("DatagramConn.receive: into a buffer, of which it returns a part", async () => {
  const { socket, conn } = datagrams();
  socket.receive({ bytes: bytes("hi"), from: REMOTE });
  const target = new Uint8Array(4).fill(46);
  const [data] = await conn.receive(target);
  assertStrictEquals(data.buffer, target.buffer);
  assertEquals([text(data), text(target)], ["hi", "hi.."]);
});

Deno.test("DatagramConn.receive: what does not fit is lost; an empty buffer consumes one", async () => {
  const { socket, conn } = datagrams();
  for (const part of ["abcdef", "lost", "next"]) socket.receive({ bytes: bytes(part), from: REMOTE });
  assertEquals(text((await conn.receive(buffer(3)))[0]), "abc");
  assertEquals((await conn.receive(buffer(0)))[0].length, 0);
  assertEquals(text((await conn.receive())[0]), "next");
});

Deno.test("DatagramConn.bufSize: 65507, and what receive returns at most", async () => {
  const { socket, conn } = datagrams();
  assertEquals(conn.bufSize, 65507);
  assertEquals(Object.keys(conn), ["bufSize"]);
  conn.bufSize = 2;
  socket.receive({ bytes: bytes("abc"), from: REMOTE });
  assertEquals(text((await conn.receive())[0]), "ab");
  for (const size of [-1, 1.5, NaN]) {
    conn.bufSize = size;
    assertEquals(await outcome(conn.receive()), "RangeError");
  }
});

Deno.test("DatagramConn.receive: concurrent calls are served in order", async () => {
  const { socket, conn } = datagrams();
  const receives = [conn.receive(), conn.receive(), conn.receive()];
  for (const part of ["a", "b", "c"]) socket.receive({ bytes: bytes(part), from: REMOTE });
  assertEquals((await Promise.all(receives)).map(([data]) => text(data)), ["a", "b", "c"]);
});

for (const value of ["text", 5, new ArrayBuffer(4), new Uint16Array(2)]) {
  Deno.test(`DatagramConn.receive: ${Deno.inspect(value)} is no buffer`, async () => {
    const { conn } = datagrams();
    const error = await assertRejects(() => Reflect.apply(conn.receive, conn, [value]), TypeError);
    assertEquals(error.message, `Cannot receive into ${Deno.inspect(value)}: expected a Uint8Array`);
  });
}

Deno.test("DatagramConn: a closed port is never told", async () => {
  const { socket, conn } = datagrams();
  const receive = conn.receive();
  socket.report("refused");
  assert(await isPending(receive));
  assertEquals(await conn.send(bytes("x"), TO), 1);
  socket.receive({ bytes: bytes("y"), from: REMOTE });
  assertEquals(text((await receive)[0]), "y");
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

Deno.test("DatagramConn: iterates until it is closed", async () => {
  const { socket, conn } = datagrams();
  socket.receive({ bytes: bytes("a"), from: REMOTE });
  const seen: string[] = [];
  const loop = (async () => {
    for await (const [data] of conn) seen.push(text(data));
  })();
  assert(await isPending(loop));
  conn.close();
  await loop;
  assertEquals(seen, ["a"]);
  assertEquals(await conn[Symbol.asyncIterator]().next(), { value: undefined, done: true });
});

Deno.test("DatagramConn: leaving a loop does not close it", async () => {
  const { socket, conn, sink } = datagrams();
  socket.receive({ bytes: bytes("a"), from: REMOTE });
  for await (const _datagram of conn) break;
  assertEquals(await conn.send(bytes("x"), TO), 1);
  assertEquals(sink.calls, ["consumed 257", "send 1 to 10.0.0.2:53"]);
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

Deno.test("DatagramConn: joins no multicast group", async () => {
  const { conn } = datagrams();
  assertEquals(await outcome(conn.joinMulticastV4("224.0.0.1", "0.0.0.0")), "NotSupported EPROTOTYPE");
  assertEquals(await outcome(conn.joinMulticastV6("ff02::1", 0)), "NotSupported EPROTOTYPE");
  conn.close();
  assertEquals(await outcome(conn.joinMulticastV4("224.0.0.1", "0.0.0.0")), "BadResource");
});

Deno.test("DatagramConn: the address has no prototype and a stable identity, also after close", () => {
  const { conn } = datagrams("::");
  const { addr } = conn;
  assertEquals({ ...addr }, { hostname: "::", port: 53, transport: "udp" });
  assertEquals(Object.getPrototypeOf(addr), null);
  conn.close();
  assertStrictEquals(conn.addr, addr);
  conn.ref();
  conn.unref();
});
