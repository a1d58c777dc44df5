/**
 * Snapshots on their way to the file: records laid out as in the file, in slabs that the writer is given whole. No clock, no I/O.
 *
 * @module
 */

import {
  LINKTYPE_RAW,
  PCAP_HEADER_LENGTH,
  PCAP_RECORD_HEADER_LENGTH,
  writePCAPHeader,
  writePCAPRecordHeader,
} from "./format.ts";

const SLAB_LENGTH = 128 * 1024;
/** Slabs grow to this while the writer lags: it finishes one write a turn of the event loop, however long the turn. */
const MAX_SLAB_LENGTH = 4 * 1024 * 1024;

/** Part of the file: whole records, after the file header if it is the first. */
export interface Slab {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: DataView;
  /** Bytes in use. */
  length: number;
  /** Records in them. */
  snapshots: number;
}

/** A queue of slabs; bounding the number of snapshots is left to the owner. */
export class Slabs {
  #snapLength: number;
  #full: Slab[];
  #current: Slab | null;
  #spare: Slab | null;
  #nextLength: number;

  constructor(snapLength: number) {
    this.#snapLength = snapLength;
    this.#full = [];
    this.#spare = null;
    this.#nextLength = SLAB_LENGTH;
    this.#current = newSlab(SLAB_LENGTH);
    writePCAPHeader(this.#current.view, 0, snapLength, LINKTYPE_RAW);
    this.#current.length = PCAP_HEADER_LENGTH;
  }

  /** Whether a slab waits that nothing more can be added to. */
  get hasFull(): boolean {
    return this.#full.length > 0;
  }

  /** Whether nothing waits. */
  get isEmpty(): boolean {
    return this.#current === null && this.#full.length === 0;
  }

  /** Adds a record with a copy of the packet's beginning; `timestamp` in milliseconds since 1970. */
  append(packet: Uint8Array, timestamp: number): void {
    const length = packet.length;
    const captured = length < this.#snapLength ? length : this.#snapLength;
    const slab = this.#room(PCAP_RECORD_HEADER_LENGTH + captured);
    const start = slab.length + PCAP_RECORD_HEADER_LENGTH;
    slab.bytes.set(captured === length ? packet : packet.subarray(0, captured), start);
    writePCAPRecordHeader(slab.view, slab.length, timestamp, captured, length);
    slab.length = start + captured;
    slab.snapshots++;
  }

  /** Takes the oldest slab, full or not. */
  take(): Slab | null {
    const full = this.#full.shift();
    if (full !== undefined) return full;
    const slab = this.#current;
    this.#current = null;
    this.#nextLength = SLAB_LENGTH;
    return slab;
  }

  /** Gives back a slab that nobody else holds any more, to be filled again. */
  recycle(slab: Slab): void {
    slab.length = 0;
    slab.snapshots = 0;
    this.#spare = slab;
  }

  /** Drops everything. */
  clear(): void {
    this.#full = [];
    this.#current = null;
    this.#spare = null;
  }

  #room(length: number): Slab {
    const current = this.#current;
    if (current !== null && current.length + length <= current.bytes.length) return current;
    const next = this.#spare ?? newSlab(this.#nextLength);
    this.#spare = null;
    if (current !== null) {
      if (this.hasFull) this.#nextLength = Math.min(2 * this.#nextLength, MAX_SLAB_LENGTH);
      this.#full.push(current);
    }
    this.#current = next;
    return next;
  }
}

function newSlab(length: number): Slab {
  const bytes = new Uint8Array(length);
  return { bytes, view: new DataView(bytes.buffer), length: 0, snapshots: 0 };
}
