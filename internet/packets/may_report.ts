/**
 * Whether an ICMP error may be sent about a packet (RFC 1122 §3.2.2, RFC 4443 §2.4 e).
 *
 * Runs on the main side.
 *
 * @module
 */
import { REDIRECT } from "../../stack/wire/icmpv6.ts";
import { PROTOCOL_ICMPV4, PROTOCOL_ICMPV6 } from "../../stack/wire/ip.ts";
import * as ipv4 from "../../stack/wire/ipv4.ts";
import * as ipv6 from "../../stack/wire/ipv6.ts";
import type { Packet } from "./packet.ts";

const LOOPBACK_NETWORK = 127;
const FIRST_MULTICAST_NETWORK = 224;
/** Of IPv6, the first byte of a multicast address. */
const MULTICAST = 0xff;

/** Whether an error may be sent: IPv6 allows one about a later fragment too, but the first has had its own. */
export function mayReport(packet: Packet): boolean {
  if (packet.fragment !== undefined && packet.fragment.offset > 0) return false;
  return isBetweenHosts(packet) && !isAboutError(packet);
}

/** Whether each end is one host, and the source not one that only means itself. */
function isBetweenHosts({ version, view }: Packet): boolean {
  if (version === 4) {
    return isHostIPv4(ipv4.source(view, 0) >>> 24) && isHostIPv4(ipv4.destination(view, 0) >>> 24);
  }
  return isHostIPv6((word) => ipv6.source(view, 0, word)) && isHostIPv6((word) => ipv6.destination(view, 0, word));
}

/** Neither 0.0.0.0/8, 127.0.0.0/8, 224.0.0.0/4 nor 240.0.0.0/4. */
function isHostIPv4(network: number): boolean {
  return network > 0 && network < FIRST_MULTICAST_NETWORK && network !== LOOPBACK_NETWORK;
}

/** Neither ::, ::1 nor ff00::/8. */
function isHostIPv6(word: (index: number) => number): boolean {
  const isReserved = word(0) === 0 && word(1) === 0 && word(2) === 0 && word(3) >>> 1 === 0;
  return !isReserved && word(0) >>> 24 !== MULTICAST;
}

/** Whether a packet carries an ICMP error itself, or might: its header is cut off. */
function isAboutError({ version, protocol, icmp }: Packet): boolean {
  if (protocol !== (version === 4 ? PROTOCOL_ICMPV4 : PROTOCOL_ICMPV6)) return false;
  return icmp === undefined || icmp.isError || (version === 6 && icmp.type === REDIRECT);
}
