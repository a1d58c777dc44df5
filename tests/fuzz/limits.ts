/**
 * What the target may hold: never more than its documented limits, whatever it is sent.
 *
 * @module
 */
import { stackLimits, tcpSettings } from "../../stack/engine/config.ts";
import { shiftFor } from "../../stack/engine/tcp/window.ts";
import type { Engine } from "../../stack/engine/engine.ts";
import { LEAST_BUFFER } from "../../stack/engine/memory_pool.ts";
import { PROFILES } from "./profiles.ts";
import { Violation } from "./violation.ts";

/** Bounds that are not options: gaps in one stream, paths, bytes of answers and of packets to itself. */
const MOST_GAPS = 1024;
const MOST_PATHS = 1024;
const MOST_REPLIES = 512 * 1024;
const MOST_LOOPBACK = 16 * 1024 * 1024;
/** Segments under way: as many as small ones fill the send buffer, and what a smaller MTU makes of them. */
const SMALL_SEGMENT = 512;
const LEAST_SEGMENTS = 4096;

/** Longer than any timer that is left when the program has let go, ms. */
export const RESTING = 4 * 3_600_000;

/** Looks at one target now and then. */
export class Limits {
  readonly #engine: Engine;
  readonly #limits: ReturnType<typeof stackLimits>;
  readonly #settings: ReturnType<typeof tcpSettings>;
  /** How often a connection was seen in each state. */
  readonly states: Map<string, number>;

  constructor(engine: Engine, profile: string) {
    this.#engine = engine;
    this.#limits = stackLimits(PROFILES[profile].limits);
    this.#settings = tcpSettings(PROFILES[profile].tcp);
    this.states = new Map();
  }

  /** Throws at the first limit that was passed, or number that cannot be; `ids` are those of connections. */
  check(ids: Iterable<number>): void {
    this.#checkHoldings();
    this.#checkSockets();
    for (const id of ids) this.#checkConnection(id);
  }

  /** Throws when something is left, {@link RESTING} after the program has let go of all. */
  checkEmpty(): void {
    const { paths: _, ...left } = this.#engine.holdings();
    const isEmpty = Object.values(left).every((count) => count === 0) && this.#engine.nextDeadline() === Infinity;
    if (!isEmpty) throw new Violation("limit", `left at the end: ${JSON.stringify(left)}`);
  }

  #checkHoldings(): void {
    const holdings = this.#engine.holdings();
    const { connections, timers, events, reassembly, replies, loopback, paths, gaps, segments } = holdings;
    const { received, promised, unacknowledged } = holdings;
    atMost("connections", connections, this.#limits.connections);
    atMost("timers", timers, connections);
    atMost("bytes received", received, this.#limits.receiveMemory + connections * LEAST_BUFFER);
    atMost("bytes that may be written", promised, this.#limits.sendMemory + connections * LEAST_BUFFER);
    atMost("bytes not acknowledged", unacknowledged, promised);
    atMost("events", events, 0);
    atMost("bytes of fragments", reassembly, this.#limits.reassembly);
    atMost("bytes of answers", replies, MOST_REPLIES);
    atMost("bytes to itself", loopback, MOST_LOOPBACK);
    atMost("paths", paths, MOST_PATHS);
    atMost("gaps", gaps, MOST_GAPS);
    atMost("segments under way", segments, 2 * Math.max(LEAST_SEGMENTS, this.#settings.sendBuffer / SMALL_SEGMENT));
  }

  #checkSockets(): void {
    const { synQueue, udpQueue } = this.#limits;
    const { sendBuffer, receiveBuffer } = this.#settings;
    const halfOpen = new Map<string, number>();
    for (const { protocol, state, local, receiveQueue, sendQueue } of this.#engine.netstat()) {
      this.states.set(state, (this.states.get(state) ?? 0) + 1);
      if (receiveQueue < 0 || sendQueue < 0) throw new Violation("limit", `queues ${receiveQueue} and ${sendQueue}`);
      if (protocol === "udp") atMost("bytes of datagrams", receiveQueue, udpQueue);
      else if (state === "LISTEN") atMost("connections to accept", receiveQueue, sendQueue);
      else {
        const port = local.slice(local.lastIndexOf(":"));
        if (state === "SYN-RECEIVED") halfOpen.set(port, (halfOpen.get(port) ?? 0) + 1);
        // A window is offered in units: its end may lie less than one beyond the buffer's.
        atMost("unread bytes", receiveQueue, receiveBuffer + (1 << shiftFor(receiveBuffer)));
        atMost("bytes to send", sendQueue, sendBuffer);
      }
    }
    for (const count of halfOpen.values()) atMost("half-open connections", count, synQueue);
  }

  #checkConnection(id: number): void {
    const info = this.#engine.info(id);
    if (!info) return;
    const { unacked, sacked, lost, cwnd, mss, rto, rtt } = info;
    const isPossible = sacked >= 0 && lost >= 0 && sacked + lost <= unacked && cwnd > 0 && mss > 0 && rto > 0 &&
      rtt >= 0;
    if (!isPossible) throw new Violation("limit", `a connection says of itself: ${JSON.stringify(info)}`);
  }
}

/** Throws when there is more of something than may be. */
export function atMost(what: string, count: number, most: number): void {
  if (!(count <= most)) throw new Violation("limit", `${count} ${what}: at most ${most}`);
}
