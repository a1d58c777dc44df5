/**
 * IPv6 extension headers (RFC 8200 §4).
 *
 * Both sides.
 *
 * @module
 */

/** Next header values of the extension headers that are understood. */
export const HOP_BY_HOP_OPTIONS = 0;
export const ROUTING = 43;
export const FRAGMENT = 44;
export const DESTINATION_OPTIONS = 60;

/** Bytes of the fragment header, and the least of every other. */
export const FRAGMENT_HEADER_LENGTH = 8;
/** Where the fields are that a parameter problem may point to. */
export const ROUTING_TYPE_AT = 2;
export const FRAGMENT_OFFSET_AT = 2;

const HEADER_LENGTH = 1;
const SEGMENTS_LEFT = 3;
const IDENTIFICATION = 4;
const MORE_FRAGMENTS = 1;
const OFFSET_MASK = 0xfff8;

/** Types of options that only fill space. */
export const PAD1 = 0;
export const PADN = 1;
/** What to do with a packet whose option is not known, in the first bits of the type (RFC 8200 §4.2). */
export const ACTION_SKIP = 0;
export const ACTION_DISCARD = 1;

/** Whether a next header value names an extension header that is understood. */
export function isExtension(nextHeader: number): boolean {
  return nextHeader === HOP_BY_HOP_OPTIONS || nextHeader === FRAGMENT || nextHeader === DESTINATION_OPTIONS ||
    nextHeader === ROUTING;
}

/** The first byte of every extension header. */
export function nextHeader(view: DataView, offset: number): number {
  return view.getUint8(offset);
}

/** Bytes of a header of any kind but the fragment header. */
export function headerLength(view: DataView, offset: number): number {
  return 8 + 8 * view.getUint8(offset + HEADER_LENGTH);
}

/** Bytes of the extension header that `available` bytes start with; 0 when it is not all there. */
export function lengthOf(kind: number, view: DataView, offset: number, available: number): number {
  if (available < FRAGMENT_HEADER_LENGTH) return 0;
  const length = kind === FRAGMENT ? FRAGMENT_HEADER_LENGTH : headerLength(view, offset);
  return length <= available ? length : 0;
}

/** Of a routing header: how its data is to be understood. */
export function routingType(view: DataView, offset: number): number {
  return view.getUint8(offset + ROUTING_TYPE_AT);
}

/** Of a routing header: how many more hosts it must visit. */
export function segmentsLeft(view: DataView, offset: number): number {
  return view.getUint8(offset + SEGMENTS_LEFT);
}

/** Of a fragment header: where the fragment starts, in bytes. */
export function fragmentOffset(view: DataView, offset: number): number {
  return view.getUint16(offset + FRAGMENT_OFFSET_AT) & OFFSET_MASK;
}

/** Of a fragment header: whether this is not the last one. */
export function moreFragments(view: DataView, offset: number): boolean {
  return (view.getUint16(offset + FRAGMENT_OFFSET_AT) & MORE_FRAGMENTS) !== 0;
}

/** Of a fragment header: the datagram that it belongs to. */
export function identification(view: DataView, offset: number): number {
  return view.getUint32(offset + IDENTIFICATION);
}

/** Writes a fragment header; `start` is in bytes, a multiple of 8. */
export function writeFragment(
  view: DataView,
  offset: number,
  next: number,
  start: number,
  more: boolean,
  identification: number,
): void {
  view.setUint16(offset, next << 8);
  view.setUint16(offset + FRAGMENT_OFFSET_AT, start | (more ? MORE_FRAGMENTS : 0));
  view.setUint32(offset + IDENTIFICATION, identification);
}
