/**
 * The chain of IPv6 extension headers, read in order as far as a fragment header or the payload (RFC 8200 §4).
 *
 * @module
 */
import { CODE_HEADER_FIELD, CODE_OPTION } from "../wire/icmpv6.ts";
import { HEADER_LENGTH } from "../wire/ipv6.ts";
import * as extensions from "../wire/ipv6_extensions.ts";
import type { Counters } from "./counters.ts";
import type { ICMP } from "./icmp.ts";
import type { Packet } from "./packet.ts";

/** Most extension headers of a packet, and most options of one that are no padding (RFC 8504 §5.3). */
const MAX_HEADERS = 8;
const MAX_OPTIONS = 8;

/** Reads extension headers for one host, and answers those that it must refuse. */
export class IPv6Chain {
  readonly #counters: Counters;
  readonly #icmp: ICMP;

  constructor(counters: Counters, icmp: ICMP) {
    this.#counters = counters;
    this.#icmp = icmp;
  }

  /** Moves the packet's payload past the headers, but not past a fragment header; false when it was dropped. */
  read(now: number, packet: Packet): boolean {
    for (let headers = 0; extensions.isExtension(packet.protocol); headers++) {
      if (packet.protocol === extensions.HOP_BY_HOP_OPTIONS && packet.payload !== packet.start + HEADER_LENGTH) {
        return this.#refuseMisplaced(now, packet);
      }
      const length = packet.extensionLength;
      if (length === 0) return this.#drop("malformed");
      if (headers === MAX_HEADERS) return this.#drop("extensionHeader");
      if (packet.protocol === extensions.FRAGMENT) return this.#passesFragment(now, packet);
      const passes = packet.protocol === extensions.ROUTING
        ? this.#passesRouting(now, packet)
        : this.#passesOptions(now, packet, packet.payload + length);
      if (!passes) return false;
      packet.skipExtension(length);
    }
    return true;
  }

  /** What comes first in a fragment would come first in the packet, were the fragment header gone. */
  #passesFragment(now: number, packet: Packet): boolean {
    const { view, payload } = packet;
    if (extensions.nextHeader(view, payload) !== extensions.HOP_BY_HOP_OPTIONS) return true;
    if (extensions.fragmentOffset(view, payload) !== 0) return true;
    packet.skipExtension(extensions.FRAGMENT_HEADER_LENGTH);
    return this.#refuseMisplaced(now, packet);
  }

  /** Hop-by-hop options may only come first: elsewhere the value names no header (RFC 8200 §4.3). */
  #refuseMisplaced(now: number, packet: Packet): false {
    this.#icmp.sendProtocolUnreachable(now, packet);
    return this.#drop("extensionHeader");
  }

  /** No routing type is understood, type 0 least of all; one that has done its work is ignored (RFC 8200 §4.4, RFC 5095). */
  #passesRouting(now: number, packet: Packet): boolean {
    if (extensions.segmentsLeft(packet.view, packet.payload) === 0) return true;
    const pointer = packet.payload + extensions.ROUTING_TYPE_AT - packet.start;
    this.#icmp.sendParameterProblem(now, packet, CODE_HEADER_FIELD, pointer);
    return this.#drop("sourceRoute");
  }

  /** No option is understood but padding; the others say themselves what becomes of the packet (RFC 8200 §4.2). */
  #passesOptions(now: number, packet: Packet, end: number): boolean {
    const { view } = packet;
    let options = 0;
    let at = packet.payload + 2;
    while (at < end) {
      const type = view.getUint8(at);
      if (type === extensions.PAD1) {
        at++;
        continue;
      }
      const next = at + 1 < end ? at + 2 + view.getUint8(at + 1) : Infinity;
      if (next > end) return this.#drop("malformed");
      if (type !== extensions.PADN) {
        if (++options > MAX_OPTIONS) return this.#drop("extensionHeader");
        if (!this.#passesOption(now, packet, type, at)) return false;
      }
      at = next;
    }
    return true;
  }

  #passesOption(now: number, packet: Packet, type: number, at: number): boolean {
    const action = type >>> 6;
    if (action === extensions.ACTION_SKIP) return true;
    // The other two differ for multicast packets only, and those do not come this far.
    if (action !== extensions.ACTION_DISCARD) {
      this.#icmp.sendParameterProblem(now, packet, CODE_OPTION, at - packet.start);
    }
    return this.#drop("extensionHeader");
  }

  #drop(reason: "malformed" | "extensionHeader" | "sourceRoute"): false {
    this.#counters.drop(reason);
    return false;
  }
}
