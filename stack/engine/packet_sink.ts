/**
 * Where packets are written: straight into the outgoing batch, or into a queue of the engine's own.
 *
 * @module
 */

/** A place for packets. Reserve, write at `offset` of `view` and `bytes`, commit. */
export interface PacketSink {
  /** Makes room for one packet of up to `length` bytes; false when there is none, as behind a full transmit ring. */
  reserve(length: number): boolean;
  /** Valid after a successful {@link reserve}, until {@link commit}. */
  readonly view: DataView;
  readonly bytes: Uint8Array;
  readonly offset: number;
  /** The packet is written and has `length` bytes. */
  commit(length: number): void;
}

const INITIAL_CAPACITY = 4096;

/** Packets that wait inside the engine: answers to be sent, and packets to itself. First in, first out. */
export class PacketQueue implements PacketSink {
  view: DataView;
  bytes: Uint8Array;
  offset: number;
  readonly #limit: number;
  #lengths: number[];
  #read: number;
  #readAt: number;

  /** Holds up to `limit` bytes. */
  constructor(limit: number) {
    this.bytes = new Uint8Array(0);
    this.view = new DataView(this.bytes.buffer);
    this.offset = 0;
    this.#limit = limit;
    this.#lengths = [];
    this.#read = 0;
    this.#readAt = 0;
  }

  get isEmpty(): boolean {
    return this.#read === this.#lengths.length;
  }

  /** Bytes of all packets. */
  get length(): number {
    return this.offset - this.#readAt;
  }

  /** Packets whose lengths are kept, some of which may be gone. */
  get remembered(): number {
    return this.#lengths.length;
  }

  /** Bytes of the oldest packet. */
  get nextLength(): number {
    return this.#lengths[this.#read];
  }

  /** Where the oldest packet starts in `view` and `bytes`. */
  get nextOffset(): number {
    return this.#readAt;
  }

  /** Whether packets of `length` bytes in all can be reserved one after the other. */
  hasRoom(length: number): boolean {
    return this.offset - this.#readAt + length <= this.#limit;
  }

  reserve(length: number): boolean {
    if (this.offset + length <= this.bytes.length) return true;
    const used = this.offset - this.#readAt;
    if (used + length > this.#limit) return false;
    let capacity = Math.max(INITIAL_CAPACITY, this.bytes.length);
    while (capacity < used + length) capacity *= 2;
    const bytes = new Uint8Array(capacity);
    bytes.set(this.bytes.subarray(this.#readAt, this.offset));
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer);
    this.offset = used;
    this.#readAt = 0;
    this.#lengths = this.#lengths.slice(this.#read);
    this.#read = 0;
    return true;
  }

  commit(length: number): void {
    this.#lengths.push(length);
    this.offset += length;
  }

  /** Forgets the oldest packet. Its bytes stay as they are until the next {@link reserve}. */
  shift(): void {
    this.#readAt += this.#lengths[this.#read];
    this.#read++;
    if (!this.isEmpty) return;
    this.#lengths.length = 0;
    this.#read = 0;
    this.#readAt = 0;
    this.offset = 0;
    if (this.bytes.length > RETAINED_CAPACITY) this.#release();
  }

  #release(): void {
    this.bytes = new Uint8Array(0);
    this.view = new DataView(this.bytes.buffer);
  }
}

const RETAINED_CAPACITY = 64 * 1024;
