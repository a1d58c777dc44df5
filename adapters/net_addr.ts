/**
 * Addresses as Deno's own sockets show them.
 *
 * Main side.
 *
 * @module
 */
import type { Endpoint } from "../stack/remote_socket.ts";

/**
 * An address without a prototype, as Deno's own.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { netAddr } from "./net_addr.ts";
 *
 * const { hostname, port, transport } = netAddr("tcp", { address: "10.0.0.1", port: 80 });
 * assertEquals([hostname, port, transport], ["10.0.0.1", 80, "tcp"]);
 * ```
 */
export function netAddr(transport: "tcp" | "udp", endpoint: Endpoint): Deno.NetAddr {
  const { address, port } = endpoint;
  return Object.assign(Object.create(null), { hostname: address, port, transport });
}
