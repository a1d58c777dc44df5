/**
 * What errors are called, by one name for ICMP and ICMPv6.
 *
 * Both sides.
 *
 * @module
 */

/**
 * What a router or a host reports about a packet. ICMPv4 says "packet-too-big" as Fragmentation Needed, ICMPv6
 * "protocol-unreachable" as a parameter problem (RFC 4443 §3.4).
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type ICMPErrorKind, Internet } from "@uis/uis";
 *
 * await using internet = new Internet();
 * const stack = await internet.newStack(1500, "10.0.0.1");
 * const kind = Promise.withResolvers<ICMPErrorKind | "other">();
 * stack.onIcmp = (report) => kind.resolve(report.kind);
 * using conn = await stack.dialUDP("10.0.0.1:9");
 * await conn.write(new Uint8Array(1)); // nobody listens there
 * assertEquals(await kind.promise, "port-unreachable");
 * ```
 */
export type ICMPErrorKind =
  | "network-unreachable"
  | "host-unreachable"
  | "protocol-unreachable"
  | "port-unreachable"
  | "admin-prohibited"
  | "packet-too-big"
  | "time-exceeded"
  | "reassembly-time-exceeded"
  | "parameter-problem";
