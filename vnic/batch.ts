/**
 * Many byte records in one transferable buffer: a length of four bytes, then the bytes, back to back.
 *
 * Runs on both sides.
 *
 * @module
 */

import { keepBuffer, spareBuffer } from "./spare_buffers.ts";

/** Bytes before each record. */
export const RECORD_HEADER = 4;
const SMALLEST = 256;
/** The largest buffer that batches share; one that needs more has a buffer of its own. */
const LARGEST_SHARED = 16 * 1024;
/** The largest buffer that crosses between threads as a copy, however little is in it: to hand it over costs more. */
export const LARGEST_COPIED = 1024 + 64;

/** What a writer has collected: `length` bytes of `view` from `start` on. */
export interface Batch {
  view: DataView<ArrayBuffer>;
  start: number;
  length: number;
  /** Nothing else is in the buffer: who has taken the batch apart may use it again. */
  isAlone: boolean;
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
 * assertEquals(BatchReader.of(writer.take()).next(), Uint8Array.of(1, 2, 3));
 * ```
 */
export class BatchWriter {
  bytes: Uint8Array<ArrayBuffer>;
  view: DataView<ArrayBuffer>;
  /** Where the bytes of the reserved record go. */
  offset: number;
  /** Whether small batches may follow each other in one buffer, and whether the present one is such a buffer. */
  readonly #mayShare: boolean;
  #isShared: boolean;
  /** Where the batch starts, and where its next record does. */
  #start: number;
  #end: number;
  /** Bytes of the last batch, and of the last buffer that was shared. */
  #usual: number;
  #sharedSize: number;

  /** With `mayShare` the memory of a batch that was taken stays on this thread, and small ones share it. */
  constructor(mayShare = false) {
    this.bytes = NO_BYTES;
    this.view = NO_VIEW;
    this.offset = 0;
    this.#mayShare = mayShare;
    this.#isShared = false;
    this.#start = 0;
    this.#end = 0;
    this.#usual = 0;
    this.#sharedSize = SMALLEST;
  }

  /** Bytes in use, record headers included. */
  get length(): number {
    return this.#end - this.#start;
  }

  /** Makes room for a record of up to `length` bytes. */
  reserve(length: number): void {
    // Whoever was handed the batch before may have transferred what they share.
    if (this.#isShared && this.length === 0 && this.view.buffer.detached) this.#begin(NO_BYTES);
    const end = this.#end + RECORD_HEADER + length;
    if (end > this.bytes.length) this.#grow(RECORD_HEADER + length);
    this.offset = this.#end + RECORD_HEADER;
  }

  /** The reserved record is written and has `length` bytes. */
  commit(length: number): void {
    this.view.setUint32(this.#end, length);
    this.#end = this.offset + length;
  }

  /** Copies a record in. */
  append(record: Uint8Array): void {
    this.reserve(record.length);
    this.bytes.set(record, this.offset);
    this.commit(record.length);
  }

  /** Hands the batch over and starts the next; undefined when there is no record. */
  take(): Batch | undefined {
    const { length } = this;
    if (length === 0) return undefined;
    this.#usual = length;
    return this.#isShared ? this.#takePart(length) : this.#takeAll(length);
  }

  #takePart(length: number): Batch {
    const batch = { view: this.view, start: this.#start, length, isAlone: false };
    this.#start = this.#end;
    return batch;
  }

  #takeAll(length: number): Batch {
    const { view } = this;
    this.#begin(NO_BYTES);
    const isWorth = length * 2 >= view.byteLength || view.byteLength <= LARGEST_COPIED;
    return { view: isWorth ? view : shortened(view, length), start: 0, length, isAlone: true };
  }

  /** The first buffer of a batch is sized by what came before: zeroing a large, mostly empty one costs. */
  #grow(needed: number): void {
    const { length, bytes } = this;
    const wasShared = this.#isShared;
    const written = bytes.subarray(this.#start, this.#end);
    this.#begin(this.#newBuffer(Math.max(length === 0 ? this.#usual : 2 * length, length + needed)));
    this.bytes.set(written);
    this.#end = length;
    if (!wasShared) keepBuffer(bytes.buffer);
  }

  #newBuffer(capacity: number): Uint8Array<ArrayBuffer> {
    this.#isShared = this.#mayShare && capacity <= LARGEST_SHARED;
    if (!this.#isShared) return new Uint8Array(spareBuffer(capacity));
    this.#sharedSize = Math.min(2 * this.#sharedSize, LARGEST_SHARED);
    return new Uint8Array(Math.max(capacity, this.#sharedSize));
  }

  #begin(bytes: Uint8Array<ArrayBuffer>): void {
    this.bytes = bytes;
    this.view = bytes === NO_BYTES ? NO_VIEW : new DataView(bytes.buffer);
    this.#start = 0;
    this.#end = 0;
  }
}

/** Takes a batch apart. The records are views of its buffer, not copies. */
export class BatchReader {
  readonly view: DataView<ArrayBuffer>;
  /** Where the record that {@link advance} found starts. */
  offset: number;
  /** Bytes of that record. */
  length: number;
  readonly #start: number;
  readonly #end: number;
  readonly #isAlone: boolean;

  /** A reader of what crossed, if anything did. */
  static of(batch: Batch | undefined): BatchReader {
    return batch ? new BatchReader(batch) : NOTHING;
  }

  constructor({ view, start, length, isAlone }: Batch) {
    this.view = view;
    this.offset = start;
    this.length = 0;
    this.#start = start;
    this.#end = start + length;
    this.#isAlone = isAlone;
  }

  /** Whether the record that {@link advance} found is all that is in the buffer. */
  get isOnly(): boolean {
    return this.#isAlone && this.offset === this.#start + RECORD_HEADER && this.offset + this.length === this.#end;
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

  /** The record that {@link advance} found. */
  record(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.view.buffer, this.offset, this.length);
  }

  /** The next record; empty when there is none. */
  next(): Uint8Array<ArrayBuffer> {
    return this.advance() ? this.record() : NO_BYTES;
  }
}

/** A large buffer that is mostly empty is not worth sending: the reader would keep it alive. */
function shortened({ buffer }: DataView<ArrayBuffer>, length: number): DataView<ArrayBuffer> {
  const short = new DataView(buffer.slice(0, length));
  keepBuffer(buffer);
  return short;
}

const NO_BYTES = new Uint8Array(0);
const NO_VIEW = new DataView(NO_BYTES.buffer);
const NOTHING = new BatchReader({ view: NO_VIEW, start: 0, length: 0, isAlone: false });
