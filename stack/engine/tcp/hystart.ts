/**
 * HyStart++: leaves slow start when round-trip times grow, before the queue overflows (RFC 9406 §4). Times in ms.
 *
 * @module
 */
import { after, atOrAfter } from "../seq.ts";

const MIN_RTT_THRESHOLD = 4;
const MAX_RTT_THRESHOLD = 16;
const MIN_RTT_DIVISOR = 8;
const RTT_SAMPLES = 8;
/** In conservative slow start the window grows by this part, for so many rounds. */
const CSS_GROWTH_DIVISOR = 4;
const CSS_ROUNDS = 5;

/** One connection's slow start. */
export class HyStart {
  #windowEnd: number | undefined;
  #lastRoundMinRtt: number;
  #roundMinRtt: number;
  #samples: number;
  /** The round's RTT when conservative slow start began; Infinity outside it. */
  #baselineMinRtt: number;
  #cssRounds: number;

  constructor() {
    this.#windowEnd = undefined;
    this.#lastRoundMinRtt = Infinity;
    this.#roundMinRtt = Infinity;
    this.#samples = 0;
    this.#baselineMinRtt = Infinity;
    this.#cssRounds = 0;
  }

  /** How much the window grows for `bytes`. */
  growth(bytes: number): number {
    return this.#baselineMinRtt === Infinity ? bytes : bytes / CSS_GROWTH_DIVISOR;
  }

  /** An acknowledgement up to `una` with a sample `rtt`, `nxt` being sent next; true when slow start is over. */
  acknowledged(rtt: number, una: number, nxt: number): boolean {
    let isOver = false;
    if (this.#windowEnd === undefined) {
      this.#windowEnd = nxt;
    } else if (atOrAfter(una, this.#windowEnd) || after(this.#windowEnd, nxt)) {
      // An end beyond what was sent is one of long ago: the numbers have wrapped.
      isOver = this.#endRound();
      this.#windowEnd = nxt;
    }
    this.#roundMinRtt = Math.min(this.#roundMinRtt, rtt);
    this.#samples++;
    this.#compare();
    return isOver;
  }

  #endRound(): boolean {
    this.#lastRoundMinRtt = this.#roundMinRtt;
    this.#roundMinRtt = Infinity;
    this.#samples = 0;
    return this.#baselineMinRtt !== Infinity && ++this.#cssRounds >= CSS_ROUNDS;
  }

  #compare(): void {
    if (this.#samples < RTT_SAMPLES) return;
    if (this.#baselineMinRtt !== Infinity) {
      // The growth was a jitter: slow start goes on.
      if (this.#roundMinRtt < this.#baselineMinRtt) this.#baselineMinRtt = Infinity;
      return;
    }
    if (this.#lastRoundMinRtt === Infinity || this.#roundMinRtt === Infinity) return;
    const threshold = Math.min(Math.max(this.#lastRoundMinRtt / MIN_RTT_DIVISOR, MIN_RTT_THRESHOLD), MAX_RTT_THRESHOLD);
    if (this.#roundMinRtt >= this.#lastRoundMinRtt + threshold) {
      this.#baselineMinRtt = this.#roundMinRtt;
      this.#cssRounds = 0;
    }
  }
}
