/**
 * The IPv6 header (RFC 8200 §3).
 *
 * Both sides.
 *
 * @module
 */
import { sum } from "./checksum.ts";

/** Bytes of the fixed header. */
export const HEADER_LENGTH = 40;
/** Most bytes after the fixed header. */
export const MAX_PAYLOAD_LENGTH = 0xffff;

/** Where the fields are that a parameter problem may point to. */
export const PAYLOAD_LENGTH_AT = 4;
export const NEXT_HEADER_AT = 6;

const VERSION_CLASS_FLOW = 0;
const HOP_LIMIT = 7;
/** Where the addresses are, one after the other. */
export const SOURCE_AT = 8;
export const DESTINATION_AT = 24;
export const ADDRESS_LENGTH = 16;

/** Whether `length` bytes hold a whole IPv6 packet; bytes after it are ignored. */
export function valid(view: DataView, offset: number, length: number): boolean {
  return length >= HEADER_LENGTH && view.getUint8(offset + VERSION_CLASS_FLOW) >> 4 === 6 &&
    HEADER_LENGTH + payloadLength(view, offset) <= length;
}

export function flowLabel(view: DataView, offset: number): number {
  return view.getUint32(offset + VERSION_CLASS_FLOW) & 0xfffff;
}

/** Bytes after the fixed header. */
export function payloadLength(view: DataView, offset: number): number {
  return view.getUint16(offset + PAYLOAD_LENGTH_AT);
}

export function nextHeader(view: DataView, offset: number): number {
  return view.getUint8(offset + NEXT_HEADER_AT);
}

export function hopLimit(view: DataView, offset: number): number {
  return view.getUint8(offset + HOP_LIMIT);
}

/** Word 0…3 of the source address. */
export function source(view: DataView, offset: number, word: number): number {
  return view.getInt32(offset + SOURCE_AT + 4 * word);
}

/** Word 0…3 of the destination address. */
export function destination(view: DataView, offset: number, word: number): number {
  return view.getInt32(offset + DESTINATION_AT + 4 * word);
}

/** What both addresses add to a pseudo-header's sum. */
export function addressSum(view: DataView, offset: number): number {
  return sum(view, offset + SOURCE_AT, 2 * ADDRESS_LENGTH);
}

/** An address as the four words of its 16 bytes. */
export interface Words {
  readonly w0: number;
  readonly w1: number;
  readonly w2: number;
  readonly w3: number;
}

/** The fields of a header that a host chooses. */
export interface Fields {
  ecn: number;
  payloadLength: number;
  nextHeader: number;
  hopLimit: number;
  flowLabel: number;
  source: Words;
  destination: Words;
}

/** Writes the fixed header. */
export function write(view: DataView, offset: number, fields: Fields): void {
  view.setInt32(offset + VERSION_CLASS_FLOW, 0x6000_0000 | (fields.ecn << 20) | (fields.flowLabel & 0xfffff));
  view.setUint16(offset + PAYLOAD_LENGTH_AT, fields.payloadLength);
  view.setUint8(offset + NEXT_HEADER_AT, fields.nextHeader);
  view.setUint8(offset + HOP_LIMIT, fields.hopLimit);
  writeWords(view, offset + SOURCE_AT, fields.source);
  writeWords(view, offset + DESTINATION_AT, fields.destination);
}

export function setPayloadLength(view: DataView, offset: number, length: number): void {
  view.setUint16(offset + PAYLOAD_LENGTH_AT, length);
}

function writeWords(view: DataView, offset: number, words: Words): void {
  view.setInt32(offset, words.w0);
  view.setInt32(offset + 4, words.w1);
  view.setInt32(offset + 8, words.w2);
  view.setInt32(offset + 12, words.w3);
}
