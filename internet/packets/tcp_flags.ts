/**
 * The control bits of a TCP segment.
 *
 * Runs on the main side.
 *
 * @module
 */
import { ACK, CWR, ECE, FIN, PSH, RST, SYN, URG } from "../../stack/wire/tcp.ts";

/** From the lowest bit to the highest. */
const LETTERS = "FSRP.UEW";

/**
 * The control bits of a TCP segment (RFC 9293 §3.1, RFC 3168 §6.1).
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parsePacket } from "@uis/uis";
 *
 * const syn = Uint8Array.fromHex("4500002c00014000400626c90a0000020a000001c00000500000007b000000006002ffffc3580000020405b4");
 * const flags = parsePacket(syn)?.tcp?.flags;
 * assertEquals([flags?.syn, flags?.ack, flags?.bits, String(flags)], [true, false, 2, "S"]);
 * ```
 */
export class TCPFlags {
  /** The byte that they stand in. */
  readonly bits: number;

  /** Names the bits of a byte. */
  constructor(bits: number) {
    this.bits = bits;
  }

  /** The sender has no more to send. */
  get fin(): boolean {
    return (this.bits & FIN) !== 0;
  }

  /** The sender asks for a connection, or grants one. */
  get syn(): boolean {
    return (this.bits & SYN) !== 0;
  }

  /** The sender gives up the connection. */
  get rst(): boolean {
    return (this.bits & RST) !== 0;
  }

  /** The receiver should pass on what it has. */
  get psh(): boolean {
    return (this.bits & PSH) !== 0;
  }

  /** The acknowledgment number counts. */
  get ack(): boolean {
    return (this.bits & ACK) !== 0;
  }

  /** The urgent pointer counts. */
  get urg(): boolean {
    return (this.bits & URG) !== 0;
  }

  /** Congestion was seen; in a SYN, ECN is offered. */
  get ece(): boolean {
    return (this.bits & ECE) !== 0;
  }

  /** The sender has slowed down; in a SYN, ECN is offered. */
  get cwr(): boolean {
    return (this.bits & CWR) !== 0;
  }

  /** A letter for each bit that is set, `FSRP.UEW` with a dot for ACK, as tcpdump writes them; `none` for none. */
  toString(): string {
    return [...LETTERS].filter((_, bit) => (this.bits & (1 << bit)) !== 0).join("") || "none";
  }
}
