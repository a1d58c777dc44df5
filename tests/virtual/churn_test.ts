// Fewer connections and SYNs than those of `deno task figures`.
import { assert } from "@std/assert";
import type { FloodResult } from "./flood.ts";
import { runMeasuring } from "./memory.ts";

/** One connection that stays takes 2 kB and more. */
const NOISE = 1_000_000;

Deno.test("short connections leave no memory behind, and find a port in spite of TIME-WAIT", async () => {
  const { before, after } = await runMeasuring<{ before: number; after: number }>("churn.ts", 2000, 10_000, 3000);
  assert(after - before < NOISE, `${before} bytes before, ${after} after`);
});

Deno.test("T17 a flood of SYNs: bounded memory, and the goodput of an open flow stays", async () => {
  const { before, after, goodput } = await runMeasuring<FloodResult>("flood.ts", 50_000);
  assert(after - before < 8_000_000, `${before} bytes before, ${after} during the flood`);
  assert(goodput >= 0.99, `the flow carries ${goodput} of what it carries without the flood`);
});
