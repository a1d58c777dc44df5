/**
 * The way in: checks IP headers and hands the payload to its protocol (RFC 1122 §3.2, RFC 8200 §4).
 *
 * @module
 */
import * as ip from "../wire/ip.ts";
import * as ipv4 from "../wire/ipv4.ts";
import { findBadOption, hasUnfinishedRoute } from "../wire/ipv4_options.ts";
import * as ipv6 from "../wire/ipv6.ts";
import * as extensions from "../wire/ipv6_extensions.ts";
import { isMulticastOrBroadcast, isThisNetwork } from "./address.ts";
import type { Counters, DropReason } from "./counters.ts";
import { Fragments } from "./fragments.ts";
import type { ICMP } from "./icmp.ts";
import { IPv6Chain } from "./ipv6_chain.ts";
import type { LocalAddresses } from "./local_addresses.ts";
import { Packet } from "./packet.ts";

/** Reads packets for one host. */
export class IPInput {
  /** What waits for the rest of its datagram. */
  readonly fragments: Fragments;
  readonly #local: LocalAddresses;
  readonly #counters: Counters;
  readonly #icmp: ICMP;
  readonly #chain: IPv6Chain;
  readonly #packet: Packet;

  /** Keeps up to `reassembly` bytes of fragments. */
  constructor(local: LocalAddresses, counters: Counters, icmp: ICMP, reassembly: number) {
    this.fragments = new Fragments(reassembly, counters, icmp);
    this.#local = local;
    this.#counters = counters;
    this.#icmp = icmp;
    this.#chain = new IPv6Chain(counters, icmp);
    this.#packet = new Packet();
  }

  /**
   * The packet, when it is intact, whole and meant for this host; otherwise it has been counted, or waits for its other
   * fragments. Good until the next call.
   */
  read(now: number, view: DataView, offset: number, length: number, fromWire: boolean): Packet | undefined {
    this.#counters.received++;
    const packet = this.#packet;
    const version = length > 0 ? ip.version(view, offset) : 0;
    if (version === 4 && ipv4.valid(view, offset, length)) {
      packet.readIPv4(view, offset);
      return this.#admits(packet, fromWire) ? this.#readIPv4(now, packet) : undefined;
    }
    if (version === 6 && ipv6.valid(view, offset, length)) {
      packet.readIPv6(view, offset);
      if (!this.#admits(packet, fromWire)) return undefined;
      return extensions.isExtension(packet.protocol) ? this.#readExtensions(now, packet) : packet;
    }
    return this.#drop("malformed");
  }

  #readIPv4(now: number, packet: Packet): Packet | undefined {
    const { view, start } = packet;
    if (packet.payload - start > ipv4.HEADER_LENGTH && !this.#passesOptions(now, packet)) return undefined;
    const fragment = ipv4.flagsAndOffset(view, start) & (ipv4.FLAG_MORE_FRAGMENTS | ipv4.FRAGMENT_OFFSET_MASK);
    if (fragment === 0) return packet;
    const whole = this.fragments.addIPv4(now, packet);
    if (!whole) return undefined;
    packet.readIPv4(whole, 0);
    return packet;
  }

  /** Options are skipped, but broken ones, and a route that leads on to others, are reported (RFC 1122 §3.2.2, §3.3.5). */
  #passesOptions(now: number, packet: Packet): boolean {
    const { view, start } = packet;
    const headerLength = packet.payload - start;
    const bad = findBadOption(view, start, headerLength);
    if (bad !== 0) {
      this.#icmp.sendParameterProblem(now, packet, 0, bad);
      return this.#refuses("malformed");
    }
    if (!hasUnfinishedRoute(view, start, headerLength)) return true;
    this.#icmp.sendSourceRouteFailed(now, packet);
    return this.#refuses("sourceRoute");
  }

  /** Extension headers (RFC 8200 §4); one fragment header may be among them. */
  #readExtensions(now: number, packet: Packet): Packet | undefined {
    if (!this.#chain.read(now, packet)) return undefined;
    if (packet.protocol !== extensions.FRAGMENT) return packet;
    const { view, payload } = packet;
    if (extensions.fragmentOffset(view, payload) === 0 && !extensions.moreFragments(view, payload)) {
      // An atomic fragment is whole, whatever other fragments say (RFC 6946 §4).
      packet.skipExtension(extensions.FRAGMENT_HEADER_LENGTH);
    } else {
      const whole = this.fragments.addIPv6(now, packet);
      if (!whole) return undefined;
      packet.readIPv6(whole, 0);
    }
    if (!this.#chain.read(now, packet)) return undefined;
    return packet.protocol === extensions.FRAGMENT ? this.#drop("malformed") : packet;
  }

  #admits(packet: Packet, fromWire: boolean): boolean {
    if (fromWire) {
      if (!this.#local.has(packet.d0, packet.d1, packet.d2, packet.d3)) return this.#refuses("notForUs");
      if (packet.isFromLoopback || packet.isDisguisedIPv4 || this.#isOwn(packet)) return this.#refuses("martian");
    }
    const isNobody = isThisNetwork(packet.s0, packet.s1, packet.s2, packet.s3) ||
      isMulticastOrBroadcast(packet.s0, packet.s1, packet.s2, packet.s3);
    return isNobody ? this.#refuses("martian") : true;
  }

  /** Nobody else may send from an address of this host. */
  #isOwn(packet: Packet): boolean {
    return this.#local.has(packet.s0, packet.s1, packet.s2, packet.s3);
  }

  #refuses(reason: DropReason): false {
    this.#counters.drop(reason);
    return false;
  }

  #drop(reason: DropReason): undefined {
    this.#counters.drop(reason);
    return undefined;
  }
}
