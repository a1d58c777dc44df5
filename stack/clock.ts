/**
 * The present, as it really is: tests replace the global functions, and a network whose clock they stop would never
 * answer.
 *
 * Both sides.
 *
 * @module
 */

const { timeOrigin } = performance;
const now: () => number = performance.now.bind(performance);

/** The present, in ms since the epoch with fractions; comparable across threads. */
export function timestamp(): number {
  return timeOrigin + now();
}
