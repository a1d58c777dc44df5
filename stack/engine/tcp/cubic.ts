/**
 * CUBIC's congestion window (RFC 9438), with HyStart++ in the first slow start. Sizes in bytes, times in ms.
 *
 * @module
 */
import type { CongestionControl } from "./congestion.ts";
import { HyStart } from "./hystart.ts";
import type { RTTEstimator } from "./rtt.ts";

/** How fast the window grows, in segments for each second cubed (§4.1). */
const C = 0.4;
/** What a loss leaves of the window (§4.6). */
const BETA = 0.7;
/** Growth, in segments for each round trip, with which Reno would reach the same throughput (§4.3). */
const ALPHA = 3 * (1 - BETA) / (1 + BETA);

/** A window that is a cubic function of the time since the last loss. */
export class Cubic implements CongestionControl {
  cwnd: number;
  ssthresh: number;
  #mss: number;
  /** The plateau: the window before the last reduction, less where fast convergence says so. */
  #wMax: number;
  /** The window before the last reduction. */
  #cwndPrior: number;
  /** When the present congestion avoidance began; NaN before it. */
  #epochStart: number;
  #cwndAtEpoch: number;
  /** Until when the epoch's time has been accounted for. */
  #accountedAt: number;
  /** Whether the window held the sender back when something was last acknowledged. */
  #isInUse: boolean;
  /** Seconds from the epoch's start until the window is wMax again. */
  #k: number;
  /** What Reno's window would be. */
  #wEst: number;
  #hystart: HyStart | undefined;

  constructor(initialWindow: number, mss: number) {
    this.cwnd = initialWindow;
    this.ssthresh = Infinity;
    this.#mss = mss;
    this.#wMax = 0;
    this.#cwndPrior = 0;
    this.#epochStart = NaN;
    this.#cwndAtEpoch = 0;
    this.#accountedAt = 0;
    this.#isInUse = false;
    this.#k = 0;
    this.#wEst = 0;
    this.#hystart = new HyStart();
  }

  acknowledged(bytes: number, now: number, rtt: RTTEstimator, una: number, nxt: number): void {
    this.#accountedAt = now;
    this.#isInUse = true;
    if (this.cwnd < this.ssthresh) this.#slowStart(bytes, rtt, una, nxt);
    else this.#avoidCongestion(bytes, now, rtt.srtt);
  }

  unused(now: number): void {
    this.#isInUse = false;
    // That time does not bring the window any further (§5.8).
    this.#epochStart += now - this.#accountedAt;
    this.#accountedAt = now;
  }

  lossDetected(inFlight: number, _now: number): void {
    // The window, where it was in use, and not the flight (§4.6): acknowledgements that arrived together with the one
    // that tells of the loss have emptied the flight already.
    const reference = this.#isInUse ? this.cwnd : Math.min(this.cwnd, Math.max(inFlight, 2 * this.#mss));
    // Fast convergence (§4.7): a flow whose share shrinks makes room for others.
    this.#wMax = this.cwnd < this.#wMax ? this.cwnd * (1 + BETA) / 2 : this.cwnd;
    this.#cwndPrior = this.cwnd;
    this.ssthresh = Math.max(Math.floor(reference * BETA), 2 * this.#mss);
    this.cwnd = this.ssthresh;
    this.#epochStart = NaN;
    this.#hystart = undefined;
  }

  timedOut(inFlight: number, now: number): void {
    this.lossDetected(inFlight, now);
    this.cwnd = this.#mss;
    // The plateau is where slow start ends (§4.8).
    this.#wMax = 0;
  }

  restore(cwnd: number, ssthresh: number): void {
    this.cwnd = Math.max(this.cwnd, cwnd);
    this.ssthresh = ssthresh;
    this.#wMax = Math.max(this.#wMax, cwnd);
    this.#epochStart = NaN;
  }

  restartAfterIdle(window: number): void {
    this.cwnd = Math.min(this.cwnd, window);
    this.#epochStart = NaN;
  }

  setMSS(mss: number): void {
    this.#mss = mss;
    this.cwnd = Math.max(this.cwnd, mss);
  }

  #slowStart(bytes: number, rtt: RTTEstimator, una: number, nxt: number): void {
    const hystart = this.#hystart;
    const isOver = hystart?.acknowledged(rtt.latest, una, nxt) ?? false;
    this.cwnd = Math.min(this.cwnd + (hystart?.growth(bytes) ?? bytes), Math.max(this.ssthresh, this.cwnd));
    if (!isOver) return;
    this.ssthresh = this.cwnd;
    this.#hystart = undefined;
  }

  #avoidCongestion(bytes: number, now: number, srtt: number): void {
    if (Number.isNaN(this.#epochStart)) this.#startEpoch(now);
    const t = (now - this.#epochStart) / 1000;
    const ahead = t + srtt / 1000;
    this.#wEst += ALPHA * this.#mss * bytes / this.cwnd;
    if (this.#wEst >= this.#cwndPrior) this.#wEst += (1 - ALPHA) * this.#mss * bytes / this.cwnd;
    if (this.#cubicWindow(t) < this.#wEst) {
      this.cwnd = Math.max(this.cwnd, this.#wEst);
      return;
    }
    const target = Math.min(Math.max(this.#cubicWindow(ahead), this.cwnd), 1.5 * this.cwnd);
    this.cwnd += (target - this.cwnd) * bytes / this.cwnd;
  }

  #startEpoch(now: number): void {
    this.#epochStart = now;
    this.#cwndAtEpoch = this.cwnd;
    this.#wMax = Math.max(this.#wMax, this.cwnd);
    this.#k = Math.cbrt((this.#wMax - this.#cwndAtEpoch) / this.#mss / C);
    this.#wEst = this.cwnd;
  }

  /** W_cubic at `t` seconds after the epoch's start (§4.2). */
  #cubicWindow(t: number): number {
    return C * (t - this.#k) ** 3 * this.#mss + this.#wMax;
  }
}
