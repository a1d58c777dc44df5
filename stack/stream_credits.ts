/**
 * Moves what has arrived from the engine to the main thread, as far as the program keeps up with reading it.
 *
 * Worker side.
 *
 * @module
 */
import type { Engine } from "./engine/engine.ts";
import { LEAST_BUFFER } from "./engine/memory_pool.ts";
import { DATAGRAM_CREDIT, DATAGRAM_OVERHEAD, STREAM_CREDIT } from "./messages.ts";
import type { OutgoingTurn } from "./outgoing_turn.ts";

/** Bytes on the main thread that the program has not read, for each socket. */
export class StreamCredits {
  readonly #engine: Engine;
  readonly #out: OutgoingTurn;
  readonly #unread: Map<number, number>;
  /** Those of the sockets that are connections, whose bytes count in the memory of all. */
  readonly #streams: Set<number>;
  /** Of those, the ones that have ended. */
  readonly #released: Set<number>;

  constructor(engine: Engine, out: OutgoingTurn) {
    this.#engine = engine;
    this.#out = out;
    this.#unread = new Map();
    this.#streams = new Set();
    this.#released = new Set();
  }

  /** Bytes of a socket that the program has been handed and has not read. */
  unread(id: number): number {
    return this.#unread.get(id) ?? 0;
  }

  /** Moves what the credit allows. */
  pump(now: number, id: number): void {
    if (this.#engine.isConnection(id)) this.#pumpStream(now, id);
    else this.#pumpDatagrams(now, id);
  }

  /** The program has read `bytes` more. */
  consumed(now: number, id: number, bytes: number): void {
    const unread = this.#unread.get(id);
    if (unread === undefined) return;
    this.#unread.set(id, unread - bytes);
    if (this.#streams.has(id)) this.#engine.receiveMemory.give(bytes);
    if (!this.#released.has(id)) this.pump(now, id);
    else if (unread === bytes) this.close(id);
  }

  /** The engine knows a socket no more. What the program has not read of a connection still counts until it has. */
  release(id: number): void {
    if (this.#streams.has(id) && this.#unread.get(id)! > 0) this.#released.add(id);
    else this.close(id);
  }

  /** Forgets a socket; says whether the program had something left to read. */
  close(id: number): boolean {
    const unread = this.unread(id);
    this.#unread.delete(id);
    this.#released.delete(id);
    if (this.#streams.delete(id)) this.#engine.receiveMemory.give(unread);
    return unread > 0;
  }

  #pumpStream(now: number, id: number): void {
    const { receiveMemory } = this.#engine;
    const unread = this.unread(id);
    const credit = Math.min(STREAM_CREDIT - unread, Math.max(receiveMemory.free, LEAST_BUFFER - unread));
    const length = Math.min(this.#engine.readable(id), credit);
    if (length <= 0) return;
    receiveMemory.take(length);
    this.#streams.add(id);
    this.#unread.set(id, unread + length);
    this.#engine.read(now, id, this.#out.reserveBytes(length));
    this.#out.commitBytes(length, { kind: "received", id });
  }

  #pumpDatagrams(now: number, id: number): void {
    let unread = this.unread(id);
    for (;;) {
      const size = this.#engine.readable(id);
      if (size === 0 || (unread > 0 && unread + size > DATAGRAM_CREDIT)) break;
      const { bytes, from } = this.#engine.readDatagram(now, id)!;
      this.#out.reserveBytes(bytes.length).set(bytes);
      this.#out.commitBytes(bytes.length, { kind: "datagram", id, from });
      unread += bytes.length + DATAGRAM_OVERHEAD;
    }
    if (unread > 0) this.#unread.set(id, unread);
  }
}
