/**
 * How a socket of Node behaves.
 *
 * Main side.
 *
 * @module
 */

/**
 * How a {@linkcode NodeSocket} behaves, as in `new net.Socket(options)`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Internet } from "@uis/uis";
 * import { nodeDuplex, type NodeSocketOptions } from "@uis/uis/node";
 *
 * await using internet = new Internet();
 * const stack = await internet.newStack(1500, "10.0.0.1");
 * using listener = stack.listenTCP("10.0.0.1:80");
 * const options: NodeSocketOptions = { allowHalfOpen: true };
 * const socket = nodeDuplex(await stack.dialTCP("10.0.0.1:80"), options);
 * assertEquals(socket.allowHalfOpen, true);
 * socket.destroy();
 * ```
 */
export interface NodeSocketOptions {
  /** Whether writing goes on after the peer has ended its side; false by default. */
  allowHalfOpen?: boolean;
  /** Bytes that wait in the stream in each direction, before it asks to stop. */
  highWaterMark?: number;
  /** Whether nothing is read until the program asks for it. */
  pauseOnCreate?: boolean;
  /** Destroys the socket when it aborts. */
  signal?: AbortSignal;
}
