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
export { describePacket } from "./packets/describe_packet.ts";
export { icmpError, type ICMPErrorOptions } from "./packets/icmp_error.ts";
export type { ICMPKind } from "./packets/icmp_kinds.ts";
export type { ICMPMessage } from "./packets/icmp_message.ts";
export type { FragmentInfo } from "./packets/layout.ts";
export { type IPPacket, type IPv4Packet, type IPv6Packet, type Packet, parsePacket } from "./packets/packet.ts";
export type { TCPFlags } from "./packets/tcp_flags.ts";
export type { TCPSegment, TCPSegmentOptions } from "./packets/tcp_segment.ts";
export type { UDPDatagram } from "./packets/udp_datagram.ts";
export type { RouteOptions } from "./route_loop.ts";
export type { ICMPErrorKind } from "../stack/wire/icmp_kind.ts";
