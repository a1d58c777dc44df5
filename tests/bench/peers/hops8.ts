/**
 * The limit of a round trip: 64 bytes over the eight hops between threads that a request and its response take, and no
 * protocol: program → client → program's loop → server → program, and back the same way.
 *
 * @module
 */
import { percentile } from "../../harness/statistics.ts";
import type { Peer } from "../figure.ts";
import { timesOf } from "../hosts.ts";
import { Thread } from "./threads.ts";

const SIZE = 64;

/** Relays over bare ports. */
export function hops8(): Peer {
  return { name: "hops8", measure };
}

async function measure(seconds: number): Promise<{ value: number; beside: Record<string, number> }> {
  using client = new Thread("./hop_worker.ts");
  using server = new Thread("./hop_worker.ts");
  const times = await timesOf(seconds, async () => {
    const message = new Uint8Array(SIZE);
    for (const thread of [client, server, server, client]) await thread.ask(message);
  });
  return { value: percentile(times, 0.5), beside: { hops8_p99: percentile(times, 0.99) } };
}
