/**
 * Time as it really passes, for packets, engines and what waits for them: the functions of the platform as they were when
 * this module was loaded. Tests replace the global ones, and a network whose clock they stop would never answer.
 *
 * Main side: a worker must not load it (`alarm.ts`).
 *
 * @module
 */

/** The platform's own. */
export const setTimeout: typeof globalThis.setTimeout = globalThis.setTimeout;
/** The platform's own. */
export const clearTimeout: typeof globalThis.clearTimeout = globalThis.clearTimeout;
/** The platform's own. */
export const setImmediate: typeof globalThis.setImmediate = globalThis.setImmediate;
/** The platform's own. */
export const queueMicrotask: typeof globalThis.queueMicrotask = globalThis.queueMicrotask;

/** The longest that a timer can wait, in ms. */
export const LONGEST_TIMER = 2 ** 31 - 1;

/** Waits for a promise, whatever becomes of it, but no longer than `timeout` ms. */
export async function within(promise: Promise<unknown>, timeout: number): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, timeout);
  await Promise.allSettled([Promise.race([promise, late.promise])]);
  clearTimeout(timer);
}
