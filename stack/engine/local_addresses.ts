/**
 * The host's own addresses: what is delivered inside, and which one a packet to somewhere else starts from.
 *
 * @module
 */
import { Address, isLoopback } from "./address.ts";

const LOOPBACK_IPV4 = Address.parse("127.0.0.1")!;
const LOOPBACK_IPV6 = Address.parse("::1")!;

/** A host's addresses, in the order given. */
export class LocalAddresses {
  readonly #addresses: Address[];

  /** Throws a TypeError for a text that is no IP literal. */
  constructor(addresses: readonly string[]) {
    this.#addresses = addresses.map((text) => {
      const address = Address.parse(text);
      if (!address) throw new TypeError(`Cannot use address "${text}": not an IP literal`);
      return address;
    });
  }

  /** Whether the words are an address given to the host. */
  has(w0: number, w1: number, w2: number, w3: number): boolean {
    for (const address of this.#addresses) {
      if (address.equals(w0, w1, w2, w3)) return true;
    }
    return false;
  }

  /** Whether packets to the address stay inside the host (RFC 1122 §3.2.1.3). */
  delivers(address: Address): boolean {
    return isLoopback(address.w0, address.w1, address.w2, address.w3) ||
      this.has(address.w0, address.w1, address.w2, address.w3);
  }

  /** Where packets to an address go: 0.0.0.0 and :: are the host itself, as with Linux. */
  targetOf(address: Address): Address {
    if (!address.isUnspecified) return address;
    return address.isIPv4 ? LOOPBACK_IPV4 : LOOPBACK_IPV6;
  }

  /**
   * The source for a destination (RFC 6724 §5); undefined when its family has none. A host has no care-of, temporary or
   * deprecated addresses and one interface, so rules 1, 2, 6 and 8 decide, and then the order given.
   */
  sourceFor(destination: Address): Address | undefined {
    if (destination.isLoopback) return destination.isIPv4 ? LOOPBACK_IPV4 : LOOPBACK_IPV6;
    let best: Address | undefined;
    for (const address of this.#addresses) {
      if (address.isIPv4 !== destination.isIPv4) continue;
      if (best === undefined || isBetterSource(address, best, destination)) best = address;
    }
    return best;
  }
}

/** Whether `a` is preferred to `b`; false when no rule decides. */
function isBetterSource(a: Address, b: Address, destination: Address): boolean {
  // Rule 1: the destination itself.
  if (sameAddress(b, destination)) return false;
  if (sameAddress(a, destination)) return true;
  // Rule 2: the smallest scope that reaches as far as the destination's, or else the largest.
  const [scopeA, scopeB, scope] = [scopeOf(a), scopeOf(b), scopeOf(destination)];
  if (scopeA < scopeB) return scopeA >= scope;
  if (scopeB < scopeA) return scopeB < scope;
  // Rule 6: the destination's label.
  const label = labelOf(destination);
  const [hasLabelA, hasLabelB] = [labelOf(a) === label, labelOf(b) === label];
  if (hasLabelA !== hasLabelB) return hasLabelA;
  // Rule 8: the longest prefix in common.
  return commonPrefix(a, destination) > commonPrefix(b, destination);
}

function sameAddress(a: Address, b: Address): boolean {
  return a.equals(b.w0, b.w1, b.w2, b.w3);
}

/** How far an address reaches, by the numbers of RFC 4291 §2.7, as RFC 6724 §3.1 and §3.2 have it. */
function scopeOf({ w0, w3, isIPv4 }: Address): number {
  if (isIPv4) return w3 >>> 16 === 0xa9fe ? LINK_LOCAL : GLOBAL;
  if (w0 >>> 24 === 0xff) return w0 >>> 16 & 0xf;
  if (w0 >>> 22 === 0xfe80 >>> 6) return LINK_LOCAL;
  return w0 >>> 22 === 0xfec0 >>> 6 ? SITE_LOCAL : GLOBAL;
}

const LINK_LOCAL = 0x2;
const SITE_LOCAL = 0x5;
const GLOBAL = 0xe;

/** The default policy table's label (RFC 6724 §2.1). */
function labelOf({ w0, w1, w2, isIPv4 }: Address): number {
  if (isIPv4) return 4;
  if (w0 === 0 && w1 === 0 && w2 === 0) return 3;
  if (w0 >>> 16 === 0x2002) return 2;
  if (w0 === 0x2001_0000) return 5;
  if (w0 >>> 25 === 0xfc >>> 1) return 13;
  if (w0 >>> 22 === 0xfec0 >>> 6) return 11;
  return w0 >>> 16 === 0x3ffe ? 12 : 1;
}

/** Bits in common; of IPv6 addresses without their last half, the interface's identifier (RFC 6724 §2.2). */
function commonPrefix(a: Address, b: Address): number {
  if (a.isIPv4) return Math.clz32(a.w3 ^ b.w3);
  return a.w0 !== b.w0 ? Math.clz32(a.w0 ^ b.w0) : 32 + Math.clz32(a.w1 ^ b.w1);
}
