/**
 * What only an open connection can do, where the program cannot know whether it still is.
 *
 * Main side.
 *
 * @module
 */

/**
 * Acts on a connection; nothing happens when it is closed: its stack may have been, just before.
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
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}
