/**
 * The turn that an engine's driver is collecting: events in causal order, and the packets and bytes that go with them,
 * written in place.
 *
 * Worker side.
 *
 * @module
 */
import { BatchWriter } from "../vnic/batch.ts";
import { type Cable, timestamp } from "./cable.ts";
import type { PacketSink } from "./engine/packet_sink.ts";
import { BATCH_BYTES, type Call, type Event, PACKET_CREDIT } from "./messages.ts";

/** Collects one turn after the other, and holds packets back when the main thread has too many. */
export class OutgoingTurn implements PacketSink {
  readonly #cable: Cable<Event, Call>;
  readonly #batch: BatchWriter;
  #items: Event[];
  /** Packets since the last item that says so. */
  #packets: number;
  #packetBytes: number;
  /** Packet bytes posted and not taken apart by the main thread. */
  #underWay: number;
  /** Packet bytes taken apart here, to be told with the next turn. */
  #credit: number;
  #writable: Map<number, { bytes: number }>;

  constructor(cable: Cable<Event, Call>) {
    this.#cable = cable;
    this.#batch = new BatchWriter();
    this.#items = [];
    this.#packets = 0;
    this.#packetBytes = 0;
    this.#underWay = 0;
    this.#credit = 0;
    this.#writable = new Map();
  }

  get view(): DataView {
    return this.#batch.view;
  }

  get bytes(): Uint8Array {
    return this.#batch.bytes;
  }

  get offset(): number {
    return this.#batch.offset;
  }

  /** Whether the batch is large enough to be posted before the turn ends. */
  get isFull(): boolean {
    return this.#batch.length >= BATCH_BYTES;
  }

  /** Room for a packet: none when the batch is full, or the main thread has not kept up. */
  reserve(length: number): boolean {
    if (this.isFull || this.#underWay + this.#packetBytes + length > PACKET_CREDIT) return false;
    this.#batch.reserve(length);
    return true;
  }

  commit(length: number): void {
    this.#batch.commit(length);
    this.#packets++;
    this.#packetBytes += length;
  }

  /** Room for the bytes of a stream or a datagram, whose own credit bounds them. */
  reserveBytes(length: number): void {
    this.#closePackets();
    this.#batch.reserve(length);
  }

  commitBytes(length: number, event: Event): void {
    this.#batch.commit(length);
    this.#items.push(event);
  }

  /** Adds an event that carries no bytes. */
  push(event: Event): void {
    if (event.kind === "writable") {
      const earlier = this.#writable.get(event.id);
      if (earlier) {
        earlier.bytes += event.bytes;
        return;
      }
      this.#writable.set(event.id, event);
    }
    this.#closePackets();
    this.#items.push(event);
  }

  /** The main thread has taken packets apart. */
  packetsTaken(bytes: number): void {
    this.#underWay -= bytes;
  }

  /** This side has taken packets apart. */
  returnCredit(bytes: number): void {
    this.#credit += bytes;
  }

  /** Whether there is something to tell, or at least `credit` bytes of credit to return. */
  isWorthPosting(credit: number): boolean {
    return this.#items.length > 0 || this.#packets > 0 || this.#credit >= credit;
  }

  /** Posts the turn and starts the next. */
  post(): void {
    this.#closePackets();
    const batch = this.#batch.take();
    const turn = {
      items: this.#items,
      batch: batch?.buffer,
      batchLength: batch?.length ?? 0,
      postedAt: timestamp(),
      credit: this.#credit,
    };
    this.#underWay += this.#packetBytes;
    this.#packetBytes = 0;
    this.#credit = 0;
    this.#items = [];
    if (this.#writable.size > 0) this.#writable.clear();
    this.#cable.post(turn);
  }

  #closePackets(): void {
    if (this.#packets === 0) return;
    this.#items.push({ kind: "packets", count: this.#packets });
    this.#packets = 0;
  }
}
