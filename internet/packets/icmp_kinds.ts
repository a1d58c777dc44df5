/**
 * What ICMP and ICMPv6 messages mean, by one name for both.
 *
 * Runs on the main side.
 *
 * @module
 */
import type { ICMPErrorKind } from "../../stack/wire/icmp_kind.ts";
import * as icmpv4 from "../../stack/wire/icmpv4.ts";
import * as icmpv6 from "../../stack/wire/icmpv6.ts";

/**
 * What an ICMP or ICMPv6 message is; "other" when there is no name for it here.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type ICMPKind, parsePacket } from "@uis/uis";
 *
 * const echo = Uint8Array.fromHex("4500001c00004000400126df0a0000020a0000010800f7fc00010002");
 * const kind: ICMPKind | undefined = parsePacket(echo)?.icmp?.kind;
 * assertEquals(kind, "echo-request");
 * ```
 */
export type ICMPKind = ICMPErrorKind | "echo-request" | "echo-reply" | "other";

/** Type and code as they are sent. */
type TypeAndCode = readonly [type: number, code: number];

const ERRORS: Readonly<Record<4 | 6, Readonly<Record<ICMPErrorKind, TypeAndCode>>>> = {
  4: {
    "network-unreachable": [icmpv4.DESTINATION_UNREACHABLE, icmpv4.CODE_NETWORK],
    "host-unreachable": [icmpv4.DESTINATION_UNREACHABLE, icmpv4.CODE_HOST],
    "protocol-unreachable": [icmpv4.DESTINATION_UNREACHABLE, icmpv4.CODE_PROTOCOL],
    "port-unreachable": [icmpv4.DESTINATION_UNREACHABLE, icmpv4.CODE_PORT],
    "admin-prohibited": [icmpv4.DESTINATION_UNREACHABLE, icmpv4.CODE_ADMIN_PROHIBITED],
    "packet-too-big": [icmpv4.DESTINATION_UNREACHABLE, icmpv4.CODE_FRAGMENTATION_NEEDED],
    "time-exceeded": [icmpv4.TIME_EXCEEDED, icmpv4.CODE_IN_TRANSIT],
    "reassembly-time-exceeded": [icmpv4.TIME_EXCEEDED, icmpv4.CODE_REASSEMBLY],
    "parameter-problem": [icmpv4.PARAMETER_PROBLEM, 0],
  },
  6: {
    "network-unreachable": [icmpv6.DESTINATION_UNREACHABLE, icmpv6.CODE_NO_ROUTE],
    "host-unreachable": [icmpv6.DESTINATION_UNREACHABLE, icmpv6.CODE_ADDRESS],
    "protocol-unreachable": [icmpv6.PARAMETER_PROBLEM, icmpv6.CODE_NEXT_HEADER],
    "port-unreachable": [icmpv6.DESTINATION_UNREACHABLE, icmpv6.CODE_PORT],
    "admin-prohibited": [icmpv6.DESTINATION_UNREACHABLE, icmpv6.CODE_ADMIN_PROHIBITED],
    "packet-too-big": [icmpv6.PACKET_TOO_BIG, 0],
    "time-exceeded": [icmpv6.TIME_EXCEEDED, icmpv6.CODE_IN_TRANSIT],
    "reassembly-time-exceeded": [icmpv6.TIME_EXCEEDED, icmpv6.CODE_REASSEMBLY],
    "parameter-problem": [icmpv6.PARAMETER_PROBLEM, icmpv6.CODE_HEADER_FIELD],
  },
};

/** The names of all errors. */
export const ICMP_ERROR_KINDS: readonly string[] = Object.keys(ERRORS[4]);

/** What a message of this type and code is. */
export function kindOf(version: 4 | 6, type: number, code: number): ICMPKind {
  const icmp = version === 4 ? icmpv4 : icmpv6;
  if (type === icmp.ECHO_REQUEST) return "echo-request";
  return type === icmp.ECHO_REPLY ? "echo-reply" : icmp.kindOf(type, code);
}

/** The type and code by which an error is sent. */
export function typeAndCodeOf(version: 4 | 6, kind: ICMPErrorKind): TypeAndCode {
  return ERRORS[version][kind];
}
