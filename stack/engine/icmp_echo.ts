/**
 * Echo requests of this host and the replies to them (RFC 792, RFC 4443 §4).
 *
 * @module
 */
import * as icmpv4 from "../wire/icmpv4.ts";
import * as icmpv6 from "../wire/icmpv6.ts";
import * as ipv4 from "../wire/ipv4.ts";
import * as ipv6 from "../wire/ipv6.ts";
import type { Address } from "./address.ts";
import type { Counters } from "./counters.ts";
import type { Deque } from "./deque.ts";
import type { FailureReason, SocketEvent } from "./events.ts";
import { sendMessage } from "./icmp.ts";
import { type ICMPError, type ICMPReport, readReport } from "./icmp_report.ts";
import type { IPOutput } from "./ip_output.ts";
import type { LocalAddresses } from "./local_addresses.ts";
import type { Packet } from "./packet.ts";
import { type TimerOwner, Timers } from "./timers.ts";

/** What an echo request says. */
export interface EchoRequest {
  /** 0 to 65535, as is the sequence number. */
  identifier: number;
  sequence: number;
  /** Kept, not copied, until the ping is over. */
  data: Uint8Array;
  /** The packet's TTL, or hop limit: 1 to 255. */
  ttl: number;
  /** ms until it fails. */
  timeout: number;
}

/** Most bytes of data. */
const LARGEST_IPV4 = ipv4.MAX_LENGTH - ipv4.HEADER_LENGTH - icmpv4.HEADER_LENGTH;
const LARGEST_IPV6 = ipv6.MAX_PAYLOAD_LENGTH - icmpv6.HEADER_LENGTH;

/** Bytes of data that an error is compared by: what follows may be extensions of the error (RFC 4884 §5). */
const COMPARED = 64;

class Ping implements TimerOwner {
  readonly id: number;
  readonly source: Address;
  readonly destination: Address;
  /** Identifier and sequence number, as they stand in the message. */
  readonly word: number;
  readonly data: Uint8Array;
  readonly ttl: number;
  /** When the request went out; NaN before. */
  sentAt: number;
  deadline: number;
  timerIndex: number;
  timerKey: number;

  constructor(id: number, source: Address, destination: Address, request: EchoRequest, deadline: number) {
    this.id = id;
    this.source = source;
    this.destination = destination;
    this.word = (request.identifier * 0x10000 + request.sequence) >>> 0;
    this.data = request.data;
    this.ttl = request.ttl;
    this.sentAt = NaN;
    this.deadline = deadline;
    this.timerIndex = -1;
    this.timerKey = 0;
  }

  /** Under what it waits for replies, maybe with others. */
  get key(): string {
    return keyOf(this.destination, this.word);
  }
}

/** What pings need of their host. */
export interface PingHost {
  readonly output: IPOutput;
  readonly local: LocalAddresses;
  readonly counters: Counters;
  readonly events: Deque<SocketEvent>;
}

/** The pings of one host that are under way. */
export class Pings {
  readonly #host: PingHost;
  readonly #timers: Timers<Ping>;
  readonly #byId: Map<number, Ping>;
  readonly #waiting: Map<string, Ping[]>;
  readonly #leaving: Set<Ping>;

  constructor(host: PingHost) {
    this.#host = host;
    this.#timers = new Timers();
    this.#byId = new Map();
    this.#waiting = new Map();
    this.#leaving = new Set();
  }

  /** Starts a ping; the event `answered` or `failed` tells how it went. */
  start(now: number, id: number, to: Address, request: EchoRequest): void {
    const destination = this.#host.local.targetOf(to);
    const source = this.#host.local.sourceFor(destination);
    const refusal = !source ? "network-unreachable" : isTooLong(destination, request) ? "message-too-long" : undefined;
    if (refusal) return this.#host.events.push({ kind: "failed", id, reason: refusal });
    const ping = new Ping(id, source!, destination, request, now + request.timeout);
    this.#byId.set(id, ping);
    this.#leaving.add(ping);
    this.#timers.update(ping);
  }

  /** Gives up a ping without another word. */
  cancel(id: number): void {
    const ping = this.#byId.get(id);
    if (ping) this.#end(ping);
  }

  /** When {@link tick} must be called next; Infinity when no ping is under way. */
  nextDeadline(): number {
    return this.#timers.next();
  }

  /** Fails pings whose time is over. */
  tick(now: number): void {
    for (let ping = this.#timers.popDue(now); ping; ping = this.#timers.popDue(now)) this.#fail(ping, "timed-out");
  }

  /** Sends requests; false when the wire is full before all are out. */
  transmit(now: number): boolean {
    if (this.#leaving.size === 0) return true;
    for (const ping of this.#leaving) {
      const { source, destination, word, data, ttl, key } = ping;
      const type = destination.isIPv4 ? icmpv4.ECHO_REQUEST : icmpv6.ECHO_REQUEST;
      if (!sendMessage(this.#host.output, source, destination, { type, code: 0, rest: word }, data, ttl)) return false;
      ping.sentAt = now;
      this.#leaving.delete(ping);
      const others = this.#waiting.get(key);
      if (others) others.push(ping);
      else this.#waiting.set(key, [ping]);
    }
    return true;
  }

  /** Takes an echo reply. It answers the oldest ping that it repeats. */
  receiveReply(now: number, packet: Packet): void {
    const { view, start, payload, isIPv4 } = packet;
    const candidates = this.#waiting.get(keyOf(packet.source(), icmpv4.rest(view, payload)));
    if (!candidates) return this.#host.counters.drop("noSocket");
    const ping = candidates.find(({ data }) => {
      return packet.payloadLength === icmpv4.HEADER_LENGTH + data.length && repeats(packet, data);
    });
    if (!ping) return this.#host.counters.drop("unacceptable");
    this.#end(ping);
    const ttl = isIPv4 ? ipv4.ttl(view, start) : ipv6.hopLimit(view, start);
    const reply = { from: String(packet.source()), ttl, time: Math.max(0, now - ping.sentAt) };
    this.#host.events.push({ kind: "answered", id: ping.id, reply });
  }

  /** An ICMP error came back about an echo request of this host, or about a reply, of which nothing is kept. */
  receiveError(now: number, error: ICMPError): void {
    const { message, packet, reason } = error;
    const { counters, output } = this.#host;
    const { type, ECHO_REQUEST, ECHO_REPLY } = packet.isIPv4 ? icmpv4 : icmpv6;
    const quoted = type(packet.view, packet.payload);
    if (quoted === ECHO_REPLY && reason === undefined) return output.paths.learn(error, now);
    const word = icmpv4.rest(packet.view, packet.payload);
    const candidates = quoted === ECHO_REQUEST ? this.#waiting.get(keyOf(packet.destination(), word)) : undefined;
    const ping = candidates?.find(({ data }) => repeats(packet, data.subarray(0, COMPARED)));
    if (!ping) return counters.drop("noSocket");
    if (reason === undefined) output.paths.learn(error, now);
    this.#fail(ping, reason ?? "message-too-long", readReport(message));
  }

  #fail(ping: Ping, reason: FailureReason, report?: ICMPReport): void {
    this.#end(ping);
    this.#host.events.push({ kind: "failed", id: ping.id, reason, report });
  }

  #end(ping: Ping): void {
    const { id, key } = ping;
    this.#byId.delete(id);
    this.#leaving.delete(ping);
    const others = this.#waiting.get(key)?.filter((other) => other !== ping) ?? [];
    if (others.length > 0) this.#waiting.set(key, others);
    else this.#waiting.delete(key);
    this.#timers.remove(ping);
  }
}

function keyOf(destination: Address, word: number): string {
  return `${destination} ${word}`;
}

function isTooLong(destination: Address, { data }: EchoRequest): boolean {
  return data.length > (destination.isIPv4 ? LARGEST_IPV4 : LARGEST_IPV6);
}

/** Whether the data of an echo, as far as it is there, is `data`. */
function repeats({ view, payload, end }: Packet, data: Uint8Array): boolean {
  const start = payload + icmpv4.HEADER_LENGTH;
  const length = Math.min(end - start, data.length);
  for (let i = 0; i < length; i++) {
    if (view.getUint8(start + i) !== data[i]) return false;
  }
  return true;
}
