/**
 * Times after which a socket's calls fail.
 *
 * Main side.
 *
 * @module
 */

/**
 * Limits in time for a socket's calls, as absolute times of the wall clock: a `Date`, or milliseconds since the
 * epoch. `null` clears. Once the time has come, the calls that wait and those that follow reject with
 * `Deno.errors.TimedOut` (ETIMEDOUT) until the deadline is moved or cleared; the socket stays open.
 *
 * Each method throws `TypeError` on anything that is no time, `Deno.errors.BadResource` once the socket is closed.
 *
 * @example
 * ```ts
 * import { assertRejects } from "@std/assert";
 * import { Internet } from "@uis/uis";
 *
 * await using internet = new Internet();
 * const stack = await internet.newStack(1500, "10.0.0.1");
 * using socket = stack.listenUDP("10.0.0.1:53");
 *
 * socket.setReadDeadline(Date.now() + 20);
 * await assertRejects(() => socket.receive(), Deno.errors.TimedOut);
 * ```
 */
export interface Deadlines {
  /** Both deadlines below. */
  setDeadline(at: Date | number | null): void;
  /** For reads and receives. */
  setReadDeadline(at: Date | number | null): void;
  /** For writes and sends. */
  setWriteDeadline(at: Date | number | null): void;
}

// Taken once, so that a test's faked clock leaves the sockets' deadlines alone.
const { setTimeout, clearTimeout } = globalThis;
const now = Date.now;

/** The longest that one timer runs; a longer delay would fire at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

/**
 * One deadline and its timer.
 *
 * @example
 * ```ts
 * import { assert, assertFalse } from "@std/assert";
 * import { Deadline } from "./deadlines.ts";
 *
 * const deadline = new Deadline(() => {});
 * assertFalse(deadline.passed);
 * deadline.set(new Date(0));
 * assert(deadline.passed);
 * ```
 */
export class Deadline {
  #onPassed: () => void;
  /** Milliseconds since the epoch; Infinity when there is none. */
  #at: number;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Calls `onPassed` each time that a deadline passes, from `set` if it has passed already. */
  constructor(onPassed: () => void) {
    this.#onPassed = onPassed;
    this.#at = Infinity;
    this.#timer = undefined;
  }

  /** Whether calls must fail. */
  get passed(): boolean {
    return this.#at !== Infinity && now() >= this.#at;
  }

  /**
   * Moves the deadline, or clears it with `null`.
   *
   * @throws {TypeError} on anything that is no time.
   */
  set(at: Date | number | null): void {
    this.#at = timeOf(at);
    this.#arm();
  }

  /** Stops the timer for good. */
  clear(): void {
    this.set(null);
  }

  #arm(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#at === Infinity) return;
    const left = this.#at - now();
    if (left <= 0) this.#onPassed();
    else this.#timer = setTimeout(() => this.#arm(), Math.min(Math.ceil(left), LONGEST_TIMER));
  }
}

/**
 * Milliseconds since the epoch; Infinity for no deadline.
 *
 * @throws {TypeError} on anything that is no time.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { timeOf } from "./deadlines.ts";
 *
 * assertEquals([timeOf(new Date(5)), timeOf(5), timeOf(null)], [5, 5, Infinity]);
 * ```
 */
export function timeOf(at: Date | number | null): number {
  if (at === null) return Infinity;
  const time = at instanceof Date ? at.getTime() : at;
  if (typeof time !== "number" || Number.isNaN(time)) {
    throw new TypeError(
      `Cannot set the deadline to ${Deno.inspect(at)}: must be a Date, milliseconds since the epoch, or null`,
    );
  }
  return time;
}
