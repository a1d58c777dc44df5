/**
 * What the target may send: packets that are whole, and at most one answer to a packet, to whom that came from, and
 * never a report about a report, or a reply to a reply.
 *
 * @module
 */
import type { Endpoint } from "../../stack/engine/engine.ts";
import { parseAddress } from "../../stack/wire/ip_address.ts";
import { isErrorReport, Layout } from "./layout.ts";
import { type Family, isAt } from "./places.ts";
import { Violation } from "./violation.ts";
import { checkWhole } from "./whole.ts";

const FIN = 1;
const SYN = 2;
const RST = 4;
const SYN_ACK = 0x12;
const ECHO_REQUEST: Readonly<Record<Family, number>> = { 4: 8, 6: 128 };
const ECHO_REPLY: Readonly<Record<Family, number>> = { 4: 0, 6: 129 };
/** How much longer an answer may be than what it answers: an ICMPv6 error's headers. */
const LONGER = 48;

/** The packet that the target was sent last. */
interface Cause {
  family: Family | 0;
  /** Its source, in the array of its family. */
  readonly source: Readonly<Record<Family, Uint8Array>>;
  sourcePort: number;
  destinationPort: number;
  length: number;
  isTCP: boolean;
  isReset: boolean;
  isReport: boolean;
  isEchoRequest: boolean;
  isFragment: boolean;
  isGuarded: boolean;
}

/** Judges what one host sends. */
export class Answers {
  readonly #layout: Layout;
  /** How many packets were received since {@link begin}, and what the only one was. */
  #causes: number;
  readonly #cause: Cause;
  #watching: boolean;
  /** Of what was sent since: answers, and segments of open flows. */
  #answers: number;
  #segments: number;
  /** Who was sent a SYN-ACK. */
  readonly #invited: Set<number>;
  sent: number;

  constructor() {
    this.#layout = new Layout();
    this.#causes = 0;
    const source = { 4: new Uint8Array(4), 6: new Uint8Array(16) };
    const tcp = { isTCP: false, isReset: false, sourcePort: 0, destinationPort: 0 };
    const icmp = { isReport: false, isEchoRequest: false };
    this.#cause = { family: 0, source, length: 0, ...tcp, ...icmp, isFragment: false, isGuarded: false };
    this.#watching = false;
    this.#answers = 0;
    this.#segments = 0;
    this.#invited = new Set();
    this.sent = 0;
  }

  /** What is sent from now on is caused by the packets that follow. */
  begin(): void {
    this.#causes = 0;
    this.#watching = true;
    this.#answers = 0;
    this.#segments = 0;
  }

  /** A packet goes to the target. */
  cause(bytes: Uint8Array, view: DataView, length: number, isGuarded: boolean): void {
    this.#causes++;
    const cause = this.#cause;
    const layout = this.#layout.read(view, length);
    const { family, transport, payloadLength, isTCP, isICMP, isFragment, isLaterFragment } = layout;
    const type = isICMP && !isLaterFragment && payloadLength > 0 ? view.getUint8(transport) : undefined;
    cause.family = family;
    if (family !== 0) copySource(bytes, family, cause.source[family]);
    cause.sourcePort = isTCP ? view.getUint16(transport) : 0;
    cause.destinationPort = isTCP ? view.getUint16(transport + 2) : 0;
    cause.length = length;
    cause.isTCP = isTCP;
    cause.isReset = isTCP && (view.getUint8(transport + 13) & RST) !== 0;
    cause.isReport = type !== undefined && family !== 0 && isErrorReport(family, type);
    cause.isEchoRequest = family !== 0 && type === ECHO_REQUEST[family];
    cause.isFragment = isFragment;
    cause.isGuarded = isGuarded;
  }

  /** The target has a connection: it cannot have one with somebody whom it never answered. */
  accepted(remote: Endpoint): void {
    const bytes = parseAddress(remote.address);
    if (!bytes) throw new Violation("answer", `a connection with "${remote.address}"`);
    const word = new DataView(bytes.buffer).getInt32(bytes.length - 4);
    if (this.#invited.has(keyOf(word, remote.port))) return;
    throw new Violation("answer", `a connection with ${remote.address}, who was not answered`);
  }

  /** The target is quiet again. */
  end(): void {
    this.#watching = false;
    if (this.#answers > this.#causes) {
      throw new Violation("answer", `${this.#answers} answers to ${this.#causes} packets`);
    }
    if (this.#causes === 1 && this.#cause.isGuarded && this.#answers + this.#segments > 1) {
      throw new Violation("answer", `${this.#answers + this.#segments} packets in answer to a blind one`);
    }
  }

  /** The target sends a packet. */
  note(packet: Uint8Array, view: DataView): void {
    this.sent++;
    const layout = this.#layout.read(view, packet.length);
    const { family } = layout;
    if (family === 0) throw new Violation("answer", `it sent version ${packet[0] >> 4}`);
    checkWhole(packet, view, layout, family);
    const flags = layout.isTCP ? view.getUint8(layout.transport + 13) : 0;
    if ((flags & SYN_ACK) === SYN_ACK) {
      const word = view.getInt32(family === 4 ? 16 : 36);
      this.#invited.add(keyOf(word, view.getUint16(layout.transport + 2)));
    }
    if (!this.#watching || layout.isLaterFragment) return;
    const isSegment = layout.isTCP && (flags & (SYN | RST)) === 0;
    if (isSegment) this.#segments++;
    else if ((flags & RST) === 0 || this.#segments === 0) this.#answers++;
    if (this.#causes === 1 && !this.#cause.isFragment) this.#judge(packet, view, layout, family, flags);
  }

  #judge(
    packet: Uint8Array,
    view: DataView,
    { isICMP, isTCP, isFragment, transport }: Layout,
    family: Family,
    flags: number,
  ): void {
    const cause = this.#cause;
    const isSegment = isTCP && (flags & (SYN | RST)) === 0;
    const type = isICMP ? view.getUint8(transport) : undefined;
    const isReport = type !== undefined && isErrorReport(family, type);
    if (type === ECHO_REPLY[family] && !cause.isEchoRequest) {
      throw new Violation("answer", "an echo reply in answer to what asks for none");
    }
    if (isReport && cause.isReport) throw new Violation("answer", "an ICMP error in answer to an ICMP error");
    if ((flags & RST) !== 0 && cause.isReset) throw new Violation("answer", "RST in answer to RST");
    // A report sets free what a flow holds back.
    if (cause.isReport && isSegment) return;
    if (family !== cause.family || !isAt(packet, family === 4 ? 16 : 24, cause.source[family])) {
      throw new Violation("answer", "it went to someone who did not ask");
    }
    if (
      isTCP && cause.isTCP &&
      (view.getUint16(transport) !== cause.destinationPort || view.getUint16(transport + 2) !== cause.sourcePort)
    ) {
      throw new Violation("answer", "it went to another port");
    }
    if (!isSegment && !isFragment && packet.length > cause.length + LONGER && (flags & FIN) === 0) {
      throw new Violation("answer", `${packet.length} bytes in answer to ${cause.length}`);
    }
  }
}

function copySource(bytes: Uint8Array, family: Family, source: Uint8Array): void {
  const at = family === 4 ? 12 : 8;
  for (let i = 0; i < source.length; i++) source[i] = bytes[at + i];
}

function keyOf(lastWord: number, port: number): number {
  return (lastWord >>> 0) * 0x10000 + port;
}
