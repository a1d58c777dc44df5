/**
 * Raw packets as a program reads them: fields by name, each decoded when it is asked for.
 *
 * Runs on the main side.
 *
 * @module
 */
import { ecn, PROTOCOL_ICMPV4, PROTOCOL_ICMPV6, PROTOCOL_TCP, PROTOCOL_UDP } from "../../stack/wire/ip.ts";
import { formatAddress } from "../../stack/wire/ip_address.ts";
import * as ipv4 from "../../stack/wire/ipv4.ts";
import * as ipv6 from "../../stack/wire/ipv6.ts";
import * as udp from "../../stack/wire/udp.ts";
import { hasValidChecksums } from "./checksums.ts";
import { ICMPMessage } from "./icmp_message.ts";
import { type FragmentInfo, type Layout, layoutOf } from "./layout.ts";
import { TCPSegment } from "./tcp_segment.ts";
import { UDPDatagram } from "./udp_datagram.ts";

/** Bytes of the two ports that TCP and UDP start with. */
const PORTS_LENGTH = 4;

/**
 * A raw IPv4 or IPv6 packet; `version` tells which.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type Packet, parsePacket } from "@uis/uis";
 *
 * const lifetime = (packet: Packet) => packet.version === 4 ? packet.ttl : packet.hopLimit;
 * const syn = parsePacket(Uint8Array.fromHex("4500002c00014000400626c90a0000020a000001c00000500000007b000000006002ffffc3580000020405b4"));
 * assertEquals(lifetime(syn!), 64);
 * ```
 */
export type Packet = IPv4Packet | IPv6Packet;

/**
 * What packets of both versions have. The view is over the bytes themselves and copies none. It decodes a field when it
 * is asked for and may keep what it found: parse anew what has been changed.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parsePacket } from "@uis/uis";
 *
 * const bytes = Uint8Array.fromHex("4500002100010000401166c90a0000020a000001c0000007000d07f848656c6c6f");
 * const packet = parsePacket(bytes);
 * assertEquals([packet?.source, packet?.destination], ["10.0.0.2", "10.0.0.1"]);
 * assertEquals(packet?.destinationPort, 7);
 * assertEquals(new TextDecoder().decode(packet?.udp?.payload), "Hello");
 * assertEquals([packet?.tcp, packet?.icmp], [undefined, undefined]);
 * ```
 */
export class IPPacket<V extends 4 | 6> {
  /** The version of IP. */
  readonly version: V;
  /** The packet as it was given, with whatever follows its end. */
  readonly bytes: Uint8Array;
  #view: DataView | undefined;
  #layout: Layout | undefined;
  #source: string | undefined;
  #destination: string | undefined;
  #tcp: TCPSegment | undefined;
  #udp: UDPDatagram | undefined;
  #icmp: ICMPMessage | undefined;

  /** Use {@linkcode parsePacket}, which looks whether the header is there. */
  constructor(version: V, bytes: Uint8Array) {
    this.version = version;
    this.bytes = bytes;
    this.#view = undefined;
    this.#layout = undefined;
    this.#source = undefined;
    this.#destination = undefined;
    this.#tcp = undefined;
    this.#udp = undefined;
    this.#icmp = undefined;
  }

  /** The bytes as a DataView, for fields that have no name here. */
  get view(): DataView {
    return this.#view ??= new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength);
  }

  /** The sender's address, as canonical text (RFC 5952). */
  get source(): string {
    return this.#source ??= this.version === 4
      ? this.#address(ipv4.SOURCE_AT, ipv4.ADDRESS_LENGTH)
      : this.#address(ipv6.SOURCE_AT, ipv6.ADDRESS_LENGTH);
  }

  /** The receiver's address, as canonical text (RFC 5952). */
  get destination(): string {
    return this.#destination ??= this.version === 4
      ? this.#address(ipv4.DESTINATION_AT, ipv4.ADDRESS_LENGTH)
      : this.#address(ipv6.DESTINATION_AT, ipv6.ADDRESS_LENGTH);
  }

  /** The ECN codepoint: 0 not capable, 1 and 2 capable, 3 congestion experienced (RFC 3168 §5). */
  get ecn(): number {
    return ecn(this.view, 0);
  }

  /** Bytes of the packet, as its header says. */
  get length(): number {
    const { view } = this;
    return this.version === 4 ? ipv4.totalLength(view, 0) : ipv6.HEADER_LENGTH + ipv6.payloadLength(view, 0);
  }

  /** Whether there are fewer bytes than the header says, as in what an ICMP error quotes and in a short snapshot. */
  get isTruncated(): boolean {
    return this.length > this.bytes.length;
  }

  /**
   * The protocol number of the payload: 6 TCP, 17 UDP, 1 ICMP, 58 ICMPv6. Of IPv6 the last in the chain of headers, of
   * which hop-by-hop options, destination options, routing and fragment headers are followed, at most 16.
   */
  get protocol(): number {
    return this.#where.protocol;
  }

  /** Which part of a datagram this is; undefined when it is no fragment. */
  get fragment(): FragmentInfo | undefined {
    return this.#where.fragment;
  }

  /** What follows the IP header and the IPv6 extension headers: a part of `bytes`, not a copy. */
  get payload(): Uint8Array {
    return this.bytes.subarray(this.#where.payload, this.#where.end);
  }

  /** The TCP segment; undefined when this is none, its header is not whole, or this is a later fragment. */
  get tcp(): TCPSegment | undefined {
    if (!this.#carries(PROTOCOL_TCP)) return undefined;
    return this.#tcp ??= TCPSegment.at(this.bytes, this.view, this.#where.payload, this.#where.end);
  }

  /** The UDP datagram, of which a first fragment has the start; undefined as with `tcp`. */
  get udp(): UDPDatagram | undefined {
    if (!this.#carries(PROTOCOL_UDP)) return undefined;
    return this.#udp ??= UDPDatagram.at(this.bytes, this.view, this.#where.payload, this.#where.end);
  }

  /** The ICMP or ICMPv6 message; undefined as with `tcp`. */
  get icmp(): ICMPMessage | undefined {
    if (!this.#carries(this.version === 4 ? PROTOCOL_ICMPV4 : PROTOCOL_ICMPV6)) return undefined;
    const { payload, end } = this.#where;
    return this.#icmp ??= ICMPMessage.at(this.version, this.bytes, this.view, payload, end);
  }

  /** The port that TCP or UDP comes from; there also where no more of their header is, as in an ICMP error's quote. */
  get sourcePort(): number | undefined {
    return this.#hasPorts ? udp.sourcePort(this.view, this.#where.payload) : undefined;
  }

  /** The port that TCP or UDP goes to; there also where no more of their header is, as in an ICMP error's quote. */
  get destinationPort(): number | undefined {
    return this.#hasPorts ? udp.destinationPort(this.view, this.#where.payload) : undefined;
  }

  /**
   * Whether all checksums are right that can be checked: those of the IPv4 header and of TCP, UDP, ICMP and ICMPv6. A
   * payload is not looked at that is truncated, in fragments or on a route of its sender's that leads on. UDP without a
   * checksum is right over IPv4 only.
   */
  get hasValidChecksums(): boolean {
    return hasValidChecksums(this.view, this.version, this.#where, this.isTruncated);
  }

  get #where(): Layout {
    return this.#layout ??= layoutOf(this.version, this.view);
  }

  get #hasPorts(): boolean {
    const { payload, end } = this.#where;
    return payload + PORTS_LENGTH <= end && (this.#carries(PROTOCOL_TCP) || this.#carries(PROTOCOL_UDP));
  }

  /** Whether the start of a payload of this protocol is here. */
  #carries(protocol: number): boolean {
    const layout = this.#where;
    return layout.protocol === protocol && (layout.fragment === undefined || layout.fragment.offset === 0);
  }

  #address(offset: number, length: number): string {
    return formatAddress(this.bytes.subarray(offset, offset + length));
  }
}

/**
 * An IPv4 packet (RFC 791).
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parsePacket } from "@uis/uis";
 *
 * const bytes = Uint8Array.fromHex("4500002c00014000400626c90a0000020a000001c00000500000007b000000006002ffffc3580000020405b4");
 * const packet = parsePacket(bytes);
 * if (packet?.version !== 4) throw new Error("No IPv4 packet");
 * assertEquals([packet.ttl, packet.identification, packet.dontFragment], [64, 1, true]);
 * ```
 */
export class IPv4Packet extends IPPacket<4> {
  /** Use {@linkcode parsePacket}. */
  constructor(bytes: Uint8Array) {
    super(4, bytes);
  }

  /** How many routers may still pass it on. */
  get ttl(): number {
    return ipv4.ttl(this.view, 0);
  }

  /** What all fragments of a datagram have in common. */
  get identification(): number {
    return ipv4.identification(this.view, 0);
  }

  /** Whether routers may not divide it: one that does not fit is answered with "packet-too-big" (RFC 1191 §3). */
  get dontFragment(): boolean {
    return (ipv4.flagsAndOffset(this.view, 0) & ipv4.FLAG_DONT_FRAGMENT) !== 0;
  }
}

/**
 * An IPv6 packet (RFC 8200).
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parsePacket } from "@uis/uis";
 *
 * const addresses = "20010db8000000000000000000000002" + "20010db8000000000000000000000001";
 * const packet = parsePacket(Uint8Array.fromHex("600000000004" + "3c40" + addresses + "3b000100"));
 * if (packet?.version !== 6) throw new Error("No IPv6 packet");
 * assertEquals([packet.hopLimit, packet.flowLabel, packet.destination], [64, 0, "2001:db8::1"]);
 * ```
 */
export class IPv6Packet extends IPPacket<6> {
  /** Use {@linkcode parsePacket}. */
  constructor(bytes: Uint8Array) {
    super(6, bytes);
  }

  /** How many routers may still pass it on. */
  get hopLimit(): number {
    return ipv6.hopLimit(this.view, 0);
  }

  /** The same for all packets of a flow, or 0 (RFC 6437). */
  get flowLabel(): number {
    return ipv6.flowLabel(this.view, 0);
  }
}

/**
 * A view of a raw packet, or undefined when the bytes are none: neither version, a header that is cut off, or one with
 * an impossible length. What follows the IP header may be cut off or malformed; then `tcp`, `udp` and `icmp` are
 * undefined. Nothing throws on any bytes, and nothing is decoded until it is asked for.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Internet, parsePacket } from "@uis/uis";
 *
 * await using internet = new Internet();
 * const attempts: string[] = [];
 * const isAttempt = (packet: Uint8Array) => parsePacket(packet)?.tcp?.flags.syn && !parsePacket(packet)?.tcp?.flags.ack;
 * void internet.route({
 *   filter: ({ packet }) => {
 *     if (isAttempt(packet)) attempts.push(parsePacket(packet)!.source);
 *     return true;
 *   },
 * });
 * const server = await internet.newStack(1500, "10.0.0.1");
 * const client = await internet.newStack(1500, "10.0.0.2");
 *
 * using _listener = server.listenTCP("10.0.0.1:80");
 * using _conn = await client.dialTCP("10.0.0.1:80");
 * assertEquals(attempts, ["10.0.0.2"]);
 * assertEquals(parsePacket(new Uint8Array(3)), undefined);
 * ```
 */
export function parsePacket(bytes: Uint8Array): Packet | undefined {
  switch (bytes[0] >> 4) {
    case 4:
      return isWholeIPv4(bytes) ? new IPv4Packet(bytes) : undefined;
    case 6:
      return bytes.length >= ipv6.HEADER_LENGTH ? new IPv6Packet(bytes) : undefined;
    default:
      return undefined;
  }
}

/** Whether a header is there, options included, and the packet no shorter than it. */
function isWholeIPv4(bytes: Uint8Array): boolean {
  const header = (bytes[0] & 0x0f) * 4;
  return header >= ipv4.HEADER_LENGTH && header <= bytes.length && header <= bytes[2] * 0x100 + bytes[3];
}
