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
  | "fragment"
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
  readonly dropped: Record<DropReason, number>;

  constructor() {
    this.received = 0;
    this.sent = 0;
    this.dropped = {
      malformed: 0,
      checksum: 0,
      notForUs: 0,
      martian: 0,
      fragment: 0,
      unknownProtocol: 0,
      noSocket: 0,
      queueFull: 0,
      tooBig: 0,
      rateLimited: 0,
      connectionLimit: 0,
      unacceptable: 0,
    };
  }

  drop(reason: DropReason): void {
    this.dropped[reason]++;
  }
}
