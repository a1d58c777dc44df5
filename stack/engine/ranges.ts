/**
 * Ranges of sequence numbers, sorted, disjoint and not touching: what has arrived out of order.
 *
 * @module
 */
import { after, atOrBefore, before, earliest, latest } from "./seq.ts";

/** Sequence numbers from `start` up to, not including, `end`. */
export interface Range {
  start: number;
  end: number;
}

/** A small set of ranges within half of the sequence space. */
export class Ranges {
  #ranges: Range[];

  constructor() {
    this.#ranges = [];
  }

  get count(): number {
    return this.#ranges.length;
  }

  /** The range at `index`, in sequence order. */
  at(index: number): Range {
    return this.#ranges[index];
  }

  /** Adds a range, joins what touches it, and returns the joined range. */
  add(start: number, end: number): Range {
    const ranges = this.#ranges;
    let first = ranges.length;
    while (first > 0 && !before(ranges[first - 1].end, start)) first--;
    let last = first;
    const joined = { start, end };
    while (last < ranges.length && atOrBefore(ranges[last].start, end)) {
      joined.start = earliest(joined.start, ranges[last].start);
      joined.end = latest(joined.end, ranges[last].end);
      last++;
    }
    ranges.splice(first, last - first, joined);
    return joined;
  }

  /** Removes all ranges that start at or before `seq`; returns the furthest end of theirs, or `seq`. */
  takeUpTo(seq: number): number {
    let reached = seq;
    while (this.#ranges.length > 0 && atOrBefore(this.#ranges[0].start, reached)) {
      reached = latest(reached, this.#ranges.shift()!.end);
    }
    return reached;
  }

  /** The first part of `start` to `end` that is in the set. */
  overlap(start: number, end: number): Range | undefined {
    const range = this.#ranges.find((one) => after(one.end, start));
    if (!range || !before(range.start, end)) return undefined;
    return { start: latest(range.start, start), end: earliest(range.end, end) };
  }

  /** The range that ends at `seq`. */
  endingAt(seq: number): Range | undefined {
    return this.#ranges.find((range) => range.end === seq);
  }

  clear(): void {
    this.#ranges.length = 0;
  }
}
