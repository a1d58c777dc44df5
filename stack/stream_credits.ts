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
    this.#pump(now, id, this.#handed.get(id));
  }

  /** The program has read `bytes` more. */
  consumed(now: number, id: number, bytes: number): void {
    const handed = this.#handed.get(id);
    if (handed === undefined) return;
    handed.unread -= bytes;
    if (handed.isStream) this.#engine.receiveMemory.give(bytes);
    if (!handed.released) this.#pump(now, id, handed);
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

  #pump(now: number, id: number, known: Handed | undefined): void {
    const readable = this.#engine.readable(id);
    if (readable === 0) return;
    const handed = known ?? this.#begin(id);
    if (handed.isStream) this.#pumpStream(now, id, handed, readable);
    else this.#pumpDatagrams(now, id, handed, readable);
  }

  #pumpStream(now: number, id: number, handed: Handed, readable: number): void {
    while (readable > 0) {
      const length = Math.min(readable, this.#credit(handed), STREAM_RECORD);
      if (length <= 0) return;
      this.#engine.receiveMemory.take(length);
      handed.unread += length;
      this.#engine.read(now, id, this.#out.reserveBytes(length));
      this.#out.commitBytes(length, { kind: "received", id });
      readable -= length;
    }
  }

  /** How much more of a stream may be handed over. */
  #credit({ unread }: Handed): number {
    return Math.min(STREAM_CREDIT - unread, Math.max(this.#engine.receiveMemory.free, LEAST_BUFFER - unread));
  }

  #pumpDatagrams(now: number, id: number, handed: Handed, first: number): void {
    for (let size = first; size > 0; size = this.#engine.readable(id)) {
      if (handed.unread > 0 && handed.unread + size > DATAGRAM_CREDIT) return;
      const { bytes, from } = this.#engine.readDatagram(now, id)!;
      this.#out.reserveBytes(bytes.length).set(bytes);
      this.#out.commitBytes(bytes.length, { kind: "datagram", id, from });
      handed.unread += bytes.length + DATAGRAM_OVERHEAD;
    }
  }

  /** The account of a socket that has something to read. */
  #begin(id: number): Handed {
    const handed = { unread: 0, isStream: this.#engine.isConnection(id), released: false };
    this.#handed.set(id, handed);
    return handed;
  }
}
