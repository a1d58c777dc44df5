/**
 * Packets as an attacker writes them: IPv4 only, as fast as can be.
 *
 * @module
 */
import { finish, sum } from "../../stack/wire/checksum.ts";
import * as icmpv4 from "../../stack/wire/icmpv4.ts";
import { PROTOCOL_ICMPV4, PROTOCOL_TCP, PROTOCOL_UDP } from "../../stack/wire/ip.ts";
import * as ipv4 from "../../stack/wire/ipv4.ts";
import * as tcp from "../../stack/wire/tcp.ts";
import * as udp from "../../stack/wire/udp.ts";

/** An IPv4 address as an int32, of its four bytes. */
export function address(a: number, b: number, c: number, d: number): number {
  return (a << 24) | (b << 16) | (c << 8) | d;
}

/** From where to where. */
export interface Way {
  source: number;
  sourcePort: number;
  destination: number;
  destinationPort: number;
}

/** The fields of a segment that an attack chooses; what is left out is 0. */
export interface SegmentFields {
  sequence?: number;
  acknowledgment?: number;
  flags: number;
  window?: number;
  /** Bytes of data, all 0. */
  data?: number;
  /** Padded to four bytes. */
  options?: Uint8Array;
}

/** What an attacker looks at in an answer. */
export interface Answer {
  /** Its way back. */
  way: Way;
  flags: number;
  sequence: number;
  acknowledgment: number;
  data: number;
}

const TTL = 64;
const NO_OPTIONS = new Uint8Array();

/** A TCP segment. */
export function segment(way: Way, fields: SegmentFields): Uint8Array<ArrayBuffer> {
  const { options = NO_OPTIONS } = fields;
  const headerLength = tcp.HEADER_LENGTH + options.length;
  const length = headerLength + (fields.data ?? 0);
  const [packet, view] = open(way, PROTOCOL_TCP, length);
  tcp.write(view, ipv4.HEADER_LENGTH, {
    sourcePort: way.sourcePort,
    destinationPort: way.destinationPort,
    sequence: fields.sequence ?? 0,
    acknowledgment: fields.acknowledgment ?? 0,
    headerLength,
    flags: fields.flags,
    window: fields.window ?? 0,
  });
  packet.set(options, ipv4.HEADER_LENGTH + tcp.HEADER_LENGTH);
  const total = sum(view, ipv4.HEADER_LENGTH, length, pseudoHeader(view, PROTOCOL_TCP, length));
  tcp.setChecksum(view, ipv4.HEADER_LENGTH, finish(total));
  return packet;
}

/** A datagram of `data` bytes. */
export function datagram(way: Way, data: number): Uint8Array<ArrayBuffer> {
  const length = udp.HEADER_LENGTH + data;
  const [packet, view] = open(way, PROTOCOL_UDP, length);
  udp.write(view, ipv4.HEADER_LENGTH, way.sourcePort, way.destinationPort, length);
  const total = sum(view, ipv4.HEADER_LENGTH, length, pseudoHeader(view, PROTOCOL_UDP, length));
  udp.setChecksum(view, ipv4.HEADER_LENGTH, finish(total));
  return packet;
}

/** An ICMP message that ends with `body`. */
export function message(
  way: Way,
  type: number,
  code: number,
  rest: number,
  body: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const length = icmpv4.HEADER_LENGTH + body.length;
  const [packet, view] = open(way, PROTOCOL_ICMPV4, length);
  packet.set(body, ipv4.HEADER_LENGTH + icmpv4.HEADER_LENGTH);
  icmpv4.write(view, ipv4.HEADER_LENGTH, type, code, rest, length);
  return packet;
}

/** A UDP fragment of `data` bytes that start at `offset`, a multiple of 8; more are to come. */
export function fragment(way: Way, identification: number, offset: number, data: number): Uint8Array<ArrayBuffer> {
  const [packet, view] = open(way, PROTOCOL_UDP, data);
  const place = ipv4.FLAG_MORE_FRAGMENTS | (offset / ipv4.FRAGMENT_UNIT);
  ipv4.setFragment(view, 0, packet.length, identification, place);
  return packet;
}

/** The same packet to somebody else; its checksums become wrong but for that of the header. */
export function redirect(packet: Uint8Array<ArrayBuffer>, destination: number): Uint8Array<ArrayBuffer> {
  const view = new DataView(packet.buffer);
  view.setInt32(16, destination);
  const { identification, flagsAndOffset } = ipv4;
  ipv4.setFragment(view, 0, packet.length, identification(view, 0), flagsAndOffset(view, 0));
  return packet;
}

/** Reads a TCP segment; undefined for anything else. */
export function readSegment(packet: Uint8Array): Answer | undefined {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  if (ipv4.protocol(view, 0) !== PROTOCOL_TCP) return undefined;
  const at = ipv4.headerLength(view, 0);
  return {
    way: {
      source: ipv4.destination(view, 0),
      sourcePort: tcp.destinationPort(view, at),
      destination: ipv4.source(view, 0),
      destinationPort: tcp.sourcePort(view, at),
    },
    flags: tcp.flags(view, at),
    sequence: tcp.sequence(view, at),
    acknowledgment: tcp.acknowledgment(view, at),
    data: packet.length - at - tcp.headerLength(view, at),
  };
}

function open({ source, destination }: Way, protocol: number, length: number): [Uint8Array<ArrayBuffer>, DataView] {
  const packet = new Uint8Array(ipv4.HEADER_LENGTH + length);
  const view = new DataView(packet.buffer);
  ipv4.write(view, 0, {
    ecn: 0,
    totalLength: packet.length,
    identification: 0,
    flagsAndOffset: 0,
    ttl: TTL,
    protocol,
    source,
    destination,
  });
  return [packet, view];
}

function pseudoHeader(view: DataView, protocol: number, length: number): number {
  return sum(view, 12, 8, protocol + length);
}
