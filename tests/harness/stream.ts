/**
 * Bytes of a test's streams: each place has a byte of its own, so that a lost, doubled or moved one is seen.
 *
 * @module
 */

/** The byte at a place of a stream, 1 being the first. */
export function byteAt(place: number): number {
  return (Math.imul(place, 0x9e3779b1) >>> 23) & 0xff;
}

/** The bytes from `start` up to, not including, `end`. */
export function streamBytes(start: number, end: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(Math.max(0, end - start));
  for (let i = 0; i < bytes.length; i++) bytes[i] = byteAt(start + i);
  return bytes;
}

/** A stream of which parts may be given by hand. */
export class Stream {
  readonly #byHand: Map<number, number>;
  /** The place after the last byte given. */
  end: number;

  constructor() {
    this.#byHand = new Map();
    this.end = 1;
  }

  /** The bytes from `start` to `end`; `content`, if there is one, replaces what they were. */
  put(start: number, end: number, content?: Uint8Array): Uint8Array<ArrayBuffer> {
    if (content) content.forEach((byte, i) => this.#byHand.set(start + i, byte));
    this.end = Math.max(this.end, end);
    return this.get(start, end);
  }

  get(start: number, end: number): Uint8Array<ArrayBuffer> {
    const bytes = streamBytes(start, end);
    for (let i = 0; i < bytes.length; i++) bytes[i] = this.#byHand.get(start + i) ?? bytes[i];
    return bytes;
  }
}
