// Less of what `deno task endurance` does.
import { assert, assertEquals } from "@std/assert";
import { runMeasuring } from "../virtual/memory.ts";
import type { Endurance } from "./connections.ts";
import type { LoadResult } from "./load.ts";
import { transferAgainAndAgain } from "./stalls.ts";

/** One connection that stays takes 2 kB and more. */
const NOISE = 1_000_000;
/** Compiled code comes and goes; of 100,000 packets each would leave 30 bytes. */
const CODE = 3_000_000;

Deno.test("transfers between two workers bring every byte, one after the other", async () => {
  assertEquals((await transferAgainAndAgain(5)).length, 5);
});

Deno.test("connections of two stacks leave no memory behind", async () => {
  const { before, after } = await runMeasuring<Endurance>("../endurance/connections.ts", 1000, 2000, 1000);
  assert(after - before < NOISE, `${before} bytes before, ${after} after`);
});

Deno.test("two stacks at full load keep nothing, and drop nothing but what finds the queue full", async () => {
  const { parts, otherDrops } = await runMeasuring<LoadResult>("../endurance/load.ts", 4, 4);
  for (const [i, bytes] of parts[3].live.entries()) {
    assert(bytes - parts[1].live[i] < CODE, `${parts[1].live[i]} bytes before, ${bytes} after`);
  }
  assertEquals(otherDrops, 0);
});
