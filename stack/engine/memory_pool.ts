/**
 * What the buffers of all connections of a host may hold together, so that many peers cannot take what one may not.
 *
 * @module
 */

/** Bytes that each connection may have in a pool that is used up, so that it goes on, if slowly. */
export const LEAST_BUFFER = 4096;

/** Counts bytes; whoever takes them decides what to do when there are none. */
export class MemoryPool {
  readonly #limit: number;
  #held: number;

  /** A pool of `limit` bytes. */
  constructor(limit: number) {
    this.#limit = limit;
    this.#held = 0;
  }

  /** Bytes taken; more than the limit when many connections have only {@link LEAST_BUFFER}. */
  get held(): number {
    return this.#held;
  }

  /** Bytes left. */
  get free(): number {
    return Math.max(0, this.#limit - this.#held);
  }

  /** Bytes left for what may be thrown away again: it gets no more than the first half of the pool. */
  get spare(): number {
    return Math.max(0, this.#limit / 2 - this.#held);
  }

  take(bytes: number): void {
    this.#held += bytes;
  }

  give(bytes: number): void {
    this.#held -= bytes;
  }
}
