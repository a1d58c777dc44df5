/**
 * Where an engine's packets and events go: the turn that is being collected for the main thread.
 *
 * Worker side.
 *
 * @module
 */
import type { Cable } from "./cable.ts";
import type { PacketSink } from "./engine/packet_sink.ts";
import { type Call, type Event, PACKET_CREDIT_FROM_ENGINE } from "./messages.ts";
import { TurnWriter } from "./turn_writer.ts";

/** A sink for packets that holds them back when the main thread has too many. */
export class OutgoingTurn implements PacketSink {
  readonly #turn: TurnWriter<Event, Call>;
  /** What is told with this turn of room to write, by socket. */
  #writable: Map<number, { bytes: number }>;
  /** Whether the turn must be posted before there is room for the next packet. */
  isFull: boolean;

  constructor(cable: Cable<Event, Call>) {
    this.#turn = new TurnWriter(cable, (count) => ({ kind: "packets", count }), PACKET_CREDIT_FROM_ENGINE);
    this.#writable = new Map();
    this.isFull = false;
  }

  get view(): DataView {
    return this.#turn.packets.view;
  }

  get bytes(): Uint8Array {
    return this.#turn.packets.bytes;
  }

  get offset(): number {
    return this.#turn.packets.offset;
  }

  /** Room for a packet: none when the turn is full, or the main thread has not kept up. */
  reserve(length: number): boolean {
    if (!this.#turn.hasCredit(length)) return false;
    this.isFull = !this.#turn.hasRoom(this.#turn.packets, length);
    if (this.isFull) return false;
    this.#turn.packets.reserve(length);
    return true;
  }

  commit(length: number): void {
    this.#turn.packets.commit(length);
    this.#turn.countPacket(length);
  }

  /** Room for `length` bytes of a stream or a datagram, whose own credit bounds them. */
  reserveBytes(length: number): Uint8Array {
    const { bytes } = this.#turn;
    if (!this.#turn.hasRoom(bytes, length)) this.post();
    bytes.reserve(length);
    return bytes.bytes.subarray(bytes.offset, bytes.offset + length);
  }

  /** The reserved bytes are written; `event` tells of them. */
  commitBytes(length: number, event: Event): void {
    this.#turn.bytes.commit(length);
    this.#turn.push(event);
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
    this.#turn.push(event);
  }

  /** The main thread has taken packets apart. */
  packetsTaken(bytes: number): void {
    this.#turn.packetsTaken(bytes);
  }

  /** This side has taken packets apart. */
  returnCredit(bytes: number): void {
    this.#turn.returnCredit(bytes);
  }

  /** Posts the turn if there is something to tell. */
  postIfWorth(): void {
    if (this.#turn.isWorthPosting) this.post();
  }

  /** Posts the turn and starts the next. */
  post(): void {
    // Not clear(), which is dearer than a new one.
    if (this.#writable.size > 0) this.#writable = new Map();
    this.isFull = false;
    this.#turn.post(Infinity);
  }
}
