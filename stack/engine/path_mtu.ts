/**
 * What is known about paths whose MTU is smaller than the link's (RFC 1191, RFC 8201).
 *
 * @module
 */
import * as ipv4 from "../wire/ipv4.ts";
import type { Address } from "./address.ts";
import type { ICMPError } from "./icmp_report.ts";

/**
 * The least MTU that a report is believed about: else a forged one makes a thousand fragments of each datagram. What an
 * IPv4 path carries at the least is 68 bytes, but every host takes datagrams of 576 (RFC 791 §3.2); for IPv6: RFC 8201 §4.
 */
export const LEAST_IPV4 = 552;
export const LEAST_IPV6 = 1280;
/** ms until a larger packet is tried again (RFC 1191 §6.3, RFC 8201 §5.3). */
const LIFETIME = 600_000;
/** Paths that are remembered. */
const MAX_PATHS = 1024;
/** What to try when a router does not say what would fit (RFC 1191 §7.1). */
const PLATEAUS = [32000, 17914, 8166, 4352, 2002, 1492, 1006, 508, 296];

interface Path {
  mtu: number;
  /** When it is forgotten. */
  until: number;
}

/** The paths of one host. */
export class PathMTUs {
  readonly #paths: Map<string, Path>;

  constructor() {
    this.#paths = new Map();
  }

  /** How many are known. */
  get size(): number {
    return this.#paths.size;
  }

  /** The largest packet for a destination, in bytes; Infinity when nothing is known. */
  to(destination: Address, now: number): number {
    if (this.#paths.size === 0) return Infinity;
    const key = String(destination);
    const path = this.#paths.get(key);
    if (path === undefined) return Infinity;
    if (path.until > now) return path.mtu;
    this.#paths.delete(key);
    return Infinity;
  }

  /**
   * A router could not forward a packet, and has reported what it could: later ones to that destination have no more
   * bytes. Never more than before.
   */
  learn(error: ICMPError, now: number): void {
    const destination = error.packet.destination();
    const fits = reportedMTU(error);
    if (fits >= this.to(destination, now)) return;
    const key = String(destination);
    this.#paths.delete(key);
    if (this.#paths.size === MAX_PATHS) this.#paths.delete(this.#paths.keys().next().value!);
    this.#paths.set(key, { mtu: Math.max(fits, LEAST_IPV4), until: now + LIFETIME });
  }
}

/** Whether a path of `pathMTU` bytes may carry still less than is believed: there IPv4's routers cut what fits. */
export function mayBeCut(pathMTU: number): boolean {
  return pathMTU <= LEAST_IPV4;
}

/**
 * What a router says that its link takes; Infinity for less than any link of IPv6 takes, which is discarded (RFC 8201 §4).
 * One of IPv4 may not say it: then what is tried next depends on the packet that was too large, so that a burst's reports
 * are one step and not many (RFC 1191 §5, §6.4). That some routers of the time quoted too large a length is not looked
 * for: it would be a second step.
 */
export function reportedMTU({ packet, mtu }: ICMPError): number {
  if (!packet.isIPv4) return mtu < LEAST_IPV6 ? Infinity : mtu;
  return mtu > 0 ? mtu : plateauBelow(ipv4.totalLength(packet.view, packet.start));
}

function plateauBelow(length: number): number {
  return PLATEAUS.find((plateau) => plateau < length) ?? LEAST_IPV4;
}
