/**
 * The packets that a test has seen last, and what became of each.
 *
 * Main side.
 *
 * @module
 */
import { timestamp } from "../../stack/clock.ts";

/**
 * What became of a packet: `"delivered"` to the host that has its destination, `"duplicated"` (delivered twice),
 * `"filtered"` out by the test, `"lost"` by chance, `"delayed"` and still under way, or `"undeliverable"`, as nobody has
 * its destination or its host did not take it.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type PacketFate, withInternet } from "@uis/uis";
 *
 * await withInternet(async (net) => {
 *   const stack = await net.stack("10.0.0.1");
 *   const conn = await stack.dialUDP("10.0.0.2:53");
 *   await conn.write(new Uint8Array(1));
 *   await stack.stats(); // an answer comes after what was sent before
 *   const fates: PacketFate[] = net.packets.map(({ fate }) => fate);
 *   assertEquals(fates, ["undeliverable"]);
 * });
 * ```
 */
export type PacketFate = "delivered" | "duplicated" | "filtered" | "lost" | "delayed" | "undeliverable";

/**
 * A packet that a host has sent.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type SentPacket, withInternet } from "@uis/uis";
 *
 * await withInternet((net) => {
 *   const lost: SentPacket[] = net.packets.filter(({ fate }) => fate === "lost");
 *   assertEquals(lost, []);
 * });
 * ```
 */
export interface SentPacket {
  /** When it was sent: milliseconds since 1970, with a fraction. */
  readonly timestamp: number;
  /** A copy of it, as it was sent. */
  readonly packet: Uint8Array;
  /** What has become of it. */
  readonly fate: PacketFate;
}

/** A packet in the log, whose fate may still change. */
export interface LoggedPacket extends SentPacket {
  fate: PacketFate;
}

/**
 * Keeps the last packets, up to a number.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { PacketLog } from "./packet_log.ts";
 *
 * const log = new PacketLog(1);
 * log.add(Uint8Array.of(0x45));
 * log.add(Uint8Array.of(0x60)).fate = "lost";
 * assertEquals(log.packets.map(({ packet, fate }) => [packet[0], fate]), [[0x60, "lost"]]);
 * assertEquals(log.total, 2);
 * ```
 */
export class PacketLog {
  readonly #capacity: number;
  /** A ring once it is full: the oldest is at `total % capacity`. */
  readonly #ring: LoggedPacket[];
  #total: number;

  /** `capacity` is how many packets to keep. */
  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#ring = [];
    this.#total = 0;
  }

  /** How many packets were added, those included that are not kept any more. */
  get total(): number {
    return this.#total;
  }

  /** Those kept, the oldest first. */
  get packets(): LoggedPacket[] {
    const oldest = this.#total > this.#capacity ? this.#total % this.#capacity : 0;
    return [...this.#ring.slice(oldest), ...this.#ring.slice(0, oldest)];
  }

  /** Adds a copy of a packet, sent now. */
  add(packet: Uint8Array): LoggedPacket {
    // A copy, because the program may change the packet, and because a packet keeps all alive that came with it.
    const entry: LoggedPacket = { timestamp: timestamp(), packet: new Uint8Array(packet), fate: "delivered" };
    if (this.#capacity > 0) this.#ring[this.#total % this.#capacity] = entry;
    this.#total++;
    return entry;
  }
}
