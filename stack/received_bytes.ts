/**
 * What has arrived on a connection and waits for its program to read it.
 *
 * Main side.
 *
 * @module
 */
import { keepBuffer } from "../vnic/spare_buffers.ts";

interface Chunk {
  bytes: Uint8Array<ArrayBuffer>;
  /** Nothing else is in its buffer. */
  readonly isAlone: boolean;
}

/** Bytes in order, in the buffers in which they came. */
export class ReceivedBytes {
  #chunks: Chunk[];
  #length: number;

  constructor() {
    this.#chunks = [];
    this.#length = 0;
  }

  /** How many wait. */
  get length(): number {
    return this.#length;
  }

  /** Appends bytes. When they have been taken, the buffer of a chunk that `isAlone` in it is used again. */
  push(bytes: Uint8Array<ArrayBuffer>, isAlone: boolean): void {
    this.#chunks.push({ bytes, isAlone });
    this.#length += bytes.length;
  }

  /** Moves up to `target.length` bytes out, and returns how many. */
  take(target: Uint8Array): number {
    let taken = 0;
    while (taken < target.length && this.#chunks.length > 0) {
      const chunk = this.#chunks[0];
      const { bytes } = chunk;
      const part = Math.min(bytes.length, target.length - taken);
      target.set(part === bytes.length ? bytes : bytes.subarray(0, part), taken);
      taken += part;
      if (part < bytes.length) chunk.bytes = bytes.subarray(part);
      else this.#drop();
    }
    this.#length -= taken;
    return taken;
  }

  /** What came last, if it waits, is copied where it is a small part of a buffer that it would keep alive. */
  compact(): void {
    const { bytes, isAlone } = this.#chunks.at(-1) ?? NOTHING;
    if (bytes.length * 4 >= bytes.buffer.byteLength) return;
    this.#chunks[this.#chunks.length - 1] = { bytes: new Uint8Array(bytes), isAlone: true };
    if (isAlone) keepBuffer(bytes.buffer);
  }

  /** Forgets everything. */
  clear(): void {
    this.#chunks = [];
    this.#length = 0;
  }

  #drop(): void {
    const { bytes, isAlone } = this.#chunks.shift()!;
    if (isAlone) keepBuffer(bytes.buffer);
  }
}

const NOTHING: Chunk = { bytes: new Uint8Array(0), isAlone: true };
