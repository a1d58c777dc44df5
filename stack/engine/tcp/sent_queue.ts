/**
 * What was sent and is not acknowledged, segment by segment, with the time each was sent: the ground for loss
 * recovery, round-trip times and the count of bytes in flight.
 *
 * @module
 */
import { after, atOrAfter, distance } from "../seq.ts";

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
}

/** The segments in sequence order. */
export class SentQueue {
  #segments: SentSegment[];
  #head: number;
  #count: number;
  #lostBytes: number;
  #bytes: number;

  constructor() {
    this.#segments = [];
    this.#head = 0;
    this.#count = 0;
    this.#lostBytes = 0;
    this.#bytes = 0;
  }

  get count(): number {
    return this.#count;
  }

  /** Sequence numbers under way or lost. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Of those, the ones judged lost and not sent again. */
  get lostBytes(): number {
    return this.#lostBytes;
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
    this.#bytes += distance(end, start);
  }

  /** Forgets what lies before `ack`. `onGone` sees every segment that is acknowledged whole. */
  acknowledge(ack: number, onGone: (segment: SentSegment) => void): void {
    while (this.#count > 0) {
      const oldest = this.at(0);
      if (atOrAfter(ack, oldest.end)) {
        this.#forget(oldest, oldest.end);
        this.#head = (this.#head + 1) & (this.#segments.length - 1);
        this.#count--;
        onGone(oldest);
      } else {
        if (after(ack, oldest.start)) this.#forget(oldest, ack);
        return;
      }
    }
  }

  /** Judges a segment lost. */
  markLost(segment: SentSegment): void {
    if (segment.lost) return;
    segment.lost = true;
    this.#lostBytes += distance(segment.end, segment.start);
  }

  /** Judges everything lost. */
  markAllLost(): void {
    for (let i = 0; i < this.#count; i++) this.markLost(this.at(i));
  }

  /** The oldest lost segment, at most `length` long; a longer one is divided. */
  nextLost(length: number): SentSegment | undefined {
    if (this.#lostBytes === 0) return undefined;
    for (let i = 0; i < this.#count; i++) {
      const segment = this.at(i);
      if (!segment.lost) continue;
      if (distance(segment.end, segment.start) > length && !segment.syn) this.#divide(i, length);
      return this.at(i);
    }
    return undefined;
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
    this.#lostBytes = 0;
    this.#bytes = 0;
  }

  /** Takes the part of `segment` before `seq` out of the counts. */
  #forget(segment: SentSegment, seq: number): void {
    const length = distance(seq, segment.start);
    this.#bytes -= length;
    if (segment.lost) this.#lostBytes -= length;
    segment.start = seq;
  }

  #divide(index: number, length: number): void {
    const whole = { ...this.at(index) };
    this.push(whole.end, whole.end, false, false, whole.sentAt);
    for (let i = this.#count - 1; i > index + 1; i--) Object.assign(this.at(i), this.at(i - 1));
    const cut = (whole.start + length) | 0;
    Object.assign(this.at(index), { end: cut, fin: false });
    Object.assign(this.at(index + 1), whole, { start: cut });
  }

  #grow(): void {
    const segments: SentSegment[] = [];
    const capacity = Math.max(4, 2 * this.#segments.length);
    for (let i = 0; i < capacity; i++) segments.push(i < this.#count ? this.at(i) : emptySegment());
    this.#segments = segments;
    this.#head = 0;
  }
}

function emptySegment(): SentSegment {
  return { start: 0, end: 0, syn: false, fin: false, sentAt: 0, transmissions: 0, lost: false };
}
