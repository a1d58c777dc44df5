/**
 * Where in a packet its payload is, behind the IPv4 options or the chain of IPv6 extension headers.
 *
 * Runs on the main side.
 *
 * @module
 */
import * as ipv4 from "../../stack/wire/ipv4.ts";
import * as ipv6 from "../../stack/wire/ipv6.ts";
import * as extensions from "../../stack/wire/ipv6_extensions.ts";

/**
 * Which part of a datagram a fragment is (RFC 791 §3.2, RFC 8200 §4.5).
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type FragmentInfo, parsePacket } from "@uis/uis";
 *
 * const first = Uint8Array.fromHex("4500001c000720004011 0000 0a000002 0a000001 c000 0007 0010 0000".replaceAll(" ", ""));
 * const fragment: FragmentInfo | undefined = parsePacket(first)?.fragment;
 * assertEquals(fragment, { id: 7, offset: 0, more: true });
 * ```
 */
export interface FragmentInfo {
  /** The datagram that it belongs to: 16 bits of IPv4, 32 of IPv6. */
  readonly id: number;
  /** Where its payload starts in that of the datagram, in bytes. */
  readonly offset: number;
  /** Whether others follow it. */
  readonly more: boolean;
}

/** What a header says of the payload. Offsets count from the start of the packet. */
export interface Layout {
  /** What the payload is: the last next header that could be reached. */
  readonly protocol: number;
  /** Where the field is that names it. */
  readonly nextHeaderAt: number;
  readonly payload: number;
  /** Where the packet ends, or where its bytes do. */
  readonly end: number;
  readonly fragment: FragmentInfo | undefined;
  /** The IPv6 extension headers before the payload. */
  readonly chain: readonly ExtensionHeader[];
}

/** One IPv6 extension header, by its number, and where it starts. */
export interface ExtensionHeader {
  readonly kind: number;
  readonly offset: number;
}

/** Most extension headers that are read: a packet with more is shown as far as that. */
const MAX_EXTENSIONS = 16;
const NO_CHAIN: readonly ExtensionHeader[] = [];

/** Reads a header of which the fixed part is all there, and for IPv4 the options. */
export function layoutOf(version: 4 | 6, view: DataView): Layout {
  return version === 4 ? layoutIPv4(view) : layoutIPv6(view);
}

function layoutIPv4(view: DataView): Layout {
  const word = ipv4.flagsAndOffset(view, 0);
  const offset = (word & ipv4.FRAGMENT_OFFSET_MASK) * ipv4.FRAGMENT_UNIT;
  const more = (word & ipv4.FLAG_MORE_FRAGMENTS) !== 0;
  return {
    protocol: ipv4.protocol(view, 0),
    nextHeaderAt: ipv4.PROTOCOL_AT,
    payload: ipv4.headerLength(view, 0),
    end: Math.min(ipv4.totalLength(view, 0), view.byteLength),
    fragment: offset > 0 || more ? { id: ipv4.identification(view, 0), offset, more } : undefined,
    chain: NO_CHAIN,
  };
}

/** Goes along the chain until the payload or the end of what is there. */
function layoutIPv6(view: DataView): Layout {
  const end = Math.min(ipv6.HEADER_LENGTH + ipv6.payloadLength(view, 0), view.byteLength);
  let protocol = ipv6.nextHeader(view, 0);
  let nextHeaderAt = ipv6.NEXT_HEADER_AT;
  let payload = ipv6.HEADER_LENGTH;
  let fragment: FragmentInfo | undefined;
  let chain = NO_CHAIN;
  while (extensions.isExtension(protocol) && chain.length < MAX_EXTENSIONS) {
    const length = extensions.lengthOf(protocol, view, payload, end - payload);
    // What a later fragment starts with is no header, whatever its number says.
    if (length === 0 || (fragment !== undefined && fragment.offset > 0)) break;
    if (protocol === extensions.FRAGMENT) fragment = fragmentAt(view, payload);
    chain = [...chain, { kind: protocol, offset: payload }];
    nextHeaderAt = payload;
    protocol = extensions.nextHeader(view, payload);
    payload += length;
  }
  return { protocol, nextHeaderAt, payload, end, fragment, chain };
}

function fragmentAt(view: DataView, offset: number): FragmentInfo {
  return {
    id: extensions.identification(view, offset),
    offset: extensions.fragmentOffset(view, offset),
    more: extensions.moreFragments(view, offset),
  };
}
