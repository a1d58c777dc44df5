/**
 * Whether the checksums of a packet are right.
 *
 * Runs on the main side.
 *
 * @module
 */
import { intact } from "../../stack/wire/checksum.ts";
import * as icmpv4 from "../../stack/wire/icmpv4.ts";
import * as icmpv6 from "../../stack/wire/icmpv6.ts";
import { PROTOCOL_ICMPV4, PROTOCOL_ICMPV6, PROTOCOL_TCP, PROTOCOL_UDP } from "../../stack/wire/ip.ts";
import * as ipv4 from "../../stack/wire/ipv4.ts";
import { findBadOption, hasUnfinishedRoute } from "../../stack/wire/ipv4_options.ts";
import * as ipv6 from "../../stack/wire/ipv6.ts";
import * as extensions from "../../stack/wire/ipv6_extensions.ts";
import * as tcp from "../../stack/wire/tcp.ts";
import * as udp from "../../stack/wire/udp.ts";
import type { Layout } from "./layout.ts";

/** Checks the header's, and the payload's when all of that is in this packet, at the end of its route. */
export function hasValidChecksums(view: DataView, version: 4 | 6, layout: Layout, isTruncated: boolean): boolean {
  if (version === 4 && !intact(view, 0, ipv4.headerLength(view, 0))) return false;
  const { fragment } = layout;
  const isPart = fragment !== undefined && (fragment.offset > 0 || fragment.more);
  return isTruncated || isPart || leadsOn(view, version, layout) || hasValidPayload(view, version, layout);
}

/** Whether the sender's route leads on: checksums are over its end then (RFC 1122 §4.2.3.8, RFC 8200 §8.1). */
function leadsOn(view: DataView, version: 4 | 6, { chain }: Layout): boolean {
  if (version === 6) {
    return chain.some(({ kind, offset }) => kind === extensions.ROUTING && extensions.segmentsLeft(view, offset) > 0);
  }
  const header = ipv4.headerLength(view, 0);
  return findBadOption(view, 0, header) === 0 && hasUnfinishedRoute(view, 0, header);
}

function hasValidPayload(view: DataView, version: 4 | 6, { protocol, payload, end }: Layout): boolean {
  const length = end - payload;
  switch (protocol) {
    case PROTOCOL_TCP:
      return tcp.valid(view, payload, length) &&
        intact(view, payload, length, pseudoHeaderSum(view, version, protocol, length));
    case PROTOCOL_UDP:
      return udp.valid(view, payload, length) && hasValidDatagram(view, version, payload);
    case PROTOCOL_ICMPV4:
      return version === 6 || icmpv4.valid(view, payload, length);
    case PROTOCOL_ICMPV6:
      return version === 4 || icmpv6.valid(view, payload, length, pseudoHeaderSum(view, version, protocol, length));
    default:
      return true;
  }
}

function hasValidDatagram(view: DataView, version: 4 | 6, payload: number): boolean {
  if (udp.checksum(view, payload) === 0) return version === 4;
  const length = udp.datagramLength(view, payload);
  return intact(view, payload, length, pseudoHeaderSum(view, version, PROTOCOL_UDP, length));
}

/** RFC 9293 §3.1, RFC 8200 §8.1. */
function pseudoHeaderSum(view: DataView, version: 4 | 6, protocol: number, length: number): number {
  return (version === 4 ? ipv4.addressSum(view, 0) : ipv6.addressSum(view, 0)) + protocol + length;
}
