import { assertEquals } from "@std/assert";
import { RateLimit } from "../../stack/engine/rate_limit.ts";

Deno.test("a tenth of a second's worth at once, then as many as time brings", () => {
  const limit = new RateLimit(100);
  let taken = 0;
  while (limit.take(0)) taken++;
  assertEquals(taken, 10);
  assertEquals(limit.take(9), false);
  assertEquals(limit.take(10.1), true);
  assertEquals(limit.take(10.1), false);
  taken = 0;
  while (limit.take(1_000_000)) taken++;
  assertEquals(taken, 10);
});

Deno.test("a rate of 0 allows nothing, an infinite one everything", () => {
  const [never, always] = [new RateLimit(0), new RateLimit(Infinity)];
  for (const now of [0, 0, 1, 1_000_000]) assertEquals([never.take(now), always.take(now)], [false, true]);
});

Deno.test("time that goes back gives nothing", () => {
  const limit = new RateLimit(10);
  assertEquals(limit.take(1000), true);
  assertEquals(limit.take(0), false);
  assertEquals(limit.take(1050), false);
  assertEquals(limit.take(1100), true);
});
