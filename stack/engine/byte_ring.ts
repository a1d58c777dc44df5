/**
 * The bytes of a stream, addressed by sequence number: byte `seq` lies at `seq & mask`, so that a segment that
 * arrives out of order is written where it belongs.
 *
 * @module
 */

const SMALLEST = 2048;
/** Smallest memories kept for the next ring that needs one. */
const SPARES = 64;

/** Most connections are idle most of the time: what the active ones need goes from one to the next. */
const spares: Uint8Array<ArrayBuffer>[] = [];

/** A ring that grows on demand and gives its memory back when told that it is empty. */
export class ByteRing {
  #bytes: Uint8Array<ArrayBuffer>;
  #mask: number;

  constructor() {
    this.#bytes = EMPTY;
    this.#mask = 0;
  }

  /** Bytes of memory held. */
  get capacity(): number {
    return this.#bytes.length;
  }

  /** Bytes of memory that {@link reserve} would add. */
  growthFor(needed: number): number {
    return needed <= this.#bytes.length ? 0 : this.#capacityFor(needed) - this.#bytes.length;
  }

  /** Makes room for `needed` bytes from `start` on; the first `used` of them are kept. */
  reserve(needed: number, start: number, used: number): void {
    if (needed <= this.#bytes.length) return;
    const capacity = this.#capacityFor(needed);
    const grown = (capacity === SMALLEST ? spares.pop() : undefined) ?? new Uint8Array(capacity);
    const mask = capacity - 1;
    for (let done = 0; done < used;) {
      const from = (start + done) & this.#mask;
      const to = (start + done) & mask;
      const part = Math.min(used - done, this.#bytes.length - from, capacity - to);
      grown.set(this.#bytes.subarray(from, from + part), to);
      done += part;
    }
    this.#bytes = grown;
    this.#mask = mask;
  }

  /** Writes `length` bytes of `source` at `seq`. There must be room. */
  write(seq: number, source: Uint8Array, offset: number, length: number): void {
    const at = seq & this.#mask;
    const first = Math.min(length, this.#bytes.length - at);
    this.#bytes.set(source.subarray(offset, offset + first), at);
    if (first < length) this.#bytes.set(source.subarray(offset + first, offset + length), 0);
  }

  /** Copies `length` bytes from `seq` on. */
  read(seq: number, target: Uint8Array, offset: number, length: number): void {
    const at = seq & this.#mask;
    const first = Math.min(length, this.#bytes.length - at);
    target.set(this.#bytes.subarray(at, at + first), offset);
    if (first < length) target.set(this.#bytes.subarray(0, length - first), offset + first);
  }

  /** Nothing is in it for now: memory of the smallest size is lent to others, more is kept for the next burst. */
  rest(): void {
    if (this.#bytes.length === SMALLEST) this.release();
  }

  /** Gives the memory back. */
  release(): void {
    if (this.#bytes.length === SMALLEST && spares.length < SPARES) spares.push(this.#bytes);
    this.#bytes = EMPTY;
    this.#mask = 0;
  }

  #capacityFor(needed: number): number {
    let capacity = Math.max(SMALLEST, this.#bytes.length);
    while (capacity < needed) capacity *= 2;
    return capacity;
  }
}

const EMPTY = new Uint8Array(0);
