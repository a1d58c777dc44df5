/**
 * A sink that is used again and again: what the target sends is looked at and forgotten.
 *
 * @module
 */
import type { PacketSink } from "../../stack/engine/engine.ts";
import { BATCH_BYTES } from "../../stack/messages.ts";

/** As much as a stack sends at once. */
const CAPACITY = BATCH_BYTES;
/** Room for any packet, so that the arena takes at least one. */
const LARGEST = 66_000;

/** Packets one after the other. */
export class Arena implements PacketSink {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: DataView<ArrayBuffer>;
  offset: number;
  /** How many more packets there is room for. */
  room: number;
  readonly #lengths: number[];

  constructor() {
    this.bytes = new Uint8Array(CAPACITY + LARGEST);
    this.view = new DataView(this.bytes.buffer);
    this.offset = 0;
    this.room = Infinity;
    this.#lengths = [];
  }

  get isEmpty(): boolean {
    return this.#lengths.length === 0;
  }

  reserve(length: number): boolean {
    return this.room > 0 && this.offset < CAPACITY && length <= LARGEST;
  }

  commit(length: number): void {
    this.#lengths.push(length);
    this.offset += length;
    this.room--;
  }

  /** Shows each packet, and forgets all. */
  take(onPacket: (packet: Uint8Array<ArrayBuffer>, view: DataView<ArrayBuffer>) => void): void {
    let at = 0;
    for (const length of this.#lengths) {
      onPacket(this.bytes.subarray(at, at + length), new DataView(this.bytes.buffer, at, length));
      at += length;
    }
    this.#lengths.length = 0;
    this.offset = 0;
  }
}
