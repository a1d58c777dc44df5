/**
 * The packets that took longest. Most of them met a garbage collection or another process: only what takes long every
 * time is slow.
 *
 * @module
 */
import { type EpisodeResult, runEpisode, type Timing } from "./episode.ts";

/** ms from which a packet is slow, and from which it is looked at again. */
export const SLOW = 1;
const WORTH_A_LOOK = 0.1;
/** How often an episode is run: at least, and at most while a packet is slow each time. */
const LEAST_RUNS = 2;
const MOST_RUNS = 5;
/** Packets told of an episode. */
const TOLD = 4;

/** One packet, and what it took at first and at best. */
export interface SlowPacket {
  episode: number;
  index: number;
  first: number;
  best: number;
}

/** Runs an episode, and again up to its last packet that took long. */
export function measureEpisode(
  corpus: readonly Uint8Array<ArrayBuffer>[],
  seed: number,
  episode: number,
  packets: number,
): { result: EpisodeResult; slowest: SlowPacket[] } {
  const seen = new Map<number, SlowPacket>();
  const first = timing((index, ms) => {
    if (ms >= WORTH_A_LOOK) seen.set(index, { episode, index, first: ms, best: ms });
  });
  const again = timing((index, ms) => {
    const packet = seen.get(index);
    if (packet) packet.best = Math.min(packet.best, ms);
  });
  const result = runEpisode(corpus, { seed, episode, packets, timing: first });
  let slowest = bestFirst([...seen.values()]);
  for (let runs = 1; runs < MOST_RUNS && slowest.length > 0 && !result.violation; runs++) {
    if (runs >= LEAST_RUNS && slowest[0].best < SLOW) break;
    const last = Math.max(...slowest.filter(({ best }) => runs < LEAST_RUNS || best >= SLOW).map(({ index }) => index));
    runEpisode(corpus, { seed, episode, packets: last + 1, timing: again });
    slowest = bestFirst(slowest);
  }
  return { result, slowest: slowest.slice(0, TOLD) };
}

/** Replays an episode up to one packet five times, and returns what that one took at best. */
export function replayPacket(corpus: readonly Uint8Array<ArrayBuffer>[], seed: number, packet: SlowPacket): number {
  let best = Infinity;
  for (let run = 0; run < MOST_RUNS; run++) {
    const { episode } = packet;
    runEpisode(corpus, {
      seed,
      episode,
      packets: packet.index + 1,
      timing: timing((index, ms) => {
        if (index === packet.index) best = Math.min(best, ms);
      }),
    });
  }
  return best;
}

/** The slowest at best first. */
export function bestFirst(packets: SlowPacket[]): SlowPacket[] {
  return packets.sort((a, b) => b.best - a.best);
}

function timing(took: Timing["took"]): Timing {
  return { now: () => performance.now(), took };
}
