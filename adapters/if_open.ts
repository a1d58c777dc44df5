/**
 * Calls on a connection that may have been closed meanwhile.
 *
 * Main side.
 *
 * @module
 */

/**
 * Acts on a connection; nothing happens when it is closed, or when its stack is gone.
 *
 * @example
 * ```ts
 * import { assertThrows } from "@std/assert";
 * import { ifOpen } from "./if_open.ts";
 *
 * ifOpen(() => {
 *   throw new Deno.errors.BadResource("Bad resource ID");
 * });
 * assertThrows(() => ifOpen(() => JSON.parse("")), SyntaxError);
 * ```
 */
export function ifOpen(act: () => void): void {
  try {
    act();
  } catch (error) {
    const { BadResource, ConnectionAborted } = Deno.errors;
    if (!(error instanceof BadResource || error instanceof ConnectionAborted)) throw error;
  }
}
