/**
 * What has arrived on a connection and waits for its program to read it.
 *
 * Main side.
 *
 * @module
 */
import { keepBuffer } from "../vnic/spare_buffers.ts";
import { Deque } from "./engine/deque.ts";

interface Chunk {
  bytes: Uint8Array<ArrayBuffer>;
  /** Nothing else is in its buffer. */
  readonly isAlone: boolean;
  /** A copy, in whose buffer there may be room for more. */
  readonly isCopy: boolean;
}

/** Copies are joined up to this. */
const LARGEST_JOINED = 64 * 1024;

/** Bytes in order, in the buffers in which they came. */
export class ReceivedBytes {
  readonly #chunks: Deque<Chunk>;
  #length: number;

  constructor() {
    this.#chunks = new Deque();
    this.#length = 0;
  }

  /** How many wait. */
  get length(): number {
    return this.#length;
  }

  /** Appends bytes. When they have been taken, the buffer of a chunk that `isAlone` in it is used again. */
  push(bytes: Uint8Array<ArrayBuffer>, isAlone: boolean): void {
    this.#chunks.push({ bytes, isAlone, isCopy: false });
    this.#length += bytes.length;
  }

  /** Moves up to `target.length` bytes out, and returns how many. */
  take(target: Uint8Array): number {
    let taken = 0;
    while (taken < target.length) {
      const chunk = this.#chunks.first;
      if (chunk === undefined) break;
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

  /**
   * What came last, if it waits, is copied where it is a small part of a buffer that it would keep alive. It joins what
   * was copied before it: else each byte of a peer that sends single ones would cost hundreds.
   */
  compact(): void {
    const { last } = this.#chunks;
    if (last === undefined || last.isCopy || last.bytes.length * 4 >= last.bytes.buffer.byteLength) return;
    this.#chunks.pop();
    this.#copy(last.bytes);
    if (last.isAlone) keepBuffer(last.bytes.buffer);
  }

  /** Forgets everything. */
  clear(): void {
    this.#chunks.drain();
    this.#length = 0;
  }

  #copy(bytes: Uint8Array): void {
    const before = this.#chunks.last;
    const joined = before?.isCopy ? before.bytes.length + bytes.length : Infinity;
    if (before === undefined || joined > LARGEST_JOINED) {
      return this.#chunks.push({ bytes: new Uint8Array(bytes), isAlone: true, isCopy: true });
    }
    const { buffer, byteOffset, length } = before.bytes;
    if (byteOffset + joined <= buffer.byteLength) {
      before.bytes = new Uint8Array(buffer, byteOffset, joined);
    } else {
      const copy = new Uint8Array(new ArrayBuffer(Math.min(2 * joined, LARGEST_JOINED)), 0, joined);
      copy.set(before.bytes);
      before.bytes = copy;
    }
    before.bytes.set(bytes, length);
  }

  #drop(): void {
    const { bytes, isAlone } = this.#chunks.shift()!;
    if (isAlone) keepBuffer(bytes.buffer);
  }
}
