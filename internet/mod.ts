/**
 * The internet between stacks, in which the program sees and moves every packet.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Internet } from "@uis/uis/internet";
 *
 * await using internet = new Internet({ maxInflight: 1 });
 * assertEquals(internet.sendFrame({ packet: Uint8Array.of(0x45) }), true);
 * assertEquals(internet.sendFrame({ packet: Uint8Array.of(0x45) }), false);
 * assertEquals(internet.dropped, 1);
 * ```
 *
 * @module
 */

export { DEFAULT_MAX_INFLIGHT, Internet, type InternetOptions } from "./internet.ts";
export type { RouteOptions } from "./route_loop.ts";
