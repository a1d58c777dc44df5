/**
 * What an engine counts: packets in and out, and everything dropped, by reason.
 *
 * @module
 */

/** Why a packet was dropped. */
export type DropReason =
  | "malformed"
  | "checksum"
  | "notForUs"
  | "martian"
  | "extensionHeader"
  | "sourceRoute"
  | "fragmentOverlap"
  | "fragmentLimit"
  | "fragmentTimeout"
  | "unknownProtocol"
  | "noSocket"
  | "queueFull"
  | "tooBig"
  | "rateLimited"
  | "connectionLimit"
  | "unacceptable";

/** The counters, which only grow. */
export class Counters {
  received: number;
  sent: number;
  /** Datagrams put together from fragments, and cut into them. */
  reassembled: number;
  fragmented: number;
  readonly dropped: Record<DropReason, number>;

  constructor() {
    this.received = 0;
    this.sent = 0;
    this.reassembled = 0;
    this.fragmented = 0;
    this.dropped = {
      malformed: 0,
      checksum: 0,
      notForUs: 0,
      martian: 0,
      extensionHeader: 0,
      sourceRoute: 0,
      fragmentOverlap: 0,
      fragmentLimit: 0,
      fragmentTimeout: 0,
      unknownProtocol: 0,
      noSocket: 0,
      queueFull: 0,
      tooBig: 0,
      rateLimited: 0,
      connectionLimit: 0,
      unacceptable: 0,
    };
  }

  /** Counts `packets` dropped for one reason. */
  drop(reason: DropReason, packets = 1): void {
    this.dropped[reason] += packets;
  }
}
