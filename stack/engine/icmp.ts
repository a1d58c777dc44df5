/**
 * ICMP for both families: answers echo requests, reports what cannot be delivered, and reads the reports of others
 * (RFC 792, RFC 4443, RFC 1122 §3.2.2).
 *
 * @module
 */
import * as icmpv4 from "../wire/icmpv4.ts";
import * as icmpv6 from "../wire/icmpv6.ts";
import { PROTOCOL_ICMPV4, PROTOCOL_ICMPV6, version } from "../wire/ip.ts";
import * as ipv4 from "../wire/ipv4.ts";
import * as ipv6 from "../wire/ipv6.ts";
import { isMulticastOrBroadcast } from "./address.ts";
import type { Counters } from "./counters.ts";
import type { FailureReason } from "./events.ts";
import type { IPOutput } from "./ip_output.ts";
import { Packet } from "./packet.ts";
import { RateLimit } from "./rate_limit.ts";

/** An error message about a packet of this host. */
export interface ICMPError {
  /** Undefined when the packet was only too large. */
  reason: FailureReason | undefined;
  /** How large it might have been, in bytes; 0 when the router does not say (RFC 1191 §5). */
  mtu: number;
  /** The start of the packet that caused it: IP header, then at least 8 bytes. */
  packet: Packet;
}

/** Most bytes of a packet that carries an error: 576 (RFC 1812 §4.3.2.3) and 1280 (RFC 4443 §2.4). */
const LARGEST_ERROR_IPV4 = 576;
const LARGEST_ERROR_IPV6 = 1280;
/** Bytes of the quoted packet's payload that a report must have: the ports and a sequence number. */
const LEAST_QUOTE = 8;

/** One host's ICMP. */
export class ICMP {
  readonly #output: IPOutput;
  readonly #counters: Counters;
  readonly #rate: RateLimit;
  readonly #quoted: Packet;

  /** Sends at most `rate` errors in a second. */
  constructor(output: IPOutput, counters: Counters, rate: number) {
    this.#output = output;
    this.#counters = counters;
    this.#rate = new RateLimit(rate);
    this.#quoted = new Packet();
  }

  /** Takes a message; returns the error that it reports about a packet of this host, good until the next call. */
  receive(packet: Packet): ICMPError | undefined {
    return packet.isIPv4 ? this.#receiveIPv4(packet) : this.#receiveIPv6(packet);
  }

  /** Reports that nobody listens on the port that a packet was sent to. */
  sendPortUnreachable(now: number, packet: Packet): void {
    if (packet.isIPv4) {
      this.#sendError(now, packet, icmpv4.DESTINATION_UNREACHABLE, icmpv4.CODE_PORT, 0);
    } else {
      this.#sendError(now, packet, icmpv6.DESTINATION_UNREACHABLE, icmpv6.CODE_PORT, 0);
    }
  }

  /** Reports that the payload's protocol is not spoken here. */
  sendProtocolUnreachable(now: number, packet: Packet): void {
    if (packet.isIPv4) {
      this.#sendError(now, packet, icmpv4.DESTINATION_UNREACHABLE, icmpv4.CODE_PROTOCOL, 0);
    } else {
      this.sendParameterProblem(now, packet, icmpv6.CODE_NEXT_HEADER, packet.nextHeaderAt - packet.start);
    }
  }

  /** Reports a header that cannot be accepted; `pointer` is the offset of the field in the packet (RFC 792, RFC 4443 §3.4). */
  sendParameterProblem(now: number, packet: Packet, code: number, pointer: number): void {
    if (packet.isIPv4) this.#sendError(now, packet, icmpv4.PARAMETER_PROBLEM, code, pointer * 0x100_0000);
    else this.#sendError(now, packet, icmpv6.PARAMETER_PROBLEM, code, pointer);
  }

  /** Reports that the sender's route leads on from here (RFC 1122 §3.3.5). */
  sendSourceRouteFailed(now: number, packet: Packet): void {
    this.#sendError(now, packet, icmpv4.DESTINATION_UNREACHABLE, icmpv4.CODE_SOURCE_ROUTE_FAILED, 0);
  }

  /** Reports that the rest of a datagram did not come; `packet` is its first fragment (RFC 792, RFC 4443 §3.3). */
  sendReassemblyTimeout(now: number, packet: Packet): void {
    if (packet.isIPv4) this.#sendError(now, packet, icmpv4.TIME_EXCEEDED, icmpv4.CODE_REASSEMBLY, 0);
    else this.#sendError(now, packet, icmpv6.TIME_EXCEEDED, icmpv6.CODE_REASSEMBLY, 0);
  }

  #receiveIPv4(packet: Packet): ICMPError | undefined {
    const { view, payload, payloadLength } = packet;
    if (!icmpv4.valid(view, payload, payloadLength)) return this.#drop();
    const type = icmpv4.type(view, payload);
    if (type === icmpv4.ECHO_REQUEST) {
      this.#echo(packet, icmpv4.ECHO_REPLY);
    } else if (type === icmpv4.DESTINATION_UNREACHABLE) {
      const code = icmpv4.code(view, payload);
      if (code !== icmpv4.CODE_FRAGMENTATION_NEEDED) return this.#readQuote(packet, reasonIPv4(code), 0);
      return this.#readQuote(packet, undefined, icmpv4.rest(view, payload) & 0xffff);
    }
    return undefined;
  }

  #receiveIPv6(packet: Packet): ICMPError | undefined {
    const { view, payload, payloadLength } = packet;
    if (!icmpv6.valid(view, payload, payloadLength, packet.pseudoHeaderSum(payloadLength))) return this.#drop();
    const type = icmpv6.type(view, payload);
    if (type === icmpv6.ECHO_REQUEST) {
      this.#echo(packet, icmpv6.ECHO_REPLY);
    } else if (type === icmpv6.DESTINATION_UNREACHABLE) {
      return this.#readQuote(packet, reasonIPv6(icmpv6.code(view, payload)), 0);
    } else if (type === icmpv6.PACKET_TOO_BIG) {
      return this.#readQuote(packet, undefined, icmpv6.rest(view, payload));
    }
    return undefined;
  }

  #drop(): undefined {
    this.#counters.drop("checksum");
    return undefined;
  }

  #echo(packet: Packet, type: number): void {
    const { view, payload, payloadLength } = packet;
    const rest = icmpv4.rest(view, payload);
    this.#send(packet, type, 0, rest, payload + icmpv4.HEADER_LENGTH, payloadLength - icmpv4.HEADER_LENGTH);
  }

  #sendError(now: number, packet: Packet, type: number, code: number, rest: number): void {
    if (!this.#mayReport(packet)) return;
    if (!this.#rate.take(now)) {
      this.#counters.drop("rateLimited");
      return;
    }
    const largest = Math.min(packet.isIPv4 ? LARGEST_ERROR_IPV4 : LARGEST_ERROR_IPV6, this.#output.mtu);
    const headers = (packet.isIPv4 ? ipv4.HEADER_LENGTH : ipv6.HEADER_LENGTH) + icmpv4.HEADER_LENGTH;
    this.#send(packet, type, code, rest, packet.start, Math.min(packet.end - packet.start, largest - headers));
  }

  /** Whether an error may be sent about a packet (RFC 1122 §3.2.2, RFC 4443 §2.4 e). */
  #mayReport(packet: Packet): boolean {
    if (isMulticastOrBroadcast(packet.d0, packet.d1, packet.d2, packet.d3)) return false;
    if (!packet.isIPv4) return !this.#isAboutError(packet);
    const offset = ipv4.flagsAndOffset(packet.view, packet.start) & ipv4.FRAGMENT_OFFSET_MASK;
    return offset === 0 && isOneHost(packet.s3) && !this.#isAboutError(packet);
  }

  /** Whether a packet carries an ICMP error itself, as far as can be seen. */
  #isAboutError({ view, start, end, isIPv4 }: Packet): boolean {
    const packet = this.#quoted;
    if (isIPv4) packet.readIPv4(view, start);
    else packet.readIPv6(view, start);
    packet.end = end;
    if (!packet.skipExtensions()) return false;
    if (packet.protocol !== (isIPv4 ? PROTOCOL_ICMPV4 : PROTOCOL_ICMPV6)) return false;
    if (packet.payloadLength === 0) return true;
    const type = icmpv4.type(view, packet.payload);
    return isIPv4 ? icmpv4.isError(type) : icmpv6.isError(type) || type === icmpv6.REDIRECT;
  }

  /** Sends a message back to where `packet` came from, whose body is a part of that packet. */
  #send(packet: Packet, type: number, code: number, rest: number, body: number, bodyLength: number): void {
    const output = this.#output;
    const length = icmpv4.HEADER_LENGTH + bodyLength;
    const source = packet.destination();
    const destination = packet.source();
    if (!output.openDatagram(source, destination, length)) {
      this.#counters.drop("queueFull");
      return;
    }
    const quoted = new Uint8Array(packet.view.buffer, packet.view.byteOffset + body, bodyLength);
    output.bytes.set(quoted, output.offset + icmpv4.HEADER_LENGTH);
    if (packet.isIPv4) {
      icmpv4.write(output.view, output.offset, type, code, rest, length);
      output.close(PROTOCOL_ICMPV4, length);
    } else {
      const pseudoHeader = source.sum + destination.sum + PROTOCOL_ICMPV6 + length;
      icmpv6.write(output.view, output.offset, type, code, rest, length, pseudoHeader);
      output.close(PROTOCOL_ICMPV6, length);
    }
  }

  #readQuote(packet: Packet, reason: FailureReason | undefined, mtu: number): ICMPError | undefined {
    const quoted = this.#quoted;
    const start = packet.payload + icmpv4.HEADER_LENGTH;
    const length = packet.end - start;
    if (
      !readTruncated(quoted, packet.view, start, length, packet.isIPv4) ||
      !packet.isTo(quoted.s0, quoted.s1, quoted.s2, quoted.s3)
    ) {
      this.#counters.drop("malformed");
      return undefined;
    }
    return { reason, mtu, packet: quoted };
  }
}

function readTruncated(into: Packet, view: DataView, start: number, length: number, isIPv4: boolean): boolean {
  if (length < (isIPv4 ? ipv4.HEADER_LENGTH : ipv6.HEADER_LENGTH)) return false;
  if (version(view, start) !== (isIPv4 ? 4 : 6)) return false;
  if (isIPv4) into.readIPv4(view, start);
  else into.readIPv6(view, start);
  into.end = start + length;
  if (into.payload - start < (isIPv4 ? ipv4.HEADER_LENGTH : ipv6.HEADER_LENGTH)) return false;
  if (isIPv4 && (ipv4.flagsAndOffset(view, start) & ipv4.FRAGMENT_OFFSET_MASK) !== 0) return false;
  return into.skipExtensions() && into.payload + LEAST_QUOTE <= into.end;
}

/** Neither 0.0.0.0/8 nor 240.0.0.0/4 (RFC 1122 §3.2.2). */
function isOneHost(address: number): boolean {
  return address >>> 24 !== 0 && address >>> 28 !== 15;
}

/** RFC 1122 §3.2.2.1. */
function reasonIPv4(code: number): FailureReason {
  if (code === icmpv4.CODE_PORT || code === icmpv4.CODE_PROTOCOL) return "refused";
  const network = code === icmpv4.CODE_NETWORK || code === icmpv4.CODE_NETWORK_UNKNOWN;
  return network ? "network-unreachable" : "host-unreachable";
}

function reasonIPv6(code: number): FailureReason {
  if (code === icmpv6.CODE_PORT) return "refused";
  return code === icmpv6.CODE_NO_ROUTE ? "network-unreachable" : "host-unreachable";
}
