/**
 * Random numbers from a seed.
 *
 * @module
 */

/**
 * Seeded random numbers in [0, 1), so that a printed seed replays a failure (mulberry32's recurrence).
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { seeded } from "./seeded.ts";
 *
 * const [first, second] = [seeded(7), seeded(7)];
 * assertEquals([first(), first()], [second(), second()]);
 * ```
 */
export function seeded(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}
