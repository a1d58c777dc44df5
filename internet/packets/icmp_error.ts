/**
 * The ICMP and ICMPv6 errors that routers and hosts send.
 *
 * Runs on the main side.
 *
 * @module
 */
import * as icmpv4 from "../../stack/wire/icmpv4.ts";
import * as icmpv6 from "../../stack/wire/icmpv6.ts";
import { DEFAULT_HOP_LIMIT, PROTOCOL_ICMPV4, PROTOCOL_ICMPV6 } from "../../stack/wire/ip.ts";
import { parseAddress } from "../../stack/wire/ip_address.ts";
import * as ipv4 from "../../stack/wire/ipv4.ts";
import * as ipv6 from "../../stack/wire/ipv6.ts";
import type { ICMPErrorKind } from "../../stack/wire/icmp_kind.ts";
import { ICMP_ERROR_KINDS, typeAndCodeOf } from "./icmp_kinds.ts";
import { layoutOf } from "./layout.ts";
import { mayReport } from "./may_report.ts";
import { type IPv4Packet, type IPv6Packet, type Packet, parsePacket } from "./packet.ts";

/**
 * What {@linkcode icmpError} must be told besides what has happened.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { icmpError, type ICMPErrorOptions, parsePacket } from "@uis/uis";
 *
 * const datagram = "4500002100010000401166c90a0000020a000001c0000007000d07f848656c6c6f";
 * const router: ICMPErrorOptions = { from: "10.0.0.254" };
 * const error = icmpError(Uint8Array.fromHex(datagram), "network-unreachable", router);
 * assertEquals(parsePacket(error!)?.source, "10.0.0.254");
 * ```
 */
export interface ICMPErrorOptions {
  /** The address of the router or host that reports, of the packet's version; by default the packet's destination. */
  from?: string;
  /** For "packet-too-big", and needed there: the MTU of the next hop in bytes, from 68 (IPv4) or 1280 (IPv6) to 65535. */
  mtu?: number;
  /** For "parameter-problem": the byte of the packet that is wrong, of IPv4 one of the first 256; 0 by default. */
  pointer?: number;
}

/** The least MTU that a link may have (RFC 791 §3.2, RFC 8200 §5), and the most that a packet can use. */
const LEAST_MTU = { 4: 68, 6: 1280 };
const MOST_MTU = 65535;

/** The last byte that ICMPv4's pointer can name. */
const LAST_POINTER_IPV4 = 255;

/**
 * The packet by which a router or a host reports that it could not pass on or accept `packet`, addressed to where that
 * came from (RFC 792, RFC 4443). It quotes as much of it as fits 576 bytes, or 1280 of IPv6.
 *
 * Undefined where none may be sent (RFC 1122 §3.2.2, RFC 4443 §2.4 e): about an ICMP error or redirect, about any
 * fragment but the first, to or from a multicast or broadcast address, from an address that is no single host's, and
 * about bytes that are no packet. Routers limit how many they send in a second; this is left to the program.
 *
 * @throws {TypeError} when `kind` is none, `from` is no address of the packet's version, `mtu` is missing, or an option is
 * given that the kind does not have
 * @throws {RangeError} when `mtu` or `pointer` is out of range
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { describePacket, icmpError } from "@uis/uis";
 *
 * const datagram = Uint8Array.fromHex("4500002100010000401166c90a0000020a000001c0000007000d07f848656c6c6f");
 * const error = icmpError(datagram, "port-unreachable")!;
 * assertEquals(
 *   describePacket(error),
 *   "IP 10.0.0.1 > 10.0.0.2: ICMP 10.0.0.1 udp port 7 unreachable, length 41 " +
 *     "(about IP 10.0.0.2.49152 > 10.0.0.1.7: UDP, length 5)",
 * );
 * assertEquals(icmpError(error, "time-exceeded"), undefined);
 * ```
 *
 * @example A filter that puts it in the packet's place
 * ```ts
 * import { assertRejects } from "@std/assert";
 * import { icmpError, Internet } from "@uis/uis";
 *
 * await using internet = new Internet();
 * void internet.route({
 *   filter: ({ packet }) => {
 *     const report = icmpError(packet, "network-unreachable", { from: "10.0.0.254" });
 *     return report ? { packet: report } : false;
 *   },
 * });
 * const client = await internet.newStack(1500, "10.0.0.2");
 * await assertRejects(() => client.dialTCP("192.0.2.1:80"), Deno.errors.NetworkUnreachable);
 * ```
 */
export function icmpError(
  packet: Uint8Array,
  kind: ICMPErrorKind,
  options: ICMPErrorOptions = {},
): Uint8Array<ArrayBuffer> | undefined {
  checkArguments(packet, kind, options);
  const about = parsePacket(packet);
  if (!about) return undefined;
  const from = addressToReportFrom(about, options.from);
  const rest = secondWord(about, kind, options);
  if (!mayReport(about)) return undefined;
  return about.version === 4 ? writeIPv4(about, kind, from, rest) : writeIPv6(about, kind, from, rest);
}

function checkArguments(packet: Uint8Array, kind: ICMPErrorKind, { mtu, pointer }: ICMPErrorOptions): void {
  if (!(packet instanceof Uint8Array)) throw new TypeError("Cannot report an error: packet must be a Uint8Array");
  if (!ICMP_ERROR_KINDS.includes(kind)) {
    throw new TypeError(`Cannot report "${kind}": kind must be one of ${ICMP_ERROR_KINDS.join(", ")}`);
  }
  if (kind === "packet-too-big" && mtu === undefined) {
    throw new TypeError('Cannot report "packet-too-big": mtu is missing');
  }
  if (kind !== "packet-too-big" && mtu !== undefined) {
    throw new TypeError(`Cannot report "${kind}" with an mtu: only "packet-too-big" has one`);
  }
  if (kind !== "parameter-problem" && pointer !== undefined) {
    throw new TypeError(`Cannot report "${kind}" with a pointer: only "parameter-problem" has one`);
  }
}

function addressToReportFrom(about: Packet, from: string | undefined): Uint8Array {
  const own = about.version === 4
    ? about.bytes.subarray(ipv4.DESTINATION_AT, ipv4.DESTINATION_AT + ipv4.ADDRESS_LENGTH)
    : about.bytes.subarray(ipv6.DESTINATION_AT, ipv6.DESTINATION_AT + ipv6.ADDRESS_LENGTH);
  if (from === undefined) return own;
  const address = parseAddress(from);
  if (!address) throw new TypeError(`Cannot report an error from "${from}": not an IP address`);
  if (address.length !== own.length) {
    throw new TypeError(`Cannot report an error from "${from}": the packet is IPv${about.version}`);
  }
  return address;
}

/** What stands behind the checksum. */
function secondWord(about: Packet, kind: ICMPErrorKind, { mtu, pointer = 0 }: ICMPErrorOptions): number {
  const { version } = about;
  if (mtu !== undefined) {
    checkRange("mtu", mtu, LEAST_MTU[version], MOST_MTU);
    return mtu;
  }
  if (kind === "parameter-problem") {
    checkRange("pointer", pointer, 0, Math.min(about.length - 1, version === 4 ? LAST_POINTER_IPV4 : Infinity));
    return version === 4 ? pointer * 0x100_0000 : pointer;
  }
  const names = kind === "protocol-unreachable" && version === 6;
  return names ? layoutOf(version, about.view).nextHeaderAt : 0;
}

function checkRange(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new RangeError(`Cannot report an error: ${name} ${String(value)} must be an integer from ${least} to ${most}`);
}

function writeIPv4(about: IPv4Packet, kind: ICMPErrorKind, from: Uint8Array, rest: number): Uint8Array<ArrayBuffer> {
  const headers = ipv4.HEADER_LENGTH + icmpv4.HEADER_LENGTH;
  const { bytes, view } = quoteBehind(headers, about, icmpv4.LARGEST_ERROR);
  const [type, code] = typeAndCodeOf(4, kind);
  icmpv4.write(view, ipv4.HEADER_LENGTH, type, code, rest, bytes.length - ipv4.HEADER_LENGTH);
  ipv4.write(view, 0, {
    ecn: 0,
    totalLength: bytes.length,
    // Nothing divides it, so it needs none (RFC 6864 §4.1).
    identification: 0,
    flagsAndOffset: ipv4.FLAG_DONT_FRAGMENT,
    ttl: DEFAULT_HOP_LIMIT,
    protocol: PROTOCOL_ICMPV4,
    source: new DataView(from.buffer, from.byteOffset).getInt32(0),
    destination: ipv4.source(about.view, 0),
  });
  return bytes;
}

function writeIPv6(about: IPv6Packet, kind: ICMPErrorKind, from: Uint8Array, rest: number): Uint8Array<ArrayBuffer> {
  const headers = ipv6.HEADER_LENGTH + icmpv6.HEADER_LENGTH;
  const { bytes, view } = quoteBehind(headers, about, icmpv6.LARGEST_ERROR);
  const [type, code] = typeAndCodeOf(6, kind);
  const length = bytes.length - ipv6.HEADER_LENGTH;
  ipv6.write(view, 0, {
    ecn: 0,
    payloadLength: length,
    nextHeader: PROTOCOL_ICMPV6,
    hopLimit: DEFAULT_HOP_LIMIT,
    flowLabel: 0,
    source: wordsAt(new DataView(from.buffer, from.byteOffset), 0),
    destination: wordsAt(about.view, ipv6.SOURCE_AT),
  });
  const pseudoHeader = ipv6.addressSum(view, 0) + PROTOCOL_ICMPV6 + length;
  icmpv6.write(view, ipv6.HEADER_LENGTH, type, code, rest, length, pseudoHeader);
  return bytes;
}

/** A packet with room for its headers, then what is quoted, `most` bytes in all. */
function quoteBehind(headers: number, about: Packet, most: number): { bytes: Uint8Array<ArrayBuffer>; view: DataView } {
  const quote = about.bytes.subarray(0, Math.min(about.length, most - headers));
  const bytes = new Uint8Array(headers + quote.length);
  bytes.set(quote, headers);
  return { bytes, view: new DataView(bytes.buffer) };
}

function wordsAt(view: DataView, offset: number): ipv6.Words {
  const [w0, w1, w2, w3] = [0, 4, 8, 12].map((word) => view.getInt32(offset + word));
  return { w0, w1, w2, w3 };
}
