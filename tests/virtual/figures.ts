// `deno task figures`: the figures in virtual time, each beside what it must reach. `deno task figures jain` prints one group.
import { mebibytes, report, runGroups } from "../harness/figures.ts";
import { bottleneck, fairness, utilisation } from "./fairness.ts";
import type { FloodResult } from "./flood.ts";
import { runIntegrity } from "./integrity.ts";
import { runMeasuring } from "./memory.ts";

const LINK = bottleneck(100_000_000, 50);
const SEEDS = 100;
const MIB = 1024 * 1024;

function integrity(): void {
  for (const family of [4, 6] as const) {
    for (const mtu of [1280, 9000]) {
      const failed: string[] = [];
      for (let seed = 1; seed <= SEEDS; seed++) {
        try {
          runIntegrity({ family, mtu, seed, bytes: 8 * MIB });
        } catch (error) {
          failed.push(String(error));
        }
      }
      const name = `8 MiB both ways over a bad link, IPv${family}, MTU ${mtu}`;
      report(failed.length === 0, `${name}: ${SEEDS - failed.length} of ${SEEDS} seeds with the right hash`);
      for (const line of failed) console.log(`       ${line}`);
    }
  }
}

function goodput(): void {
  for (const congestion of ["cubic", "newreno"] as const) {
    const share = utilisation({ ...LINK, tcp: { congestion } }, 10_000, 30_000);
    const name = `100 Mbit/s, 50 ms, queue of one bandwidth-delay product, ${congestion}`;
    report(share >= 0.98, `${name}: ${(100 * share).toFixed(1)} % of what headers leave (98)`);
  }
}

function jain(): void {
  for (const [count, least] of [[2, 0.95], [20, 0.9]]) {
    const index = fairness(LINK, count, 30_000, 30_000);
    report(index >= least, `${count} flows over the same: Jain's index ${index.toFixed(3)} (${least})`);
  }
}

async function churn(): Promise<void> {
  const { before, after } = await runMeasuring<{ before: number; after: number }>("churn.ts", 10_000, 100_000, 28_232);
  const name = "10,000 connections at once and 100,000 in turn";
  report(after - before < MIB, `${name}: live heap ${mebibytes(before)} before, ${mebibytes(after)} after`);
}

async function flood(): Promise<void> {
  const { before, after, goodput } = await runMeasuring<FloodResult>("flood.ts", 1_000_000);
  const ok = after - before < 8 * MIB && goodput >= 0.99;
  const memory = `live heap ${mebibytes(before)} before, ${mebibytes(after)} during it`;
  report(ok, `a million SYNs: ${memory}; an open flow keeps ${(100 * goodput).toFixed(1)} % of its goodput`);
}

await runGroups({ goodput, jain, churn, flood, integrity });
