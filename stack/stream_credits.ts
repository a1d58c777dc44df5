/**
 * Moves what has arrived from the engine to the main thread, as far as the program keeps up with reading it.
 *
 * Worker side.
 *
 * @module
 */
import type { Engine } from "./engine/engine.ts";
import { LEAST_BUFFER } from "./engine/memory_pool.ts";
import { DATAGRAM_CREDIT, DATAGRAM_OVERHEAD, STREAM_CREDIT, STREAM_RECORD } from "./messages.ts";
import type { OutgoingTurn } from "./outgoing_turn.ts";

/** What the main thread was handed of one socket. */
interface Handed {
  /** Bytes that the program has not read. */
  unread: number;
  /** Whether it is a connection, whose bytes count in the memory of all. */
  readonly isStream: boolean;
  /** Whether it has ended. */
  released: boolean;
}

/** Bytes on the main thread that the program has not read, for each socket. */
export class StreamCredits {
  readonly #engine: Engine;
  readonly #out: OutgoingTurn;
  readonly #handed: Map<number, Handed>;

  constructor(engine: Engine, out: OutgoingTurn) {
    this.#engine = engine;
    this.#out = out;
    this.#handed = new Map();
  }

  /** Bytes of a socket that the program has been handed and has not read. */
  unread(id: number): number {
    return this.#handed.get(id)?.unread ?? 0;
  }

  /** Moves what the credit allows. */
  pump(now: number, id: number): void {
    if (this.#engine.isConnection(id)) this.#pumpStream(now, id);
    else this.#pumpDatagrams(now, id);
  }

  /** The program has read `bytes` more. */
  consumed(now: number, id: number, bytes: number): void {
    const handed = this.#handed.get(id);
    if (handed === undefined) return;
    handed.unread -= bytes;
    if (handed.isStream) this.#engine.receiveMemory.give(bytes);
    if (!handed.released) this.pump(now, id);
    else if (handed.unread === 0) this.close(id);
  }

  /** The engine knows a socket no more. What the program has not read of a connection still counts until it has. */
  release(id: number): void {
    const handed = this.#handed.get(id);
    if (handed?.isStream && handed.unread > 0) handed.released = true;
    else this.close(id);
  }

  /** Forgets a socket; says whether the program had something left to read. */
  close(id: number): boolean {
    const handed = this.#handed.get(id);
    if (handed === undefined) return false;
    this.#handed.delete(id);
    if (handed.isStream) this.#engine.receiveMemory.give(handed.unread);
    return handed.unread > 0;
  }

  #pumpStream(now: number, id: number): void {
    for (let length = this.#readable(id); length > 0; length = this.#readable(id)) {
      this.#engine.receiveMemory.take(length);
      this.#handOver(id, true).unread += length;
      this.#engine.read(now, id, this.#out.reserveBytes(length));
      this.#out.commitBytes(length, { kind: "received", id });
    }
  }

  /** How much of a stream the credit lets out in one record. */
  #readable(id: number): number {
    const { receiveMemory } = this.#engine;
    const unread = this.unread(id);
    const credit = Math.min(STREAM_CREDIT - unread, Math.max(receiveMemory.free, LEAST_BUFFER - unread));
    return Math.min(this.#engine.readable(id), credit, STREAM_RECORD);
  }

  #pumpDatagrams(now: number, id: number): void {
    for (;;) {
      const unread = this.unread(id);
      const size = this.#engine.readable(id);
      if (size === 0 || (unread > 0 && unread + size > DATAGRAM_CREDIT)) return;
      const { bytes, from } = this.#engine.readDatagram(now, id)!;
      this.#out.reserveBytes(bytes.length).set(bytes);
      this.#out.commitBytes(bytes.length, { kind: "datagram", id, from });
      this.#handOver(id, false).unread += bytes.length + DATAGRAM_OVERHEAD;
    }
  }

  #handOver(id: number, isStream: boolean): Handed {
    let handed = this.#handed.get(id);
    if (handed === undefined) this.#handed.set(id, handed = { unread: 0, isStream, released: false });
    return handed;
  }
}
