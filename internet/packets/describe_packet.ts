/**
 * A packet in one line, in tcpdump's style.
 *
 * Runs on the main side.
 *
 * @module
 */
import { NO_NEXT_HEADER, PROTOCOL_ICMPV4, PROTOCOL_ICMPV6, PROTOCOL_TCP, PROTOCOL_UDP } from "../../stack/wire/ip.ts";
import * as ipv4 from "../../stack/wire/ipv4.ts";
import * as extensions from "../../stack/wire/ipv6_extensions.ts";
import * as udp from "../../stack/wire/udp.ts";
import { describeICMPv4, describeICMPv6 } from "./describe_icmp.ts";
import { describeTCP } from "./describe_tcp.ts";
import { type ExtensionHeader, type Layout, layoutOf } from "./layout.ts";
import { type Packet, parsePacket } from "./packet.ts";

/**
 * One line that says what a raw packet is, as `tcpdump -nn -S` does: sequence numbers are absolute. What tcpdump does
 * not say follows in parentheses: an IPv4 fragment's place, what an ICMP error is about, a checksum that is wrong. Any
 * bytes give a line, and none throws.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { describePacket } from "@uis/uis";
 *
 * const syn = "4500002c00014000400626c90a0000020a000001c00000500000007b000000006002ffffc3580000020405b4";
 * assertEquals(
 *   describePacket(Uint8Array.fromHex(syn)),
 *   "IP 10.0.0.2.49152 > 10.0.0.1.80: Flags [S], seq 123, win 65535, options [mss 1460], length 0",
 * );
 * const unreachable = "4500003d00004000400126be0a0000010a0000020303111e00000000";
 * const datagram = "4500002100010000401166c90a0000020a000001c0000007000d07f848656c6c6f";
 * assertEquals(
 *   describePacket(Uint8Array.fromHex(unreachable + datagram)),
 *   "IP 10.0.0.1 > 10.0.0.2: ICMP 10.0.0.1 udp port 7 unreachable, length 41 " +
 *     "(about IP 10.0.0.2.49152 > 10.0.0.1.7: UDP, length 5)",
 * );
 * assertEquals(describePacket(new Uint8Array(9)), "unknown ip 0");
 * ```
 */
export function describePacket(bytes: Uint8Array): string {
  const packet = parsePacket(bytes);
  if (!packet) return describeGarbage(bytes);
  const quoted = packet.icmp?.quoted;
  return [
    describe(packet, describeMissing(packet)),
    ...quoted ? [`(about ${describe(quoted, "")})`] : [],
    ...packet.hasValidChecksums ? [] : ["(bad checksum)"],
  ].join(" ");
}

function describe(packet: Packet, missing: string): string {
  const layout = layoutOf(packet.version, packet.view);
  return [
    `${packet.version === 4 ? "IP" : "IP6"} ${missing}${describeEnds(packet, layout)}:`,
    ...layout.chain.map((header) => describeExtension(packet, header)),
    ...layout.chain.length > 0 && packet.sourcePort !== undefined
      ? [`${packet.sourcePort} > ${packet.destinationPort}:`]
      : [],
    ...describePayload(packet, layout),
    ...packet.version === 4 && layout.fragment ? [describeFragment(packet, layout)] : [],
  ].join(" ");
}

function describeMissing(packet: Packet): string {
  if (!packet.isTruncated) return "";
  return `truncated-ip${packet.version === 4 ? "" : "6"} - ${packet.length - packet.bytes.length} bytes missing! `;
}

/** The addresses, with ports if these follow at once. */
function describeEnds(packet: Packet, { chain }: Layout): string {
  const { source, destination, sourcePort, destinationPort } = packet;
  if (sourcePort === undefined || chain.length > 0) return `${source} > ${destination}`;
  return `${source}.${sourcePort} > ${destination}.${destinationPort}`;
}

function describeExtension({ view, length }: Packet, { kind, offset }: ExtensionHeader): string {
  switch (kind) {
    case extensions.HOP_BY_HOP_OPTIONS:
      return "HBH";
    case extensions.DESTINATION_OPTIONS:
      return "DSTOPT";
    case extensions.FRAGMENT: {
      const rest = length - offset - extensions.FRAGMENT_HEADER_LENGTH;
      return `frag (${extensions.fragmentOffset(view, offset)}|${rest})`;
    }
    default: {
      const units = extensions.headerLength(view, offset) / 8 - 1;
      const type = extensions.routingType(view, offset);
      return `RT6 (len=${units}, type=${type}, segleft=${extensions.segmentsLeft(view, offset)})`;
    }
  }
}

/** Nothing for a later fragment of IPv6, of which all has been said. */
function describePayload(packet: Packet, layout: Layout): string[] {
  const { protocol, fragment } = layout;
  // As the header says, not as much as is there.
  const length = packet.length - layout.payload;
  if (fragment && fragment.offset > 0) return packet.version === 4 ? [`ip-proto-${protocol}`] : [];
  if (protocol === PROTOCOL_TCP) return [describeTCP(packet, layout, length)];
  if (protocol === PROTOCOL_UDP) return [describeUDP(packet, layout, length)];
  if (protocol === PROTOCOL_ICMPV4 && packet.version === 4) return [describeICMPv4(packet.icmp, length)];
  if (protocol === PROTOCOL_ICMPV6 && packet.version === 6) return [describeICMPv6(packet.icmp, length)];
  if (protocol === NO_NEXT_HEADER) return ["no next header"];
  if (packet.version === 6 && CUT_OFF.has(protocol)) return [`[|${CUT_OFF.get(protocol)}]`];
  return [`ip-proto-${protocol} ${length}`];
}

const CUT_OFF: ReadonlyMap<number, string> = new Map([
  [extensions.HOP_BY_HOP_OPTIONS, "hbhopt"],
  [extensions.DESTINATION_OPTIONS, "dstopt"],
  [extensions.ROUTING, "srcrt"],
  [extensions.FRAGMENT, "frag6"],
]);

function describeUDP({ view, fragment }: Packet, { payload, end }: Layout, length: number): string {
  if (end - payload < udp.HEADER_LENGTH) return "[|udp]";
  const datagram = udp.datagramLength(view, payload);
  if (datagram < udp.HEADER_LENGTH) return `truncated-udplength ${datagram}`;
  if (datagram <= length || fragment) return `UDP, length ${datagram - udp.HEADER_LENGTH}`;
  return `UDP, bad length ${datagram - udp.HEADER_LENGTH} > ${length - udp.HEADER_LENGTH}`;
}

/** Identification, length, place, and a plus if more follow. */
function describeFragment(packet: Packet, { fragment, payload }: Layout): string {
  if (!fragment) return "";
  return `(frag ${fragment.id}:${packet.length - payload}@${fragment.offset}${fragment.more ? "+" : ""})`;
}

/** Of bytes that are no packet. */
function describeGarbage(bytes: Uint8Array): string {
  if (bytes.length === 0) return "[|ip]";
  const version = bytes[0] >> 4;
  if (version === 6) return "IP6 [|ip6]";
  if (version !== 4) return `unknown ip ${version}`;
  const header = (bytes[0] & 0x0f) * 4;
  if (header < ipv4.HEADER_LENGTH) return `IP bad-hlen ${header}`;
  return header > bytes.length ? "IP [|ip]" : `IP bad-len ${bytes[2] * 0x100 + bytes[3]}`;
}
