/**
 * Packets that are under way for a time.
 *
 * Main side.
 *
 * @module
 */
import { timestamp } from "../../stack/clock.ts";
import { clearTimeout, setTimeout } from "../../stack/real_time.ts";

interface Arrival {
  readonly at: number;
  readonly action: () => void;
}

/**
 * Does things later, in real time: in the order of their times, and those of one time in the order they came.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { DelayLine } from "./delay_line.ts";
 *
 * const line = new DelayLine();
 * const arrived: string[] = [];
 * line.add(60_000, () => arrived.push("slow"));
 * await new Promise<void>((resolve) => {
 *   line.add(1, () => arrived.push("first"));
 *   line.add(2, () => {
 *     arrived.push("second");
 *     resolve();
 *   });
 * });
 * line.clear();
 * assertEquals(arrived, ["first", "second"]);
 * ```
 */
export class DelayLine {
  /** By their times. */
  #arrivals: Arrival[];
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** An empty line. */
  constructor() {
    this.#arrivals = [];
    this.#timer = undefined;
  }

  /** Does `action` after `delay` ms. */
  add(delay: number, action: () => void): void {
    const at = timestamp() + delay;
    // From the end, as most come in the order in which they leave.
    let index = this.#arrivals.length;
    while (index > 0 && this.#arrivals[index - 1].at > at) index--;
    this.#arrivals.splice(index, 0, { at, action });
    if (index === 0) this.#arm();
  }

  /** Forgets what is under way. */
  clear(): void {
    this.#arrivals = [];
    this.#arm();
  }

  #arm(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#arrivals.length === 0) return;
    this.#timer = setTimeout(() => this.#arrive(), Math.max(0, Math.ceil(this.#arrivals[0].at - timestamp())));
  }

  #arrive(): void {
    const now = timestamp();
    let due = 0;
    while (due < this.#arrivals.length && this.#arrivals[due].at <= now) due++;
    const arrived = this.#arrivals.splice(0, due);
    this.#arm();
    for (const { action } of arrived) action();
  }
}
