/**
 * Who is who: the host under attack, an honest peer of its, and addresses of attackers.
 *
 * @module
 */
import { parseAddress } from "../../stack/wire/ip_address.ts";

/** The version of IP. */
export type Family = 4 | 6;

/** As text, by family. */
export const TARGET = { 4: "10.0.0.1", 6: "2001:db8::1" };
export const PEER = { 4: "10.0.0.2", 6: "2001:db8::2" };
export const ATTACKERS = {
  4: ["10.0.0.66", "10.0.0.67", "192.0.2.1", "198.51.100.200"],
  6: ["2001:db8::66", "2001:db8::67", "2001:db8:1::1", "fe80::1"],
};

/** The port of everybody, one with a backlog of 1, and that of the flows with the honest peer. */
export const OPEN_PORT = 80;
export const NARROW_PORT = 82;
export const GUARDED_PORT = 81;
/** Where datagram sockets are bound. */
export const DATAGRAM_PORTS = [7, 9, 5353];
/** Ports from which attackers come, and where the target's dials go. */
export const ATTACKER_PORTS = [80, 443, 1024, 1025, 1026, 1027, 2000, 65535];

/** The same as bytes. */
export const TARGET_BYTES = bytesOf(TARGET);
export const PEER_BYTES = bytesOf(PEER);
export const ATTACKER_BYTES = { 4: ATTACKERS[4].map(toBytes), 6: ATTACKERS[6].map(toBytes) };

/** Addresses that a packet should not come from or go to. */
export const ODD_BYTES = {
  4: ["0.0.0.0", "0.1.2.3", "127.0.0.1", "255.255.255.255", "224.0.0.1", "10.0.0.1", "240.0.0.1", "10.255.255.255"].map(
    toBytes,
  ),
  6: ["::", "::1", "ff02::1", "::ffff:10.0.0.2", "2001:db8::1", "::10.0.0.2", "fe80::2"].map(toBytes),
};

/** Whether the bytes at `at` are an address. */
export function isAt(bytes: Uint8Array, at: number, address: Uint8Array): boolean {
  for (let i = 0; i < address.length; i++) {
    if (bytes[at + i] !== address[i]) return false;
  }
  return true;
}

function bytesOf(texts: { 4: string; 6: string }) {
  return { 4: toBytes(texts[4]), 6: toBytes(texts[6]) };
}

function toBytes(text: string): Uint8Array<ArrayBuffer> {
  const bytes = parseAddress(text);
  if (!bytes) throw new TypeError(`Cannot use address "${text}": not an IP literal`);
  return bytes;
}
