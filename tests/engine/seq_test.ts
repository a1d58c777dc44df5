import { assertEquals } from "@std/assert";
import { add, after, atOrAfter, atOrBefore, before, distance, earliest, latest } from "../../stack/engine/seq.ts";

Deno.test("sequence numbers go round at 2^31 and 2^32", () => {
  assertEquals(add(0x7fffffff, 1), -0x80000000);
  assertEquals(add(-1, 1), 0);
  assertEquals(add(0, -1), -1);
  assertEquals(distance(-0x80000000, 0x7fffffff), 1);
  assertEquals(distance(5, -5), 10);
});

Deno.test("order holds across the wrap-around, up to half of the space", () => {
  for (const start of [0, 1, -1, 0x7fffffff, -0x80000000, 0x12345678]) {
    for (const step of [1, 2, 1000, 0x7fffffff]) {
      const later = add(start, step);
      assertEquals(after(later, start), true);
      assertEquals(before(start, later), true);
      assertEquals(before(later, start), false);
      assertEquals(atOrAfter(later, start), true);
      assertEquals(atOrBefore(later, start), false);
      assertEquals(distance(later, start), step);
      assertEquals([latest(start, later), latest(later, start)], [later, later]);
      assertEquals([earliest(start, later), earliest(later, start)], [start, start]);
    }
    assertEquals([after(start, start), before(start, start)], [false, false]);
    assertEquals([atOrAfter(start, start), atOrBefore(start, start)], [true, true]);
  }
});
