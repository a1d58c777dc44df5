/**
 * Addresses as text, on the main side: the checks of those given to a stack, and of those that sockets bind to.
 *
 * Main side.
 *
 * @module
 */
import { formatAddress, isIPv4Mapped, parseAddress } from "./wire/ip_address.ts";

/** 0.0.0.0 or ::. */
export function isWildcard(address: string): boolean {
  return address === "0.0.0.0" || address === "::";
}

/** 127.0.0.0/8 or ::1. */
export function isLoopback(address: string): boolean {
  return address === "::1" || address.startsWith("127.");
}

/**
 * The canonical text of addresses given to a stack.
 *
 * @throws {TypeError} when one is no IP literal, stands twice, or is not an address that a host can have
 */
export function canonicalAddresses(addresses: readonly string[]): string[] {
  if (!Array.isArray(addresses)) {
    throw new TypeError("Cannot create a stack: addresses must be an array of IP literals");
  }
  const canonical = new Set<string>();
  for (const text of addresses) {
    const address = canonicalHost(text);
    if (canonical.has(address)) throw refuse(text, "it is given twice");
    canonical.add(address);
  }
  return [...canonical];
}

function canonicalHost(text: string): string {
  const bytes = typeof text === "string" ? parseAddress(text) : undefined;
  if (!bytes) throw refuse(text, "it must be an IP literal");
  if (isIPv4Mapped(bytes)) throw refuse(text, "an IPv4-mapped address belongs to no host");
  const address = formatAddress(bytes);
  // Also 0.0.0.0/8, from which no host takes a packet (RFC 1122 §3.2.1.3).
  const special = bytes.length === 4 ? bytes[0] === 0 || bytes[0] >= 224 : bytes[0] === 0xff;
  if (isWildcard(address) || isLoopback(address) || special) throw refuse(text, "it must be a unicast address");
  return address;
}

function refuse(text: unknown, why: string): TypeError {
  return new TypeError(`Cannot create a stack with address ${Deno.inspect(text)}: ${why}`);
}
