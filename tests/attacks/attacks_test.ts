// Two seconds of each attack on an engine in virtual time; `deno task attacks` has a minute of each, on a stack in a worker.
import { assert } from "@std/assert";
import { runMeasuring } from "../virtual/memory.ts";
import { ATTACKS } from "./attackers.ts";
import type { VirtualResult } from "./virtual.ts";

const SECONDS = 2;
/** So few that they are soon used up. */
const CONNECTIONS = 1000;

for (const { name, shows } of ATTACKS) {
  Deno.test(`${name}: ${shows}, and an honest flow keeps its goodput`, async () => {
    const program = "../attacks/virtual.ts";
    const result = await runMeasuring<VirtualResult>(program, name, SECONDS, CONNECTIONS);
    const { before, after, bound, goodput } = result;
    assert(after - before <= bound, `${before} live bytes before, ${after} after, of ${bound} that limits allow`);
    assert(goodput >= 0.95, `the flow carries ${goodput} of what it carries in peace`);
  });
}
