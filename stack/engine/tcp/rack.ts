/**
 * RACK: what was sent well before something that has arrived is lost (RFC 8985 §6.2). Times in ms.
 *
 * @module
 */
import { after, before, latest } from "../seq.ts";
import type { Connection } from "./connection.ts";
import type { SentSegment } from "./sent_queue.ts";

/** Segments known to have arrived that make the reordering window unnecessary. */
const DUPLICATE_THRESHOLD = 3;
/** Recoveries without a D-SACK after which the window shrinks again. */
const PERSIST = 16;
/** Two times closer than this, in ms, are one: floating point keeps no finer order over days. */
const EPSILON = 1e-6;

/** One connection's RACK.* variables. */
export class Rack {
  /** When the segment sent last, of those that arrived, was sent, and where it ends. */
  sentAt: number;
  endSeq: number;
  /** Its round-trip time. */
  rtt: number;
  minRtt: number;
  reorderingSeen: boolean;
  /** The highest sequence number that has arrived. */
  forwardAck: number;
  #forwardAckBefore: number;
  #windowMultiplier: number;
  #windowPersist: number;
  /** Until SND.UNA passes this, further D-SACKs belong to the same round. */
  #duplicateRound: number | undefined;

  constructor() {
    this.sentAt = -Infinity;
    this.endSeq = 0;
    this.rtt = 0;
    this.minRtt = Infinity;
    this.reorderingSeen = false;
    this.forwardAck = 0;
    this.#forwardAckBefore = 0;
    this.#windowMultiplier = 1;
    this.#windowPersist = PERSIST;
    this.#duplicateRound = undefined;
  }

  /** An acknowledgement comes, with SND.UNA at `una`: what it says together is not out of order. */
  startAcknowledgment(una: number): void {
    this.#forwardAckBefore = this.forwardAck;
    if (this.#duplicateRound !== undefined && !before(una, this.#duplicateRound)) this.#duplicateRound = undefined;
  }

  /** Steps 1 to 3: a segment has arrived. `echoed`: ms since the segment that the peer echoes was sent, NaN if unknown. */
  arrived(segment: SentSegment, echoed: number, now: number): void {
    const rtt = now - segment.sentAt;
    if (segment.transmissions > 1) {
      // It may be the first transmission that arrived: then the times say nothing.
      if (rtt < this.minRtt || echoed > rtt + 1) return;
    } else {
      this.minRtt = Math.min(this.minRtt, Math.max(0, rtt));
      if (before(segment.end, this.#forwardAckBefore)) this.reorderingSeen = true;
    }
    this.forwardAck = latest(this.forwardAck, segment.end);
    this.rtt = rtt;
    if (!isSentAfter(segment.sentAt, segment.end, this.sentAt, this.endSeq)) return;
    this.sentAt = segment.sentAt;
    this.endSeq = segment.end;
  }

  /** Step 4: a D-SACK says that the window was too small; it grows once for each round trip. */
  duplicateReported(c: Connection): void {
    if (this.#duplicateRound !== undefined && before(c.sndUna, this.#duplicateRound)) return;
    this.#duplicateRound = c.sndNxt;
    this.#windowMultiplier++;
    this.#windowPersist = PERSIST;
  }

  /** A recovery went by. */
  recovered(): void {
    if (--this.#windowPersist > 0) return;
    this.#windowMultiplier = 1;
    this.#windowPersist = PERSIST;
  }

  /** How much later than its due a segment may arrive. */
  reorderingWindow(c: Connection): number {
    if (!this.reorderingSeen && (c.phase !== "open" || c.sent.sackedCount >= DUPLICATE_THRESHOLD)) return 0;
    if (this.minRtt === Infinity) return 0;
    return Math.min(this.#windowMultiplier * this.minRtt / 4, c.rtt.srtt);
  }
}

/** Step 5: marks what is lost; returns when, in ms from now, the next one may be (0: never). */
export function detectLosses(c: Connection, now: number): number {
  const { rack, sent } = c;
  let wait = 0;
  if (rack.sentAt === -Infinity) return 0;
  const window = rack.reorderingWindow(c);
  for (let i = 0, run = 1; i < sent.count; i += run) {
    const segment = sent.at(i);
    run = segment.run;
    if (segment.sacked || segment.lost) continue;
    if (!isSentAfter(rack.sentAt, rack.endSeq, segment.sentAt, segment.end)) {
      // In order of sending as long as nothing was sent twice: what follows was sent later still.
      if (segment.transmissions === 1 && after(segment.start, rack.endSeq)) break;
      continue;
    }
    const remaining = segment.sentAt + rack.rtt + window - now;
    if (remaining <= EPSILON) sent.markLost(i);
    else wait = Math.max(wait, remaining);
  }
  return wait;
}

function isSentAfter(aSentAt: number, aEnd: number, bSentAt: number, bEnd: number): boolean {
  if (Math.abs(aSentAt - bSentAt) <= EPSILON) return after(aEnd, bEnd);
  return aSentAt > bSentAt;
}
