/**
 * What ICMP and ICMPv6 messages mean, by one name for both.
 *
 * Runs on the main side.
 *
 * @module
 */
import * as icmpv4 from "../../stack/wire/icmpv4.ts";
import * as icmpv6 from "../../stack/wire/icmpv6.ts";

/**
 * What a router or a host reports about a packet. ICMPv4 says "packet-too-big" as Fragmentation Needed, ICMPv6
 * "protocol-unreachable" as a parameter problem (RFC 4443 §3.4).
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type ICMPErrorKind, parsePacket } from "@uis/uis";
 *
 * const unreachable = "4500003d00004000400126be0a0000010a0000020303111e00000000";
 * const datagram = "4500002100010000401166c90a0000020a000001c0000007000d07f848656c6c6f";
 * const kind: ICMPErrorKind = "port-unreachable";
 * assertEquals(parsePacket(Uint8Array.fromHex(unreachable + datagram))?.icmp?.kind, kind);
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

/** Types and codes that are read but not sent. */
const READ_TOO: Readonly<Record<4 | 6, readonly (readonly [...TypeAndCode, ICMPKind])[]>> = {
  4: [
    [icmpv4.ECHO_REQUEST, 0, "echo-request"],
    [icmpv4.ECHO_REPLY, 0, "echo-reply"],
    [icmpv4.DESTINATION_UNREACHABLE, icmpv4.CODE_NETWORK_UNKNOWN, "network-unreachable"],
    [icmpv4.DESTINATION_UNREACHABLE, icmpv4.CODE_HOST_UNKNOWN, "host-unreachable"],
    [icmpv4.DESTINATION_UNREACHABLE, icmpv4.CODE_NETWORK_PROHIBITED, "admin-prohibited"],
    [icmpv4.DESTINATION_UNREACHABLE, icmpv4.CODE_HOST_PROHIBITED, "admin-prohibited"],
    [icmpv4.PARAMETER_PROBLEM, 1, "parameter-problem"],
    [icmpv4.PARAMETER_PROBLEM, 2, "parameter-problem"],
  ],
  6: [
    [icmpv6.ECHO_REQUEST, 0, "echo-request"],
    [icmpv6.ECHO_REPLY, 0, "echo-reply"],
    [icmpv6.PARAMETER_PROBLEM, icmpv6.CODE_OPTION, "parameter-problem"],
    [icmpv6.PARAMETER_PROBLEM, icmpv6.CODE_INCOMPLETE_CHAIN, "parameter-problem"],
  ],
};

/** Types whose code says nothing. */
const WITHOUT_CODE: Readonly<Record<4 | 6, readonly number[]>> = {
  4: [icmpv4.ECHO_REQUEST, icmpv4.ECHO_REPLY],
  6: [icmpv6.ECHO_REQUEST, icmpv6.ECHO_REPLY, icmpv6.PACKET_TOO_BIG],
};

const KINDS: Readonly<Record<4 | 6, ReadonlyMap<number, ICMPKind>>> = { 4: kindsOf(4), 6: kindsOf(6) };

/** The names of all errors. */
export const ICMP_ERROR_KINDS: readonly string[] = Object.keys(ERRORS[4]);

/** What a message of this type and code is. */
export function kindOf(version: 4 | 6, type: number, code: number): ICMPKind {
  return KINDS[version].get(keyOf(type, WITHOUT_CODE[version].includes(type) ? 0 : code)) ?? "other";
}

/** The type and code by which an error is sent. */
export function typeAndCodeOf(version: 4 | 6, kind: ICMPErrorKind): TypeAndCode {
  return ERRORS[version][kind];
}

function kindsOf(version: 4 | 6): Map<number, ICMPKind> {
  const kinds = new Map<number, ICMPKind>();
  for (const [kind, [type, code]] of Object.entries(ERRORS[version])) {
    kinds.set(keyOf(type, code), kind as ICMPErrorKind);
  }
  for (const [type, code, kind] of READ_TOO[version]) kinds.set(keyOf(type, code), kind);
  return kinds;
}

function keyOf(type: number, code: number): number {
  return type * 0x100 + code;
}
