/**
 * Maximum transmission units: how many bytes an IP packet on a link may have, headers included.
 *
 * Runs on both sides.
 *
 * @module
 */

/**
 * MTU of Ethernet, in bytes (RFC 894).
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Internet, MTU_ETHERNET } from "@uis/uis";
 *
 * assertEquals(new Internet().newVNIC(MTU_ETHERNET).mtu, 1500);
 * ```
 */
export const MTU_ETHERNET = 1500;

/**
 * The smallest MTU that a link may have which carries IPv6, in bytes (RFC 8200 §5).
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Internet, MTU_MINIMUM_IPV6 } from "@uis/uis";
 *
 * assertEquals(new Internet().newVNIC(MTU_MINIMUM_IPV6).mtu, 1280);
 * ```
 */
export const MTU_MINIMUM_IPV6 = 1280;

/**
 * MTU of Ethernet with jumbo frames, in bytes.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Internet, MTU_JUMBO } from "@uis/uis";
 *
 * assertEquals(new Internet().newVNIC(MTU_JUMBO).mtu, 9000);
 * ```
 */
export const MTU_JUMBO = 9000;

/** The smallest MTU of an IPv4 link, in bytes (RFC 791 §3.2). */
const MTU_MINIMUM = 68;

/** What the total length field of IPv4 can say, in bytes (RFC 791 §3.1). */
const MTU_MAXIMUM = 65535;

/**
 * The MTU itself, in bytes.
 *
 * @throws {RangeError} when it is not an integer from 68 to 65535
 *
 * @example
 * ```ts
 * import { assertEquals, assertThrows } from "@std/assert";
 * import { checkMTU } from "./mtu.ts";
 *
 * assertEquals(checkMTU(68), 68);
 * assertThrows(() => checkMTU(67), RangeError, "MTU 67 must be an integer from 68 to 65535");
 * ```
 */
export function checkMTU(mtu: number): number {
  if (!Number.isInteger(mtu) || mtu < MTU_MINIMUM || mtu > MTU_MAXIMUM) {
    throw new RangeError(`MTU ${String(mtu)} must be an integer from ${MTU_MINIMUM} to ${MTU_MAXIMUM}`);
  }
  return mtu;
}
