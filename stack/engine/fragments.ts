/**
 * Fragments that have arrived: checks them, and makes whole packets of them (RFC 791 §3.2, RFC 8200 §4.5).
 *
 * @module
 */
import { CODE_HEADER_FIELD, CODE_INCOMPLETE_CHAIN } from "../wire/icmpv6.ts";
import * as ip from "../wire/ip.ts";
import * as ipv4 from "../wire/ipv4.ts";
import * as ipv6 from "../wire/ipv6.ts";
import * as extensions from "../wire/ipv6_extensions.ts";
import type { Counters } from "./counters.ts";
import type { ICMP } from "./icmp.ts";
import { Packet } from "./packet.ts";
import { type Fragment, Reassembly, ReassemblyQueue } from "./reassembly.ts";

/** ms that a datagram's fragments may take: RFC 1122 §3.3.2 in Linux's reading, and RFC 8200 §4.5. */
const PATIENCE_IPV4 = 30_000;
const PATIENCE_IPV6 = 60_000;

/** The first fragment must hold an upper-layer header of this many bytes (RFC 7112 §5). */
const LEAST_HEADER: ReadonlyMap<number, number> = new Map([
  [ip.PROTOCOL_TCP, 20],
  [ip.PROTOCOL_UDP, 8],
  [ip.PROTOCOL_ICMPV6, 8],
]);

/** The fragments of one host. */
export class Fragments {
  readonly #counters: Counters;
  readonly #icmp: ICMP;
  readonly #ipv4: ReassemblyQueue;
  readonly #ipv6: ReassemblyQueue;
  readonly #reassembly: Reassembly;

  /** Holds up to `limit` bytes, overhead included. */
  constructor(limit: number, counters: Counters, icmp: ICMP) {
    this.#counters = counters;
    this.#icmp = icmp;
    this.#ipv4 = new ReassemblyQueue(PATIENCE_IPV4);
    this.#ipv6 = new ReassemblyQueue(PATIENCE_IPV6);
    this.#reassembly = new Reassembly(limit, counters, [this.#ipv4, this.#ipv6]);
  }

  /** Bytes held, overhead included. */
  get held(): number {
    return this.#reassembly.held;
  }

  /** When {@link tick} must be called next; Infinity when nothing waits. */
  nextDeadline(): number {
    return this.#reassembly.nextDeadline();
  }

  /** Gives up on datagrams whose time is over. */
  tick(now: number): void {
    this.#reassembly.expire(now, (first) => this.#reportTimeout(now, first));
  }

  /** Takes an IPv4 fragment; returns the whole packet when this was the last one missing. */
  addIPv4(now: number, packet: Packet): DataView<ArrayBuffer> | undefined {
    const { view, start } = packet;
    const word = ipv4.flagsAndOffset(view, start);
    const offset = (word & ipv4.FRAGMENT_OFFSET_MASK) * ipv4.FRAGMENT_UNIT;
    const more = (word & ipv4.FLAG_MORE_FRAGMENTS) !== 0;
    const length = packet.payloadLength;
    const isTooLong = packet.payload - start + offset + length > ipv4.MAX_LENGTH;
    if (length === 0 || (more && length % ipv4.FRAGMENT_UNIT !== 0) || isTooLong) return this.#malformed();
    const key = `${packet.s3} ${packet.d3} ${packet.protocol} ${ipv4.identification(view, start)}`;
    const fragments = this.#reassembly.add(now, this.#ipv4, key, copyFragment(packet, offset, packet.payload, more));
    if (!fragments) return undefined;
    const whole = join(fragments, 0);
    if (whole.byteLength > ipv4.MAX_LENGTH || !keepMark(whole, fragments)) return this.#malformed();
    ipv4.setFragment(whole, 0, whole.byteLength, ipv4.identification(whole, 0), 0);
    this.#counters.reassembled++;
    return whole;
  }

  /** Takes an IPv6 fragment, whose payload starts with the fragment header; returns the whole packet like `addIPv4`. */
  addIPv6(now: number, packet: Packet): DataView<ArrayBuffer> | undefined {
    const { view, start, payload } = packet;
    const offset = extensions.fragmentOffset(view, payload);
    const more = extensions.moreFragments(view, payload);
    const data = payload + extensions.FRAGMENT_HEADER_LENGTH;
    const length = packet.end - data;
    // Without the fragment header, which the whole packet will not have.
    const before = payload - start - ipv6.HEADER_LENGTH;
    if (more && length % ipv4.FRAGMENT_UNIT !== 0) {
      return this.#refuse(now, packet, CODE_HEADER_FIELD, ipv6.PAYLOAD_LENGTH_AT);
    }
    if (before + offset + length > ipv6.MAX_PAYLOAD_LENGTH) {
      return this.#refuse(now, packet, CODE_HEADER_FIELD, payload + extensions.FRAGMENT_OFFSET_AT - start);
    }
    if (length === 0) return this.#malformed();
    const key = `${packet.s0} ${packet.s1} ${packet.s2} ${packet.s3} ` +
      `${packet.d0} ${packet.d1} ${packet.d2} ${packet.d3} ${extensions.identification(view, payload)}`;
    if (offset === 0 && !hasWholeChain(packet)) return this.#refuse(now, packet, CODE_INCOMPLETE_CHAIN, 0);
    const fragments = this.#reassembly.add(now, this.#ipv6, key, copyFragment(packet, offset, data, more));
    return fragments && this.#joinIPv6(fragments);
  }

  /** The headers before the fragment header, and what follows it, are those of the first fragment. */
  #joinIPv6(fragments: readonly Fragment[]): DataView<ArrayBuffer> | undefined {
    const whole = join(fragments, extensions.FRAGMENT_HEADER_LENGTH);
    const length = whole.byteLength - ipv6.HEADER_LENGTH;
    if (length > ipv6.MAX_PAYLOAD_LENGTH || !keepMark(whole, fragments)) return this.#malformed();
    ipv6.setPayloadLength(whole, 0, length);
    const { bytes, offset, end } = fragments[0];
    const header = bytes.length - (end - offset) - extensions.FRAGMENT_HEADER_LENGTH;
    const packet = new Packet();
    packet.readIPv6(whole, 0);
    while (packet.payload < header) packet.skipExtension(packet.extensionLength);
    whole.setUint8(packet.nextHeaderAt, bytes[header]);
    this.#counters.reassembled++;
    return whole;
  }

  #reportTimeout(now: number, { bytes }: Fragment): void {
    const view = new DataView(bytes.buffer);
    const packet = new Packet();
    if (ip.version(view, 0) === 4) packet.readIPv4(view, 0);
    else packet.readIPv6(view, 0);
    this.#icmp.sendReassemblyTimeout(now, packet);
  }

  #refuse(now: number, packet: Packet, code: number, pointer: number): undefined {
    this.#icmp.sendParameterProblem(now, packet, code, pointer);
    return this.#malformed();
  }

  #malformed(): undefined {
    this.#counters.drop("malformed");
    return undefined;
  }
}

/** The data from `data` on; of a first fragment, with all that stands before it. */
function copyFragment(packet: Packet, offset: number, data: number, more: boolean): Fragment {
  const from = packet.view.byteOffset + (offset === 0 ? packet.start : data);
  const bytes = new Uint8Array(packet.view.byteOffset + packet.end - from);
  bytes.set(new Uint8Array(packet.view.buffer, from, bytes.length));
  return { offset, end: offset + packet.end - data, bytes, more, ecn: ip.ecn(packet.view, packet.start) };
}

/** The first fragment's header without its last `dropped` bytes, then the data of all. */
function join(fragments: readonly Fragment[], dropped: number): DataView<ArrayBuffer> {
  const first = fragments[0];
  const header = first.bytes.length - (first.end - first.offset) - dropped;
  const whole = new Uint8Array(header + fragments[fragments.length - 1].end);
  whole.set(first.bytes.subarray(0, header));
  for (const { bytes, offset, end } of fragments) {
    whole.set(bytes.subarray(bytes.length - (end - offset)), header + offset);
  }
  return new DataView(whole.buffer);
}

/** Marks the whole if a fragment is marked; false when there are others that no router may mark (RFC 3168 §5.3). */
function keepMark(whole: DataView, fragments: readonly Fragment[]): boolean {
  if (!fragments.some(({ ecn }) => ecn === ip.ECN_CONGESTION_EXPERIENCED)) return true;
  ip.markCongestion(whole, 0);
  return !fragments.some(({ ecn }) => ecn === ip.ECN_NOT_CAPABLE);
}

/** Whether a first fragment shows what the datagram is, upper-layer header included (RFC 7112 §5). Moves its payload. */
function hasWholeChain(packet: Packet): boolean {
  return packet.skipExtensions() && packet.payloadLength >= (LEAST_HEADER.get(packet.protocol) ?? 0);
}
