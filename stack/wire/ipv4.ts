/**
 * The IPv4 header (RFC 791 §3.1).
 *
 * Both sides.
 *
 * @module
 */
import { finish, intact, sum } from "./checksum.ts";

/** Bytes of a header without options. */
export const HEADER_LENGTH = 20;

export const FLAG_DONT_FRAGMENT = 0x4000;
export const FLAG_MORE_FRAGMENTS = 0x2000;
export const FRAGMENT_OFFSET_MASK = 0x1fff;
/** Fragments start at multiples of this, in both families. */
export const FRAGMENT_UNIT = 8;
/** Most bytes of a packet. */
export const MAX_LENGTH = 0xffff;

const VERSION_IHL = 0;
const TOTAL_LENGTH = 2;
const IDENTIFICATION = 4;
const FLAGS_AND_OFFSET = 6;
const TTL = 8;
/** Where the field is that names the payload. */
export const PROTOCOL_AT = 9;
const CHECKSUM = 10;
/** Where the addresses are, one after the other. */
export const SOURCE_AT = 12;
export const DESTINATION_AT = 16;
export const ADDRESS_LENGTH = 4;

/** Whether `length` bytes hold a whole IPv4 packet with an intact header; bytes after it are ignored. */
export function valid(view: DataView, offset: number, length: number): boolean {
  if (length < HEADER_LENGTH || view.getUint8(offset + VERSION_IHL) >> 4 !== 4) return false;
  const header = headerLength(view, offset);
  const total = totalLength(view, offset);
  return header >= HEADER_LENGTH && total >= header && total <= length && intact(view, offset, header);
}

/** Bytes of the header with its options. */
export function headerLength(view: DataView, offset: number): number {
  return (view.getUint8(offset + VERSION_IHL) & 0x0f) * 4;
}

/** Bytes of the packet. */
export function totalLength(view: DataView, offset: number): number {
  return view.getUint16(offset + TOTAL_LENGTH);
}

export function identification(view: DataView, offset: number): number {
  return view.getUint16(offset + IDENTIFICATION);
}

/** The three flags and the fragment offset, in units of 8 bytes. */
export function flagsAndOffset(view: DataView, offset: number): number {
  return view.getUint16(offset + FLAGS_AND_OFFSET);
}

export function ttl(view: DataView, offset: number): number {
  return view.getUint8(offset + TTL);
}

export function protocol(view: DataView, offset: number): number {
  return view.getUint8(offset + PROTOCOL_AT);
}

export function source(view: DataView, offset: number): number {
  return view.getInt32(offset + SOURCE_AT);
}

export function destination(view: DataView, offset: number): number {
  return view.getInt32(offset + DESTINATION_AT);
}

/** What both addresses add to a pseudo-header's sum. */
export function addressSum(view: DataView, offset: number): number {
  return sum(view, offset + SOURCE_AT, 2 * ADDRESS_LENGTH);
}

/** The fields of a header that a host chooses. */
export interface Fields {
  ecn: number;
  totalLength: number;
  identification: number;
  flagsAndOffset: number;
  ttl: number;
  protocol: number;
  source: number;
  destination: number;
}

/** Writes a header of 20 bytes, with its checksum. */
export function write(view: DataView, offset: number, fields: Fields): void {
  view.setUint16(offset + VERSION_IHL, 0x4500 | fields.ecn);
  view.setUint16(offset + TOTAL_LENGTH, fields.totalLength);
  view.setUint16(offset + IDENTIFICATION, fields.identification);
  view.setUint16(offset + FLAGS_AND_OFFSET, fields.flagsAndOffset);
  view.setUint8(offset + TTL, fields.ttl);
  view.setUint8(offset + PROTOCOL_AT, fields.protocol);
  view.setUint16(offset + CHECKSUM, 0);
  view.setInt32(offset + SOURCE_AT, fields.source);
  view.setInt32(offset + DESTINATION_AT, fields.destination);
  view.setUint16(offset + CHECKSUM, finish(sum(view, offset, HEADER_LENGTH)));
}

/** Makes a header that stands there one of a fragment, or of the whole again, and renews its checksum. */
export function setFragment(
  view: DataView,
  offset: number,
  totalLength: number,
  identification: number,
  flagsAndOffset: number,
): void {
  view.setUint16(offset + TOTAL_LENGTH, totalLength);
  view.setUint16(offset + IDENTIFICATION, identification);
  view.setUint16(offset + FLAGS_AND_OFFSET, flagsAndOffset);
  view.setUint16(offset + CHECKSUM, 0);
  view.setUint16(offset + CHECKSUM, finish(sum(view, offset, headerLength(view, offset))));
}
