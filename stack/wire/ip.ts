/**
 * What both versions of IP share: the version nibble and the protocol numbers.
 *
 * Both sides.
 *
 * @module
 */

/** Protocol numbers (IANA). */
export const PROTOCOL_ICMPV4 = 1;
export const PROTOCOL_TCP = 6;
export const PROTOCOL_UDP = 17;
export const PROTOCOL_ICMPV6 = 58;
/** IPv6: nothing follows (RFC 8200 §4.7). */
export const NO_NEXT_HEADER = 59;

/** The TTL and hop limit of packets sent (RFC 1700). */
export const DEFAULT_HOP_LIMIT = 64;

/** 4, 6, or whatever else the first nibble says. */
export function version(view: DataView, offset: number): number {
  return view.getUint8(offset) >> 4;
}

/** The ECN codepoints (RFC 3168 §5): the sender cannot, can be told of congestion; a router tells. */
export const ECN_NOT_CAPABLE = 0;
export const ECN_CAPABLE = 2;
export const ECN_CONGESTION_EXPERIENCED = 3;

/** The ECN codepoint of a packet of either version. */
export function ecn(view: DataView, offset: number): number {
  const second = view.getUint8(offset + 1);
  return version(view, offset) === 4 ? second & 3 : (second >> 4) & 3;
}

/** Sets the codepoint "congestion experienced" in a header of either version; an IPv4 checksum is wrong then. */
export function markCongestion(view: DataView, offset: number): void {
  const mark = ECN_CONGESTION_EXPERIENCED << (version(view, offset) === 4 ? 0 : 4);
  view.setUint8(offset + 1, view.getUint8(offset + 1) | mark);
}
