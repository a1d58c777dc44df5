/**
 * IPv4 identifications of datagrams that are cut into fragments.
 *
 * @module
 */
import type { RandomSource } from "./random.ts";

const ROUNDS = 4;

/**
 * Nobody can predict the next one, and none comes again before all others were used, so that fragments of two datagrams
 * are not taken for one (RFC 6864 §4, RFC 7739 §4): a counter behind a random permutation, a Feistel network.
 */
export class Identifications {
  readonly #rounds: readonly Uint8Array[];
  #count: number;

  constructor(random: RandomSource) {
    this.#rounds = Array.from({ length: ROUNDS }, () => Uint8Array.from({ length: 256 }, () => random() * 256));
    this.#count = 0;
  }

  next(): number {
    let left = this.#count >>> 8;
    let right = this.#count & 0xff;
    for (const mix of this.#rounds) {
      const mixed = left ^ mix[right];
      left = right;
      right = mixed;
    }
    this.#count = (this.#count + 1) & 0xffff;
    return (left << 8) | right;
  }
}
