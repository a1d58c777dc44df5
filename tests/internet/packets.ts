/**
 * Packets with nothing in them but what routing looks at.
 *
 * @module
 */

import { parseAddress } from "../../stack/wire/ip_address.ts";

/** A packet of either version to an IP literal, with zeros for all else. */
export function packetTo(destination: string, length = 60): Uint8Array<ArrayBuffer> {
  const address = parseAddress(destination);
  if (address === undefined) throw new TypeError(`${destination} is not an IP literal`);
  const packet = new Uint8Array(length);
  packet[0] = address.length === 4 ? 0x45 : 0x60;
  packet.set(address, address.length === 4 ? 16 : 24);
  return packet;
}

/** Packets that can be told apart, to nowhere. */
export function numbered(count: number): { packet: Uint8Array<ArrayBuffer> }[] {
  return Array.from({ length: count }, (_, i) => ({ packet: Uint8Array.of(0x45, i) }));
}
