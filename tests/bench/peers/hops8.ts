/**
 * The limit of a round trip: 64 bytes over the eight hops between threads that a request and its response take, and no
 * protocol: program → client → program's loop → server → program, and back the same way.
 *
 * @module
 */
import { percentile } from "../../harness/statistics.ts";
import type { Peer } from "../figure.ts";
import { Thread } from "./threads.ts";

const SIZE = 64;

/** Relays over bare ports. */
export function hops8(): Peer {
  return { name: "hops8", measure };
}

async function measure(seconds: number): Promise<{ value: number; beside: Record<string, number> }> {
  using client = new Thread("./hop_worker.ts");
  using server = new Thread("./hop_worker.ts");
  const times: number[] = [];
  const end = performance.now() + 1000 * seconds;
  for (let start = performance.now(); start < end;) {
    const message = new Uint8Array(SIZE);
    for (const thread of [client, server, server, client]) {
      await thread.ask(message);
    }
    const now = performance.now();
    times.push(1000 * (now - start));
    start = now;
  }
  const warm = times.slice(Math.floor(times.length / 10));
  return { value: percentile(warm, 0.5), beside: { hops8_p99: percentile(warm, 0.99) } };
}
