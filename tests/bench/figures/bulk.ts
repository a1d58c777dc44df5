/**
 * Goodput of TCP, one way and both, over several MTUs, with many flows, and with a trace.
 *
 * @module
 */
import { PCAPTrace } from "../../../mod.ts";
import type { Figure, Measure, Target } from "../figure.ts";
import { Counter, Hosts, type Isolation } from "../hosts.ts";
import { gvisor } from "../peers/gvisor.ts";
import { kernelBulk } from "../peers/kernel.ts";
import { limit } from "../peers/limit.ts";

const UNIT = "Mbit/s";
const SNAP_WHOLE = 65_535;
/** Snapshots that may wait to be written. */
const TRACE_BUFFER = 65_536;

const TARGETS: Record<string, Target[]> = {
  bulk_mtu1500: [{ peer: "gvisor", ratio: 2 }, { peer: "limit", ratio: 0.35 }],
  bulk_mtu1500_inline: [{ peer: "gvisor", ratio: 2 }],
  bulk_mtu65535: [{ peer: "gvisor", ratio: 1 }],
};

/** One flow, or many; one way, or both at once. */
export function transfer(isolation: Isolation, mtu: number, flows = 1, both = false): Measure {
  return async (seconds) => {
    await using hosts = await Hosts.create({ isolation, mtu });
    const counter = new Counter(flows);
    const connections = await hosts.openMany(flows);
    for (const [dialled, accepted] of connections) {
      counter.stream(accepted, dialled);
      if (both) counter.stream(dialled, accepted);
    }
    return { value: await counter.rate(seconds), beside: { dropped: hosts.internet.dropped } };
  };
}

/** `count` pairs of hosts, each with an internet of its own, and one flow each. */
function pairs(isolation: Isolation, count: number): Measure {
  return async (seconds) => {
    await using stack = new AsyncDisposableStack();
    const counter = new Counter(count);
    for (let i = 0; i < count; i++) {
      const [dialled, accepted] = await stack.use(await Hosts.create({ isolation })).open();
      counter.stream(accepted, dialled);
    }
    return { value: await counter.rate(seconds) };
  };
}

function traced(isolation: Isolation): Measure {
  return async (seconds) => {
    const path = await Deno.makeTempFile({ suffix: ".pcap" });
    try {
      await using trace = await PCAPTrace.open(path, SNAP_WHOLE, { buffer: TRACE_BUFFER });
      await using hosts = await Hosts.create({ isolation, route: { trace } });
      const counter = new Counter();
      const [dialled, accepted] = await hosts.open();
      counter.stream(accepted, dialled);
      return { value: await counter.rate(seconds), beside: { dropped: trace.dropped } };
    } finally {
      await Deno.remove(path);
    }
  };
}

function bulk(isolation: Isolation, suffix: string): Figure[] {
  const figures = [1280, 1500, 9000, 65_535].flatMap((mtu): Figure[] => [
    {
      name: `bulk_mtu${mtu}${suffix}`,
      unit: UNIT,
      more: true,
      ours: transfer(isolation, mtu),
      peers: [gvisor("bulk", "-mtu", mtu), limit(mtu), kernelBulk()],
    },
    {
      name: `bulk_mtu${mtu}_both${suffix}`,
      unit: UNIT,
      more: true,
      ours: transfer(isolation, mtu, 1, true),
      peers: [gvisor("both", "-mtu", mtu)],
    },
  ]);
  figures.push({
    name: `bulk_mtu1500_pcap${suffix}`,
    unit: UNIT,
    more: true,
    ours: traced(isolation),
    peers: [{ name: "untraced", measure: transfer(isolation, 1500) }],
    targets: [{ peer: "untraced", ratio: 0.7 }],
  });
  for (const flows of [1, 10, 100, 1000]) {
    figures.push({
      name: `flows_${flows}${suffix}`,
      unit: UNIT,
      more: true,
      ours: transfer(isolation, 1500, flows),
      peers: [{ name: "one_flow", measure: transfer(isolation, 1500) }, gvisor("flows", "-flows", flows)],
      targets: flows === 1000 ? [{ peer: "one_flow", ratio: 0.8 }] : [],
    });
  }
  for (const count of [1, 4, 16]) {
    figures.push({ name: `pairs_${count}${suffix}`, unit: UNIT, more: true, ours: pairs(isolation, count), peers: [] });
  }
  return figures.map((figure) => ({ targets: TARGETS[figure.name], ...figure }));
}

/** The figures of this file. */
export const bulkFigures: Figure[] = [...bulk("worker", ""), ...bulk("inline", "_inline")];
