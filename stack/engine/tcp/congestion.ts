/**
 * What a congestion control decides: how many bytes may be in flight.
 *
 * @module
 */
import type { RTTEstimator } from "./rtt.ts";

/** One connection's congestion control. Sizes in bytes, times in ms. */
export interface CongestionControl {
  /** The congestion window. */
  readonly cwnd: number;
  /** The slow-start threshold; Infinity until the first loss. */
  readonly ssthresh: number;
  /** `bytes` of new data up to `una` were acknowledged while the window was in use and `nxt` comes next. */
  acknowledged(bytes: number, now: number, rtt: RTTEstimator, una: number, nxt: number): void;
  /** The window was not in use since {@link acknowledged} or this was last called. */
  unused(now: number): void;
  /** A loss was found with `inFlight` bytes under way; the window becomes what recovery ends with. */
  lossDetected(inFlight: number, now: number): void;
  /** The retransmission timer fired with `inFlight` bytes under way. */
  timedOut(inFlight: number, now: number): void;
  /** The loss was none: the window is what it was. */
  restore(cwnd: number, ssthresh: number): void;
  /** Nothing was sent for a retransmission timeout (RFC 5681 §4.1). */
  restartAfterIdle(window: number): void;
  /** The segment size changed. */
  setMSS(mss: number): void;
}

/** The initial window: `segments` of them, within the bound of RFC 6928 §2. */
export function initialWindow(segments: number, mss: number): number {
  return Math.min(segments * mss, Math.max(2 * mss, segments * 1460));
}
