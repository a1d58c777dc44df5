/**
 * The way in: checks IP headers and hands the payload to its protocol (RFC 1122 §3.2, RFC 8200 §4).
 *
 * @module
 */
import * as ip from "../wire/ip.ts";
import * as ipv4 from "../wire/ipv4.ts";
import * as ipv6 from "../wire/ipv6.ts";
import { isMulticastOrBroadcast, isUnspecified } from "./address.ts";
import type { Counters } from "./counters.ts";
import type { LocalAddresses } from "./local_addresses.ts";
import { Packet } from "./packet.ts";

/** Reads packets for one host. */
export class IPInput {
  readonly #local: LocalAddresses;
  readonly #counters: Counters;
  readonly #packet: Packet;

  constructor(local: LocalAddresses, counters: Counters) {
    this.#local = local;
    this.#counters = counters;
    this.#packet = new Packet();
  }

  /** The packet, when it is intact and meant for this host; otherwise it has been counted. Good until the next call. */
  read(view: DataView, offset: number, length: number, fromWire: boolean): Packet | undefined {
    this.#counters.received++;
    const packet = this.#packet;
    const version = length > 0 ? ip.version(view, offset) : 0;
    if (version === 4 && ipv4.valid(view, offset, length)) {
      packet.readIPv4(view, offset);
      const fragment = ipv4.flagsAndOffset(view, offset) & (ipv4.FLAG_MORE_FRAGMENTS | ipv4.FRAGMENT_OFFSET_MASK);
      if (fragment !== 0) return this.#drop("fragment");
    } else if (version === 6 && ipv6.valid(view, offset, length)) {
      packet.readIPv6(view, offset);
    } else {
      return this.#drop("malformed");
    }
    return this.#admit(packet, fromWire);
  }

  #admit(packet: Packet, fromWire: boolean): Packet | undefined {
    if (fromWire) {
      if (!this.#local.has(packet.d0, packet.d1, packet.d2, packet.d3)) return this.#drop("notForUs");
      if (packet.isFromLoopback || packet.isDisguisedIPv4 || this.#isOwn(packet)) return this.#drop("martian");
    }
    if (
      isUnspecified(packet.s0, packet.s1, packet.s2, packet.s3) ||
      isMulticastOrBroadcast(packet.s0, packet.s1, packet.s2, packet.s3)
    ) return this.#drop("martian");
    return packet;
  }

  /** Nobody else may send from an address of this host. */
  #isOwn(packet: Packet): boolean {
    return this.#local.has(packet.s0, packet.s1, packet.s2, packet.s3);
  }

  #drop(reason: "malformed" | "fragment" | "notForUs" | "martian"): undefined {
    this.#counters.drop(reason);
    return undefined;
  }
}
