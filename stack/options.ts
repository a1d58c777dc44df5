/**
 * What a program may say about a stack, and the checks of it.
 *
 * Main side.
 *
 * @module
 */
import { canonicalAddresses } from "./addresses.ts";
import type { StackLimits, TCPOptions } from "./engine/config.ts";
import type { StackConfig } from "./messages.ts";
import { checkOptions } from "./option_checks.ts";

/**
 * For stacks that need more than an MTU and addresses. What is left out has the default that its own comment names.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Internet, type StackOptions } from "@uis/uis";
 *
 * const options: StackOptions = { addresses: ["10.0.0.1"], mtu: 9000, tcp: { delayedAck: 0 } };
 * await using internet = new Internet();
 * const stack = await internet.newStack(options);
 * assertEquals(stack.addresses, ["10.0.0.1"]);
 * ```
 */
export interface StackOptions {
  /** IP literals of both families; not loopback, which every stack has, and not wildcards. */
  addresses: string[];
  /** Bytes of the largest packet; only for `Internet.newStack`, elsewhere the link says it. 1500. */
  mtu?: number;
  /** How TCP behaves. */
  tcp?: TCPOptions;
  /** What peers can make the stack hold. */
  limits?: StackLimits;
}

/** The least MTU of a link with IPv6 (RFC 8200 §5), in bytes. */
const MTU_MINIMUM_IPV6 = 1280;

/**
 * Checks options and makes the worker's configuration of them.
 *
 * @throws {TypeError} for a bad address, a value of the wrong type or an option that does not exist
 * @throws {RangeError} for an MTU or a number that is out of range, by name
 */
export function stackConfig(options: StackOptions, mtu: number): StackConfig {
  const addresses = canonicalAddresses(options.addresses);
  checkStackMTU(addresses, mtu);
  checkOptions("tcp", options.tcp);
  checkOptions("limits", options.limits);
  // Copies: the program may change its own before a worker has read them.
  return { addresses, mtu, tcp: structuredClone(options.tcp), limits: structuredClone(options.limits) };
}

/**
 * Checks that a link is wide enough for the addresses.
 *
 * @throws {RangeError} when it is under 1280 bytes and one of them is IPv6
 */
export function checkStackMTU(addresses: readonly string[], mtu: number): void {
  if (!Number.isInteger(mtu) || mtu < 68 || mtu > 65535) {
    throw new RangeError(`Cannot use MTU ${mtu}: must be an integer from 68 to 65535`);
  }
  const ipv6 = addresses.find((address) => address.includes(":"));
  if (ipv6 !== undefined && mtu < MTU_MINIMUM_IPV6) {
    throw new RangeError(`Cannot use MTU ${mtu} with IPv6 address ${ipv6}: must be at least ${MTU_MINIMUM_IPV6}`);
  }
}
