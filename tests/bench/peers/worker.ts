/**
 * A bare worker, with a module of one line: what a stack in a worker can at best cost.
 *
 * @module
 */
import { runMeasuring } from "../../virtual/memory.ts";
import { median } from "../../harness/statistics.ts";
import type { Sample } from "../figure.ts";
import { Thread } from "./threads.ts";

/** Workers whose memory is measured together. */
const WORKERS = 20;

/** ms until a worker answers. */
export async function bareWorkerStart(seconds: number): Promise<Sample> {
  const end = performance.now() + 1000 * seconds;
  const times: number[] = [];
  while (performance.now() < end) {
    const before = performance.now();
    using thread = new Thread("./hop_worker.ts");
    await thread.ask("running?");
    times.push(performance.now() - before);
  }
  return { value: median(times) };
}

/** Bytes of resident memory for one worker. */
export async function bareWorkerMemory(): Promise<Sample> {
  return await runMeasuring<Sample>("../bench/inside/stack_memory.ts", 0, WORKERS);
}
