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
 * The clock is the program's, `Date` and `setTimeout` as they are when the deadline is set: where a test fakes them,
 * deadlines pass as its fake time does, while packets go on in real time.
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
  #disarm: () => void;

  /** Calls `onPassed` each time that a deadline passes, from `set` if it has passed already. */
  constructor(onPassed: () => void) {
    this.#onPassed = onPassed;
    this.#at = Infinity;
    this.#disarm = nothing;
  }

  /** Whether calls must fail. */
  get passed(): boolean {
    return this.#at !== Infinity && Date.now() >= this.#at;
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
    this.#disarm();
    this.#disarm = nothing;
    if (this.#at === Infinity) return;
    const left = this.#at - Date.now();
    if (left <= 0) this.#onPassed();
    else this.#disarm = startTimer(() => this.#arm(), Math.min(Math.ceil(left), LONGEST_TIMER));
  }
}

function nothing(): void {}

/** Starts a timer of the clock that the program has now, which alone can stop it again, and gives the way to. */
function startTimer(action: () => void, delay: number): () => void {
  const { clearTimeout } = globalThis;
  const timer = setTimeout(action, delay);
  return () => {
    try {
      clearTimeout(timer);
    } catch {
      // A fake clock that was put away: its timers are gone with it.
    }
  };
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
  // Not by instanceof, which a faked Date does not stand.
  const time = typeof at === "object" ? at.getTime?.() : at;
  if (typeof time !== "number" || Number.isNaN(time)) {
    throw new TypeError(
      `Cannot set the deadline to ${Deno.inspect(at)}: must be a Date, milliseconds since the epoch, or null`,
    );
  }
  return time;
}
