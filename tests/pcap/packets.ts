// Packets made by hand, independently of the engine, and damaged on purpose.

/** The Internet checksum over bytes, RFC 1071. */
function checksum(...parts: Uint8Array[]): number {
  let sum = 0;
  for (const part of parts) {
    for (let i = 0; i < part.length; i++) sum += i % 2 === 0 ? part[i] << 8 : part[i];
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

function put16(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value >>> 8;
  bytes[offset + 1] = value;
}

const TCP = 6;
const UDP = 17;
const ICMP = 1;
const ICMPV6 = 58;
const SOURCE_V4 = [10, 0, 0, 1];
const DESTINATION_V4 = [10, 0, 0, 2];
const SOURCE_V6 = [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
const DESTINATION_V6 = [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2];

function ipv4(protocol: number, payload: Uint8Array): Uint8Array {
  const packet = new Uint8Array(20 + payload.length);
  packet.set([0x45, 0, 0, 0, 0, 1, 0x40, 0, 64, protocol, 0, 0, ...SOURCE_V4, ...DESTINATION_V4]);
  put16(packet, 2, packet.length);
  put16(packet, 10, checksum(packet.subarray(0, 20)));
  packet.set(payload, 20);
  return packet;
}

function ipv6(nextHeader: number, payload: Uint8Array): Uint8Array {
  const packet = new Uint8Array(40 + payload.length);
  packet.set([0x60, 0, 0, 0, 0, 0, nextHeader, 64, ...SOURCE_V6, ...DESTINATION_V6]);
  put16(packet, 4, payload.length);
  packet.set(payload, 40);
  return packet;
}

/** Fills in the checksum of a payload whose checksum covers a pseudo header too. */
function withChecksum(addresses: number[], protocol: number, payload: Uint8Array, offset: number): Uint8Array {
  const pseudo = new Uint8Array([...addresses, 0, protocol, payload.length >>> 8, payload.length]);
  put16(payload, offset, checksum(pseudo, payload));
  return payload;
}

function tcpSegment(sequence: number, text: string): Uint8Array {
  const data = new TextEncoder().encode(text);
  return new Uint8Array([
    0x30,
    0x39,
    0,
    80,
    0,
    0,
    0,
    sequence,
    0,
    0,
    0,
    1,
    0x50,
    0x18,
    0xff,
    0xff,
    0,
    0,
    0,
    0,
    ...data,
  ]);
}

function udpDatagram(text: string): Uint8Array {
  const data = new TextEncoder().encode(text);
  return new Uint8Array([0x30, 0x39, 0x30, 0x3a, 0, 8 + data.length, 0, 0, ...data]);
}

const V4 = [...SOURCE_V4, ...DESTINATION_V4];
const V6 = [...SOURCE_V6, ...DESTINATION_V6];

/** A TCP segment with data over IPv4; `sequence` up to 255. */
export function tcpIPv4(sequence: number, text: string): Uint8Array {
  return ipv4(TCP, withChecksum(V4, TCP, tcpSegment(sequence, text), 16));
}

/** A TCP segment with data over IPv6; `sequence` up to 255. */
export function tcpIPv6(sequence: number, text: string): Uint8Array {
  return ipv6(TCP, withChecksum(V6, TCP, tcpSegment(sequence, text), 16));
}

/** A UDP datagram over IPv4. */
export function udpIPv4(text: string): Uint8Array {
  return ipv4(UDP, withChecksum(V4, UDP, udpDatagram(text), 6));
}

/** A UDP datagram over IPv6. */
export function udpIPv6(text: string): Uint8Array {
  return ipv6(UDP, withChecksum(V6, UDP, udpDatagram(text), 6));
}

/** An ICMP echo request over IPv4. */
export function echoIPv4(): Uint8Array {
  const message = new Uint8Array([8, 0, 0, 0, 0, 1, 0, 1, 1, 2, 3, 4]);
  put16(message, 2, checksum(message));
  return ipv4(ICMP, message);
}

/** An ICMPv6 echo request. */
export function echoIPv6(): Uint8Array {
  return ipv6(ICMPV6, withChecksum(V6, ICMPV6, new Uint8Array([128, 0, 0, 0, 0, 1, 0, 1, 1, 2, 3, 4]), 2));
}

/** The packet with one byte inverted; a negative offset counts from the end. */
export function damaged(packet: Uint8Array, offset: number): Uint8Array {
  const copy = packet.slice();
  copy[offset < 0 ? copy.length + offset : offset] ^= 0xff;
  return copy;
}

/** An IPv4 packet whose payload says it is TCP and is too short to be. */
export function malformedTCP(): Uint8Array {
  return ipv4(TCP, new Uint8Array([0x30, 0x39, 0, 80, 0]));
}
