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
    let left = bytes;
    if (this.cwnd < this.ssthresh) {
      const part = Math.min(left, this.ssthresh - this.cwnd);
      this.cwnd += part;
      left -= part;
    }
    this.#acknowledged += left;
    while (this.#acknowledged >= this.cwnd) {
      this.#acknowledged -= this.cwnd;
      this.cwnd += this.#mss;
    }
  }

  unused(): void {}

  lossDetected(inFlight: number): void {
    this.ssthresh = Math.max(Math.floor(inFlight / 2), 2 * this.#mss);
    this.cwnd = this.ssthresh;
    this.#acknowledged = 0;
  }

  timedOut(inFlight: number): void {
    this.lossDetected(inFlight);
    this.cwnd = this.#mss;
  }

  restore(cwnd: number, ssthresh: number): void {
    this.cwnd = Math.max(this.cwnd, cwnd);
    this.ssthresh = ssthresh;
  }

  restartAfterIdle(window: number): void {
    this.cwnd = Math.min(this.cwnd, window);
  }

  setMSS(mss: number): void {
    this.#mss = mss;
    this.cwnd = Math.max(this.cwnd, mss);
  }
}
