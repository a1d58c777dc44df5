/**
 * For tests of network code: {@link withInternet}, which gives a test hosts, faults on demand, and on failure a report.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { withInternet } from "@uis/uis/testing";
 *
 * await withInternet(async (net) => {
 *   const stack = await net.stack("10.0.0.1");
 *   assertEquals(stack.addresses, ["10.0.0.1"]);
 * });
 * ```
 *
 * @module
 */

export type { Faults } from "./faults.ts";
export type { PacketFate, SentPacket } from "./packet_log.ts";
export type { TestInternet } from "./test_internet.ts";
export { withInternet, type WithInternetOptions } from "./with_internet.ts";
