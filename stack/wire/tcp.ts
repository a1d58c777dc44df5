/**
 * The TCP header (RFC 9293 §3.1). Sequence numbers are int32.
 *
 * Both sides.
 *
 * @module
 */

/** Bytes of a header without options. */
export const HEADER_LENGTH = 20;

export const FIN = 0x01;
export const SYN = 0x02;
export const RST = 0x04;
export const PSH = 0x08;
export const ACK = 0x10;
export const URG = 0x20;
export const ECE = 0x40;
export const CWR = 0x80;

const SOURCE_PORT = 0;
const DESTINATION_PORT = 2;
const SEQUENCE = 4;
const ACKNOWLEDGMENT = 8;
const DATA_OFFSET = 12;
const FLAGS = 13;
const WINDOW = 14;
const CHECKSUM = 16;
const URGENT_POINTER = 18;

/** Whether `length` bytes of IP payload hold a whole header. */
export function valid(view: DataView, offset: number, length: number): boolean {
  if (length < HEADER_LENGTH) return false;
  const header = headerLength(view, offset);
  return header >= HEADER_LENGTH && header <= length;
}

export function sourcePort(view: DataView, offset: number): number {
  return view.getUint16(offset + SOURCE_PORT);
}

export function destinationPort(view: DataView, offset: number): number {
  return view.getUint16(offset + DESTINATION_PORT);
}

export function sequence(view: DataView, offset: number): number {
  return view.getInt32(offset + SEQUENCE);
}

export function acknowledgment(view: DataView, offset: number): number {
  return view.getInt32(offset + ACKNOWLEDGMENT);
}

/** Bytes of the header with its options. */
export function headerLength(view: DataView, offset: number): number {
  return (view.getUint8(offset + DATA_OFFSET) >> 4) * 4;
}

export function flags(view: DataView, offset: number): number {
  return view.getUint8(offset + FLAGS);
}

/** The window field, not scaled. */
export function window(view: DataView, offset: number): number {
  return view.getUint16(offset + WINDOW);
}

/** Where urgent data ends, counted from the sequence number. */
export function urgentPointer(view: DataView, offset: number): number {
  return view.getUint16(offset + URGENT_POINTER);
}

/** The fields of a header that a host chooses; `headerLength` counts the options, written beforehand or after. */
export interface Fields {
  sourcePort: number;
  destinationPort: number;
  sequence: number;
  acknowledgment: number;
  headerLength: number;
  flags: number;
  window: number;
}

/** Writes the header with a checksum of 0. */
export function write(view: DataView, offset: number, fields: Fields): void {
  view.setUint16(offset + SOURCE_PORT, fields.sourcePort);
  view.setUint16(offset + DESTINATION_PORT, fields.destinationPort);
  view.setInt32(offset + SEQUENCE, fields.sequence);
  view.setInt32(offset + ACKNOWLEDGMENT, fields.acknowledgment);
  view.setUint8(offset + DATA_OFFSET, (fields.headerLength / 4) << 4);
  view.setUint8(offset + FLAGS, fields.flags);
  view.setUint16(offset + WINDOW, fields.window);
  view.setUint16(offset + CHECKSUM, 0);
  view.setUint16(offset + URGENT_POINTER, 0);
}

export function setChecksum(view: DataView, offset: number, value: number): void {
  view.setUint16(offset + CHECKSUM, value);
}
