import { assertEquals } from "@std/assert";
import { Ranges } from "../../stack/engine/ranges.ts";
import { seeded } from "../harness/seeded.ts";

function list(ranges: Ranges, origin = 0): [number, number][] {
  return Array.from({ length: ranges.count }, (_, i) => {
    const { start, end } = ranges.at(i);
    return [(start - origin) | 0, (end - origin) | 0];
  });
}

Deno.test("ranges are sorted, and joined when they touch or overlap", () => {
  const ranges = new Ranges();
  ranges.add(10, 20);
  ranges.add(30, 40);
  ranges.add(0, 5);
  assertEquals(list(ranges), [[0, 5], [10, 20], [30, 40]]);
  assertEquals(ranges.add(20, 30), { start: 10, end: 40 });
  assertEquals(list(ranges), [[0, 5], [10, 40]]);
  ranges.add(3, 11);
  assertEquals(list(ranges), [[0, 40]]);
  ranges.add(7, 9);
  assertEquals(list(ranges), [[0, 40]]);
});

Deno.test("what starts up to a number is taken", () => {
  const ranges = new Ranges();
  for (const start of [10, 30, 50]) ranges.add(start, start + 10);
  assertEquals(ranges.takeUpTo(9), 9);
  assertEquals(ranges.takeUpTo(10), 20);
  assertEquals(ranges.takeUpTo(35), 40);
  assertEquals(list(ranges), [[50, 60]]);
  assertEquals(ranges.takeUpTo(100), 100);
  assertEquals(ranges.count, 0);
});

Deno.test("the range that ends at a number", () => {
  const ranges = new Ranges();
  ranges.add(10, 20);
  ranges.add(30, 40);
  assertEquals(ranges.endingAt(20), { start: 10, end: 20 });
  assertEquals([ranges.endingAt(30), ranges.endingAt(35)], [undefined, undefined]);
});

Deno.test("the first part of a range that is there", () => {
  const ranges = new Ranges();
  ranges.add(10, 20);
  ranges.add(30, 40);
  assertEquals(ranges.overlap(10, 20), { start: 10, end: 20 });
  assertEquals(ranges.overlap(12, 13), { start: 12, end: 13 });
  assertEquals(ranges.overlap(5, 21), { start: 10, end: 20 });
  assertEquals(ranges.overlap(15, 35), { start: 15, end: 20 });
  assertEquals(ranges.overlap(25, 50), { start: 30, end: 40 });
  assertEquals([ranges.overlap(0, 10), ranges.overlap(20, 30), ranges.overlap(40, 50)], [
    undefined,
    undefined,
    undefined,
  ]);
  ranges.clear();
  assertEquals(ranges.overlap(10, 11), undefined);
});

for (const [seed, origin] of [[1, 0], [2, 0x7fffffc0], [3, -40]]) {
  Deno.test(`ranges agree with a set of numbers around ${origin}, seed ${seed}`, () => {
    const random = seeded(seed);
    for (let round = 0; round < 200; round++) {
      const ranges = new Ranges();
      const numbers = new Array<boolean>(101).fill(false);
      for (let i = 0; i < 12; i++) {
        const start = Math.floor(random() * 90);
        const end = start + 1 + Math.floor(random() * 10);
        ranges.add((origin + start) | 0, (origin + end) | 0);
        numbers.fill(true, start, end);
        const expected: [number, number][] = [];
        for (let n = 0; n < 100; n++) {
          if (!numbers[n]) continue;
          const from = n;
          while (numbers[n]) n++;
          expected.push([from, n]);
        }
        assertEquals(list(ranges, origin), expected);
      }
    }
  });
}
