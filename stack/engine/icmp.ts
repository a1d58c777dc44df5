/**
 * ICMP for both families: answers echo requests, reports what cannot be delivered, and reads the reports of others
 * (RFC 792, RFC 4443, RFC 1122 §3.2.2).
 *
 * @module
 */
import * as icmpv4 from "../wire/icmpv4.ts";
import * as icmpv6 from "../wire/icmpv6.ts";
import { DEFAULT_HOP_LIMIT, ECN_NOT_CAPABLE, PROTOCOL_ICMPV4, PROTOCOL_ICMPV6 } from "../wire/ip.ts";
import * as ipv4 from "../wire/ipv4.ts";
import * as ipv6 from "../wire/ipv6.ts";
import { type Address, isMulticastOrBroadcast } from "./address.ts";
import type { Counters, DropReason } from "./counters.ts";
import { Deque } from "./deque.ts";
import type { Pings } from "./icmp_echo.ts";
import { type ICMPError, type ICMPReport, readError, readReport, reportsError } from "./icmp_report.ts";
import type { IPOutput } from "./ip_output.ts";
import { Packet } from "./packet.ts";
import { RateLimit } from "./rate_limit.ts";

/** One host's ICMP. */
export class ICMP {
  /** Whether somebody wants to hear of every error, from {@link pollReport}. */
  isOverheard: boolean;
  readonly #output: IPOutput;
  readonly #counters: Counters;
  readonly #rate: RateLimit;
  readonly #quoted: Packet;
  readonly #reports: Deque<ICMPReport>;

  /** Sends at most `rate` errors in a second. */
  constructor(output: IPOutput, counters: Counters, rate: number) {
    this.isOverheard = false;
    this.#output = output;
    this.#counters = counters;
    this.#rate = new RateLimit(rate);
    this.#quoted = new Packet();
    this.#reports = new Deque();
  }

  /** The oldest error that was overheard and not polled. */
  pollReport(): ICMPReport | undefined {
    return this.#reports.shift();
  }

  /** Takes a message; returns the error that it reports about a packet of this host, good until the next call. */
  receive(now: number, packet: Packet, pings: Pings): ICMPError | undefined {
    const { view, payload, payloadLength, isIPv4 } = packet;
    if (payloadLength < icmpv4.HEADER_LENGTH) return this.#drop("malformed");
    const isIntact = isIPv4
      ? icmpv4.valid(view, payload, payloadLength)
      : icmpv6.valid(view, payload, payloadLength, packet.pseudoHeaderSum(payloadLength));
    if (!isIntact) return this.#drop("checksum");
    if (reportsError(packet)) return this.#receiveError(packet);
    const type = icmpv4.type(view, payload);
    if (type === (isIPv4 ? icmpv4.ECHO_REQUEST : icmpv6.ECHO_REQUEST)) this.#answerEcho(packet);
    else if (type === (isIPv4 ? icmpv4.ECHO_REPLY : icmpv6.ECHO_REPLY)) pings.receiveReply(now, packet);
    else this.#drop("unknownProtocol");
    return undefined;
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

  #receiveError(packet: Packet): ICMPError | undefined {
    if (this.isOverheard) this.#reports.push(readReport(packet));
    const error = readError(packet, this.#quoted);
    if (error === undefined) return this.#drop("malformed");
    return error === "other" ? this.#drop("unknownProtocol") : error;
  }

  #drop(reason: DropReason): undefined {
    this.#counters.drop(reason);
    return undefined;
  }

  #answerEcho(packet: Packet): void {
    const { view, payload, payloadLength, isIPv4 } = packet;
    const type = isIPv4 ? icmpv4.ECHO_REPLY : icmpv6.ECHO_REPLY;
    const rest = icmpv4.rest(view, payload);
    this.#send(packet, type, 0, rest, payload + icmpv4.HEADER_LENGTH, payloadLength - icmpv4.HEADER_LENGTH);
  }

  #sendError(now: number, packet: Packet, type: number, code: number, rest: number): void {
    if (!this.#mayReport(packet)) return;
    if (!this.#rate.take(now)) {
      this.#counters.drop("rateLimited");
      return;
    }
    // Each link takes the largest error of IPv6, but for one of IPv4 alone, over which none goes but to loopback.
    const largest = packet.isIPv4 ? Math.min(icmpv4.LARGEST_ERROR, this.#output.mtu) : icmpv6.LARGEST_ERROR;
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
    const bytes = new Uint8Array(packet.view.buffer, packet.view.byteOffset + body, bodyLength);
    const sent = sendMessage(this.#output, packet.destination(), packet.source(), { type, code, rest }, bytes);
    if (!sent) this.#counters.drop("queueFull");
  }
}

/** Sends a message; false when there is no room for it now. */
export function sendMessage(
  output: IPOutput,
  source: Address,
  destination: Address,
  { type, code, rest }: { type: number; code: number; rest: number },
  body: Uint8Array,
  ttl: number = DEFAULT_HOP_LIMIT,
): boolean {
  const length = icmpv4.HEADER_LENGTH + body.length;
  if (!output.openDatagram(source, destination, length)) return false;
  const { view, offset } = output;
  output.bytes.set(body, offset + icmpv4.HEADER_LENGTH);
  const protocol = destination.isIPv4 ? PROTOCOL_ICMPV4 : PROTOCOL_ICMPV6;
  if (destination.isIPv4) icmpv4.write(view, offset, type, code, rest, length);
  else icmpv6.write(view, offset, type, code, rest, length, source.sum + destination.sum + protocol + length);
  output.close(protocol, length, ECN_NOT_CAPABLE, ttl);
  return true;
}

/** Not 240.0.0.0/4 (RFC 1122 §3.2.2); from groups and from 0.0.0.0/8 nothing is taken at all. */
function isOneHost(address: number): boolean {
  return address >>> 28 !== 15;
}
