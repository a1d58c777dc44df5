/**
 * What a network does to packets, by chance and from a seed.
 *
 * Main side.
 *
 * @module
 */
import type { RouteOptions } from "../../internet/mod.ts";
import { seeded } from "./seeded.ts";

/**
 * What happens to packets on their way. All of it can be changed at any time, and counts for packets sent from then on.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type Faults, withInternet } from "@uis/uis";
 *
 * const far: Partial<Faults> = { delay: 5, jitter: 2, loss: 0.01 };
 * await withInternet(far, async (net) => {
 *   const [server, client] = [await net.stack("10.0.0.1"), await net.stack("10.0.0.2")];
 *   server.listenTCP("10.0.0.1:80");
 *   await client.dialTCP("10.0.0.1:80");
 *   net.delay = 0;
 *   assertEquals(net.loss, 0.01);
 * });
 * ```
 */
export interface Faults {
  /** Decides first, on each packet, as {@linkcode RouteOptions.filter} does; null passes all, and is the default. */
  filter: RouteOptions["filter"] | null;
  /** The probability with which a packet is lost: 0, the default, to 1, which cuts every cable. */
  loss: number;
  /** The probability with which a packet arrives twice; 0. */
  duplication: number;
  /** How long a packet is under way, in milliseconds of real time; 0. A round trip takes twice as long. */
  delay: number;
  /** How much longer than `delay` a packet may take, in milliseconds; 0. Packets then overtake each other. */
  jitter: number;
}

/** What chance says of one packet. */
export interface Chances {
  /** Each in [0, 1). */
  readonly loss: number;
  readonly duplication: number;
  readonly jitter: number;
}

/**
 * The chances of packets: each way between two hosts has random numbers of its own, so that the n-th packet on it meets
 * the same fate whatever else is sent meanwhile.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Dice } from "./faults.ts";
 *
 * const packet = new Uint8Array(20).fill(0x45);
 * assertEquals(new Dice(7).throwFor(packet), new Dice(7).throwFor(packet));
 * ```
 */
export class Dice {
  readonly #seed: number;
  readonly #ways: Map<number, () => number>;

  /** Chances that follow from `seed`, an integer. */
  constructor(seed: number) {
    this.#seed = seed;
    this.#ways = new Map();
  }

  /** The chances of the next packet on the way that `packet` takes. */
  throwFor(packet: Uint8Array): Chances {
    const way = hashOfAddresses(packet);
    let random = this.#ways.get(way);
    if (random === undefined) {
      random = seeded(Math.imul(this.#seed, 0x9e3779b1) ^ way);
      this.#ways.set(way, random);
    }
    return { loss: random(), duplication: random(), jitter: random() };
  }
}

/** FNV-1a over both addresses; ways that share a hash share their random numbers. */
function hashOfAddresses(packet: Uint8Array): number {
  const [start, end] = packet[0] >> 4 === 4 ? [12, 20] : [8, 40];
  let hash = 0x811c9dc5 | 0;
  for (let i = start; i < end && i < packet.length; i++) hash = Math.imul(hash ^ packet[i], 0x01000193);
  return hash;
}
