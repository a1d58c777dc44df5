/**
 * Choices from a seed.
 *
 * @module
 */
import { seeded } from "../harness/seeded.ts";

/** The same seed makes the same choices. */
export class Dice {
  readonly random: () => number;

  constructor(seed: number) {
    this.random = seeded(seed);
  }

  /** An integer from 0 up to, not including, `bound`. */
  below(bound: number): number {
    return Math.floor(this.random() * bound);
  }

  /** True once in `n` times. */
  oneIn(n: number): boolean {
    return this.random() * n < 1;
  }

  pick<T>(list: ArrayLike<T>): T {
    return list[this.below(list.length)];
  }

  int32(): number {
    return (this.random() * 0x1_0000_0000) | 0;
  }
}

/** A seed for one part of what another seed stands for. */
export function mixSeeds(seed: number, part: number): number {
  return (Math.imul(seed, 0x9e3779b1) ^ Math.imul(part + 1, 0x85ebca6b)) | 0;
}
