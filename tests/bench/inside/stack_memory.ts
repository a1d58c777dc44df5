// Prints the bytes of resident memory for each of `stacks` stacks, or of `workers` bare workers, in a process of its own.
import { Internet } from "../../../mod.ts";
import { sleep } from "../hosts.ts";
import { Thread } from "../peers/threads.ts";

/** Until what was started has done what it does at its start, ms. */
const SETTLE = 500;

const [stacks, workers] = Deno.args.map(Number);
await using internet = new Internet();
using threads = new DisposableStack();
await start(1); // what is there once
await sleep(SETTLE);
const before = Deno.memoryUsage().rss;
await start(Math.max(stacks, workers));
await sleep(SETTLE);
const after = Deno.memoryUsage().rss;
console.log(JSON.stringify({ value: (after - before) / Math.max(stacks, workers) }));

async function start(count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    if (stacks > 0) {
      await internet.newStack(1500, `10.0.${count}.${i + 1}`);
    } else {
      await threads.use(new Thread("./hop_worker.ts")).ask("running?");
    }
  }
}
