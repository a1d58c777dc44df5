/**
 * Packets as a test writes and reads them: built and taken apart without the engine's code, so that both cannot be
 * wrong in the same way.
 *
 * @module
 */
import { formatAddress, parseAddress } from "../../stack/wire/ip_address.ts";
import { checksum, pseudoHeader } from "./checksum.ts";
import { readOptions, type TCPOption, writeOptions } from "./options.ts";

/** Letters of the TCP flags from FIN up to CWR; the dot is ACK. */
export const FLAG_LETTERS = "FSRP.UEW";

export const TCP = 6;
export const UDP = 17;

/** One TCP segment. Sequence numbers are uint32. */
export interface TCPSegment {
  kind: "tcp";
  sourcePort: number;
  destinationPort: number;
  seq: number;
  ack: number;
  flags: string;
  window: number;
  urgent: number;
  options: TCPOption[];
  payload: Uint8Array;
}

/** One UDP datagram. */
export interface UDPDatagram {
  kind: "udp";
  sourcePort: number;
  destinationPort: number;
  /** As it stands in the header; 0: none. */
  checksum: number;
  payload: Uint8Array;
}

/** One ICMP or ICMPv6 message. */
export interface ICMPMessage {
  kind: "icmp";
  type: number;
  code: number;
  rest: number;
  payload: Uint8Array;
}

/** The payload of a protocol that tests do not look into. */
export interface OtherPayload {
  kind: "other";
  protocol: number;
  payload: Uint8Array;
}

export type Transport = TCPSegment | UDPDatagram | ICMPMessage | OtherPayload;

/** One packet. */
export interface IPPacket {
  source: string;
  destination: string;
  ttl: number;
  /** The ECN codepoint; 0 when left out. */
  ecn?: number;
  /** 0 for IPv6. */
  identification: number;
  dontFragment: boolean;
  transport: Transport;
}

/** What may be wrong with a packet, on purpose. */
export interface Damage {
  badIPChecksum?: boolean;
  badChecksum?: boolean;
  /** A UDP checksum of 0. */
  noChecksum?: boolean;
  /** Bytes of IPv4 options, a multiple of 4. */
  ipOptions?: number;
  /** Bytes after the end of the packet. */
  trailing?: number;
  /** Bytes cut off the end. */
  cut?: number;
  /** The version nibble. */
  version?: number;
  /** The IPv4 header length in words. */
  headerWords?: number;
  /** The TCP data offset in words. */
  dataOffset?: number;
  /** The length in the UDP header. */
  udpLength?: number;
  /** The IPv4 flags and fragment offset. */
  fragment?: number;
}

/** The bytes of a packet, checksums included. */
export function buildPacket(packet: IPPacket, damage: Damage = {}): Uint8Array<ArrayBuffer> {
  const source = addressBytes(packet.source);
  const destination = addressBytes(packet.destination);
  const payload = buildTransport(packet.transport, source, destination, damage);
  const protocol = protocolOf(packet.transport, source.length === 4);
  const whole = source.length === 4
    ? buildIPv4(packet, source, destination, protocol, payload, damage)
    : buildIPv6(packet, source, destination, protocol, payload);
  if (damage.version !== undefined) whole[0] = (damage.version << 4) | (whole[0] & 0x0f);
  const length = whole.length + (damage.trailing ?? 0) - (damage.cut ?? 0);
  const bytes = new Uint8Array(length);
  bytes.set(whole.subarray(0, length));
  return bytes;
}

/** Takes a packet apart; throws an Error that says what is wrong when a length or a checksum is. */
export function readPacket(bytes: Uint8Array): IPPacket {
  const version = bytes[0] >> 4;
  if (version === 4) return readIPv4(bytes);
  if (version === 6) return readIPv6(bytes);
  throw new Error(`IP version ${version}`);
}

function addressBytes(text: string): Uint8Array {
  const bytes = parseAddress(text);
  if (!bytes) throw new TypeError(`Cannot use address "${text}": not an IP literal`);
  return bytes;
}

function protocolOf(transport: Transport, isIPv4: boolean): number {
  if (transport.kind === "tcp") return TCP;
  if (transport.kind === "udp") return UDP;
  if (transport.kind === "other") return transport.protocol;
  return isIPv4 ? 1 : 58;
}

function buildIPv4(
  packet: IPPacket,
  source: Uint8Array,
  destination: Uint8Array,
  protocol: number,
  payload: Uint8Array,
  damage: Damage,
): Uint8Array {
  const headerLength = 20 + (damage.ipOptions ?? 0);
  const bytes = new Uint8Array(headerLength + payload.length);
  bytes[0] = 0x40 | (damage.headerWords ?? headerLength / 4);
  bytes[1] = packet.ecn ?? 0;
  put16(bytes, 2, bytes.length);
  put16(bytes, 4, packet.identification);
  put16(bytes, 6, damage.fragment ?? (packet.dontFragment ? 0x4000 : 0));
  bytes[8] = packet.ttl;
  bytes[9] = protocol;
  bytes.set(source, 12);
  bytes.set(destination, 16);
  bytes.fill(1, 20, headerLength);
  put16(bytes, 10, checksum(bytes.subarray(0, headerLength)));
  if (damage.badIPChecksum) bytes[10] ^= 0x55;
  bytes.set(payload, headerLength);
  return bytes;
}

function buildIPv6(
  packet: IPPacket,
  source: Uint8Array,
  destination: Uint8Array,
  nextHeader: number,
  payload: Uint8Array,
): Uint8Array {
  const bytes = new Uint8Array(40 + payload.length);
  bytes[0] = 0x60;
  bytes[1] = (packet.ecn ?? 0) << 4;
  put16(bytes, 4, payload.length);
  bytes[6] = nextHeader;
  bytes[7] = packet.ttl;
  bytes.set(source, 8);
  bytes.set(destination, 24);
  bytes.set(payload, 40);
  return bytes;
}

function buildTransport(
  transport: Transport,
  source: Uint8Array,
  destination: Uint8Array,
  damage: Damage,
): Uint8Array {
  if (transport.kind === "other") return transport.payload;
  const bytes = writeTransport(transport, damage);
  const at = CHECKSUM_AT[transport.kind];
  const protocol = protocolOf(transport, source.length === 4);
  const covered = protocol === 1 ? [] : [pseudoHeader(source, destination, protocol, bytes.length)];
  let sum = checksum(...covered, bytes);
  if (transport.kind === "udp" && sum === 0) sum = 0xffff;
  if (damage.badChecksum) sum ^= 0x5555;
  if (damage.noChecksum) sum = 0;
  put16(bytes, at, sum);
  return bytes;
}

const CHECKSUM_AT = { tcp: 16, udp: 6, icmp: 2 };

function writeTransport(transport: TCPSegment | UDPDatagram | ICMPMessage, damage: Damage): Uint8Array {
  if (transport.kind === "tcp") return writeTCP(transport, damage);
  const bytes = new Uint8Array(8 + transport.payload.length);
  bytes.set(transport.payload, 8);
  if (transport.kind === "udp") {
    put16(bytes, 0, transport.sourcePort);
    put16(bytes, 2, transport.destinationPort);
    put16(bytes, 4, damage.udpLength ?? bytes.length);
  } else {
    bytes[0] = transport.type;
    bytes[1] = transport.code;
    put32(bytes, 4, transport.rest);
  }
  return bytes;
}

function writeTCP(segment: TCPSegment, damage: Damage): Uint8Array {
  const options = writeOptions(segment.options);
  const bytes = new Uint8Array(20 + options.length + segment.payload.length);
  put16(bytes, 0, segment.sourcePort);
  put16(bytes, 2, segment.destinationPort);
  put32(bytes, 4, segment.seq);
  put32(bytes, 8, segment.ack);
  bytes[12] = (damage.dataOffset ?? 5 + options.length / 4) << 4;
  for (const letter of segment.flags) bytes[13] |= 1 << FLAG_LETTERS.indexOf(letter);
  put16(bytes, 14, segment.window);
  put16(bytes, 18, segment.urgent);
  bytes.set(options, 20);
  bytes.set(segment.payload, 20 + options.length);
  return bytes;
}

function readIPv4(bytes: Uint8Array): IPPacket {
  const headerLength = (bytes[0] & 0x0f) * 4;
  if (get16(bytes, 2) !== bytes.length) throw new Error(`total length ${get16(bytes, 2)} of ${bytes.length} bytes`);
  if (checksum(bytes.subarray(0, headerLength)) !== 0) throw new Error("bad IPv4 header checksum");
  const source = bytes.subarray(12, 16);
  const destination = bytes.subarray(16, 20);
  return {
    source: formatAddress(source),
    destination: formatAddress(destination),
    ttl: bytes[8],
    ecn: bytes[1] & 3,
    identification: get16(bytes, 4),
    dontFragment: (bytes[6] & 0x40) !== 0,
    transport: readTransport(bytes[9], bytes.subarray(headerLength), source, destination),
  };
}

function readIPv6(bytes: Uint8Array): IPPacket {
  if (get16(bytes, 4) !== bytes.length - 40) {
    throw new Error(`payload length ${get16(bytes, 4)} of ${bytes.length} bytes`);
  }
  const source = bytes.subarray(8, 24);
  const destination = bytes.subarray(24, 40);
  return {
    source: formatAddress(source),
    destination: formatAddress(destination),
    ttl: bytes[7],
    ecn: (bytes[1] >> 4) & 3,
    identification: 0,
    dontFragment: true,
    transport: readTransport(bytes[6], bytes.subarray(40), source, destination),
  };
}

function readTransport(protocol: number, bytes: Uint8Array, source: Uint8Array, destination: Uint8Array): Transport {
  const isICMP = protocol === (source.length === 4 ? 1 : 58);
  if (protocol !== TCP && protocol !== UDP && !isICMP) return { kind: "other", protocol, payload: bytes.slice() };
  const covered = protocol === 1 ? [] : [pseudoHeader(source, destination, protocol, bytes.length)];
  const unchecked = protocol === UDP && source.length === 4 && get16(bytes, 6) === 0;
  if (!unchecked && checksum(...covered, bytes) !== 0) throw new Error(`bad checksum of protocol ${protocol}`);
  if (protocol === TCP) return readTCP(bytes);
  if (protocol === UDP) return readUDP(bytes);
  return { kind: "icmp", type: bytes[0], code: bytes[1], rest: get32(bytes, 4), payload: bytes.slice(8) };
}

function readTCP(bytes: Uint8Array): TCPSegment {
  const headerLength = (bytes[12] >> 4) * 4;
  return {
    kind: "tcp",
    sourcePort: get16(bytes, 0),
    destinationPort: get16(bytes, 2),
    seq: get32(bytes, 4),
    ack: get32(bytes, 8),
    flags: [...FLAG_LETTERS].filter((_, bit) => (bytes[13] & (1 << bit)) !== 0).join(""),
    window: get16(bytes, 14),
    urgent: get16(bytes, 18),
    options: readOptions(bytes.subarray(20, headerLength)),
    payload: bytes.slice(headerLength),
  };
}

function readUDP(bytes: Uint8Array): UDPDatagram {
  if (get16(bytes, 4) !== bytes.length) throw new Error(`UDP length ${get16(bytes, 4)} of ${bytes.length} bytes`);
  return {
    kind: "udp",
    sourcePort: get16(bytes, 0),
    destinationPort: get16(bytes, 2),
    checksum: get16(bytes, 6),
    payload: bytes.slice(8),
  };
}

function get16(bytes: Uint8Array, at: number): number {
  return bytes[at] * 0x100 + bytes[at + 1];
}

function get32(bytes: Uint8Array, at: number): number {
  return get16(bytes, at) * 0x10000 + get16(bytes, at + 2);
}

function put16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

function put32(bytes: Uint8Array, at: number, value: number): void {
  put16(bytes, at, value >>> 16);
  put16(bytes, at + 2, value & 0xffff);
}
