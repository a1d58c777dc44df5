import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { encodePCAP, writePCAPHeader, writePCAPRecordHeader } from "../../pcap/format.ts";
import { LINKTYPE_RAW, readPCAP } from "../../pcap/mod.ts";
import { pcapFile, type PCAPRecord } from "./pcap_file.ts";

const RECORDS: PCAPRecord[] = [
  { seconds: 1_700_000_000, fraction: 123_456, bytes: new Uint8Array([0x45, 1, 2]) },
  { seconds: 1_700_000_001, fraction: 0, bytes: new Uint8Array([0x60, 4, 5, 6]), length: 1280 },
  { seconds: 0xffff_ffff, fraction: 999_999, bytes: new Uint8Array() },
];
const HEADER = 24;

Deno.test("pcap format: the file header, byte for byte", () => {
  const bytes = new Uint8Array(26).fill(0xee);
  writePCAPHeader(new DataView(bytes.buffer), 1, 0x1234, LINKTYPE_RAW);
  const header = [0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x34, 0x12, 0, 0, 101, 0, 0, 0];
  assertEquals([...bytes], [0xee, ...header, 0xee]);
});

Deno.test("pcap format: the record header, byte for byte", () => {
  const bytes = new Uint8Array(18).fill(0xee);
  writePCAPRecordHeader(new DataView(bytes.buffer), 1, 0x01020304 * 1000 + 500.25, 0x60, 0x1234);
  const header = [4, 3, 2, 1, 0x1a, 0xa2, 7, 0, 0x60, 0, 0, 0, 0x34, 0x12, 0, 0]; // 500,250 µs
  assertEquals([...bytes], [0xee, ...header, 0xee]);
});

Deno.test("pcap format: no timestamp gives a fraction of a whole second", () => {
  const view = new DataView(new ArrayBuffer(16));
  for (let i = 0; i < 10_000; i++) {
    const timestamp = 1_700_000_000_000 + i / 4096 - 1;
    writePCAPRecordHeader(view, 0, timestamp, 0, 0);
    const read = view.getUint32(0, true) * 1000 + view.getUint32(4, true) / 1000;
    if (view.getUint32(4, true) >= 1_000_000) throw new Error(`${timestamp}: fraction ${view.getUint32(4, true)}`);
    if (Math.abs(read - timestamp) > 0.0012) throw new Error(`${timestamp} became ${read}`);
  }
});

for (const littleEndian of [true, false]) {
  Deno.test(`readPCAP: microseconds, ${littleEndian ? "little" : "big"}-endian`, () => {
    const file = readPCAP(pcapFile(RECORDS, { littleEndian, snapLen: 9000 }));
    assertEquals(file, {
      snapLen: 9000,
      linkType: 101,
      packets: [
        { timestamp: 1_700_000_000_123.456, length: 3, bytes: new Uint8Array([0x45, 1, 2]) },
        { timestamp: 1_700_000_001_000, length: 1280, bytes: new Uint8Array([0x60, 4, 5, 6]) },
        { timestamp: 0xffff_ffff * 1000 + 999.999, length: 0, bytes: new Uint8Array() },
      ],
    });
  });

  Deno.test(`readPCAP: nanoseconds, ${littleEndian ? "little" : "big"}-endian`, () => {
    const records = [{ seconds: 1000, fraction: 999_999_999, bytes: new Uint8Array([0x45]) }];
    const { packets } = readPCAP(pcapFile(records, { littleEndian, nanoseconds: true }));
    assertEquals(packets.map((packet) => packet.timestamp), [1_000_999.999999]);
  });
}

Deno.test("encodePCAP: a whole file, cut at the snapshot length", () => {
  const packets = [{ timestamp: 1500.25, bytes: new Uint8Array(3).fill(7) }, {
    timestamp: 2000,
    bytes: new Uint8Array(9),
  }];
  assertEquals(readPCAP(encodePCAP(packets, 4)), {
    snapLen: 4,
    linkType: LINKTYPE_RAW,
    packets: [
      { timestamp: 1500.25, length: 3, bytes: new Uint8Array(3).fill(7) },
      { timestamp: 2000, length: 9, bytes: new Uint8Array(4) },
    ],
  });
  assertEquals(readPCAP(encodePCAP([])), { snapLen: 65_535, linkType: LINKTYPE_RAW, packets: [] });
});

Deno.test("readPCAP: a view into a larger buffer, and its packets are views too", () => {
  const file = pcapFile(RECORDS);
  const larger = new Uint8Array(file.length + 10).fill(0xee);
  larger.set(file, 5);
  const { packets } = readPCAP(larger.subarray(5, 5 + file.length));
  assertEquals(packets.length, 3);
  assertEquals(packets[1].bytes, RECORDS[1].bytes);
  assertStrictEquals(packets[1].bytes.buffer, larger.buffer);
});

Deno.test("readPCAP: a link type with a frame check sequence, no snapshot length", () => {
  const file = readPCAP(pcapFile(RECORDS, { linkType: 0x4400_0001, snapLen: 0 }));
  assertEquals(file.linkType, 1);
  assertEquals(file.snapLen, 0);
  assertEquals(file.packets.length, 3);
});

Deno.test("readPCAP: a file cut short at any offset is refused, unless it ends with a record", () => {
  const file = pcapFile(RECORDS);
  const ends = [HEADER];
  for (const { bytes } of RECORDS) ends.push(ends[ends.length - 1] + 16 + bytes.length);
  for (let length = 0; length <= file.length; length++) {
    const cut = file.subarray(0, length);
    const whole = ends.indexOf(length);
    if (whole >= 0) {
      assertEquals(readPCAP(cut).packets.length, whole);
    } else {
      const start = length < HEADER ? 0 : Math.max(...ends.filter((end) => end < length));
      const offset = length < start + 16 || start === 0 ? start : start + 16;
      assertThrows(() => readPCAP(cut), Deno.errors.InvalidData, `Cannot read pcap: at offset ${offset}: `);
    }
  }
});

/** The file with a 32-bit little-endian field replaced. */
function patched(offset: number, value: number): Uint8Array {
  const file = pcapFile(RECORDS);
  new DataView(file.buffer).setUint32(offset, value, true);
  return file;
}

const MALFORMED: { name: string; file: Uint8Array; message: string }[] = [
  { name: "magic", file: patched(0, 0x12345678), message: "at offset 0: unknown magic number 0x78563412" },
  { name: "pcapng", file: patched(0, 0x0a0d0d0a), message: "at offset 0: a pcapng file" },
  { name: "version", file: patched(4, 0x0005_0002), message: "at offset 4: version 2.5" },
  {
    name: "fraction",
    file: patched(HEADER + 4, 1_000_000),
    message: "at offset 28: fraction of a second out of range, 1000000",
  },
  { name: "over snapLen", file: patched(16, 3), message: "at offset 51: captured length 4 over the snapshot length 3" },
  {
    name: "over length",
    file: patched(HEADER + 12, 2),
    message: "at offset 32: captured length 3 over the packet's length 2",
  },
  {
    name: "huge",
    file: patched(HEADER + 8, 0xffff_ffff),
    message: "at offset 32: captured length 4294967295 over the snapshot",
  },
];

for (const { name, file, message } of MALFORMED) {
  Deno.test(`readPCAP: malformed: ${name}`, () => {
    assertThrows(() => readPCAP(file), Deno.errors.InvalidData, message);
  });
}

Deno.test("readPCAP: any single damaged byte gives a file or InvalidData", () => {
  const file = pcapFile(RECORDS);
  for (let i = 0; i < file.length; i++) {
    for (const flip of [0x01, 0x80, 0xff]) {
      const copy = file.slice();
      copy[i] ^= flip;
      try {
        readPCAP(copy);
      } catch (error) {
        if (!(error instanceof Deno.errors.InvalidData)) throw error;
      }
    }
  }
});

Deno.test("readPCAP: not bytes", () => {
  assertThrows(() => readPCAP("pcap" as unknown as Uint8Array), TypeError, "bytes must be a Uint8Array, got string");
  assertThrows(() => readPCAP(new ArrayBuffer(24) as unknown as Uint8Array), TypeError, "got object");
});
