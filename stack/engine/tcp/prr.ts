/**
 * Proportional rate reduction: how much to send for what arrives during recovery (RFC 6937 §3.1). Sizes in bytes.
 *
 * @module
 */

/** The window of one recovery. */
export class ProportionalRateReduction {
  /** Bytes that may be in flight. */
  cwnd: number;
  #delivered: number;
  #out: number;
  #flightSize: number;
  #ssthresh: number;

  constructor() {
    this.cwnd = 0;
    this.#delivered = 0;
    this.#out = 0;
    this.#flightSize = 0;
    this.#ssthresh = 0;
  }

  /** Recovery starts with `flightSize` bytes not acknowledged; it is to end at `ssthresh`. */
  start(flightSize: number, ssthresh: number): void {
    this.#delivered = 0;
    this.#out = 0;
    this.#flightSize = Math.max(1, flightSize);
    this.#ssthresh = ssthresh;
  }

  /** `delivered` more bytes have arrived; `inFlight` are believed to be under way. */
  acknowledged(delivered: number, inFlight: number, mss: number): void {
    this.#delivered += delivered;
    let sendable: number;
    if (inFlight > this.#ssthresh) {
      sendable = Math.ceil(this.#delivered * this.#ssthresh / this.#flightSize) - this.#out;
    } else {
      const limit = Math.max(this.#delivered - this.#out, delivered) + mss;
      sendable = Math.min(this.#ssthresh - inFlight, limit);
    }
    // The first retransmission is never held back (§3.1).
    const least = this.#out === 0 ? mss : 0;
    this.cwnd = inFlight + Math.max(sendable, least, 0);
  }

  /** `bytes` were sent, new or again. */
  sent(bytes: number): void {
    this.#out += bytes;
  }
}
