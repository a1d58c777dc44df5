import { assertEquals, assertThrows } from "@std/assert";
import { buffer, bytes, outcomes, tcp, thrown } from "./fakes.ts";
import type { TCPConn } from "../../adapters/tcp_conn.ts";

function laterCalls(conn: TCPConn): Promise<unknown>[] {
  return [conn.read(buffer()), conn.write(bytes("x")), conn.write(buffer(0)), conn.closeWrite()];
}

function laterThrows(conn: TCPConn): string[] {
  return [
    thrown(() => conn.setNoDelay()),
    thrown(() => conn.setKeepAlive()),
    thrown(() => conn.setDeadline(null)),
    thrown(() => conn.setReadDeadline(null)),
    thrown(() => conn.setWriteDeadline(null)),
  ];
}

/** A read, two writes and the end of writing, all waiting. */
function waitingCalls(conn: TCPConn): Promise<unknown>[] {
  return [conn.read(buffer()), conn.write(bytes("x")), conn.write(bytes("y")), conn.closeWrite()];
}

const ABORTED = "ConnectionAborted ECONNABORTED";

Deno.test("TCPConn.close: then everything throws, a second close too", async () => {
  const { conn } = tcp();
  assertEquals(conn.close(), undefined);
  const error = assertThrows(() => conn.close(), Deno.errors.BadResource);
  assertEquals(error.message, "Bad resource ID");
  assertEquals(thrown(() => conn.abort()), "BadResource");
  assertEquals(laterThrows(conn), Array(5).fill("BadResource"));
  assertEquals(await outcomes(...laterCalls(conn)), Array(4).fill("BadResource"));
});

Deno.test("TCPConn.close: unread bytes are forgotten without being consumed", () => {
  const { socket, conn, sink } = tcp();
  socket.receive(bytes("unread"));
  conn.close();
  assertEquals(sink.calls, ["close", "forget"]);
});

Deno.test("TCPConn.abort: what waits is aborted, what follows is on a bad resource", async () => {
  const { socket, conn, sink } = tcp(0);
  const waiting = waitingCalls(conn);
  conn.abort();
  assertEquals(await outcomes(...waiting), Array(4).fill(ABORTED));
  assertEquals(await outcomes(...laterCalls(conn)), Array(4).fill("BadResource"));
  assertEquals(thrown(() => conn.abort()), "BadResource");
  assertEquals(thrown(() => conn.close()), "BadResource");
  assertEquals(sink.calls, ["abort", "forget"]);
  assertEquals(socket.onChange, null);
});

Deno.test("TCPConn: the stack was closed", async () => {
  const { socket, conn } = tcp(0);
  const waiting = waitingCalls(conn);
  socket.fail("stack-closed");
  assertEquals(await outcomes(...waiting), Array(4).fill(ABORTED));
  assertEquals(await outcomes(...laterCalls(conn)), Array(4).fill("BadResource"));
  assertEquals(laterThrows(conn), Array(5).fill("BadResource"));
  assertEquals(thrown(() => conn.close()), "BadResource");
  assertEquals(thrown(() => conn[Symbol.dispose]()), "returned");
});

Deno.test("TCPConn: the stack was closed, with data unread", async () => {
  const { socket, conn } = tcp();
  socket.receive(bytes("unread"));
  socket.fail("stack-closed");
  assertEquals(await outcomes(...laterCalls(conn)), Array(4).fill("BadResource"));
});

Deno.test("TCPConn: the worker died", async () => {
  const { socket, conn } = tcp(0);
  const waiting = waitingCalls(conn);
  socket.fail("worker-died");
  assertEquals(await outcomes(...waiting), Array(4).fill(ABORTED));
  assertEquals(await outcomes(...laterCalls(conn)), Array(4).fill(ABORTED));
  assertEquals(await outcomes(...laterCalls(conn)), Array(4).fill(ABORTED));
  assertEquals(laterThrows(conn), Array(5).fill(ABORTED));
  assertEquals(thrown(() => conn.close()), "returned");
  assertEquals(await outcomes(...laterCalls(conn)), Array(4).fill("BadResource"));
});

Deno.test("TCPConn: the worker died, with data unread", async () => {
  const { socket, conn } = tcp();
  socket.receive(bytes("unread"));
  socket.fail("worker-died");
  assertEquals(await outcomes(...laterCalls(conn)), Array(4).fill(ABORTED));
});

Deno.test("TCPConn: after a reset it can still be closed", () => {
  const { socket, conn, sink } = tcp();
  socket.fail("reset");
  conn.setNoDelay(true);
  conn.close();
  assertEquals(sink.calls, ["setNoDelay true", "close", "forget"]);
});

Deno.test("TCPConn.setNoDelay, setKeepAlive: true by default", () => {
  const { conn, sink } = tcp();
  conn.setNoDelay();
  conn.setNoDelay(false);
  conn.setKeepAlive();
  conn.setKeepAlive(false);
  assertEquals(sink.calls, ["setNoDelay true", "setNoDelay false", "setKeepAlive true", "setKeepAlive false"]);
  // What cannot cross to a worker would take with it all that crosses at the same time.
  conn.setNoDelay((() => {}) as unknown as boolean);
  conn.setKeepAlive(Symbol() as unknown as boolean);
  assertEquals(sink.calls.slice(4), ["setNoDelay true", "setKeepAlive true"]);
});
