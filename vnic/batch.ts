/**
 * Many byte records in one transferable buffer: a length of four bytes, then the bytes, back to back.
 *
 * Runs on both sides.
 *
 * @module
 */

const RECORD_HEADER = 4;
const SMALLEST = 256;

/** What a writer has collected: `length` bytes of `buffer` are in use. */
export interface Batch {
  buffer: ArrayBuffer;
  length: number;
}

/**
 * Collects records. Either `append` bytes, or `reserve` room, write at `offset` of `view` and `bytes`, and `commit`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { BatchReader, BatchWriter } from "./batch.ts";
 *
 * const writer = new BatchWriter();
 * writer.append(Uint8Array.of(1, 2, 3));
 * const { buffer, length } = writer.take()!;
 * assertEquals(new BatchReader(buffer, length).next(), Uint8Array.of(1, 2, 3));
 * ```
 */
export class BatchWriter {
  bytes: Uint8Array<ArrayBuffer>;
  view: DataView<ArrayBuffer>;
  /** Where the bytes of the reserved record go. */
  offset: number;
  #used: number;
  #expected: number;

  constructor() {
    this.bytes = NO_BYTES;
    this.view = NO_VIEW;
    this.offset = 0;
    this.#used = 0;
    this.#expected = SMALLEST;
  }

  /** Bytes in use, record headers included. */
  get length(): number {
    return this.#used;
  }

  /** Makes room for a record of up to `length` bytes. */
  reserve(length: number): void {
    const needed = this.#used + RECORD_HEADER + length;
    if (needed > this.bytes.length) this.#grow(needed);
    this.offset = this.#used + RECORD_HEADER;
  }

  /** The reserved record is written and has `length` bytes. */
  commit(length: number): void {
    this.view.setUint32(this.#used, length);
    this.#used = this.offset + length;
  }

  /** Copies a record in. */
  append(record: Uint8Array): void {
    this.reserve(record.length);
    this.bytes.set(record, this.offset);
    this.commit(record.length);
  }

  /** Hands the batch over and starts the next; undefined when there is no record. */
  take(): Batch | undefined {
    if (this.#used === 0) return undefined;
    const length = this.#used;
    // A buffer that is mostly empty is not worth sending: the reader would keep it alive.
    const buffer = length * 2 < this.bytes.length ? this.bytes.buffer.slice(0, length) : this.bytes.buffer;
    this.#expected = Math.max(SMALLEST, length);
    this.bytes = NO_BYTES;
    this.view = NO_VIEW;
    this.#used = 0;
    return { buffer, length };
  }

  /** The first buffer of a batch is sized by the batch before it: zeroing a large, mostly empty one costs. */
  #grow(needed: number): void {
    const capacity = Math.max(this.#used === 0 ? this.#expected : 2 * this.bytes.length, needed);
    const grown = new Uint8Array(capacity);
    grown.set(this.bytes.subarray(0, this.#used));
    this.bytes = grown;
    this.view = new DataView(grown.buffer);
  }
}

/** Takes a batch apart. The records are views of its buffer, not copies. */
export class BatchReader {
  readonly view: DataView<ArrayBuffer>;
  /** Where the record that {@link advance} found starts. */
  offset: number;
  /** Bytes of that record. */
  length: number;
  readonly #end: number;

  /** A reader of what crossed, if anything did. */
  static of(batch: Batch | undefined): BatchReader {
    return batch ? new BatchReader(batch.buffer, batch.length) : NOTHING;
  }

  constructor(buffer: ArrayBuffer, length: number) {
    this.view = new DataView(buffer);
    this.offset = 0;
    this.length = 0;
    this.#end = length;
  }

  /** Goes to the next record; false when there is none, also because somebody has transferred or overwritten the buffer. */
  advance(): boolean {
    const header = this.offset + this.length;
    if (header >= this.#end || this.view.buffer.detached) return false;
    const offset = header + RECORD_HEADER;
    const length = this.view.getUint32(header);
    if (offset + length > this.#end) return false;
    this.offset = offset;
    this.length = length;
    return true;
  }

  /** The next record; empty when there is none. */
  next(): Uint8Array<ArrayBuffer> {
    if (!this.advance()) return NO_BYTES;
    return new Uint8Array(this.view.buffer, this.offset, this.length);
  }
}

const NO_BYTES = new Uint8Array(0);
const NO_VIEW = new DataView(NO_BYTES.buffer);
const NOTHING = new BatchReader(NO_BYTES.buffer, 0);
