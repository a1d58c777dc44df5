/**
 * IPv4 options (RFC 791 §3.1).
 *
 * Both sides.
 *
 * @module
 */
import { HEADER_LENGTH } from "./ipv4.ts";

const END = 0;
const NO_OPERATION = 1;
const LOOSE_SOURCE_ROUTE = 131;
const STRICT_SOURCE_ROUTE = 137;
/** Type, length and pointer of a source route. */
const ROUTE_HEADER = 3;

/** Where in the header the first option is that is cut off or has an impossible length; 0 when there is none. */
export function findBadOption(view: DataView, offset: number, headerLength: number): number {
  let at = HEADER_LENGTH;
  while (at < headerLength) {
    const type = view.getUint8(offset + at);
    if (type === END) return 0;
    const length = lengthOf(view, offset, at, headerLength);
    if (length < (isSourceRoute(type) ? ROUTE_HEADER : 1) || at + length > headerLength) return at;
    at += length;
  }
  return 0;
}

/** Whether options that are not bad ask to send the packet on to another host. */
export function hasUnfinishedRoute(view: DataView, offset: number, headerLength: number): boolean {
  let at = HEADER_LENGTH;
  while (at < headerLength) {
    const type = view.getUint8(offset + at);
    if (type === END) return false;
    const length = lengthOf(view, offset, at, headerLength);
    if (isSourceRoute(type) && view.getUint8(offset + at + 2) <= length) return true;
    at += length;
  }
  return false;
}

/** Bytes of an option; 0 when it cannot be. */
function lengthOf(view: DataView, offset: number, at: number, headerLength: number): number {
  if (view.getUint8(offset + at) === NO_OPERATION) return 1;
  const length = at + 1 < headerLength ? view.getUint8(offset + at + 1) : 0;
  return length < 2 ? 0 : length;
}

function isSourceRoute(type: number): boolean {
  return type === LOOSE_SOURCE_ROUTE || type === STRICT_SOURCE_ROUTE;
}
