/**
 * How long 64 bytes take there and back, and how many connections are opened and closed in a second.
 *
 * @module
 */
import { percentile } from "../../harness/statistics.ts";
import type { Figure, Measure, Target } from "../figure.ts";
import { echo, Hosts, ignoreEnd, type Isolation, rateOf, roundTrips } from "../hosts.ts";
import { gvisor } from "../peers/gvisor.ts";
import { hops8 } from "../peers/hops8.ts";
import { kernelConnects, kernelRoundTrip } from "../peers/kernel.ts";

const TARGETS: Record<string, Target[]> = {
  round_trip_64b: [{ peer: "hops8", ratio: 1.3 }],
  round_trip_64b_inline: [{ peer: "gvisor", ratio: 0.5 }],
  connect_close: [{ peer: "gvisor", ratio: 0.2 }],
  connect_close_inline: [{ peer: "gvisor", ratio: 2 }],
};

function roundTrip(isolation: Isolation, connections: number): Measure {
  return async (seconds) => {
    await using hosts = await Hosts.create({ isolation });
    const ends: Deno.Conn[] = [];
    for (const [dialled, accepted] of await hosts.openMany(connections)) {
      ends.push(dialled);
      void echo(accepted).catch(ignoreEnd);
    }
    const times = (await Promise.all(ends.map((conn) => roundTrips(conn, seconds)))).flat();
    return { value: percentile(times, 0.5), beside: { p99: percentile(times, 0.99) } };
  };
}

function connect(isolation: Isolation): Measure {
  return async (seconds) => {
    await using hosts = await Hosts.create({ isolation });
    void closeAll(hosts.accepted()).catch(ignoreEnd);
    return { value: await rateOf(seconds, async () => (await hosts.client.dialTCP(hosts.address)).close()) };
  };
}

async function closeAll(conns: AsyncIterable<Deno.Conn>): Promise<void> {
  for await (const conn of conns) conn.close();
}

function latency(isolation: Isolation, suffix: string): Figure[] {
  const figures: Figure[] = [
    {
      name: `round_trip_64b${suffix}`,
      unit: "µs",
      more: false,
      ours: roundTrip(isolation, 1),
      peers: [hops8(), gvisor("round-trip"), kernelRoundTrip()],
    },
    {
      name: `round_trip_64b_of64${suffix}`,
      unit: "µs",
      more: false,
      ours: roundTrip(isolation, 64),
      peers: [gvisor("round-trip", "-flows", 64)],
    },
    {
      name: `connect_close${suffix}`,
      unit: "connections/s",
      more: true,
      ours: connect(isolation),
      peers: [gvisor("connect"), kernelConnects()],
    },
  ];
  return figures.map((figure) => ({ targets: TARGETS[figure.name], ...figure }));
}

/** The figures of this file. */
export const latencyFigures: Figure[] = [...latency("worker", ""), ...latency("inline", "_inline")];
