/**
 * What others report about packets of this host: ICMP errors, read (RFC 792, RFC 4443, RFC 1122 §3.2.2).
 *
 * Worker side, except for the types.
 *
 * @module
 */
import type { ICMPErrorKind } from "../wire/icmp_kind.ts";
import * as icmpv4 from "../wire/icmpv4.ts";
import * as icmpv6 from "../wire/icmpv6.ts";
import { version } from "../wire/ip.ts";
import * as ipv4 from "../wire/ipv4.ts";
import * as ipv6 from "../wire/ipv6.ts";
import type { FailureReason } from "./events.ts";
import type { Packet } from "./packet.ts";

/**
 * An ICMP error that a host has received. Nobody but the sender vouches for what it says and quotes.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type ICMPReport, Internet } from "@uis/uis";
 *
 * await using internet = new Internet();
 * void internet.route();
 * await internet.newStack(1500, "10.0.0.1");
 * const client = await internet.newStack(1500, "10.0.0.2");
 * const reported = Promise.withResolvers<ICMPReport>();
 * client.onIcmp = reported.resolve;
 * using conn = await client.dialUDP("10.0.0.1:9");
 * await conn.write(new Uint8Array(10)); // nobody listens there
 * const { from, kind, packet } = await reported.promise;
 * assertEquals([from, kind, packet.length], ["10.0.0.1", "port-unreachable", 38]);
 * ```
 */
export interface ICMPReport {
  /** Who sent it, a router or the destination: canonical text (RFC 5952). */
  from: string;
  /** The number of its type; ICMP and ICMPv6 have different ones. */
  type: number;
  /** The number that says more about the type. */
  code: number;
  /** What type and code mean; "other" when there is no name for it here. */
  kind: ICMPErrorKind | "other";
  /** Of "packet-too-big": the bytes that the next link takes; 0 from a router that does not say (RFC 1191 §5). */
  mtu?: number;
  /** Of a parameter problem: the offset in the packet of what is wrong. */
  pointer?: number;
  /** What was quoted: the start of the packet that caused it, from the IP header on. */
  packet: Uint8Array<ArrayBuffer>;
}

/** An error about a packet of this host, while the message that tells of it is at hand. */
export interface ICMPError {
  /** The message, IP header included. */
  message: Packet;
  kind: ICMPErrorKind | "other";
  /** What it is to a socket; undefined when the packet was only too large. */
  reason: FailureReason | undefined;
  /** Whether it may pass by itself, like a loop of routes: to be remembered, not to be acted on (RFC 1122 §4.2.3.9, RFC 5461). */
  isSoft: boolean;
  /** How large the packet might have been, in bytes; 0 when the router does not say. */
  mtu: number;
  /** The start of the packet that caused it: IP header, then at least 8 bytes. */
  packet: Packet;
}

/** Bytes of the quoted packet's payload that are needed: ports and a sequence number, or those of an echo. */
const LEAST_QUOTE = 8;

/** What an error is to a socket, by its kind. Hard ones of Linux are hard here, and unreachable ones too. */
const REASONS: Readonly<Record<ICMPErrorKind, FailureReason | undefined>> = {
  "network-unreachable": "network-unreachable",
  "host-unreachable": "host-unreachable",
  "protocol-unreachable": "refused",
  "port-unreachable": "refused",
  "admin-prohibited": "host-unreachable",
  "packet-too-big": undefined,
  "time-exceeded": "host-unreachable",
  "reassembly-time-exceeded": "host-unreachable",
  "parameter-problem": "protocol-error",
};

/** Whether an intact message reports an error. */
export function reportsError({ view, payload, isIPv4 }: Packet): boolean {
  const type = icmpv4.type(view, payload);
  return isIPv4 ? icmpv4.isError(type) : icmpv6.isError(type);
}

/** What a message that reports an error says. */
export function readReport(message: Packet): ICMPReport {
  const { view, payload, end, isIPv4 } = message;
  const quote = view.byteOffset + payload + icmpv4.HEADER_LENGTH;
  const type = icmpv4.type(view, payload);
  const kind = kindOf(message);
  const report: ICMPReport = {
    from: String(message.source()),
    type,
    code: icmpv4.code(view, payload),
    kind,
    packet: new Uint8Array(view.buffer).slice(quote, view.byteOffset + end),
  };
  if (kind === "packet-too-big") report.mtu = nextMTU(message);
  if (type === (isIPv4 ? icmpv4.PARAMETER_PROBLEM : icmpv6.PARAMETER_PROBLEM)) {
    report.pointer = isIPv4 ? icmpv4.pointer(view, payload) : icmpv6.pointer(view, payload);
  }
  return report;
}

/**
 * The error that a message reports about a packet of this host, which is read into `quoted`; "other" when it is of a
 * kind that no socket acts on, undefined when it quotes too little or what this host cannot have sent.
 */
export function readError(message: Packet, quoted: Packet): ICMPError | "other" | undefined {
  if (!readQuote(message, quoted) || !message.isTo(quoted.s0, quoted.s1, quoted.s2, quoted.s3)) return undefined;
  const kind = kindOf(message);
  if (kind === "other" && !isUnreachable(message)) return "other";
  return {
    message,
    kind,
    reason: kind === "other" ? "host-unreachable" : REASONS[kind],
    isSoft: kind === "time-exceeded" || kind === "reassembly-time-exceeded",
    mtu: kind === "packet-too-big" ? nextMTU(message) : 0,
    packet: quoted,
  };
}

function kindOf({ view, payload, isIPv4 }: Packet): ICMPErrorKind | "other" {
  const type = icmpv4.type(view, payload);
  const code = icmpv4.code(view, payload);
  return isIPv4 ? icmpv4.kindOf(type, code) : icmpv6.kindOf(type, code);
}

/** A code that nobody knows still says that the packet did not arrive. */
function isUnreachable({ view, payload, isIPv4 }: Packet): boolean {
  const type = icmpv4.type(view, payload);
  return type === (isIPv4 ? icmpv4.DESTINATION_UNREACHABLE : icmpv6.DESTINATION_UNREACHABLE);
}

function nextMTU({ view, payload, isIPv4 }: Packet): number {
  return isIPv4 ? icmpv4.nextMTU(view, payload) : icmpv6.nextMTU(view, payload);
}

/** Reads a packet of which only the start is there; false when that is too little. */
function readQuote({ view, payload, end, isIPv4 }: Packet, into: Packet): boolean {
  const start = payload + icmpv4.HEADER_LENGTH;
  const length = end - start;
  if (length < (isIPv4 ? ipv4.HEADER_LENGTH : ipv6.HEADER_LENGTH)) return false;
  if (version(view, start) !== (isIPv4 ? 4 : 6)) return false;
  if (isIPv4) into.readIPv4(view, start);
  else into.readIPv6(view, start);
  into.end = end;
  if (into.payload - start < (isIPv4 ? ipv4.HEADER_LENGTH : ipv6.HEADER_LENGTH)) return false;
  if (isIPv4 && (ipv4.flagsAndOffset(view, start) & ipv4.FRAGMENT_OFFSET_MASK) !== 0) return false;
  return into.skipExtensions() && into.payload + LEAST_QUOTE <= into.end;
}
