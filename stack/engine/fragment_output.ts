/**
 * Cuts packets that are larger than the MTU into fragments (RFC 791 §3.2, RFC 8200 §4.5).
 *
 * @module
 */
import { version } from "../wire/ip.ts";
import * as ipv4 from "../wire/ipv4.ts";
import * as ipv6 from "../wire/ipv6.ts";
import * as extensions from "../wire/ipv6_extensions.ts";
import type { Counters } from "./counters.ts";
import type { PacketQueue, PacketSink } from "./packet_sink.ts";
import { randomInt32, type RandomSource } from "./random.ts";

const LARGEST_PACKET = ipv6.HEADER_LENGTH + ipv6.MAX_PAYLOAD_LENGTH;

/** A sink for packets that are too large for the wire. What the wire has no room for waits in the queue, in order. */
export class FragmentOutput implements PacketSink {
  view: DataView;
  bytes: Uint8Array;
  readonly offset: number;
  readonly #queue: PacketQueue;
  readonly #counters: Counters;
  readonly #random: RandomSource;
  #wire: PacketSink;
  #mtu: number;

  constructor(queue: PacketQueue, random: RandomSource, counters: Counters) {
    this.bytes = queue.bytes;
    this.view = queue.view;
    this.offset = 0;
    this.#queue = queue;
    this.#counters = counters;
    this.#random = random;
    this.#wire = queue;
    this.#mtu = 0;
  }

  /** Where the fragments of the next packet go, and how large they may be. */
  aim(wire: PacketSink, mtu: number): void {
    this.#wire = wire;
    this.#mtu = mtu;
  }

  /** False when the wire has no room now, or the queue none for what the wire may not take. */
  reserve(length: number): boolean {
    const perFragment = dataPerFragment(this.#mtu, ipv6.HEADER_LENGTH + extensions.FRAGMENT_HEADER_LENGTH);
    const most = Math.ceil(length / perFragment) * this.#mtu;
    if (!this.#queue.hasRoom(most) || !this.#wire.reserve(this.#mtu)) return false;
    if (this.bytes.length < LARGEST_PACKET) {
      this.bytes = new Uint8Array(LARGEST_PACKET);
      this.view = new DataView(this.bytes.buffer);
    }
    return true;
  }

  commit(length: number): void {
    const fragments = version(this.view, 0) === 4 ? this.#cutIPv4(length) : this.#cutIPv6(length);
    this.#counters.fragmented++;
    this.#counters.sent += fragments - 1;
  }

  #cutIPv4(length: number): number {
    const identification = ipv4.identification(this.view, 0);
    const header = ipv4.HEADER_LENGTH;
    const step = dataPerFragment(this.#mtu, header);
    let count = 0;
    for (let from = header; from < length; from += step) {
      const to = Math.min(from + step, length);
      const sink = this.#open(header + to - from);
      this.#copy(sink, header, header, from, to);
      const more = to < length ? ipv4.FLAG_MORE_FRAGMENTS : 0;
      const place = (from - header) / ipv4.FRAGMENT_UNIT;
      ipv4.setFragment(sink.view, sink.offset, header + to - from, identification, place | more);
      sink.commit(header + to - from);
      count++;
    }
    return count;
  }

  #cutIPv6(length: number): number {
    const identification = randomInt32(this.#random);
    const next = ipv6.nextHeader(this.view, 0);
    const fixed = ipv6.HEADER_LENGTH;
    const header = fixed + extensions.FRAGMENT_HEADER_LENGTH;
    const step = dataPerFragment(this.#mtu, header);
    let count = 0;
    for (let from = fixed; from < length; from += step) {
      const to = Math.min(from + step, length);
      const sink = this.#open(header + to - from);
      this.#copy(sink, fixed, header, from, to);
      ipv6.setPayloadLength(sink.view, sink.offset, header - fixed + to - from);
      sink.view.setUint8(sink.offset + ipv6.NEXT_HEADER_AT, extensions.FRAGMENT);
      extensions.writeFragment(sink.view, sink.offset + fixed, next, from - fixed, to < length, identification);
      sink.commit(header + to - from);
      count++;
    }
    return count;
  }

  #open(length: number): PacketSink {
    if (this.#queue.isEmpty && this.#wire.reserve(length)) return this.#wire;
    this.#queue.reserve(length);
    return this.#queue;
  }

  /** Copies the first `fixed` bytes of the packet, and bytes `from` to `to` behind `header`. */
  #copy(sink: PacketSink, fixed: number, header: number, from: number, to: number): void {
    sink.bytes.set(this.bytes.subarray(0, fixed), sink.offset);
    sink.bytes.set(this.bytes.subarray(from, to), sink.offset + header);
  }
}

/** All fragments but the last carry a multiple of 8 bytes. */
function dataPerFragment(mtu: number, header: number): number {
  const unit = ipv4.FRAGMENT_UNIT;
  return Math.max(unit, mtu - header - (mtu - header) % unit);
}
