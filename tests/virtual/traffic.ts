/**
 * Programs that only move bytes, for figures in virtual time.
 *
 * @module
 */
import type { EngineConfig } from "../../stack/engine/engine.ts";
import { bandwidth, delay, link, loss, type Stage } from "../harness/link.ts";
import { Pair, type PairOptions, type Wire } from "../harness/pair.ts";

/** A pair that forgets packets and events, so that long runs stay small. */
export class LongPair extends Pair {
  constructor(options: PairOptions & { wire: Wire }) {
    super({
      ...options,
      wire: (flight) => {
        this.trace.length = 0;
        return options.wire(flight);
      },
    });
  }

  /** Calls `onEvent` for each event of a host. */
  listenTo(name: "a" | "b", onEvent: NonNullable<Pair["a"]["onEvent"]>): void {
    const host = this[name];
    host.onEvent = (event) => {
      host.events.length = 0;
      onEvent(event);
    };
  }
}

/** A link between two hosts, the same both ways. */
export interface Path {
  bitsPerSecond: number;
  /** Round-trip time without queueing, ms. */
  rtt: number;
  /** Bytes that wait before the bottleneck. */
  queue: number;
  /** Probability of loss of a packet from a to b. */
  loss?: number;
  mtu?: number;
  tcp?: EngineConfig["tcp"];
  seed?: number;
}

/** Bytes in a second, and in a round trip. */
export function bandwidthDelayProduct({ bitsPerSecond, rtt }: Path): number {
  return bitsPerSecond / 8 * rtt / 1000;
}

/** What IPv4, TCP and timestamps leave of a full packet. */
export function payloadShare({ mtu = 1500, tcp }: Path): number {
  return (mtu - 40 - (tcp?.timestamps === false ? 0 : 12)) / mtu;
}

/** `count` endless flows from a to b over one link; the i-th starts at `i * stagger` ms. */
export class EndlessFlows {
  readonly pair: LongPair;
  /** Bytes that the program at b has read, by flow. */
  readonly received: number[];
  readonly #index: Map<number, number>;

  constructor(path: Path, count: number, stagger = 0) {
    const { mtu, tcp, seed = 1 } = path;
    this.pair = new LongPair({ seed, mtu, wire: wireOf(path), a: { tcp }, b: { tcp } });
    this.received = Array.from({ length: count }, () => 0);
    this.#index = new Map();
    this.#listen();
    this.#send();
    for (let i = 0; i < count; i++) {
      if (i > 0) this.pair.advance(stagger);
      this.pair.a.engine.connect(this.pair.now, 1 + i, 50000 + i, { address: "10.0.0.2", port: 80 });
    }
  }

  /** Lets `ms` pass; what each flow has received meanwhile. */
  measure(ms: number): number[] {
    const before = [...this.received];
    this.pair.advance(ms);
    return this.received.map((bytes, i) => bytes - before[i]);
  }

  #listen(): void {
    const { pair } = this;
    const { engine } = pair.b;
    const buffer = new Uint8Array(256 * 1024);
    engine.listen(pair.now, 1, { address: "0.0.0.0", port: 80 }, 128);
    pair.listenTo("b", (event) => {
      if (event.kind === "accepted") {
        engine.accept(pair.now, event.id);
        this.#index.set(event.id, event.remote.port - 50000);
      } else if (event.kind === "readable") {
        const i = this.#index.get(event.id)!;
        for (let n = engine.read(pair.now, event.id, buffer); n > 0; n = engine.read(pair.now, event.id, buffer)) {
          this.received[i] += n;
        }
      }
    });
  }

  #send(): void {
    const { pair } = this;
    const { engine } = pair.a;
    const zeros = new Uint8Array(256 * 1024);
    pair.listenTo("a", (event) => {
      if (event.kind === "failed") throw new Error(`flow ${event.id} failed: ${event.reason}`);
      if (event.kind !== "connected" && event.kind !== "writable") return;
      while (engine.write(pair.now, event.id, zeros) === zeros.length);
    });
  }
}

function wireOf({ bitsPerSecond, rtt, queue, loss: probability = 0, seed = 1 }: Path): Wire {
  const stages: Stage[] = [bandwidth(bitsPerSecond, queue), delay(rtt / 2)];
  const lossy = link(seed, loss(probability), ...stages);
  const clean = link(seed, ...stages);
  // Each link has queues of its own, and each direction goes through one of them only.
  return (flight) => flight.from === "a" ? lossy(flight) : clean(flight);
}
