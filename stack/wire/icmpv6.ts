/**
 * ICMPv6 (RFC 4443).
 *
 * Both sides.
 *
 * @module
 */
import { finish, intact, sum } from "./checksum.ts";
import type { ICMPErrorKind } from "./icmp_kind.ts";

/** Bytes before the quoted packet or the echo's data. */
export const HEADER_LENGTH = 8;
/** Most bytes of a packet that carries an error (RFC 4443 §2.4 c). */
export const LARGEST_ERROR = 1280;

export const DESTINATION_UNREACHABLE = 1;
export const PACKET_TOO_BIG = 2;
export const TIME_EXCEEDED = 3;
export const PARAMETER_PROBLEM = 4;
export const ECHO_REQUEST = 128;
export const ECHO_REPLY = 129;
/** No error, but errors about it are not sent either (RFC 4443 §2.4). */
export const REDIRECT = 137;

/** Codes of DESTINATION_UNREACHABLE. */
export const CODE_NO_ROUTE = 0;
export const CODE_ADMIN_PROHIBITED = 1;
export const CODE_BEYOND_SCOPE = 2;
export const CODE_ADDRESS = 3;
export const CODE_PORT = 4;

/** Codes of TIME_EXCEEDED: on the way; fragments did not all come in time. */
export const CODE_IN_TRANSIT = 0;
export const CODE_REASSEMBLY = 1;

/** Codes of PARAMETER_PROBLEM; the last is of RFC 7112 §5. */
export const CODE_HEADER_FIELD = 0;
export const CODE_NEXT_HEADER = 1;
export const CODE_OPTION = 2;
export const CODE_INCOMPLETE_CHAIN = 3;

const TYPE = 0;
const CODE = 1;
const CHECKSUM = 2;
const REST = 4;

/** Whether `length` bytes of IP payload are a message that is intact, given the pseudo-header's sum. */
export function valid(view: DataView, offset: number, length: number, pseudoHeader: number): boolean {
  return length >= HEADER_LENGTH && intact(view, offset, length, pseudoHeader);
}

export function type(view: DataView, offset: number): number {
  return view.getUint8(offset + TYPE);
}

export function code(view: DataView, offset: number): number {
  return view.getUint8(offset + CODE);
}

/** The second word: identifier and sequence number of an echo, the MTU of "packet too big". */
export function rest(view: DataView, offset: number): number {
  return view.getUint32(offset + REST);
}

/** Of "packet too big": the bytes that the next link takes. */
export function nextMTU(view: DataView, offset: number): number {
  return rest(view, offset);
}

/** Of a parameter problem: the offset in the packet of what is wrong. */
export function pointer(view: DataView, offset: number): number {
  return rest(view, offset);
}

/** Whether the type reports an error (RFC 4443 §2.1). */
export function isError(type: number): boolean {
  return type < 128;
}

/** What DESTINATION_UNREACHABLE reports, by its code (RFC 4443 §3.1). */
const UNREACHABLE: readonly (ICMPErrorKind | "other")[] = [
  "network-unreachable",
  "admin-prohibited",
  "other", // beyond the scope of the source
  "host-unreachable",
  "port-unreachable",
  "admin-prohibited", // by the source
  "admin-prohibited", // by the route
];

/** What an error reports; "other" when there is no name for it here. */
export function kindOf(type: number, code: number): ICMPErrorKind | "other" {
  if (type === DESTINATION_UNREACHABLE) return UNREACHABLE[code] ?? "other";
  if (type === PACKET_TOO_BIG) return "packet-too-big";
  if (type === TIME_EXCEEDED) return code === CODE_REASSEMBLY ? "reassembly-time-exceeded" : "time-exceeded";
  if (type !== PARAMETER_PROBLEM) return "other";
  return code === CODE_NEXT_HEADER ? "protocol-unreachable" : "parameter-problem";
}

/** Writes the header over a body that already stands behind it, and the checksum over both. */
export function write(
  view: DataView,
  offset: number,
  type: number,
  code: number,
  rest: number,
  length: number,
  pseudoHeader: number,
): void {
  view.setUint8(offset + TYPE, type);
  view.setUint8(offset + CODE, code);
  view.setUint16(offset + CHECKSUM, 0);
  view.setUint32(offset + REST, rest);
  view.setUint16(offset + CHECKSUM, finish(sum(view, offset, length, pseudoHeader)));
}
