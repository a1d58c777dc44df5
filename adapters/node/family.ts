/**
 * Families of addresses, by Node's names.
 *
 * Main side.
 *
 * @module
 */

/**
 * The family of an IP literal.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { familyOf } from "./family.ts";
 *
 * assertEquals([familyOf("10.0.0.1"), familyOf("::1")], ["IPv4", "IPv6"]);
 * ```
 */
export function familyOf(address: string): "IPv4" | "IPv6" {
  return address.includes(":") ? "IPv6" : "IPv4";
}
