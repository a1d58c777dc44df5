/**
 * Which SACK blocks the receiver reports: what has arrived beyond a gap, the latest first (RFC 2018 §4), and before
 * them what has arrived twice (RFC 2883 §4).
 *
 * @module
 */
import type { Range } from "../ranges.ts";
import { add, after, atOrAfter, atOrBefore } from "../seq.ts";

/** Blocks that are remembered: as many as an option can carry. */
const MOST = 4;

/** The blocks of one connection. */
export class SackBlocks {
  #recent: Range[];
  #duplicate: Range | undefined;

  constructor() {
    this.#recent = [];
    this.#duplicate = undefined;
  }

  /** A segment arrived beyond a gap and is now part of `joined`. */
  arrived(joined: Range): void {
    const others = this.#recent.filter((block) => after(block.start, joined.end) || after(joined.start, block.end));
    this.#recent = [joined, ...others].slice(0, MOST);
  }

  /** Bytes arrived that were there already; the next acknowledgement says so, once. */
  arrivedAgain(start: number, end: number): void {
    this.#duplicate = { start, end };
  }

  /** Everything before `rcvNxt` is acknowledged by the ACK field. */
  advance(rcvNxt: number): void {
    if (this.#recent.length > 0) this.#recent = this.#recent.filter((block) => !atOrAfter(rcvNxt, block.end));
  }

  /** Whether the next acknowledgement has blocks. */
  get isEmpty(): boolean {
    return this.#recent.length === 0 && this.#duplicate === undefined;
  }

  /** Puts up to `most` blocks into `edges` and returns how many; the duplicate is reported with that. */
  take(edges: Int32Array, most: number): number {
    let count = 0;
    if (this.#duplicate) {
      edges[0] = this.#duplicate.start;
      edges[1] = this.#duplicate.end;
      this.#duplicate = undefined;
      count = 1;
    }
    for (const block of this.#recent) {
      if (count === most) break;
      edges[2 * count] = block.start;
      edges[2 * count + 1] = block.end;
      count++;
    }
    return count;
  }
}

/**
 * Whether the first block of an option reports a duplicate: it is acknowledged already, or inside the second. Further back
 * than `window`, the most that was ever under way, nothing was sent lately: somebody has made it up.
 */
export function isDuplicateReport(edges: Int32Array, count: number, ack: number, window: number): boolean {
  if (count === 0) return false;
  if (atOrBefore(edges[1], ack)) return atOrAfter(edges[0], add(ack, -window));
  return count > 1 && atOrAfter(edges[0], edges[2]) && atOrBefore(edges[1], edges[3]);
}
