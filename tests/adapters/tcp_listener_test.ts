import { assert, assertEquals, assertFalse, assertRejects, assertStrictEquals } from "@std/assert";
import { buffer, bytes, incoming, isPending, listener, outcome, outcomes, thrown } from "./fakes.ts";

const ABORTED = "ConnectionAborted ECONNABORTED";

Deno.test("TCPListener.accept: the oldest of the backlog, with its real addresses", async () => {
  const { socket, listener: server, sink } = listener();
  socket.push(incoming(sink, 1001));
  socket.push(incoming(sink, 1002));
  const first = await server.accept();
  const second = await server.accept();
  assertEquals([first.remoteAddr.port, second.remoteAddr.port], [1001, 1002]);
  assertEquals(first.localAddr.hostname, "10.0.0.1");
  assertEquals(server.addr.hostname, "0.0.0.0");
  assertEquals(sink.calls, ["accept", "accept"]);
});

Deno.test("TCPListener.accept: waits", async () => {
  const { socket, listener: server, sink } = listener();
  const accept = server.accept();
  assert(await isPending(accept));
  socket.push(incoming(sink));
  assertEquals((await accept).remoteAddr.port, 40000);
});

Deno.test("TCPListener.accept: data sent before is kept", async () => {
  const { socket, listener: server, sink } = listener();
  const connection = incoming(sink);
  socket.push(connection);
  connection.receive(bytes("early"));
  const conn = await server.accept();
  assertEquals(await conn.read(buffer()), 5);
});

Deno.test("TCPListener.accept: one at a time; the first stays", async () => {
  const { socket, listener: server, sink } = listener();
  const first = server.accept();
  const error = await assertRejects(() => server.accept(), Deno.errors.Busy);
  assertEquals(error.message, "Another accept task is ongoing");
  assertFalse("code" in error);
  socket.push(incoming(sink));
  assertEquals((await first).remoteAddr.port, 40000);
});

Deno.test("TCPListener.close: accepts before and after are on a bad resource", async () => {
  const { listener: server } = listener();
  const accept = server.accept();
  assertEquals(server.close(), undefined);
  for (const call of [() => accept, () => server.accept()]) {
    const error = await assertRejects(call, Deno.errors.BadResource);
    assertEquals(error.message, "Listener has been closed");
  }
  assertEquals(thrown(() => server.close()), "BadResource");
  assertEquals(thrown(() => server.return()), "BadResource");
});

Deno.test("TCPListener.close: resets what nobody accepted, spares the others", async () => {
  const { socket, listener: server, sink } = listener();
  socket.push(incoming(sink, 1001));
  socket.push(incoming(sink, 1002));
  const conn = await server.accept();
  server.close();
  assertEquals(sink.calls, ["accept", "abort", "forget", "close", "forget"]);
  assertEquals(await conn.write(bytes("x")), 1);
});

Deno.test("TCPListener dispose: silent, again and again", () => {
  const { listener: server, sink } = listener();
  server[Symbol.dispose]();
  server[Symbol.dispose]();
  assertEquals(sink.calls, ["close", "forget"]);
});

Deno.test("TCPListener: is its own iterator", async () => {
  const { socket, listener: server, sink } = listener();
  assertStrictEquals(server[Symbol.asyncIterator](), server);
  socket.push(incoming(sink));
  const { value, done } = await server.next();
  assertEquals([value?.remoteAddr.port, done], [40000, false]);
  const pending = server.next();
  server.close();
  assertEquals(await pending, { value: undefined, done: true });
  assertEquals(await server.next(), { value: undefined, done: true });
});

Deno.test("TCPListener.return: closes and gives the value back", async () => {
  const { listener: server, sink } = listener();
  assertEquals(await server.return(7), { value: 7, done: true });
  assertEquals(sink.calls, ["close", "forget"]);
  assertFalse("throw" in server);
});

for (const way of ["break", "throw"]) {
  Deno.test(`TCPListener: leaving a loop closes it, by ${way}`, async () => {
    const { socket, listener: server, sink } = listener();
    socket.push(incoming(sink));
    const loop = (async () => {
      for await (const _conn of server) {
        if (way === "break") break;
        throw new Error("enough");
      }
    })();
    assertEquals(await outcome(loop), way === "break" ? undefined : "Error");
    assertEquals(sink.calls, ["accept", "close", "forget"]);
  });
}

Deno.test("TCPListener: two nexts at once are one too many", async () => {
  const { listener: server } = listener();
  const first = server.next();
  assertEquals(await outcome(server.next()), "Busy");
  server.close();
  assertEquals(await first, { value: undefined, done: true });
});

Deno.test("TCPListener: the stack was closed", async () => {
  const { socket, listener: server } = listener();
  const accept = server.accept();
  socket.fail("stack-closed");
  assertEquals(await outcomes(accept, server.accept(), server.accept()), [ABORTED, "BadResource", "BadResource"]);
  assertEquals(thrown(() => server.close()), "BadResource");
  assertEquals(thrown(() => server.setDeadline(null)), "BadResource");
  assertEquals(thrown(() => server[Symbol.dispose]()), "returned");
});

Deno.test("TCPListener: a loop ends when the stack is closed", async () => {
  const { socket, listener: server } = listener();
  const pending = server.next();
  socket.fail("stack-closed");
  assertEquals(await pending, { value: undefined, done: true });
  assertEquals(await server.next(), { value: undefined, done: true });
});

Deno.test("TCPListener: the worker died", async () => {
  const { socket, listener: server, sink } = listener();
  socket.push(incoming(sink));
  await server.accept();
  const accept = server.accept();
  socket.fail("worker-died");
  assertEquals(await outcomes(accept, server.accept(), server.next()), [ABORTED, ABORTED, ABORTED]);
  assertEquals(thrown(() => server.close()), "returned");
  assertEquals(await outcome(server.accept()), "BadResource");
});

Deno.test("TCPListener: the address has no prototype and a stable identity, also after close", () => {
  const { listener: server } = listener();
  const { addr } = server;
  assertEquals({ ...addr }, { hostname: "0.0.0.0", port: 80, transport: "tcp" });
  assertEquals(Object.getPrototypeOf(addr), null);
  server.close();
  assertStrictEquals(server.addr, addr);
  server.ref();
  server.unref();
});
