// Packets made and read by hand, so that a scenario does not trust the code under test.
import { parseAddress } from "../../stack/wire/ip_address.ts";

export const ICMP = 1;
export const TCP = 6;
export const UDP = 17;
export const ICMPV6 = 58;

export const FIN = 1;
export const SYN = 2;
export const RST = 4;
export const PSH = 8;
export const ACK = 16;

/** What a test looks at in a packet. */
export interface PacketSummary {
  protocol: number;
  sourcePort: number;
  destinationPort: number;
  /** TCP only, as all below. */
  seq: number;
  ack: number;
  flags: number;
  /** Bytes of data. */
  length: number;
}

/** Reads a packet without IP options and extension headers. */
export function summarize(packet: Uint8Array): PacketSummary {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  const isIPv4 = packet[0] >> 4 === 4;
  const start = isIPv4 ? 20 : 40;
  const protocol = isIPv4 ? packet[9] : packet[6];
  const isTCP = protocol === TCP;
  const hasPorts = isTCP || protocol === UDP;
  return {
    protocol,
    sourcePort: hasPorts ? view.getUint16(start) : 0,
    destinationPort: hasPorts ? view.getUint16(start + 2) : 0,
    seq: isTCP ? view.getUint32(start + 4) : 0,
    ack: isTCP ? view.getUint32(start + 8) : 0,
    flags: isTCP ? packet[start + 13] & 0x3f : 0,
    length: packet.length - start - (isTCP ? (packet[start + 12] >> 4) * 4 : 8),
  };
}

/** A packet with its header's checksum right. */
export function ipPacket(
  source: string,
  destination: string,
  protocol: number,
  payload: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const [from, to] = [parseAddress(source)!, parseAddress(destination)!];
  const isIPv4 = from.length === 4;
  const packet = new Uint8Array((isIPv4 ? 20 : 40) + payload.length);
  const view = new DataView(packet.buffer);
  if (isIPv4) {
    packet[0] = 0x45;
    view.setUint16(2, packet.length);
    packet[8] = 64;
    packet[9] = protocol;
    packet.set(from, 12);
    packet.set(to, 16);
    view.setUint16(10, checksum([packet.subarray(0, 20)]));
  } else {
    packet[0] = 0x60;
    view.setUint16(4, payload.length);
    packet[6] = protocol;
    packet[7] = 64;
    packet.set(from, 8);
    packet.set(to, 24);
  }
  packet.set(payload, isIPv4 ? 20 : 40);
  return packet;
}

/** Where a packet comes from and goes to. */
export interface Way {
  source: string;
  sourcePort: number;
  destination: string;
  destinationPort: number;
}

/** A TCP segment in a packet. */
export function tcpPacket(
  way: Way,
  segment: { seq: number; ack?: number; flags: number; options?: Uint8Array; data?: Uint8Array },
): Uint8Array<ArrayBuffer> {
  const { seq, ack = 0, flags, options = new Uint8Array(0), data = new Uint8Array(0) } = segment;
  const payload = new Uint8Array(20 + options.length + data.length);
  const view = new DataView(payload.buffer);
  view.setUint16(0, way.sourcePort);
  view.setUint16(2, way.destinationPort);
  view.setUint32(4, seq);
  view.setUint32(8, ack);
  payload[12] = (5 + options.length / 4) << 4;
  payload[13] = flags;
  view.setUint16(14, 65535);
  payload.set(options, 20);
  payload.set(data, 20 + options.length);
  view.setUint16(16, checksum([pseudoHeader(way, TCP, payload.length), payload]));
  return ipPacket(way.source, way.destination, TCP, payload);
}

/** A datagram in a packet. */
export function udpPacket(way: Way, data: Uint8Array): Uint8Array<ArrayBuffer> {
  const payload = new Uint8Array(8 + data.length);
  const view = new DataView(payload.buffer);
  view.setUint16(0, way.sourcePort);
  view.setUint16(2, way.destinationPort);
  view.setUint16(4, payload.length);
  payload.set(data, 8);
  view.setUint16(6, checksum([pseudoHeader(way, UDP, payload.length), payload]) || 0xffff);
  return ipPacket(way.source, way.destination, UDP, payload);
}

/** A router's answer that `packet` could not go on, by the ICMP of its family. */
export function unreachable(router: string, packet: Uint8Array, code: number): Uint8Array<ArrayBuffer> {
  return report(router, packet, { type: packet[0] >> 4 === 4 ? 3 : 1, code, rest: 0 });
}

/** A router's error about `packet`, by the ICMP of its family. */
export function report(
  router: string,
  packet: Uint8Array,
  { type, code, rest }: { type: number; code: number; rest: number },
): Uint8Array<ArrayBuffer> {
  const isIPv4 = packet[0] >> 4 === 4;
  const source = isIPv4 ? packet.subarray(12, 16).join(".") : hex(packet.subarray(8, 24));
  const payload = new Uint8Array(8 + Math.min(packet.length, 512));
  const view = new DataView(payload.buffer);
  payload[0] = type;
  payload[1] = code;
  view.setUint32(4, rest);
  payload.set(packet.subarray(0, payload.length - 8), 8);
  const way = { source: router, sourcePort: 0, destination: source, destinationPort: 0 };
  const covered = isIPv4 ? [payload] : [pseudoHeader(way, ICMPV6, payload.length), payload];
  view.setUint16(2, checksum(covered));
  return ipPacket(router, source, isIPv4 ? ICMP : ICMPV6, payload);
}

function hex(address: Uint8Array): string {
  const view = new DataView(address.buffer, address.byteOffset, address.byteLength);
  return Array.from({ length: 8 }, (_, i) => view.getUint16(2 * i).toString(16)).join(":");
}

function pseudoHeader(way: Way, protocol: number, length: number): Uint8Array {
  const [from, to] = [parseAddress(way.source)!, parseAddress(way.destination)!];
  return Uint8Array.of(...from, ...to, 0, protocol, length >> 8, length & 0xff);
}

function checksum(parts: Uint8Array[]): number {
  let total = 0;
  for (const part of parts) {
    for (let i = 0; i < part.length; i += 2) total += (part[i] << 8) | (part[i + 1] ?? 0);
  }
  while (total > 0xffff) total = (total & 0xffff) + (total >>> 16);
  return ~total & 0xffff;
}
