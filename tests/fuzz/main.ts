/**
 * `deno task fuzz`: millions of hostile packets, measured one by one.
 *
 * Flags, with their defaults: --packets=1000000 --seed=RANDOM --workers=1 --episode=10000 (packets of one), --only=N (that
 * episode alone). A failure is written to tests/fuzz/regressions/, where every test run replays it.
 *
 * @module
 */
import { makeCorpus } from "./corpus.ts";
import { targetOf } from "./episode.ts";
import { recordFailure } from "./failure.ts";
import { bestFirst, SLOW, type SlowPacket } from "./slowest.ts";
import type { ViolationKind } from "./violation.ts";
import type { Order, Report } from "./worker.ts";

type RunReport = Report & { kind: "run" };

const REGRESSIONS = new URL("regressions/", import.meta.url);
/** ms without a word after which an episode counts as an endless loop, and between two lines of progress. */
const PATIENCE = 300_000;
const PROGRESS_EVERY = 5000;
/** The slowest packets, to be replayed at the end; and failures of which files are made. */
const REPLAYED = 8;
const MOST_FILES = 5;

const flags = readFlags(Deno.args);
const startedAt = performance.now();
const reached = new Map<string, number>();
const violations = new Map<ViolationKind, number>([["exception", 0], ["limit", 0], ["answer", 0], ["harm", 0]]);
const failed: RunReport[] = [];
let slowest: SlowPacket[] = [];
let slow = 0;
let packets = 0;
let episodes = 0;
let toldAt = startedAt;

console.log(`seed ${flags.seed}`);
const orders = ordersOf();
await Promise.all(Array.from({ length: flags.workers }, () => work(orders)));
const seconds = (performance.now() - startedAt) / 1000;
const replays = slowest.map((packet): Order => ({ kind: "replay", seed: flags.seed, packet }));
slowest = [];
await work(replays.values());
report();
await writeFailures();
Deno.exit(failed.length === 0 ? 0 : 1);

function readFlags(args: string[]) {
  const values = {
    packets: 1_000_000,
    seed: Math.floor(Math.random() * 2 ** 31),
    workers: 1,
    episode: 10_000,
    only: -1,
  };
  for (const arg of args) {
    const [, name, value] = arg.match(/^--(\w+)=(\d+)$/) ?? [];
    if (name === undefined || !Object.hasOwn(values, name)) {
      throw new TypeError(`Cannot use "${arg}": must be --packets=N, --seed=N, --workers=N, --episode=N or --only=N`);
    }
    values[name as keyof typeof values] = Number(value);
  }
  return values;
}

function* ordersOf(): Generator<Order> {
  const { seed, only } = flags;
  if (only >= 0) return yield { kind: "run", seed, episode: only, packets: flags.episode };
  for (let episode = 0, left = flags.packets; left > 0; episode++, left -= flags.episode) {
    yield { kind: "run", seed, episode, packets: Math.min(left, flags.episode) };
  }
}

/** Has orders done one after the other by a worker. */
async function work(orders: Iterator<Order>): Promise<void> {
  const worker = new Worker(new URL("worker.ts", import.meta.url), { type: "module" });
  for (let next = orders.next(); !next.done; next = orders.next()) note(await perform(worker, next.value));
  worker.terminate();
}

function perform(worker: Worker, order: Order): Promise<Report> {
  const { promise, resolve, reject } = Promise.withResolvers<Report>();
  const timer = setTimeout(() => reject(new Error(`no end after ${PATIENCE} ms: ${JSON.stringify(order)}`)), PATIENCE);
  worker.onmessage = ({ data }: MessageEvent<Report>) => resolve(data);
  worker.onerror = (event) => reject(new Error(`${JSON.stringify(order)}: ${event.message}`));
  worker.postMessage(order);
  return promise.finally(() => clearTimeout(timer));
}

function note(report: Report): void {
  if (report.kind === "replay") {
    slowest.push(report.packet);
    return;
  }
  packets += report.packets;
  episodes++;
  for (const [name, count] of Object.entries(report.reached)) reached.set(name, (reached.get(name) ?? 0) + count);
  slow += report.slowest.filter(({ best }) => best >= SLOW).length;
  slowest = bestFirst([...slowest, ...report.slowest]).slice(0, REPLAYED);
  if (report.violation) {
    violations.set(report.violation.kind, violations.get(report.violation.kind)! + 1);
    failed.push(report);
    console.log(`FAILED episode ${report.episode}, after ${report.packets} packets: ${report.violation.message}`);
  }
  if (performance.now() - toldAt < PROGRESS_EVERY) return;
  toldAt = performance.now();
  console.log(progress((toldAt - startedAt) / 1000));
}

function progress(seconds: number): string {
  const rate = Math.round(packets / seconds).toLocaleString("en");
  return `${packets.toLocaleString("en")} packets, ${
    seconds.toFixed(0)
  } s, ${rate} packets/s, ${failed.length} failures`;
}

function report(): void {
  console.log(`\n${progress(seconds)}`);
  console.log(`${episodes} episodes, each run twice, to measure it without what else the machine did`);
  console.log(`reached: ${[...reached].map(([name, count]) => `${name} ${count}`).join(", ")}`);
  const kinds = { exception: "exceptions", limit: "limits passed", answer: "wrong answers", harm: "flows harmed" };
  console.log([...violations].map(([kind, count]) => `${kinds[kind]} ${count}`).join(", "));
  console.log(`${slow} packets took ${SLOW} ms or more each time; the slowest, each replayed five times:`);
  for (const { episode, index, first, best } of bestFirst(slowest)) {
    const { profile } = targetOf(flags.seed, episode);
    const name = `episode ${episode}, packet ${index}, ${profile}`;
    console.log(`${best.toFixed(3)} ms at best, ${first.toFixed(3)} ms at first: ${name}`);
  }
}

async function writeFailures(): Promise<void> {
  const corpus = failed.length > 0 ? makeCorpus() : [];
  for (const { episode } of failed.slice(0, MOST_FILES)) {
    const file = recordFailure(corpus, { seed: flags.seed, episode, packets: flags.episode });
    await Deno.mkdir(REGRESSIONS, { recursive: true });
    await Deno.writeFile(new URL(file.name, REGRESSIONS), file.bytes);
    console.log(`${file.packets} packets of episode ${episode}: tests/fuzz/regressions/${file.name}`);
  }
}
