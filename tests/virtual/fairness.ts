/**
 * How fully one flow uses a bottleneck, and how evenly several share it (RFC 5166 §2.1, §2.3).
 *
 * @module
 */
import { bandwidthDelayProduct, EndlessFlows, type Path, payloadShare } from "./traffic.ts";

/** Jain's index: 1 when all have the same, 1/n when one has all. */
export function jainIndex(shares: number[]): number {
  const sum = shares.reduce((a, b) => a + b, 0);
  return sum * sum / (shares.length * shares.reduce((a, b) => a + b * b, 0));
}

/** A bottleneck whose queue holds one bandwidth-delay product. */
export function bottleneck(bitsPerSecond: number, rtt: number): Path {
  const path = { bitsPerSecond, rtt, queue: 0 };
  return { ...path, queue: bandwidthDelayProduct(path) };
}

/** What one flow carries in `ms` after a warm-up, as a share of what the headers leave of the link. */
export function utilisation(path: Path, warmUp: number, ms: number): number {
  const flows = new EndlessFlows(path, 1);
  flows.measure(warmUp);
  const [bytes] = flows.measure(ms);
  return bytes / (path.bitsPerSecond / 8 * ms / 1000 * payloadShare(path));
}

/** Jain's index of what `count` flows carry in `ms` after a warm-up. */
export function fairness(path: Path, count: number, warmUp: number, ms: number): number {
  // They start one after the other, as flows do.
  const flows = new EndlessFlows(path, count, 100);
  flows.measure(warmUp);
  return jainIndex(flows.measure(ms));
}
