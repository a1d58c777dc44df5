/**
 * `deno task attacks`: a minute of each attack, 20,000 packets in a second, on a stack in a worker.
 *
 *     deno task attacks                        # all, 60 s each, and as long beside harmless packets
 *     deno task attacks syn-flood --seconds=5
 *
 * @module
 */
import { median } from "../harness/statistics.ts";
import { ATTACKS } from "./attackers.ts";
import { measureWorkers } from "./heap.ts";
import { besiege, type SiegeResult } from "./siege.ts";

/** A round takes so many seconds, or less when the whole attack does. */
const ROUND = 2;
const MIB = 1024 * 1024;

function report(name: string, result: SiegeResult): boolean {
  const [attacked, harmless] = [median(result.attacked), median(result.harmless)];
  const share = attacked / harmless;
  const grown = result.most - result.before;
  const ok = share >= 0.5 && grown <= result.bound;
  const mbit = (bytes: number) => (bytes * 8 / 1e6).toFixed(0);
  const mib = (bytes: number) => (bytes / MIB).toFixed(1);
  console.log(
    `${ok ? "ok    " : "FAILED"} ${name.padEnd(15)} ${(result.rate / 1000).toFixed(1)} k packets/s; honest flow ` +
      `${mbit(attacked)} of ${mbit(harmless)} Mbit/s: ${share.toFixed(2)} (0.5); worker's live heap ` +
      `${mib(result.before)} MiB, then ${mib(result.most)} (${mib(result.before + result.bound)})` +
      (result.dropped > 0 ? `; ${result.dropped} dropped in flight` : "") +
      `; load ${Deno.loadavg()[0].toFixed(0)}`,
  );
  return ok;
}

/** Each in a process of its own, so that none finds what another has left in the collectors' hands. */
async function runAlone(name: string): Promise<boolean> {
  const flags = ["run", "-A", "--no-check", "--v8-flags=--expose-gc"];
  const args = [...flags, import.meta.filename!, name, `--seconds=${seconds}`];
  return (await new Deno.Command(Deno.execPath(), { args, stdin: "null" }).spawn().status).success;
}

const named = Deno.args.filter((arg) => !arg.startsWith("--"));
const seconds = Number(Deno.args.find((arg) => arg.startsWith("--seconds="))?.slice(10) ?? 60);
const unknown = named.find((name) => !ATTACKS.some((attack) => attack.name === name));
if (unknown !== undefined || !(seconds > 0)) {
  throw new Error(`Cannot run ${Deno.args.join(" ")}: attacks are ${ATTACKS.map(({ name }) => name).join(", ")}`);
}
let failed = 0;
if (named.length === 1) {
  measureWorkers();
  const attack = ATTACKS.find(({ name }) => name === named[0])!;
  if (!report(attack.name, await besiege(attack, seconds, Math.min(ROUND, seconds)))) failed++;
} else {
  for (const { name } of ATTACKS) {
    if ((named.length === 0 || named.includes(name)) && !await runAlone(name)) failed++;
  }
}
Deno.exit(failed > 0 ? 1 : 0);
