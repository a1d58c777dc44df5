/**
 * ICMP for IPv4 (RFC 792).
 *
 * Both sides.
 *
 * @module
 */
import { finish, intact, sum } from "./checksum.ts";
import type { ICMPErrorKind } from "./icmp_kind.ts";

/** Bytes before the quoted packet or the echo's data. */
export const HEADER_LENGTH = 8;
/** Most bytes of a packet that carries an error (RFC 1812 §4.3.2.3). */
export const LARGEST_ERROR = 576;

export const ECHO_REPLY = 0;
export const DESTINATION_UNREACHABLE = 3;
export const SOURCE_QUENCH = 4;
export const REDIRECT = 5;
export const ECHO_REQUEST = 8;
export const TIME_EXCEEDED = 11;
export const PARAMETER_PROBLEM = 12;

/** Codes of DESTINATION_UNREACHABLE. */
export const CODE_NETWORK = 0;
export const CODE_HOST = 1;
export const CODE_PROTOCOL = 2;
export const CODE_PORT = 3;
export const CODE_FRAGMENTATION_NEEDED = 4;
export const CODE_SOURCE_ROUTE_FAILED = 5;
export const CODE_NETWORK_UNKNOWN = 6;
export const CODE_HOST_UNKNOWN = 7;
/** Prohibited by an administrator: the network, the host (RFC 1122 §3.2.2.1), the communication (RFC 1812 §5.2.7.1). */
export const CODE_NETWORK_PROHIBITED = 9;
export const CODE_HOST_PROHIBITED = 10;
export const CODE_ADMIN_PROHIBITED = 13;

/** Codes of TIME_EXCEEDED: on the way; fragments did not all come in time. */
export const CODE_IN_TRANSIT = 0;
export const CODE_REASSEMBLY = 1;

const TYPE = 0;
const CODE = 1;
const CHECKSUM = 2;
const REST = 4;

/** Whether `length` bytes of IP payload are a message with an intact checksum. */
export function valid(view: DataView, offset: number, length: number): boolean {
  return length >= HEADER_LENGTH && intact(view, offset, length);
}

export function type(view: DataView, offset: number): number {
  return view.getUint8(offset + TYPE);
}

export function code(view: DataView, offset: number): number {
  return view.getUint8(offset + CODE);
}

/** The second word: identifier and sequence number of an echo, next-hop MTU of "fragmentation needed". */
export function rest(view: DataView, offset: number): number {
  return view.getUint32(offset + REST);
}

/** Of "fragmentation needed": the bytes that the next link takes; 0 from a router that does not say (RFC 1191 §4). */
export function nextMTU(view: DataView, offset: number): number {
  return rest(view, offset) & 0xffff;
}

/** Of a parameter problem: the offset in the packet of what is wrong. */
export function pointer(view: DataView, offset: number): number {
  return rest(view, offset) >>> 24;
}

/** Whether the type reports an error, about which no error may be sent (RFC 1122 §3.2.2). */
export function isError(type: number): boolean {
  return type === DESTINATION_UNREACHABLE || type === SOURCE_QUENCH || type === REDIRECT || type === TIME_EXCEEDED ||
    type === PARAMETER_PROBLEM;
}

/** What DESTINATION_UNREACHABLE reports, by its code (RFC 792, RFC 1122 §3.2.2.1, RFC 1812 §5.2.7.1). */
const UNREACHABLE: readonly (ICMPErrorKind | "other")[] = [
  "network-unreachable",
  "host-unreachable",
  "protocol-unreachable",
  "port-unreachable",
  "packet-too-big",
  "other", // the source route failed
  "network-unreachable", // unknown
  "host-unreachable", // unknown
  "host-unreachable", // isolated
  "admin-prohibited", // the network
  "admin-prohibited", // the host
  "network-unreachable", // for this type of service
  "host-unreachable", // for this type of service
  "admin-prohibited", // the communication
];

/** What an error reports; "other" when there is no name for it here. */
export function kindOf(type: number, code: number): ICMPErrorKind | "other" {
  if (type === DESTINATION_UNREACHABLE) return UNREACHABLE[code] ?? "other";
  if (type === TIME_EXCEEDED) return code === CODE_REASSEMBLY ? "reassembly-time-exceeded" : "time-exceeded";
  return type === PARAMETER_PROBLEM ? "parameter-problem" : "other";
}

/** Writes the header over a body that already stands behind it, and the checksum over both. */
export function write(
  view: DataView,
  offset: number,
  type: number,
  code: number,
  rest: number,
  length: number,
): void {
  view.setUint8(offset + TYPE, type);
  view.setUint8(offset + CODE, code);
  view.setUint16(offset + CHECKSUM, 0);
  view.setUint32(offset + REST, rest);
  view.setUint16(offset + CHECKSUM, finish(sum(view, offset, length)));
}
