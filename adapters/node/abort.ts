/**
 * Signals that close servers and datagram sockets.
 *
 * Main side.
 *
 * @module
 */
import type { EventEmitter } from "node:events";
import process from "node:process";

/**
 * Calls `close` when the signal aborts, or soon if it has, and lets go of the signal when `target` says that it is closed.
 *
 * @example
 * ```ts
 * import { EventEmitter } from "node:events";
 * import { closeOnAbort } from "./abort.ts";
 *
 * const { promise: closed, resolve: close } = Promise.withResolvers<void>();
 * closeOnAbort(new EventEmitter(), AbortSignal.abort(), close);
 * await closed;
 * ```
 */
export function closeOnAbort(target: EventEmitter, signal: AbortSignal, close: () => void): void {
  if (signal.aborted) return process.nextTick(close);
  signal.addEventListener("abort", close, { once: true });
  target.once("close", () => signal.removeEventListener("abort", close));
}
