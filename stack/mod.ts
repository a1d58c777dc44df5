/**
 * Hosts: {@link Stack}, and what can be set for one.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Stack } from "@uis/uis/stack";
 * import { MTU_ETHERNET, VNIC } from "@uis/uis/vnic";
 *
 * const vnic = new VNIC(MTU_ETHERNET, { sendFrame: () => true });
 * await using stack = await Stack.create(vnic, "10.0.0.1");
 * assertEquals(stack.addresses, ["10.0.0.1"]);
 * ```
 *
 * @module
 */

export type { StackLimits, TCPOptions } from "./engine/config.ts";
export type { DropReason } from "./engine/counters.ts";
export type { ICMPReport } from "./engine/icmp_report.ts";
export type { SocketEntry, StackStats } from "./engine/netstat.ts";
export type { ConnectionInfo } from "./engine/tcp/info.ts";
export type { State } from "./engine/tcp/state.ts";
export type { StackOptions } from "./options.ts";
export { Stack } from "./stack.ts";
export type { ICMPErrorKind } from "./wire/icmp_kind.ts";
