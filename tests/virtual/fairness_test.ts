// Smaller links than those of `deno task figures`, whose runs take longer.
import { assert, assertEquals } from "@std/assert";
import { bottleneck, fairness, jainIndex, utilisation } from "./fairness.ts";

Deno.test("Jain's index", () => {
  assertEquals(jainIndex([3, 3, 3]), 1);
  assertEquals(jainIndex([5, 0]), 0.5);
});

for (const congestion of ["cubic", "newreno"] as const) {
  Deno.test(`one flow fills a bottleneck: ${congestion}`, () => {
    const share = utilisation({ ...bottleneck(10_000_000, 50), tcp: { congestion } }, 5000, 30_000);
    assert(share >= 0.98, `it carries ${share} of what the headers leave`);
  });
}

Deno.test("two flows share a bottleneck", () => {
  const index = fairness(bottleneck(10_000_000, 20), 2, 10_000, 10_000);
  assert(index >= 0.95, `Jain's index is ${index}`);
});

Deno.test("twenty flows share a bottleneck", () => {
  const index = fairness(bottleneck(20_000_000, 20), 20, 10_000, 10_000);
  assert(index >= 0.9, `Jain's index is ${index}`);
});
