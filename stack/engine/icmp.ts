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
  reason: FailureReason;
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
      // Code 1: unrecognized next header; the pointer is the offset of the field (RFC 4443 §3.4).
      this.#sendError(now, packet, icmpv6.PARAMETER_PROBLEM, 1, 6);
    }
  }

  #receiveIPv4(packet: Packet): ICMPError | undefined {
    const { view, payload, payloadLength } = packet;
    if (!icmpv4.valid(view, payload, payloadLength)) return this.#drop();
    const type = icmpv4.type(view, payload);
    if (type === icmpv4.ECHO_REQUEST) {
      this.#echo(packet, icmpv4.ECHO_REPLY);
    } else if (type === icmpv4.DESTINATION_UNREACHABLE) {
      return this.#readQuote(packet, reasonIPv4(icmpv4.code(view, payload)));
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
      return this.#readQuote(packet, reasonIPv6(icmpv6.code(view, payload)));
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
    if (isMulticastOrBroadcast(packet.d0, packet.d1, packet.d2, packet.d3)) return;
    if (!this.#rate.take(now)) {
      this.#counters.drop("rateLimited");
      return;
    }
    const largest = packet.isIPv4
      ? LARGEST_ERROR_IPV4 - ipv4.HEADER_LENGTH - icmpv4.HEADER_LENGTH
      : LARGEST_ERROR_IPV6 - ipv6.HEADER_LENGTH - icmpv6.HEADER_LENGTH;
    this.#send(packet, type, code, rest, packet.start, Math.min(packet.end - packet.start, largest));
  }

  /** Sends a message back to where `packet` came from, whose body is a part of that packet. */
  #send(packet: Packet, type: number, code: number, rest: number, body: number, bodyLength: number): void {
    const output = this.#output;
    const length = icmpv4.HEADER_LENGTH + bodyLength;
    const source = packet.destination();
    const destination = packet.source();
    if (!output.open(source, destination, length)) {
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

  #readQuote(packet: Packet, reason: FailureReason | undefined): ICMPError | undefined {
    if (reason === undefined) return undefined;
    const quoted = this.#quoted;
    const start = packet.payload + icmpv4.HEADER_LENGTH;
    const length = packet.end - start;
    if (!readTruncated(quoted, packet.view, start, length, packet.isIPv4)) {
      this.#counters.drop("malformed");
      return undefined;
    }
    return { reason, packet: quoted };
  }
}

function readTruncated(into: Packet, view: DataView, start: number, length: number, isIPv4: boolean): boolean {
  if (length < (isIPv4 ? ipv4.HEADER_LENGTH : ipv6.HEADER_LENGTH)) return false;
  if (version(view, start) !== (isIPv4 ? 4 : 6)) return false;
  if (isIPv4) into.readIPv4(view, start);
  else into.readIPv6(view, start);
  into.end = start + length;
  return into.payload - start >= (isIPv4 ? ipv4.HEADER_LENGTH : ipv6.HEADER_LENGTH) &&
    into.payload + LEAST_QUOTE <= into.end;
}

/** RFC 1122 §3.2.2.1. */
function reasonIPv4(code: number): FailureReason | undefined {
  if (code === icmpv4.CODE_FRAGMENTATION_NEEDED) return undefined;
  if (code === icmpv4.CODE_PORT || code === icmpv4.CODE_PROTOCOL) return "refused";
  const network = code === icmpv4.CODE_NETWORK || code === icmpv4.CODE_NETWORK_UNKNOWN;
  return network ? "network-unreachable" : "host-unreachable";
}

function reasonIPv6(code: number): FailureReason {
  if (code === icmpv6.CODE_PORT) return "refused";
  return code === icmpv6.CODE_NO_ROUTE ? "network-unreachable" : "host-unreachable";
}
