/**
 * Virtual network interface cards, and what a program may put in their place.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { MTU_ETHERNET, VNIC } from "@uis/uis/vnic";
 *
 * const vnic = new VNIC(MTU_ETHERNET, { sendFrame: () => true });
 * assertEquals(vnic.writePackets([Uint8Array.of(0x45)]), 1);
 * ```
 *
 * @module
 */

export type { LinkEndpoint, NetworkDispatcher, VNICFrame, VNICNetwork } from "./dispatcher.ts";
export { MTU_ETHERNET, MTU_JUMBO, MTU_MINIMUM_IPV6 } from "./mtu.ts";
export { VNIC, type VNICStats } from "./vnic.ts";
