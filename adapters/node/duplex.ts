/**
 * A connection for libraries that take a stream of Node.
 *
 * Main side.
 *
 * @module
 */
import type { TCPConn } from "../tcp_conn.ts";
import { NodeSocket } from "./socket.ts";
import type { NodeSocketOptions } from "./socket_options.ts";

/**
 * A TCP connection as a socket of Node, which owns the connection from now on. It has all that `net.Socket` has, because
 * that is what libraries ask of a stream: its `connect()` only emits `connect` and `ready`, as the connection stands.
 *
 * Data arrives asynchronously. Errors carry Node's `code`, `errno` and `syscall`.
 *
 * @throws {TypeError} when `conn` is none.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { text } from "node:stream/consumers";
 * import { Internet } from "@uis/uis";
 * import { nodeDuplex } from "@uis/uis/node";
 *
 * await using internet = new Internet();
 * const stack = await internet.newStack(1500, "10.0.0.1");
 * using listener = stack.listenTCP("10.0.0.1:80");
 * const one = nodeDuplex(await stack.dialTCP("10.0.0.1:80"));
 * const other = nodeDuplex(await listener.accept());
 * one.end("Hello");
 * assertEquals(await text(other), "Hello");
 * ```
 */
export function nodeDuplex(conn: TCPConn, options: NodeSocketOptions = {}): NodeSocket {
  if (typeof conn?.closeWrite !== "function") throw new TypeError("Cannot create a duplex: conn must be a TCPConn");
  return new NodeSocket(conn, options);
}
