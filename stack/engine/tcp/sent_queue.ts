/**
 * What was sent and is not acknowledged, segment by segment, with the time each was sent and what is known of its fate:
 * the ground for loss recovery, round-trip times and the count of bytes in flight.
 *
 * @module
 */
import { after, atOrAfter, before, distance } from "../seq.ts";

/** One segment under way. Recycled: nothing may keep it past the next change of its queue. */
export interface SentSegment {
  /** Sequence numbers from `start` up to, not including, `end`; SYN and FIN count one each. */
  start: number;
  end: number;
  syn: boolean;
  fin: boolean;
  /** When it was last sent, ms. */
  sentAt: number;
  transmissions: number;
  /** Judged lost, and not sent again since. */
  lost: boolean;
  /** The peer has it, beyond a gap (RFC 2018). */
  sacked: boolean;
  /** The peer has this one and those behind it, so many in all at the least: a search passes them in one step. */
  run: number;
}

/** The segments in sequence order. */
export class SentQueue {
  #segments: SentSegment[];
  #head: number;
  #count: number;
  #bytes: number;
  #lostBytes: number;
  #sackedBytes: number;
  #sackedCount: number;
  /** No segment before this index is lost. */
  #firstLost: number;

  constructor() {
    this.#segments = [];
    this.#head = 0;
    this.#count = 0;
    this.#bytes = 0;
    this.#lostBytes = 0;
    this.#sackedBytes = 0;
    this.#sackedCount = 0;
    this.#firstLost = 0;
  }

  get count(): number {
    return this.#count;
  }

  /** Sequence numbers sent and not acknowledged. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Of those, the ones judged lost and not sent again. */
  get lostBytes(): number {
    return this.#lostBytes;
  }

  /** Of those, the ones that the peer has. */
  get sackedBytes(): number {
    return this.#sackedBytes;
  }

  /** Segments that the peer has. */
  get sackedCount(): number {
    return this.#sackedCount;
  }

  /** The segment at `index`, 0 being the oldest. */
  at(index: number): SentSegment {
    return this.#segments[(this.#head + index) & (this.#segments.length - 1)];
  }

  /** Records a new segment at the end. */
  push(start: number, end: number, syn: boolean, fin: boolean, now: number): void {
    if (this.#count === this.#segments.length) this.#grow();
    const segment = this.at(this.#count++);
    segment.start = start;
    segment.end = end;
    segment.syn = syn;
    segment.fin = fin;
    segment.sentAt = now;
    segment.transmissions = 1;
    segment.lost = false;
    segment.sacked = false;
    segment.run = 1;
    this.#bytes += distance(end, start);
  }

  /** Forgets what lies before `ack`. `onGone` sees every segment that is acknowledged whole. */
  acknowledge(ack: number, onGone: (segment: SentSegment) => void): void {
    while (this.#count > 0) {
      const oldest = this.at(0);
      if (!atOrAfter(ack, oldest.end)) {
        if (after(ack, oldest.start)) this.#forget(oldest, ack);
        return;
      }
      const { start } = oldest;
      if (oldest.sacked) this.#sackedCount--;
      this.#forget(oldest, oldest.end);
      oldest.start = start;
      this.#head = (this.#head + 1) & (this.#segments.length - 1);
      this.#count--;
      if (this.#firstLost > 0) this.#firstLost--;
      onGone(oldest);
    }
  }

  /** The index of the first segment that starts at or after `seq`. */
  indexOf(seq: number): number {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (before(this.at(middle).start, seq)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /**
   * The peer has the segments that lie between two sequence numbers; `onArrived` sees those of which that is news. What
   * was known before is passed in one step, however often a peer tells it.
   */
  sack(left: number, right: number, onArrived: (segment: SentSegment) => void): void {
    const first = this.indexOf(left);
    let end = first;
    while (end < this.#count && !after(this.at(end).end, right)) {
      const segment = this.at(end);
      if (!segment.sacked) {
        this.#markSacked(segment);
        onArrived(segment);
      }
      end += segment.run;
    }
    for (let index = first; index < end;) {
      const segment = this.at(index);
      const { run } = segment;
      segment.run = end - index;
      index += run;
    }
  }

  /** Judges the segment at `index` lost. */
  markLost(index: number): void {
    const segment = this.at(index);
    if (segment.lost || segment.sacked) return;
    segment.lost = true;
    this.#firstLost = this.#lostBytes === 0 ? index : Math.min(this.#firstLost, index);
    this.#lostBytes += distance(segment.end, segment.start);
  }

  /** Judges everything lost that the peer is not known to have. */
  markAllLost(): void {
    for (let i = 0; i < this.#count; i++) this.markLost(i);
  }

  /**
   * Divides all segments with more than `length` bytes, and fills up lost ones with what was lost behind them. At once:
   * one by one, each would move all those behind it.
   */
  divide(length: number): void {
    const parts: SentSegment[] = [];
    for (let i = 0; i < this.#count; i++) {
      const whole = this.at(i);
      let start = fillUp(parts.at(-1), whole, length);
      if (start === whole.end) continue;
      while (!whole.syn && distance(whole.end, start) - (whole.fin ? 1 : 0) > length) {
        const end = (start + length) | 0;
        if (whole.sacked) this.#sackedCount++;
        parts.push({ ...whole, start, end, fin: false, run: 1 });
        start = end;
      }
      parts.push({ ...whole, start, run: 1 });
    }
    this.#count = parts.length;
    this.#head = 0;
    this.#firstLost = 0;
    let capacity = this.#segments.length;
    while (capacity < parts.length) capacity *= 2;
    while (parts.length < capacity) parts.push(emptySegment());
    this.#segments = parts;
  }

  /** Nothing was lost after all. */
  unmarkLost(): void {
    for (let i = 0; i < this.#count; i++) this.at(i).lost = false;
    this.#lostBytes = 0;
  }

  /** A peer may take back what it reported (RFC 2018 §8). */
  forgetSacked(): void {
    for (let i = 0; i < this.#count; i++) {
      const segment = this.at(i);
      segment.sacked = false;
      segment.run = 1;
    }
    this.#sackedBytes = 0;
    this.#sackedCount = 0;
  }

  /** The oldest lost segment. */
  nextLost(): SentSegment | undefined {
    if (this.#lostBytes === 0) return undefined;
    let index = this.#firstLost;
    while (index < this.#count && !this.at(index).lost) index++;
    this.#firstLost = index;
    return index < this.#count ? this.at(index) : undefined;
  }

  /** The segment was sent again. */
  markResent(segment: SentSegment, now: number): void {
    if (segment.lost) this.#lostBytes -= distance(segment.end, segment.start);
    segment.lost = false;
    segment.sentAt = now;
    segment.transmissions++;
  }

  clear(): void {
    this.#segments = [];
    this.#head = 0;
    this.#count = 0;
    this.#bytes = 0;
    this.#lostBytes = 0;
    this.#sackedBytes = 0;
    this.#sackedCount = 0;
    this.#firstLost = 0;
  }

  /** Takes the part of `segment` before `seq` out of the counts. */
  #forget(segment: SentSegment, seq: number): void {
    const length = distance(seq, segment.start);
    this.#bytes -= length;
    if (segment.lost) this.#lostBytes -= length;
    if (segment.sacked) this.#sackedBytes -= length;
    segment.start = seq;
  }

  #markSacked(segment: SentSegment): void {
    const length = distance(segment.end, segment.start);
    if (segment.lost) this.#lostBytes -= length;
    segment.lost = false;
    segment.sacked = true;
    this.#sackedBytes += length;
    this.#sackedCount++;
  }

  #grow(): void {
    const segments: SentSegment[] = [];
    const capacity = Math.max(4, 2 * this.#segments.length);
    for (let i = 0; i < capacity; i++) segments.push(i < this.#count ? this.at(i) : emptySegment());
    this.#segments = segments;
    this.#head = 0;
  }
}

/** Moves the start of a lost segment into the lost one before it, as far as that has room; returns where the rest starts. */
function fillUp(before: SentSegment | undefined, segment: SentSegment, length: number): number {
  if (!before?.lost || !segment.lost || before.syn || before.fin) return segment.start;
  const end = segment.fin ? (segment.end - 1) | 0 : segment.end;
  const room = length - distance(before.end, before.start);
  const moved = Math.min(Math.max(0, room), distance(end, segment.start));
  before.end = (segment.start + moved) | 0;
  before.transmissions = Math.max(before.transmissions, segment.transmissions);
  if (before.end !== end) return before.end;
  before.end = segment.end;
  before.fin = segment.fin;
  return segment.end;
}

function emptySegment(): SentSegment {
  return { start: 0, end: 0, syn: false, fin: false, sentAt: 0, transmissions: 0, lost: false, sacked: false, run: 1 };
}
