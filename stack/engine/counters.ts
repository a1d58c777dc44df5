/**
 * What an engine counts: packets in and out, and everything dropped, by reason.
 *
 * @module
 */

/**
 * Why a packet was dropped.
 *
 * @example
 * ```ts
 * import { assertEquals, assertRejects } from "@std/assert";
 * import { type DropReason, Internet } from "@uis/uis";
 *
 * await using internet = new Internet();
 * const stack = await internet.newStack(1500, "10.0.0.1");
 * await assertRejects(() => stack.dialTCP("10.0.0.1:80"), Deno.errors.ConnectionRefused);
 * const { dropped } = await stack.stats();
 * const reasons = Object.keys(dropped) as DropReason[];
 * assertEquals(reasons.filter((reason) => dropped[reason] > 0), ["noSocket"]);
 * ```
 */
export type DropReason =
  /**
   * A header or a length that cannot be, an IPv4 header whose checksum is wrong, a fragment that fits no datagram, an
   * ICMP error that quotes too little.
   */
  | "malformed"
  /** The checksum of TCP, UDP or ICMP is wrong. */
  | "checksum"
  /** It was sent to an address that is not this host's. */
  | "notForUs"
  /** It came from an address that nobody may send from (RFC 1122 §3.2.1.3). */
  | "martian"
  /** IPv6 extension headers or options that are too many, misplaced, or to be refused (RFC 8200 §4). */
  | "extensionHeader"
  /** Its source route leads on from here (RFC 1122 §3.3.5, RFC 5095). */
  | "sourceRoute"
  /** Its datagram has fragments that overlap (RFC 5722). */
  | "fragmentOverlap"
  /** Fragments take more memory than {@linkcode StackLimits} allows, or are more than any datagram needs. */
  | "fragmentLimit"
  /** The rest of its datagram did not come in time. */
  | "fragmentTimeout"
  /** A protocol, or an ICMP message, that is not spoken here. */
  | "unknownProtocol"
  /** No socket and no ping waits for it. */
  | "noSocket"
  /** A datagram to send, to a family of which the host or the socket has no address, or from loopback to another host. */
  | "noRoute"
  /** A queue is full: of a socket, of a listener, of answers. */
  | "queueFull"
  /** A datagram to send that is larger than any packet. */
  | "tooBig"
  /** An answer that would have been one too many: an ICMP error, a challenge ACK. */
  | "rateLimited"
  /** A SYN, while the host has as many connections as it may. */
  | "connectionLimit"
  /** Data for which its connections' memory is used up. */
  | "memoryLimit"
  /** A segment that its connection cannot take, a reply or an ICMP error that fits nothing that was sent. */
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
      noRoute: 0,
      queueFull: 0,
      tooBig: 0,
      rateLimited: 0,
      connectionLimit: 0,
      memoryLimit: 0,
      unacceptable: 0,
    };
  }

  /** Counts `packets` dropped for one reason. */
  drop(reason: DropReason, packets = 1): void {
    this.dropped[reason] += packets;
  }
}
