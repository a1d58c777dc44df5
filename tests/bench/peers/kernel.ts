/**
 * Deno's own sockets over the real loopback, with a worker at each end.
 *
 * @module
 */
import type { Peer, Sample } from "../figure.ts";
import { Thread } from "./threads.ts";

/** One TCP stream, Mbit/s. */
export function kernelBulk(): Peer {
  return { name: "kernel", measure: (seconds) => measure("bulk", seconds) };
}

/** 64 bytes there and back, µs. */
export function kernelRoundTrip(): Peer {
  return { name: "kernel", measure: (seconds) => measure("roundTrip", seconds) };
}

/** Connections opened and closed, a second. */
export function kernelConnects(): Peer {
  return { name: "kernel", measure: (seconds) => measure("connect", seconds) };
}

async function measure(work: string, seconds: number): Promise<Sample> {
  using server = new Thread("./kernel_worker.ts");
  using client = new Thread("./kernel_worker.ts");
  const port = await server.ask<number>({ serve: work });
  return { value: await client.ask<number>({ measure: work, port, seconds }) };
}
