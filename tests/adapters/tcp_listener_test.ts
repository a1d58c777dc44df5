import { assert, assertEquals } from "@std/assert";
import { bytes, incoming, isPending, listener, outcome, outcomes, thrown } from "./fakes.ts";

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

Deno.test("TCPListener.close: resets what nobody accepted, spares the others", async () => {
  const { socket, listener: server, sink } = listener();
  socket.push(incoming(sink, 1001));
  socket.push(incoming(sink, 1002));
  const conn = await server.accept();
  server.close();
  assertEquals(sink.calls, ["accept", "abort", "forget", "close", "forget"]);
  assertEquals(await conn.write(bytes("x")), 1);
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
