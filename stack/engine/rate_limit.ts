/**
 * A token bucket on the engine's clock.
 *
 * @module
 */

/** Allows `perSecond` events in a second, and as many at once as a tenth of a second brings; 0 allows none. */
export class RateLimit {
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #filledAt: number;

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
    this.#burst = perSecond === 0 ? 0 : Math.max(1, perSecond / 10);
    this.#tokens = this.#burst;
    this.#filledAt = 0;
  }

  /** Whether one more is allowed now. */
  take(now: number): boolean {
    if (this.#perSecond === Infinity) return true;
    const earned = Math.max(0, now - this.#filledAt) / 1000 * this.#perSecond;
    this.#tokens = Math.min(this.#burst, this.#tokens + earned);
    this.#filledAt = Math.max(this.#filledAt, now);
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}
