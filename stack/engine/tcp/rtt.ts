/**
 * Round-trip time and retransmission timeout (RFC 6298). Times in ms.
 *
 * @module
 */

const INITIAL_RTO = 1000;
const RTO_AFTER_LOST_SYN = 3000;
const MAX_RTO = 120_000;
/** The engine's clock has fractions, yet a timer cannot fire more finely than this. */
const CLOCK_GRANULARITY = 1;
const ALPHA = 1 / 8;
const BETA = 1 / 4;
const K = 4;

/** The estimator of one connection. */
export class RTTEstimator {
  /** Smoothed round-trip time; 0 before the first sample. */
  srtt: number;
  rttvar: number;
  /** The latest sample. */
  latest: number;
  /** How often the timeout was doubled since the last sample. */
  backoff: number;
  readonly #minRto: number;
  #rto: number;

  constructor(minRto: number) {
    this.srtt = 0;
    this.rttvar = 0;
    this.latest = 0;
    this.backoff = 0;
    this.#minRto = minRto;
    this.#rto = INITIAL_RTO;
  }

  /** The timeout, doubled as often as {@link backoff} says. Never 0, however short the path. */
  get rto(): number {
    // Mostly 0, and a power is dear for every segment.
    const doubled = this.backoff === 0 ? this.#rto : this.#rto * 2 ** this.backoff;
    return Math.min(MAX_RTO, doubled);
  }

  /** The SYN was lost and nothing measured: data starts with a longer timeout (RFC 6298 §5.7). */
  restartAfterLostSyn(): void {
    this.backoff = 0;
    if (this.srtt === 0) this.#rto = RTO_AFTER_LOST_SYN;
  }

  /** Takes the round-trip time of a segment that was sent once (Karn). */
  sample(rtt: number): void {
    const measured = Math.max(0, rtt);
    this.latest = measured;
    if (this.srtt === 0 && this.rttvar === 0) {
      this.srtt = measured;
      this.rttvar = measured / 2;
    } else {
      this.rttvar = (1 - BETA) * this.rttvar + BETA * Math.abs(this.srtt - measured);
      this.srtt = (1 - ALPHA) * this.srtt + ALPHA * measured;
    }
    this.#rto = Math.max(this.#minRto, this.srtt + Math.max(CLOCK_GRANULARITY, K * this.rttvar));
    this.backoff = 0;
  }
}
