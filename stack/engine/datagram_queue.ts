/**
 * The datagrams that wait at a socket, oldest first, all in one piece of memory: a buffer for each would cost more than
 * all else that is done for it.
 *
 * @module
 */
import { Deque } from "./deque.ts";
import type { Endpoint } from "./events.ts";

/** A datagram that has arrived. */
export interface Datagram {
  bytes: Uint8Array<ArrayBuffer>;
  from: Endpoint;
}

/** What a waiting datagram counts beside its payload, so that empty ones are bounded too. */
export const OVERHEAD = 256;

const SMALLEST = 2048;

interface Entry {
  /** Where its bytes start. */
  readonly at: number;
  readonly length: number;
  readonly from: Endpoint;
}

/** Memory that no queue of a host needs at present: as a rule each is emptied before the next fills. */
export interface SpareMemory {
  bytes: Uint8Array<ArrayBuffer>;
}

/** One socket's queue. */
export class DatagramQueue {
  readonly #spare: SpareMemory;
  readonly #entries: Deque<Entry>;
  #memory: Uint8Array<ArrayBuffer>;
  /** Where the youngest ends in {@link #memory}. */
  #end: number;
  /** Payload of all. */
  #waiting: number;

  constructor(spare: SpareMemory) {
    this.#spare = spare;
    this.#entries = new Deque();
    this.#memory = NO_BYTES;
    this.#end = 0;
    this.#waiting = 0;
  }

  /** What all of them count. */
  get size(): number {
    return this.#waiting + OVERHEAD * this.#entries.length;
  }

  /** What the oldest counts; 0 when there is none. */
  get nextSize(): number {
    const next = this.#entries.first;
    return next ? next.length + OVERHEAD : 0;
  }

  /** Copies a datagram in. */
  push(bytes: Uint8Array, from: Endpoint): void {
    const { length } = bytes;
    if (this.#end + length > this.#memory.length) this.#makeRoom(length);
    this.#memory.set(bytes, this.#end);
    this.#entries.push({ at: this.#end, length, from });
    this.#end += length;
    this.#waiting += length;
  }

  /** The oldest. Its bytes are those of the queue: good until a datagram arrives at any socket of the host. */
  shift(): Datagram | undefined {
    const entry = this.#entries.shift();
    if (!entry) return undefined;
    const bytes = this.#memory.subarray(entry.at, entry.at + entry.length);
    this.#waiting -= entry.length;
    if (this.#entries.length === 0) this.#rest();
    return { bytes, from: entry.from };
  }

  /** Forgets all of them. */
  clear(): void {
    this.#entries.drain();
    this.#waiting = 0;
    this.#rest();
  }

  /** Nothing waits: its memory is for whoever is next. */
  #rest(): void {
    if (this.#memory.length > this.#spare.bytes.length) this.#spare.bytes = this.#memory;
    this.#memory = NO_BYTES;
    this.#end = 0;
  }

  /** Moves what waits to the start of memory that is large enough: of the present one, if a good part of it is free. */
  #makeRoom(length: number): void {
    const needed = 1.5 * this.#waiting + length;
    const old = this.#memory;
    if (needed > old.length) this.#memory = this.#takeMemory(needed);
    this.#end = 0;
    for (let left = this.#entries.length; left > 0; left--) {
      const entry = this.#entries.shift()!;
      this.#memory.set(old.subarray(entry.at, entry.at + entry.length), this.#end);
      this.#entries.push({ ...entry, at: this.#end });
      this.#end += entry.length;
    }
  }

  #takeMemory(needed: number): Uint8Array<ArrayBuffer> {
    const { bytes } = this.#spare;
    if (bytes.length >= needed) {
      this.#spare.bytes = NO_BYTES;
      return bytes;
    }
    let capacity = SMALLEST;
    while (capacity < needed) capacity *= 2;
    return new Uint8Array(capacity);
  }
}

const NO_BYTES = new Uint8Array(0);
