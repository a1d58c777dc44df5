/**
 * Which NIC has which address. Looked up for every packet, and so by integers read from the packet, not by text.
 *
 * Runs on the main side.
 *
 * @module
 */

import { formatAddress, isIPv4Mapped, parseAddress } from "../stack/wire/ip_address.ts";
import type { VNIC } from "../vnic/vnic.ts";

const IPV4_HEADER = 20;
const IPV4_DESTINATION = 16;
const IPV6_HEADER = 40;
const IPV6_DESTINATION = 24;

interface IPv6Route {
  readonly vnic: VNIC;
  readonly words: Int32Array;
}

/**
 * A table of host routes: each address has one NIC.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { VNIC } from "../vnic/vnic.ts";
 * import { parseHostAddress, Routes } from "./routes.ts";
 *
 * const routes = new Routes();
 * const vnic = new VNIC(1500, { sendFrame: () => true });
 * routes.add(vnic, [parseHostAddress("10.0.0.1")]);
 *
 * const packet = new Uint8Array(20);
 * packet.set([0x45]);
 * packet.set([10, 0, 0, 1], 16);
 * assertEquals(routes.lookup(packet), vnic);
 * ```
 */
export class Routes {
  readonly #addresses: Map<VNIC, Uint8Array[]>;
  readonly #ipv4: Map<number, VNIC>;
  /** By hash; the few that share one are told apart by their words. */
  readonly #ipv6: Map<number, IPv6Route[]>;

  /** An empty table. */
  constructor() {
    this.#addresses = new Map();
    this.#ipv4 = new Map();
    this.#ipv6 = new Map();
  }

  /** Whether a NIC has an address here. */
  has(vnic: VNIC): boolean {
    return this.#addresses.has(vnic);
  }

  /** The NIC that has an address of 4 or 16 bytes. */
  owner(address: Uint8Array): VNIC | undefined {
    return address.length === 4 ? this.#ipv4.get(word(address, 0)) : this.#findIPv6(address, 0);
  }

  /** The NIC that a packet is for; undefined when it has no whole IP header or its destination has no NIC. */
  lookup(packet: Uint8Array): VNIC | undefined {
    const version = packet[0] >> 4;
    if (version === 4 && packet.length >= IPV4_HEADER) return this.#ipv4.get(word(packet, IPV4_DESTINATION));
    if (version === 6 && packet.length >= IPV6_HEADER) return this.#findIPv6(packet, IPV6_DESTINATION);
    return undefined;
  }

  /** Gives a NIC addresses of 4 or 16 bytes, none of which has an owner. */
  add(vnic: VNIC, addresses: readonly Uint8Array[]): void {
    for (const address of addresses) {
      if (address.length === 4) this.#ipv4.set(word(address, 0), vnic);
      else this.#addIPv6(vnic, address);
    }
    if (addresses.length > 0) this.#addresses.set(vnic, [...this.#addresses.get(vnic) ?? [], ...addresses]);
  }

  /** Takes all addresses from all NICs. */
  clear(): void {
    this.#addresses.clear();
    this.#ipv4.clear();
    this.#ipv6.clear();
  }

  /** Takes all addresses from a NIC. */
  remove(vnic: VNIC): void {
    for (const address of this.#addresses.get(vnic) ?? []) {
      if (address.length === 4) this.#ipv4.delete(word(address, 0));
      else this.#removeIPv6(address);
    }
    this.#addresses.delete(vnic);
  }

  #findIPv6(bytes: Uint8Array, offset: number): VNIC | undefined {
    const a = word(bytes, offset);
    const b = word(bytes, offset + 4);
    const c = word(bytes, offset + 8);
    const d = word(bytes, offset + 12);
    const bucket = this.#ipv6.get(hash(a, b, c, d));
    if (bucket === undefined) return undefined;
    for (let i = 0; i < bucket.length; i++) {
      const { words, vnic } = bucket[i];
      if (words[0] === a && words[1] === b && words[2] === c && words[3] === d) return vnic;
    }
    return undefined;
  }

  #addIPv6(vnic: VNIC, address: Uint8Array): void {
    const words = Int32Array.of(word(address, 0), word(address, 4), word(address, 8), word(address, 12));
    const key = hash(words[0], words[1], words[2], words[3]);
    const bucket = this.#ipv6.get(key);
    if (bucket === undefined) this.#ipv6.set(key, [{ vnic, words }]);
    else bucket.push({ vnic, words });
  }

  #removeIPv6(address: Uint8Array): void {
    const [a, b, c, d] = [word(address, 0), word(address, 4), word(address, 8), word(address, 12)];
    const key = hash(a, b, c, d);
    const others = (this.#ipv6.get(key) ?? []).filter(({ words }) =>
      words[0] !== a || words[1] !== b || words[2] !== c || words[3] !== d
    );
    if (others.length > 0) this.#ipv6.set(key, others);
    else this.#ipv6.delete(key);
  }
}

/**
 * The bytes of an address that a host can have.
 *
 * @throws {TypeError} when the text is not an IP literal (names, zone ids, IPv4-mapped ones) or its address is
 *   unspecified, loopback, multicast or broadcast
 *
 * @example
 * ```ts
 * import { assertEquals, assertThrows } from "@std/assert";
 * import { parseHostAddress } from "./routes.ts";
 *
 * assertEquals(parseHostAddress("10.0.0.1"), Uint8Array.of(10, 0, 0, 1));
 * assertThrows(() => parseHostAddress("a.example"), TypeError, 'Cannot route "a.example": address must be an IP literal');
 * ```
 */
export function parseHostAddress(text: string): Uint8Array {
  const address = typeof text === "string" ? parseAddress(text) : undefined;
  const quoted = typeof text === "string" ? JSON.stringify(text) : String(text);
  if (address === undefined) throw new TypeError(`Cannot route ${quoted}: address must be an IP literal`);
  if (isIPv4Mapped(address)) throw new TypeError(`Cannot route ${quoted}: address must not be IPv4-mapped`);
  const kind = address.length === 4 ? specialIPv4(address) : specialIPv6(address);
  if (kind !== undefined) throw new TypeError(`Cannot route ${quoted}: address must not be ${kind}`);
  return address;
}

/** RFC 1122 §3.2.1.3 */
function specialIPv4(address: Uint8Array): string | undefined {
  if (address[0] === 127) return "loopback";
  if (address[0] >= 224 && address[0] < 240) return "multicast";
  if (address.every((byte) => byte === 0)) return "unspecified";
  if (address.every((byte) => byte === 255)) return "broadcast";
  return undefined;
}

/** RFC 4291 §2.4 */
function specialIPv6(address: Uint8Array): string | undefined {
  if (address[0] === 0xff) return "multicast";
  const text = formatAddress(address);
  if (text === "::") return "unspecified";
  if (text === "::1") return "loopback";
  return undefined;
}

/** Four bytes in network order as an int32. */
function word(bytes: Uint8Array, offset: number): number {
  return (bytes[offset] << 24) | (bytes[offset + 1] << 16) | (bytes[offset + 2] << 8) | bytes[offset + 3];
}

/** The addresses of one internet differ mostly in their last words, which therefore weigh most. */
function hash(a: number, b: number, c: number, d: number): number {
  const mixed = Math.imul(a, 0x2c1b3c6d) ^ Math.imul(b, 0x297a2d39) ^ Math.imul(c, 0x1b873593);
  return (mixed ^ (mixed >>> 15) ^ d) | 0;
}
