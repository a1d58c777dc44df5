/**
 * A flood of SYNs from everywhere beside one open flow. Run as a program, it prints what that costs:
 *
 *     deno run -A --v8-flags=--expose-gc tests/virtual/flood.ts 1000000
 *
 * @module
 */
import { randomSyn } from "../harness/flood.ts";
import { seeded } from "../harness/seeded.ts";
import { liveBytes } from "./memory.ts";
import { EndlessFlows } from "./traffic.ts";

const PATH = { bitsPerSecond: 10_000_000, rtt: 20, queue: 25_000 };
const SYNS_PER_MS = 100;
/** Virtual ms until the flow is steady. */
const WARM_UP = 2000;

/** What a flood came to. */
export interface FloodResult {
  /** Live bytes before and during the flood. */
  before: number;
  after: number;
  /** Goodput of the open flow during the flood, to the goodput without one. */
  goodput: number;
}

/** Sends `count` SYNs to a listener, {@link SYNS_PER_MS} in each virtual ms, beside a flow to the same one. */
function flood(count: number): FloodResult {
  const ms = Math.ceil(count / SYNS_PER_MS);
  const undisturbed = steadyGoodput(ms);
  const flows = steadyFlow();
  const before = liveBytes();
  const random = seeded(3);
  let received = 0;
  for (let sent = 0; sent < count; sent += SYNS_PER_MS) {
    for (let i = 0; i < SYNS_PER_MS; i++) receiveSyn(flows, random);
    received += flows.measure(1)[0];
  }
  const after = liveBytes();
  // A last use: without one the engine itself would be garbage by then.
  received += flows.measure(0)[0];
  return { before, after, goodput: received / undisturbed };
}

/** In a frame of its own, so that nothing of it is alive later. */
function steadyGoodput(ms: number): number {
  return steadyFlow().measure(ms)[0];
}

function steadyFlow(): EndlessFlows {
  const flows = new EndlessFlows(PATH, 1);
  const wire = flows.pair.wire;
  // Answers to addresses that were made up leave by another way.
  flows.pair.wire = (flight) => flight.from === "b" && flight.packet[19] !== 1 ? [] : wire(flight);
  flows.measure(WARM_UP);
  return flows;
}

function receiveSyn(flows: EndlessFlows, random: () => number): void {
  const packet = randomSyn("10.0.0.2", random);
  flows.pair.b.engine.receive(flows.pair.now, new DataView(packet.buffer), 0, packet.length);
}

if (import.meta.main) console.log(JSON.stringify(flood(Number(Deno.args[0]))));
