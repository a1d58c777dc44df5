/**
 * The errors of an Internet, with codes in Node's style, as Deno's own have.
 *
 * Runs on the main side.
 *
 * @module
 */

/**
 * The error of a call on something that has been closed.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { networkDown } from "./errors.ts";
 *
 * const error = networkDown("Cannot open a NIC: internet is closed");
 * assertEquals([error.name, error.code], ["NetworkUnreachable", "ENETDOWN"]);
 * ```
 */
export function networkDown(message: string, options?: ErrorOptions): Error & { code: string } {
  return Object.assign(new Deno.errors.NetworkUnreachable(message, options), { code: "ENETDOWN" });
}

/**
 * The error of an address that has an owner already.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { addressInUse } from "./errors.ts";
 *
 * const error = addressInUse("Cannot route 10.0.0.1: address is in use");
 * assertEquals([error.name, error.code], ["AddrInUse", "EADDRINUSE"]);
 * ```
 */
export function addressInUse(message: string): Error & { code: string } {
  return Object.assign(new Deno.errors.AddrInUse(message), { code: "EADDRINUSE" });
}
