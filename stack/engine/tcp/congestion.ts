/**
 * What a congestion control decides: how many bytes may be in flight.
 *
 * @module
 */

/** One connection's congestion control. Sizes in bytes, times in ms. */
export interface CongestionControl {
  /** The congestion window. */
  readonly cwnd: number;
  /** The slow-start threshold; Infinity until the first loss. */
  readonly ssthresh: number;
  /** `bytes` of new data were acknowledged while the window was in use. */
  acknowledged(bytes: number, now: number, srtt: number): void;
  /** A loss was found with `inFlight` bytes under way; recovery starts. */
  lossDetected(inFlight: number, now: number): void;
  /** All that was in flight at the loss is acknowledged. */
  recovered(inFlight: number): void;
  /** The retransmission timer fired with `inFlight` bytes under way. */
  timedOut(inFlight: number, now: number): void;
  /** The segment size changed. */
  setMSS(mss: number): void;
}

/** The initial window: `segments` of them, within the bound of RFC 6928 §2. */
export function initialWindow(segments: number, mss: number): number {
  return Math.min(segments * mss, Math.max(2 * mss, segments * 1460));
}
