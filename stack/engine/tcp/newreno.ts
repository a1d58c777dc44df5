/**
 * NewReno's congestion window (RFC 5681, counting bytes as RFC 3465 does).
 *
 * @module
 */
import type { CongestionControl } from "./congestion.ts";

/** Slow start, congestion avoidance, and half of the flight after a loss. */
export class NewReno implements CongestionControl {
  cwnd: number;
  ssthresh: number;
  #mss: number;
  #acknowledged: number;

  constructor(initialWindow: number, mss: number) {
    this.cwnd = initialWindow;
    this.ssthresh = Infinity;
    this.#mss = mss;
    this.#acknowledged = 0;
  }

  acknowledged(bytes: number): void {
    if (this.cwnd < this.ssthresh) {
      this.cwnd = Math.min(this.cwnd + bytes, Math.max(this.ssthresh, this.cwnd));
      return;
    }
    this.#acknowledged += bytes;
    while (this.#acknowledged >= this.cwnd) {
      this.#acknowledged -= this.cwnd;
      this.cwnd += this.#mss;
    }
  }

  lossDetected(inFlight: number): void {
    this.ssthresh = Math.max(inFlight / 2, 2 * this.#mss);
    this.cwnd = this.ssthresh;
    this.#acknowledged = 0;
  }

  recovered(inFlight: number): void {
    this.cwnd = Math.min(this.ssthresh, Math.max(inFlight, this.#mss) + this.#mss);
  }

  timedOut(inFlight: number): void {
    this.ssthresh = Math.max(inFlight / 2, 2 * this.#mss);
    this.cwnd = this.#mss;
    this.#acknowledged = 0;
  }

  setMSS(mss: number): void {
    this.#mss = mss;
    this.cwnd = Math.max(this.cwnd, mss);
  }
}
