// Buffers that are used again: what a burst has left is let go of, what is needed all the time is not.
import { assert, assertEquals } from "@std/assert";
import { keepBuffer, spareBuffer } from "../../vnic/spare_buffers.ts";

const SIZE = 32 * 1024;
/** More than are kept between two looks. */
const MANY = 5000;

/** Takes and keeps one buffer of `size` bytes, `times` times; those that were seen. */
function useOne(size: number, times: number): Set<ArrayBuffer> {
  const seen = new Set<ArrayBuffer>();
  for (let i = 0; i < times; i++) {
    const buffer = spareBuffer(size);
    seen.add(buffer);
    keepBuffer(buffer);
  }
  return seen;
}

Deno.test("one buffer serves as long as one is needed", () => {
  useOne(SIZE, MANY);
  assertEquals(useOne(SIZE, 3 * MANY).size, 1);
});

Deno.test("what a burst has left is kept for the next one, and let go of when none comes", () => {
  useOne(SIZE, MANY);
  const burst = Array.from({ length: 10 }, () => spareBuffer(SIZE));
  for (const buffer of burst) keepBuffer(buffer);
  const next = Array.from({ length: 10 }, () => spareBuffer(SIZE));
  assertEquals(new Set([...burst, ...next]).size, 10);
  for (const buffer of next) keepBuffer(buffer);
  // The first look sees the burst, the second that nobody needed it.
  useOne(SIZE, 2 * MANY);
  const later = Array.from({ length: 10 }, () => spareBuffer(SIZE));
  assertEquals(later.filter((buffer) => burst.includes(buffer)).length, 1);
});

Deno.test("sizes that are not used any more are let go of while others are", () => {
  const [rare] = useOne(64 * 1024, 1);
  useOne(SIZE, 2 * MANY);
  assert(spareBuffer(64 * 1024) !== rare);
});
