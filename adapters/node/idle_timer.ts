/**
 * How long nothing has happened on a socket.
 *
 * Main side.
 *
 * @module
 */

import { timestamp } from "../../stack/clock.ts";
import { clearTimeout, LONGEST_TIMER, setTimeout } from "../../stack/real_time.ts";
import { callError } from "./node_errors.ts";

/**
 * Calls back when nothing has happened for a time; then again only after something has.
 *
 * @example
 * ```ts
 * import { NodeIdleTimer } from "./idle_timer.ts";
 *
 * const { promise, resolve } = Promise.withResolvers<void>();
 * const timer = new NodeIdleTimer(resolve);
 * timer.set(1);
 * await promise;
 * timer.set(0);
 * ```
 */
export class NodeIdleTimer {
  readonly #onIdle: () => void;
  #limit: number;
  #activeAt: number;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(onIdle: () => void) {
    this.#onIdle = onIdle;
    this.#limit = 0;
    this.#activeAt = 0;
    this.#timer = undefined;
  }

  /** Begins to wait for `limit` ms, or with 0 stops waiting. */
  set(limit: number): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#limit = Math.min(limit, LONGEST_TIMER);
    this.touch();
  }

  /** Something happened. */
  touch(): void {
    if (this.#limit === 0) return;
    // A running timer looks at the time of the last activity itself: that is cheaper than a new timer each time.
    this.#activeAt = timestamp();
    if (this.#timer === undefined) this.#wait(this.#limit);
  }

  #wait(time: number): void {
    this.#timer = setTimeout(() => this.#check(), time);
  }

  #check(): void {
    const left = this.#limit - (timestamp() - this.#activeAt);
    this.#timer = undefined;
    if (left >= 1) this.#wait(left);
    else this.#onIdle();
  }
}

/**
 * Checks what a program sets as an idle time.
 *
 * @throws {TypeError} when it is no number (code ERR_INVALID_ARG_TYPE).
 * @throws {RangeError} when it is no finite number of milliseconds, 0 or more (code ERR_OUT_OF_RANGE).
 *
 * @example
 * ```ts
 * import { assertThrows } from "@std/assert";
 * import { checkTimeout } from "./idle_timer.ts";
 *
 * checkTimeout(1000);
 * assertThrows(() => checkTimeout(-1), RangeError, "Cannot set a timeout of -1");
 * ```
 */
export function checkTimeout(timeout: number): void {
  if (typeof timeout === "number" && timeout >= 0 && timeout < Infinity) return;
  const problem = `Cannot set a timeout of ${timeout}: must be a finite number of milliseconds, 0 or more`;
  if (typeof timeout !== "number") throw callError(TypeError, "ERR_INVALID_ARG_TYPE", problem);
  throw callError(RangeError, "ERR_OUT_OF_RANGE", problem);
}
