import { assertEquals, assertThrows } from "@std/assert";
import { Deque } from "../../stack/engine/deque.ts";

Deno.test("a deque grows while its entries wrap around, and keeps their order", () => {
  const deque = new Deque<number>();
  const expected: number[] = [];
  for (let i = 0; i < 1000; i++) {
    deque.push(i);
    expected.push(i);
    if (i % 3 === 0) assertEquals(deque.shift(), expected.shift());
    if (i % 7 === 0) {
      deque.unshift(-i);
      expected.unshift(-i);
    }
    assertEquals([deque.length, deque.first], [expected.length, expected[0]]);
  }
  assertEquals(deque.drain(), expected);
  assertEquals([deque.length, deque.first, deque.shift()], [0, undefined, undefined]);
  deque.unshift(1);
  assertEquals(deque.drain(), [1]);
});

Deno.test("a deque has two ends", () => {
  const deque = new Deque<number>();
  assertEquals([deque.last, deque.pop()], [undefined, undefined]);
  for (let i = 0; i < 40; i++) {
    deque.push(i);
    if (i % 2 === 0) deque.unshift(-i);
  }
  for (let i = 39; i > 20; i--) assertEquals([deque.last, deque.pop()], [i, i]);
  assertEquals([deque.length, deque.shift(), deque.last], [41, -38, 20]);
});

Deno.test("a deque gives up what is done, and keeps the rest, also when that throws", () => {
  const deque = new Deque<number>();
  for (let i = 0; i < 5; i++) deque.push(i);
  deque.shiftWhile((entry) => entry < 3);
  assertEquals(deque.first, 3);
  assertThrows(
    () =>
      deque.shiftWhile((entry) => {
        throw new Error(`no ${entry}`);
      }),
    Error,
    "no 3",
  );
  deque.shiftWhile(() => true);
  assertEquals(deque.length, 0);
});
