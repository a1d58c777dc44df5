/**
 * The UDP header (RFC 768).
 *
 * Both sides.
 *
 * @module
 */

/** Bytes of the header. */
export const HEADER_LENGTH = 8;

const SOURCE_PORT = 0;
const DESTINATION_PORT = 2;
const LENGTH = 4;
const CHECKSUM = 6;

/** Whether `length` bytes of IP payload hold a whole datagram. */
export function valid(view: DataView, offset: number, length: number): boolean {
  if (length < HEADER_LENGTH) return false;
  const datagram = datagramLength(view, offset);
  return datagram >= HEADER_LENGTH && datagram <= length;
}

export function sourcePort(view: DataView, offset: number): number {
  return view.getUint16(offset + SOURCE_PORT);
}

export function destinationPort(view: DataView, offset: number): number {
  return view.getUint16(offset + DESTINATION_PORT);
}

/** Bytes of header and payload. */
export function datagramLength(view: DataView, offset: number): number {
  return view.getUint16(offset + LENGTH);
}

/** 0: the sender computed none. */
export function checksum(view: DataView, offset: number): number {
  return view.getUint16(offset + CHECKSUM);
}

/** Writes the header with a checksum of 0. `length` counts header and payload. */
export function write(view: DataView, offset: number, source: number, destination: number, length: number): void {
  view.setUint16(offset + SOURCE_PORT, source);
  view.setUint16(offset + DESTINATION_PORT, destination);
  view.setUint16(offset + LENGTH, length);
  view.setUint16(offset + CHECKSUM, 0);
}

/** Sets the checksum; a computed 0 is sent as 0xffff, because 0 means none. */
export function setChecksum(view: DataView, offset: number, value: number): void {
  view.setUint16(offset + CHECKSUM, value === 0 ? 0xffff : value);
}
