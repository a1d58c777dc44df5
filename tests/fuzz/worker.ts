/**
 * Runs episodes for `main.ts`, in a worker of its own, so that an endless loop is seen from outside.
 *
 * @module
 */
import { makeCorpus } from "./corpus.ts";
import { measureEpisode, replayPacket, type SlowPacket } from "./slowest.ts";
import type { ViolationKind } from "./violation.ts";

/** What a worker is asked. */
export type Order =
  | { kind: "run"; seed: number; episode: number; packets: number }
  | { kind: "replay"; seed: number; packet: SlowPacket };

/** What it answers. */
export type Report =
  | {
    kind: "run";
    episode: number;
    packets: number;
    violation: { kind: ViolationKind; message: string } | undefined;
    slowest: SlowPacket[];
    reached: Record<string, number>;
  }
  | { kind: "replay"; packet: SlowPacket };

const corpus = makeCorpus();

function perform(order: Order): Report {
  if (order.kind === "replay") {
    const best = replayPacket(corpus, order.seed, order.packet);
    return { kind: "replay", packet: { ...order.packet, best } };
  }
  const { result, slowest } = measureEpisode(corpus, order.seed, order.episode, order.packets);
  const { packets, violation, reached } = result;
  return {
    kind: "run",
    episode: order.episode,
    packets,
    violation: violation && { kind: violation.kind, message: violation.message },
    slowest,
    reached,
  };
}

const scope = globalThis as unknown as { postMessage(report: Report): void };
globalThis.addEventListener("message", (event) => scope.postMessage(perform((event as MessageEvent<Order>).data)));
