/**
 * The way out: writes IP headers, and keeps packets to the host's own addresses inside.
 *
 * @module
 */
import { DEFAULT_HOP_LIMIT, ECN_NOT_CAPABLE } from "../wire/ip.ts";
import * as ipv4 from "../wire/ipv4.ts";
import * as ipv6 from "../wire/ipv6.ts";
import type { Address } from "./address.ts";
import type { Counters } from "./counters.ts";
import { FragmentOutput } from "./fragment_output.ts";
import { Identifications } from "./identification.ts";
import type { LocalAddresses } from "./local_addresses.ts";
import { mayBeCut, PathMTUs } from "./path_mtu.ts";
import { PacketQueue, type PacketSink } from "./packet_sink.ts";
import { type RandomSource, randomUint16 } from "./random.ts";

/** Bytes of packets that the host may have under way to itself. */
const LOOPBACK_LIMIT = 16 * 1024 * 1024;
/** Bytes of answers, and of fragments, that may wait for the next transmission: the largest datagram at an MTU of 68. */
const REPLY_LIMIT = 512 * 1024;

/** Writes packets in place: `open`, then the payload at `offset` of `view` and `bytes`, then `close`. */
export class IPOutput {
  view: DataView;
  bytes: Uint8Array;
  /** Where the IP payload goes. */
  offset: number;
  /** Packets to the host itself. */
  readonly loopback: PacketQueue;
  /** Answers made while a packet was being received. */
  readonly replies: PacketQueue;
  mtu: number;
  /** Paths that take less than `mtu`. */
  readonly paths: PathMTUs;
  #now: number;
  readonly #local: LocalAddresses;
  readonly #counters: Counters;
  readonly #random: RandomSource;
  readonly #fragments: FragmentOutput;
  #wire: PacketSink;
  #sink: PacketSink;
  #start: number;
  #source: Address | null;
  #destination: Address | null;
  readonly #ipv4: ipv4.Fields;
  /** Whether routers may fragment the packet. */
  #mayBeCut: boolean;
  #identifications: Identifications | undefined;

  constructor(local: LocalAddresses, mtu: number, random: RandomSource, counters: Counters) {
    this.loopback = new PacketQueue(LOOPBACK_LIMIT);
    this.replies = new PacketQueue(REPLY_LIMIT);
    this.view = this.replies.view;
    this.bytes = this.replies.bytes;
    this.offset = 0;
    this.mtu = mtu;
    this.paths = new PathMTUs();
    this.#now = 0;
    this.#local = local;
    this.#counters = counters;
    this.#random = random;
    this.#fragments = new FragmentOutput(this.replies, random, counters);
    this.#wire = this.replies;
    this.#sink = this.replies;
    this.#start = 0;
    this.#source = null;
    this.#destination = null;
    this.#mayBeCut = false;
    this.#identifications = undefined;
    this.#ipv4 = {
      ecn: ECN_NOT_CAPABLE,
      totalLength: 0,
      identification: 0,
      flagsAndOffset: ipv4.FLAG_DONT_FRAGMENT,
      ttl: DEFAULT_HOP_LIMIT,
      protocol: 0,
      source: 0,
      destination: 0,
    };
  }

  /** Packets for the wire go to `sink` from `now` on; without one, they wait as replies. */
  useWire(sink: PacketSink | null, now: number): void {
    this.#now = now;
    this.#wire = sink ?? this.replies;
  }

  /**
   * Makes room for an IP payload of up to `length` bytes; false when there is none now. `mayBeCut`: IPv4's routers may
   * fragment the packet.
   */
  open(source: Address, destination: Address, length: number, mayBeCut = false): boolean {
    const header = destination.isIPv4 ? ipv4.HEADER_LENGTH : ipv6.HEADER_LENGTH;
    this.#mayBeCut = mayBeCut;
    return this.#openIn(this.#sinkFor(destination), source, destination, header, length);
  }

  /** Like {@link open}; a packet that is too large for the wire goes out in fragments. Never for TCP. */
  openDatagram(source: Address, destination: Address, length: number): boolean {
    const header = destination.isIPv4 ? ipv4.HEADER_LENGTH : ipv6.HEADER_LENGTH;
    let sink = this.#sinkFor(destination);
    const path = this.paths.to(destination, this.#now);
    const mtu = Math.min(this.mtu, path);
    this.#mayBeCut = mayBeCut(path);
    if (header + length > mtu && sink !== this.loopback) {
      this.#fragments.aim(sink, mtu);
      sink = this.#fragments;
    }
    return this.#openIn(sink, source, destination, header, length);
  }

  #sinkFor(destination: Address): PacketSink {
    return this.#local.delivers(destination) ? this.loopback : this.#wire;
  }

  #openIn(sink: PacketSink, source: Address, destination: Address, header: number, length: number): boolean {
    // Fragments that wait for room on the wire go first.
    if (!this.replies.isEmpty && sink !== this.loopback && this.#wire !== this.replies) return false;
    if (!sink.reserve(header + length)) return false;
    this.#sink = sink;
    this.#source = source;
    this.#destination = destination;
    this.#start = sink.offset;
    this.view = sink.view;
    this.bytes = sink.bytes;
    this.offset = sink.offset + header;
    return true;
  }

  /** Writes the header of the packet whose payload of `length` bytes stands there, and sends it. */
  close(protocol: number, length: number, ecn = ECN_NOT_CAPABLE, ttl = DEFAULT_HOP_LIMIT): void {
    const header = this.offset - this.#start;
    if (header === ipv4.HEADER_LENGTH) this.#writeIPv4(protocol, header + length, ecn, ttl);
    else this.#writeIPv6(protocol, length, ecn, ttl);
    this.#counters.sent++;
    this.#sink.commit(header + length);
  }

  /** Moves replies to the wire; false when it is full before all are out. */
  flushReplies(): boolean {
    const replies = this.replies;
    while (!replies.isEmpty) {
      const length = replies.nextLength;
      if (!this.#wire.reserve(length)) return false;
      this.#wire.bytes.set(replies.bytes.subarray(replies.nextOffset, replies.nextOffset + length), this.#wire.offset);
      this.#wire.commit(length);
      replies.shift();
    }
    return true;
  }

  #writeIPv4(protocol: number, totalLength: number, ecn: number, ttl: number): void {
    const fields = this.#ipv4;
    fields.ecn = ecn;
    fields.ttl = ttl;
    fields.totalLength = totalLength;
    fields.identification = this.#identify();
    fields.flagsAndOffset = this.#mayBeCut ? 0 : ipv4.FLAG_DONT_FRAGMENT;
    fields.protocol = protocol;
    fields.source = this.#source!.w3;
    fields.destination = this.#destination!.w3;
    ipv4.write(this.view, this.#start, fields);
  }

  /** Only what is cut, here or on its way, needs one that differs from others (RFC 6864 §4). */
  #identify(): number {
    if (!this.#mayBeCut && this.#sink !== this.#fragments) return randomUint16(this.#random);
    this.#identifications ??= new Identifications(this.#random);
    return this.#identifications.next();
  }

  #writeIPv6(protocol: number, payloadLength: number, ecn: number, hopLimit: number): void {
    ipv6.write(this.view, this.#start, {
      ecn,
      payloadLength,
      nextHeader: protocol,
      hopLimit,
      flowLabel: 0,
      source: this.#source!,
      destination: this.#destination!,
    });
  }
}
