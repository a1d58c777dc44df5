// `deno task endurance`: the same thing very often over real stacks, on the wall clock. `deno task endurance stalls` does one group.
import { mebibytes, report, runGroups } from "../harness/figures.ts";
import { median, percentile } from "../harness/statistics.ts";
import { runMeasuring } from "../virtual/memory.ts";
import type { Endurance } from "./connections.ts";
import type { LoadResult } from "./load.ts";
import { transferAgainAndAgain } from "./stalls.ts";

const MIB = 1024 * 1024;
/** A stall costs a retransmission timeout at least, whose floor is 200 ms. */
const STALL = 200;
/** Transfers until code is compiled. */
const WARM_UP = 3;
/** How long stacks are at full load, seconds, and how often one looks. */
const LOAD = 600;
const LOOKS = 20;
/** What timers may be later by in the end than in the beginning, ms. */
const DRIFT = 10;

async function stalls(): Promise<void> {
  const transfers = (await transferAgainAndAgain(WARM_UP + 1000)).slice(WARM_UP);
  const durations = transfers.map(({ duration }) => duration);
  const [middle, p99, worst] = [0.5, 0.99, 1].map((share) => percentile(durations, share));
  const stalled = durations.filter((duration) => duration >= middle + STALL).length;
  const retransmits = transfers.reduce((sum, transfer) => sum + transfer.retransmits, 0);
  const times = `median ${middle.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms, worst ${worst.toFixed(0)} ms`;
  const again = `${retransmits} segments sent again`;
  report(stalled === 0, `1,000 transfers of 10 MB between two workers: ${stalled} stalled, ${times}, ${again}`);
}

async function connections(): Promise<void> {
  const result = await runMeasuring<Endurance>("../endurance/connections.ts", 10_000, 100_000, 15_000);
  const { before, after, duration } = result;
  const memory = `live heap ${mebibytes(before)} before, ${mebibytes(after)} after`;
  const rate = `${Math.round(100_000_000 / duration).toLocaleString("en")} a second`;
  report(after - before < MIB, `10,000 connections at once and 100,000 in turn (${rate}): ${memory}`);
}

async function load(): Promise<void> {
  const { parts, queueDrops, otherDrops } = await runMeasuring<LoadResult>("../endurance/load.ts", LOAD, LOOKS);
  const [first, last] = [parts[0], parts[parts.length - 1]];
  const growth = Math.max(...last.live.map((bytes, i) => bytes - first.live[i]));
  const drift = last.lateness - first.lateness;
  const memory = `live heaps ${first.live.map(mebibytes).join(", ")} after the first half minute, ${
    last.live.map(mebibytes).join(", ")
  } in the end`;
  const timers = `timers ${first.lateness.toFixed(1)} ms late at first, ${last.lateness.toFixed(1)} in the end`;
  const drops = `${queueDrops} packets dropped by the queue, ${otherDrops} elsewhere`;
  const rate = `${Math.round(median(parts.map((part) => part.rate)) * 8 / 1e6)} Mbit/s`;
  const ok = growth < MIB && drift < DRIFT && otherDrops === 0;
  report(ok, `${LOAD / 60} minutes at full load (${rate}): ${memory}; ${timers}; ${drops}`);
}

await runGroups({ stalls, connections, load });
