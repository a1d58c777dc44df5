import { assertEquals } from "@std/assert";
import { ByteRing } from "../../stack/engine/byte_ring.ts";
import { streamBytes } from "../harness/stream.ts";

function read(ring: ByteRing, seq: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  ring.read(seq, bytes, 0, length);
  return bytes;
}

for (const start of [0, 1, 2047, 2048, -1, -1000, 0x7fffffff - 500, -0x80000000]) {
  Deno.test(`bytes stay where they are while the ring grows, from ${start}`, () => {
    const ring = new ByteRing();
    const bytes = streamBytes(0, 100_000);
    let used = 0;
    for (const length of [1, 10, 1000, 2000, 5000, 30_000, 61_989]) {
      ring.reserve(used + length, start, used);
      ring.write((start + used) | 0, bytes, used, length);
      used += length;
      assertEquals(read(ring, start, used), bytes.subarray(0, used));
    }
    assertEquals(ring.capacity, 131_072);
  });
}

Deno.test("a ring is used round and round without growing", () => {
  const ring = new ByteRing();
  const bytes = streamBytes(0, 1000);
  ring.reserve(1000, 0, 0);
  for (let seq = -50_000; seq < 50_000; seq += 1000) {
    ring.reserve(1000, seq, 0);
    ring.write(seq, bytes, 0, 1000);
    assertEquals(read(ring, seq, 1000), bytes);
  }
  assertEquals(ring.capacity, 2048);
});

Deno.test("bytes ahead of a gap are kept when the ring grows, as far as the caller says", () => {
  const ring = new ByteRing();
  const bytes = streamBytes(0, 4000);
  ring.reserve(2000, 0, 0);
  ring.write(1500, bytes, 1500, 500);
  ring.reserve(4000, 0, 2000);
  ring.write(0, bytes, 0, 1500);
  ring.write(2000, bytes, 2000, 2000);
  assertEquals(read(ring, 0, 4000), bytes);
});

Deno.test("a released ring holds nothing, and can be used again", () => {
  const ring = new ByteRing();
  ring.reserve(5000, 0, 0);
  ring.release();
  assertEquals(ring.capacity, 0);
  ring.reserve(1, 7, 0);
  ring.write(7, Uint8Array.of(9), 0, 1);
  assertEquals(read(ring, 7, 1), Uint8Array.of(9));
});

Deno.test("a resting ring lends its memory to the next, and finds its place again", () => {
  const [one, other] = [new ByteRing(), new ByteRing()];
  one.reserve(3, 2047, 0);
  one.write(2047, Uint8Array.of(1, 2, 3), 0, 3);
  one.rest();
  assertEquals(one.capacity, 0);
  other.reserve(3, 5, 0);
  other.write(5, Uint8Array.of(4, 5, 6), 0, 3);
  one.reserve(3, 2050, 0);
  one.write(2050, Uint8Array.of(7, 8, 9), 0, 3);
  assertEquals([...read(other, 5, 3), ...read(one, 2050, 3)], [4, 5, 6, 7, 8, 9]);
});

Deno.test("a resting ring that has grown keeps its memory for the next burst", () => {
  const ring = new ByteRing();
  ring.reserve(5000, 0, 0);
  ring.rest();
  assertEquals(ring.capacity, 8192);
});

Deno.test("reading and writing nothing is nothing", () => {
  const ring = new ByteRing();
  ring.write(5, new Uint8Array(), 0, 0);
  assertEquals(read(ring, 5, 0), new Uint8Array());
});
