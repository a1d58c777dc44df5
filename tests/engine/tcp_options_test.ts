import { assert, assertEquals } from "@std/assert";
import { TCPOptionSet } from "../../stack/wire/tcp_options.ts";
import { type TCPOption, writeOptions } from "../harness/options.ts";
import { seeded } from "../harness/seeded.ts";

function parse(bytes: ArrayLike<number>): TCPOptionSet {
  const options = new TCPOptionSet();
  const padded = Uint8Array.from([0xaa, ...Array.from(bytes), 0xbb]);
  options.parse(new DataView(padded.buffer), 1, 1 + bytes.length);
  return options;
}

Deno.test("all options of a SYN", () => {
  const all: TCPOption[] = [
    { name: "mss", value: 1460 },
    { name: "sackok" },
    { name: "ts", value: 0x89abcdef, echo: 0x01234567 },
    { name: "ws", value: 7 },
  ];
  const options = parse(writeOptions(all));
  assertEquals(options.maximumSegmentSize, 1460);
  assertEquals(options.sackPermitted, true);
  assertEquals(options.hasTimestamps, true);
  assertEquals([options.timestampValue, options.timestampEcho], [0x89abcdef | 0, 0x01234567]);
  assertEquals(options.windowShift, 7);
});

Deno.test("SACK blocks", () => {
  for (let count = 1; count <= 4; count++) {
    const blocks = Array.from({ length: count }, (_, i): [number, number] => [i * 100, 0xffffff00 + i]);
    const options = parse(writeOptions([{ name: "sack", blocks }]));
    assertEquals(options.sackCount, count);
    const edges = Array.from(options.sackEdges.subarray(0, 2 * count));
    assertEquals(edges, blocks.flat().map((edge) => edge | 0));
  }
});

Deno.test("what was not sent is not there, also when the set is filled again", () => {
  const options = new TCPOptionSet();
  const bytes = Uint8Array.from(
    writeOptions([{ name: "mss", value: 1 }, { name: "ws", value: 1 }, { name: "sackok" }]),
  );
  options.parse(new DataView(bytes.buffer), 0, bytes.length);
  options.parse(new DataView(bytes.buffer), 0, 0);
  assertEquals([options.maximumSegmentSize, options.windowShift, options.sackPermitted], [0, -1, false]);
  assertEquals([options.hasTimestamps, options.sackCount], [false, 0]);
});

Deno.test("a shift beyond 14 counts as 14", () => {
  assertEquals(parse([3, 3, 14]).windowShift, 14);
  assertEquals(parse([3, 3, 15]).windowShift, 14);
  assertEquals(parse([3, 3, 255]).windowShift, 14);
});

Deno.test("what is malformed ends the reading", () => {
  for (const bytes of [[2], [2, 0], [2, 1], [2, 4, 5], [3, 3], [8, 10, 0], [5, 10, 0, 0], [253, 255]]) {
    const options = parse([...bytes]);
    assertEquals([options.maximumSegmentSize, options.windowShift, options.hasTimestamps], [0, -1, false]);
  }
  assertEquals(parse([0, 2, 4, 5, 180]).maximumSegmentSize, 0);
  assertEquals(parse([254, 4, 1, 2, 2, 4, 5, 180]).maximumSegmentSize, 1460);
  assertEquals(parse([2, 3, 5, 3, 3, 7]).windowShift, 7);
});

Deno.test("any bytes are read without an error, and within bounds", () => {
  const random = seeded(1);
  for (let round = 0; round < 50_000; round++) {
    const length = Math.floor(random() * 41);
    const kinds = [0, 1, 2, 3, 4, 5, 8, 10, 18, 255, Math.floor(random() * 256)];
    const bytes = Array.from({ length }, () => kinds[Math.floor(random() * kinds.length)]);
    const options = parse(bytes);
    assert(options.windowShift >= -1 && options.windowShift <= 14);
    assert(options.sackCount >= 0 && options.sackCount <= 4);
    assert(options.maximumSegmentSize >= 0 && options.maximumSegmentSize <= 0xffff);
  }
});
