/**
 * What a connection counts of itself, and how fast its path delivers (draft-cheng-iccrg-delivery-rate-estimation §3).
 *
 * @module
 */

/** The counts of one connection. Sizes in bytes, times in ms, the rate in bytes a second. */
export class Tally {
  bytesSent: number;
  bytesAcked: number;
  bytesReceived: number;
  retransmits: number;
  deliveryRate: number;
  #delivered: number;
  #sampleFrom: number;
  #sampleAt: number;

  constructor() {
    this.bytesSent = 0;
    this.bytesAcked = 0;
    this.bytesReceived = 0;
    this.retransmits = 0;
    this.deliveryRate = 0;
    this.#delivered = 0;
    this.#sampleFrom = 0;
    this.#sampleAt = -Infinity;
  }

  /** Data left while nothing was under way: what is measured starts now. */
  startDelivery(now: number): void {
    this.#sampleFrom = this.#delivered;
    this.#sampleAt = now;
  }

  /** `bytes` more have arrived; a sample spans one round trip. */
  delivered(bytes: number, srtt: number, now: number): void {
    this.#delivered += bytes;
    const elapsed = now - this.#sampleAt;
    if (elapsed <= 0 || (elapsed < srtt && this.deliveryRate > 0)) return;
    this.deliveryRate = (this.#delivered - this.#sampleFrom) / elapsed * 1000;
    this.startDelivery(now);
  }
}
