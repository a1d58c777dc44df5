/**
 * What a host costs: its start, its memory, that of an idle connection, and the time to the first byte.
 *
 * @module
 */
import { Internet } from "../../../mod.ts";
import { median } from "../../harness/statistics.ts";
import { runMeasuring } from "../../virtual/memory.ts";
import type { Figure, Measure } from "../figure.ts";
import { Hosts, type Isolation } from "../hosts.ts";
import { bareWorkerMemory, bareWorkerStart } from "../peers/worker.ts";

const IDLE_CONNECTIONS = 10_000;
/** Hosts whose memory is measured together. */
const STACKS = 20;
const KIB = 1024;

/** ms for one stack, started alone. */
function start(isolation: Isolation): Measure {
  return async (seconds) => {
    await using internet = new Internet({ isolation });
    const end = performance.now() + 1000 * seconds;
    const times: number[] = [];
    for (let i = 0; performance.now() < end; i++) {
      const before = performance.now();
      const stack = await internet.newStack(1500, `10.0.${i >> 8 & 255}.${i & 255}`);
      times.push(performance.now() - before);
      await stack.close();
    }
    const perSecond = 1000 * times.length / times.reduce((sum, time) => sum + time, 0);
    return { value: median(times), beside: { per_second: perSecond } };
  };
}

/** Bytes of resident memory for one stack in a worker. */
async function stackMemory(): Promise<number> {
  const { value } = await runMeasuring<{ value: number }>("../bench/inside/stack_memory.ts", STACKS, 0);
  return value;
}

function firstByte(isolation: Isolation): Measure {
  return async () => {
    const before = performance.now();
    await using hosts = await Hosts.create({ isolation });
    const [dialled, accepted] = await hosts.open();
    await accepted.write(new Uint8Array(1));
    await dialled.read(new Uint8Array(1));
    return { value: performance.now() - before };
  };
}

/** The figures of this file. */
export const costFigures: Figure[] = [
  {
    name: "idle_connection_bytes",
    unit: "bytes",
    more: false,
    ours: async () => await runMeasuring("../bench/inside/idle_connections.ts", IDLE_CONNECTIONS),
    peers: [],
    limit: 4 * KIB,
  },
  {
    name: "stack_start",
    unit: "ms",
    more: false,
    ours: start("worker"),
    peers: [{ name: "worker", measure: bareWorkerStart }],
    targets: [{ peer: "worker", ratio: 1.5 }],
  },
  {
    name: "stack_start_inline",
    unit: "ms",
    more: false,
    ours: start("inline"),
    peers: [{ name: "worker", measure: bareWorkerStart }],
    targets: [{ peer: "worker", ratio: 0.05 }],
  },
  {
    name: "stack_memory",
    unit: "bytes",
    more: false,
    ours: async () => ({ value: await stackMemory() }),
    peers: [{ name: "worker", measure: bareWorkerMemory }],
    targets: [{ peer: "worker", ratio: 1.5 }],
  },
  { name: "first_byte", unit: "ms", more: false, ours: firstByte("worker"), peers: [] },
  { name: "first_byte_inline", unit: "ms", more: false, ours: firstByte("inline"), peers: [] },
];
