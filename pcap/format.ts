/**
 * The classic pcap file format: a file header, then a record for each packet. Bytes only.
 *
 * Source: draft-ietf-opsawg-pcap.
 *
 * @module
 */

/** Length of the file header, in bytes. */
export const PCAP_HEADER_LENGTH = 24;
/** Length of the header before each packet, in bytes. */
export const PCAP_RECORD_HEADER_LENGTH = 16;

/**
 * The link type of raw IPv4 and IPv6 packets without a link header (`LINKTYPE_RAW`), told apart by their version nibble.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { LINKTYPE_RAW } from "@uis/uis/pcap";
 *
 * assertEquals(LINKTYPE_RAW, 101);
 * ```
 */
export const LINKTYPE_RAW = 101;

const MAGIC_MICROSECONDS = 0xa1b2c3d4;
const MAGIC_NANOSECONDS = 0xa1b23c4d;
const MAGIC_PCAPNG = 0x0a0d0d0a;
const VERSION_MAJOR = 2;
const VERSION_MINOR = 4;
/** libpcap's bound for files that state no snapshot length. */
const UNSTATED_SNAP_LENGTH = 262_144;

// Offsets in the file header.
const MAGIC = 0;
const MAJOR = 4;
const MINOR = 6;
const SNAP_LENGTH = 16;
const LINK_TYPE = 20;

// Offsets in a record header.
const SECONDS = 0;
const FRACTION = 4;
const CAPTURED_LENGTH = 8;
const ORIGINAL_LENGTH = 12;

/** Writes a little-endian file header with timestamps in microseconds; `snapLength` is in bytes. */
export function writePCAPHeader(view: DataView, offset: number, snapLength: number, linkType: number): void {
  view.setUint32(offset + MAGIC, MAGIC_MICROSECONDS, true);
  view.setUint16(offset + MAJOR, VERSION_MAJOR, true);
  view.setUint16(offset + MINOR, VERSION_MINOR, true);
  view.setUint32(offset + 8, 0, true);
  view.setUint32(offset + 12, 0, true);
  view.setUint32(offset + SNAP_LENGTH, snapLength, true);
  view.setUint32(offset + LINK_TYPE, linkType, true);
}

/** Writes a little-endian record header; `timestamp` is in milliseconds since 1970, lengths are in bytes. */
export function writePCAPRecordHeader(
  view: DataView,
  offset: number,
  timestamp: number,
  capturedLength: number,
  originalLength: number,
): void {
  const seconds = Math.floor(timestamp / 1000);
  view.setUint32(offset + SECONDS, seconds, true);
  view.setUint32(offset + FRACTION, Math.floor((timestamp - seconds * 1000) * 1000), true);
  view.setUint32(offset + CAPTURED_LENGTH, capturedLength, true);
  view.setUint32(offset + ORIGINAL_LENGTH, originalLength, true);
}

/**
 * A whole file of these packets, each with all of its bytes up to `snapLength`; timestamps are in milliseconds since 1970.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { encodePCAP, readPCAP } from "./format.ts";
 *
 * const file = encodePCAP([{ timestamp: 1000, bytes: Uint8Array.of(0x45, 1) }]);
 * assertEquals(readPCAP(file).packets, [{ timestamp: 1000, length: 2, bytes: Uint8Array.of(0x45, 1) }]);
 * ```
 */
export function encodePCAP(
  packets: readonly { timestamp: number; bytes: Uint8Array }[],
  snapLength = 65_535,
): Uint8Array<ArrayBuffer> {
  const captured = packets.map(({ bytes }) => bytes.subarray(0, snapLength));
  const records = captured.reduce((total, { length }) => total + PCAP_RECORD_HEADER_LENGTH + length, 0);
  const file = new Uint8Array(PCAP_HEADER_LENGTH + records);
  const view = new DataView(file.buffer);
  writePCAPHeader(view, 0, snapLength, LINKTYPE_RAW);
  let offset = PCAP_HEADER_LENGTH;
  for (const [i, { timestamp, bytes }] of packets.entries()) {
    writePCAPRecordHeader(view, offset, timestamp, captured[i].length, bytes.length);
    file.set(captured[i], offset + PCAP_RECORD_HEADER_LENGTH);
    offset += PCAP_RECORD_HEADER_LENGTH + captured[i].length;
  }
  return file;
}

/**
 * One packet of a pcap file, as {@link readPCAP} returns it.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import type { PCAPPacket } from "@uis/uis/pcap";
 *
 * function isWhole(packet: PCAPPacket): boolean {
 *   return packet.bytes.length === packet.length;
 * }
 * assertEquals(isWhole({ timestamp: Date.now(), length: 1500, bytes: new Uint8Array(64) }), false);
 * ```
 */
export interface PCAPPacket {
  /** When the packet was captured: milliseconds since 1970, UTC, with a fraction (a double resolves 0.25 µs). */
  timestamp: number;
  /** Length of the packet on the wire, in bytes; `bytes` is shorter where the snapshot length cut it. */
  length: number;
  /** What was captured of the packet: a view of the array given to {@link readPCAP}, not a copy. */
  bytes: Uint8Array;
}

/**
 * A whole pcap file, as {@link readPCAP} returns it.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { LINKTYPE_RAW, type PCAPFile } from "@uis/uis/pcap";
 *
 * function bytesOnTheWire(file: PCAPFile): number {
 *   return file.packets.reduce((sum, packet) => sum + packet.length, 0);
 * }
 * assertEquals(bytesOnTheWire({ snapLen: 64, linkType: LINKTYPE_RAW, packets: [] }), 0);
 * ```
 */
export interface PCAPFile {
  /** At most so many bytes of each packet were captured; 0 where the file states none. */
  snapLen: number;
  /** What the packets begin with; {@link LINKTYPE_RAW} in the files of this library. */
  linkType: number;
  /** The packets in the order of the file. */
  packets: PCAPPacket[];
}

interface Dialect {
  littleEndian: boolean;
  /** Units of the fraction field in a millisecond. */
  fractionsPerMillisecond: 1000 | 1_000_000;
}

/**
 * Reads a classic pcap file, version 2.4, of either byte order, with timestamps in micro- or nanoseconds.
 *
 * Source: draft-ietf-opsawg-pcap.
 *
 * @param bytes The whole file.
 * @throws {TypeError} `bytes` is not a Uint8Array.
 * @throws {Deno.errors.InvalidData} The file is not a classic pcap, is malformed, or is cut short; the message names the
 * offset.
 *
 * @example
 * ```ts
 * import { assertEquals, assertThrows } from "@std/assert";
 * import { PCAPTrace, readPCAP } from "@uis/uis/pcap";
 *
 * const stream = new TransformStream<Uint8Array, Uint8Array>();
 * const file = new Response(stream.readable as ReadableStream<Uint8Array<ArrayBuffer>>).bytes();
 *
 * const trace = new PCAPTrace(stream.writable, 4);
 * trace.dump(new Uint8Array([0x45, 1, 2, 3, 4, 5]));
 * await trace.close();
 *
 * const { snapLen, packets } = readPCAP(await file);
 * assertEquals(snapLen, 4);
 * assertEquals(packets.length, 1);
 * assertEquals(packets[0].length, 6);
 * assertEquals(packets[0].bytes, new Uint8Array([0x45, 1, 2, 3]));
 *
 * assertThrows(() => readPCAP(new Uint8Array(7)), Deno.errors.InvalidData, "offset 0");
 * ```
 */
export function readPCAP(bytes: Uint8Array): PCAPFile {
  if (!(bytes instanceof Uint8Array)) {
    throw new TypeError(`Cannot read pcap: bytes must be a Uint8Array, got ${typeof bytes}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < PCAP_HEADER_LENGTH) {
    throw malformed(0, `file header cut short, ${bytes.length} of ${PCAP_HEADER_LENGTH} bytes`);
  }
  const dialect = readDialect(view);
  const { littleEndian } = dialect;
  const major = view.getUint16(MAJOR, littleEndian);
  const minor = view.getUint16(MINOR, littleEndian);
  if (major !== VERSION_MAJOR || minor !== VERSION_MINOR) {
    throw malformed(MAJOR, `version ${major}.${minor}, expected ${VERSION_MAJOR}.${VERSION_MINOR}`);
  }
  const snapLen = view.getUint32(SNAP_LENGTH, littleEndian);
  // The upper half tells of a frame check sequence.
  const linkType = view.getUint32(LINK_TYPE, littleEndian) & 0xffff;
  const packets: PCAPPacket[] = [];
  for (let offset = PCAP_HEADER_LENGTH; offset < bytes.length;) {
    const packet = readRecord(bytes, view, offset, dialect, snapLen || UNSTATED_SNAP_LENGTH);
    packets.push(packet);
    offset += PCAP_RECORD_HEADER_LENGTH + packet.bytes.length;
  }
  return { snapLen, linkType, packets };
}

function readDialect(view: DataView): Dialect {
  for (const littleEndian of [true, false]) {
    switch (view.getUint32(MAGIC, littleEndian)) {
      case MAGIC_MICROSECONDS:
        return { littleEndian, fractionsPerMillisecond: 1000 };
      case MAGIC_NANOSECONDS:
        return { littleEndian, fractionsPerMillisecond: 1_000_000 };
      case MAGIC_PCAPNG:
        throw malformed(MAGIC, "a pcapng file, expected a classic pcap");
    }
  }
  const magic = view.getUint32(MAGIC).toString(16).padStart(8, "0");
  throw malformed(MAGIC, `unknown magic number 0x${magic}`);
}

function readRecord(
  bytes: Uint8Array,
  view: DataView,
  offset: number,
  { littleEndian, fractionsPerMillisecond }: Dialect,
  limit: number,
): PCAPPacket {
  const left = bytes.length - offset;
  if (left < PCAP_RECORD_HEADER_LENGTH) {
    throw malformed(offset, `record header cut short, ${left} of ${PCAP_RECORD_HEADER_LENGTH} bytes`);
  }
  const fraction = view.getUint32(offset + FRACTION, littleEndian);
  if (fraction >= fractionsPerMillisecond * 1000) {
    throw malformed(offset + FRACTION, `fraction of a second out of range, ${fraction}`);
  }
  const captured = view.getUint32(offset + CAPTURED_LENGTH, littleEndian);
  const length = view.getUint32(offset + ORIGINAL_LENGTH, littleEndian);
  if (captured > limit) {
    throw malformed(offset + CAPTURED_LENGTH, `captured length ${captured} over the snapshot length ${limit}`);
  }
  if (captured > length) {
    throw malformed(offset + CAPTURED_LENGTH, `captured length ${captured} over the packet's length ${length}`);
  }
  const start = offset + PCAP_RECORD_HEADER_LENGTH;
  if (captured > bytes.length - start) {
    throw malformed(start, `packet cut short, ${bytes.length - start} of ${captured} bytes`);
  }
  const timestamp = view.getUint32(offset + SECONDS, littleEndian) * 1000 + fraction / fractionsPerMillisecond;
  return { timestamp, length, bytes: bytes.subarray(start, start + captured) };
}

function malformed(offset: number, problem: string): Error {
  return new Deno.errors.InvalidData(`Cannot read pcap: at offset ${offset}: ${problem}`);
}
