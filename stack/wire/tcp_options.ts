/**
 * TCP options: maximum segment size (RFC 9293 §3.7.1), window scale and timestamps (RFC 7323), SACK (RFC 2018).
 *
 * Both sides.
 *
 * @module
 */

export const END = 0;
export const NO_OPERATION = 1;
export const MAXIMUM_SEGMENT_SIZE = 2;
export const WINDOW_SCALE = 3;
export const SACK_PERMITTED = 4;
export const SACK = 5;
export const TIMESTAMPS = 8;

/** The largest shift that a peer may ask for (RFC 7323 §2.3). */
export const MAX_WINDOW_SHIFT = 14;
/** SACK blocks that fit beside nothing else. */
export const MAX_SACK_BLOCKS = 4;
/** Bytes of padding, kind and length, and of each block behind them (RFC 2018 §3). */
const SACK_START = 4;
const SACK_BLOCK = 8;
/** Bytes of timestamps with their padding. */
export const TIMESTAMPS_LENGTH = 12;

/** The options of one segment. One object is filled again and again. */
export class TCPOptionSet {
  /** 0: not sent. */
  maximumSegmentSize: number;
  /** -1: not sent. */
  windowShift: number;
  sackPermitted: boolean;
  hasTimestamps: boolean;
  timestampValue: number;
  timestampEcho: number;
  sackCount: number;
  /** Left and right edge of each block. */
  readonly sackEdges: Int32Array;

  constructor() {
    this.maximumSegmentSize = 0;
    this.windowShift = -1;
    this.sackPermitted = false;
    this.hasTimestamps = false;
    this.timestampValue = 0;
    this.timestampEcho = 0;
    this.sackCount = 0;
    this.sackEdges = new Int32Array(2 * MAX_SACK_BLOCKS);
  }

  clear(): void {
    this.maximumSegmentSize = 0;
    this.windowShift = -1;
    this.sackPermitted = false;
    this.hasTimestamps = false;
    this.sackCount = 0;
  }

  /** Reads the options from `offset` to `end`. What is malformed ends the reading; unknown kinds are skipped. */
  parse(view: DataView, offset: number, end: number): void {
    this.clear();
    let at = offset;
    while (at < end) {
      const kind = view.getUint8(at);
      if (kind === END) return;
      if (kind === NO_OPERATION) {
        at++;
        continue;
      }
      const length = lengthAt(view, at, end);
      if (length === 0) return;
      this.#parseOne(view, at, kind, length);
      at += length;
    }
  }

  #parseOne(view: DataView, at: number, kind: number, length: number): void {
    if (kind === TIMESTAMPS && length === 10) {
      this.hasTimestamps = true;
      this.timestampValue = view.getInt32(at + 2);
      this.timestampEcho = view.getInt32(at + 6);
    } else if (kind === SACK && length >= 10 && (length - 2) % 8 === 0) {
      this.sackCount = Math.min((length - 2) / 8, MAX_SACK_BLOCKS);
      for (let i = 0; i < 2 * this.sackCount; i++) this.sackEdges[i] = view.getInt32(at + 2 + 4 * i);
    } else if (kind === MAXIMUM_SEGMENT_SIZE && length === 4) {
      this.maximumSegmentSize = view.getUint16(at + 2);
    } else if (kind === WINDOW_SCALE && length === 3) {
      this.windowShift = Math.min(view.getUint8(at + 2), MAX_WINDOW_SHIFT);
    } else if (kind === SACK_PERMITTED && length === 2) {
      this.sackPermitted = true;
    }
  }
}

/** Bytes of the option at `at`; 0 when it is malformed. */
export function lengthAt(view: DataView, at: number, end: number): number {
  if (view.getUint8(at) <= NO_OPERATION) return 1;
  if (at + 2 > end) return 0;
  const length = view.getUint8(at + 1);
  return length < 2 || at + length > end ? 0 : length;
}

/** Writes the option and returns the bytes used. */
export function writeMaximumSegmentSize(view: DataView, offset: number, size: number): number {
  view.setUint16(offset, (MAXIMUM_SEGMENT_SIZE << 8) | 4);
  view.setUint16(offset + 2, size);
  return 4;
}

/** Writes the option, padded to four bytes, and returns the bytes used. */
export function writeWindowScale(view: DataView, offset: number, shift: number): number {
  view.setUint32(offset, ((NO_OPERATION << 24) | (WINDOW_SCALE << 16) | (3 << 8) | shift) >>> 0);
  return 4;
}

/** Writes the option, padded to four bytes, and returns the bytes used. */
export function writeSackPermitted(view: DataView, offset: number): number {
  view.setUint32(offset, (NO_OPERATION << 24) | (NO_OPERATION << 16) | (SACK_PERMITTED << 8) | 2);
  return 4;
}

/** Writes the option, padded to twelve bytes, and returns the bytes used. */
export function writeTimestamps(view: DataView, offset: number, value: number, echo: number): number {
  view.setUint32(offset, (NO_OPERATION << 24) | (NO_OPERATION << 16) | (TIMESTAMPS << 8) | 10);
  view.setInt32(offset + 4, value);
  view.setInt32(offset + 8, echo);
  return TIMESTAMPS_LENGTH;
}

/** How many SACK blocks fit into `length` bytes of options, with the padding that {@link writeSack} puts before them. */
export function sackBlocksIn(length: number): number {
  return Math.min(MAX_SACK_BLOCKS, Math.floor((length - SACK_START) / SACK_BLOCK));
}

/** Writes `count` blocks of `edges`, padded by two bytes, and returns the bytes used. */
export function writeSack(view: DataView, offset: number, edges: Int32Array, count: number): number {
  view.setUint32(offset, (NO_OPERATION << 24) | (NO_OPERATION << 16) | (SACK << 8) | (2 + SACK_BLOCK * count));
  for (let i = 0; i < 2 * count; i++) view.setInt32(offset + SACK_START + 4 * i, edges[i]);
  return SACK_START + SACK_BLOCK * count;
}
