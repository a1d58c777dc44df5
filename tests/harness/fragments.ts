/**
 * Fragments as a test writes them, without the engine's code.
 *
 * @module
 */
import { checksum } from "./checksum.ts";

const FRAGMENT = 44;

/** One fragment of a packet; the offsets count from the end of the part that all fragments repeat. */
export interface Part {
  from: number;
  to: number;
  /** What stands in the header instead of `from`, in bytes. */
  offset?: number;
  /** Whether more follow: by default, all but what ends the packet. */
  more?: boolean;
  id?: number;
  /** IPv6: bytes of extension headers after the fixed header that all fragments repeat. */
  before?: number;
}

/** One fragment of a whole packet without IPv4 options. */
export function fragmentOf(whole: Uint8Array, part: Part): Uint8Array<ArrayBuffer> {
  return whole[0] >> 4 === 4 ? fragmentIPv4(whole, part) : fragmentIPv6(whole, part);
}

/** All fragments of a packet, each with up to `step` bytes. */
export function cut(whole: Uint8Array, step: number, id = 7, before = 0): Uint8Array<ArrayBuffer>[] {
  const header = whole[0] >> 4 === 4 ? 20 : 40 + before;
  const fragments = [];
  for (let from = 0; from < whole.length - header; from += step) {
    fragments.push(fragmentOf(whole, { from, to: Math.min(from + step, whole.length - header), id, before }));
  }
  return fragments;
}

function fragmentIPv4(whole: Uint8Array, { from, to, offset = from, more, id = 7 }: Part): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(20 + to - from);
  bytes.set(whole.subarray(0, 20));
  bytes.set(whole.subarray(20 + from, 20 + to), 20);
  const view = new DataView(bytes.buffer);
  view.setUint16(2, bytes.length);
  view.setUint16(4, id);
  view.setUint16(6, (more ?? 20 + to < whole.length) ? 0x2000 | (offset >> 3) : offset >> 3);
  view.setUint16(10, 0);
  view.setUint16(10, checksum(bytes.subarray(0, 20)));
  return bytes;
}

function fragmentIPv6(whole: Uint8Array, part: Part): Uint8Array<ArrayBuffer> {
  const { from, to, offset = from, more, id = 7, before = 0 } = part;
  const header = 40 + before;
  const bytes = new Uint8Array(header + 8 + to - from);
  bytes.set(whole.subarray(0, header));
  bytes.set(whole.subarray(header + from, header + to), header + 8);
  const view = new DataView(bytes.buffer);
  view.setUint16(4, bytes.length - 40);
  const nextHeaderAt = placeOfNextHeader(whole, header);
  bytes[header] = whole[nextHeaderAt];
  bytes[nextHeaderAt] = FRAGMENT;
  view.setUint16(header + 2, offset | ((more ?? header + to < whole.length) ? 1 : 0));
  view.setUint32(header + 4, id);
  return bytes;
}

/** The place of the field that names what starts at `end`. */
function placeOfNextHeader(whole: Uint8Array, end: number): number {
  let place = 6;
  for (let at = 40; at < end; at += 8 + 8 * whole[at + 1]) place = at;
  return place;
}
