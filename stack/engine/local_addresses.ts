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

  /** The source for a destination (RFC 6724 §5, rules 1 and 2 and 8); undefined when its family has none. */
  sourceFor(destination: Address): Address | undefined {
    if (destination.isLoopback) return destination.isIPv4 ? LOOPBACK_IPV4 : LOOPBACK_IPV6;
    let best: Address | undefined;
    let bestLength = -1;
    for (const address of this.#addresses) {
      if (address.isIPv4 !== destination.isIPv4) continue;
      const length = commonPrefix(address, destination);
      if (length > bestLength) {
        best = address;
        bestLength = length;
      }
    }
    return best;
  }
}

function commonPrefix(a: Address, b: Address): number {
  if (a.w0 !== b.w0) return Math.clz32(a.w0 ^ b.w0);
  if (a.w1 !== b.w1) return 32 + Math.clz32(a.w1 ^ b.w1);
  if (a.w2 !== b.w2) return 64 + Math.clz32(a.w2 ^ b.w2);
  return 96 + Math.clz32(a.w3 ^ b.w3);
}
