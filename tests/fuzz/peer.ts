/**
 * The honest host at the other end of the guarded flows.
 *
 * @module
 */
import { Engine } from "../../stack/engine/engine.ts";
import { Arena } from "./arena.ts";
import { Dice, mixSeeds } from "./dice.ts";
import { GuardedStream } from "./guarded_stream.ts";
import { GUARDED_PORT, PEER, TARGET } from "./places.ts";
import { PROFILES } from "./profiles.ts";
import { PEER_DIALS } from "./shield.ts";
import type { OnPacket } from "./target.ts";

const LISTENER = 1;
const DATAGRAMS = 2;
const FIRST_DIAL = 10;

/** One host, which dials the target and is dialled by it. */
export class Peer {
  readonly engine: Engine;
  readonly streams: Map<number, GuardedStream>;
  now: number;
  readonly #arena: Arena;
  readonly #onPacket: OnPacket;

  constructor(profile: string, seed: number, onPacket: OnPacket) {
    const { random } = new Dice(mixSeeds(seed, 4));
    const { mtu, tcp } = PROFILES[profile];
    this.engine = new Engine({ addresses: [PEER[4], PEER[6]], random, mtu, tcp });
    this.streams = new Map();
    this.now = 0;
    this.#arena = new Arena();
    this.#onPacket = onPacket;
    this.engine.listen(0, LISTENER, { address: "::", port: GUARDED_PORT }, 4);
    this.engine.bind(0, DATAGRAMS, { address: "::", port: GUARDED_PORT });
    for (const family of [4, 6] as const) {
      const id = FIRST_DIAL + family;
      this.streams.set(id, new GuardedStream(this.engine, id, family + 10, "leads"));
      this.engine.connect(0, id, PEER_DIALS[family], { address: TARGET[family], port: GUARDED_PORT });
    }
  }

  /** Whether all four flows are established. */
  get isReady(): boolean {
    return this.streams.size === 4 && [...this.streams.values()].every(({ isOpen }) => isOpen);
  }

  /** Lets time go on to `until`, deadline by deadline. */
  advance(until: number): void {
    for (let next = this.engine.nextDeadline(); next <= until; next = this.engine.nextDeadline()) {
      this.now = Math.max(this.now, next);
      this.engine.tick(this.now);
      this.settle();
    }
    this.now = Math.max(this.now, until);
  }

  receive(packet: Uint8Array<ArrayBuffer>): void {
    this.engine.receive(this.now, new DataView(packet.buffer), 0, packet.length);
  }

  /** Writes `length` bytes more to one of the flows; they come back. */
  write(index: number, length: number): void {
    const stream = [...this.streams.values()][index];
    stream.wanted += length;
    stream.write(this.now);
  }

  /** Sends a datagram to the target, in fragments when it is large. */
  send(family: 4 | 6, port: number, length: number): void {
    this.engine.send(this.now, DATAGRAMS, new Uint8Array(length).fill(family), { address: TARGET[family], port });
  }

  /** Closes all flows. */
  close(): void {
    for (const id of this.streams.keys()) this.engine.close(this.now, id);
  }

  settle(): void {
    for (;;) {
      const isDone = this.engine.transmit(this.now, this.#arena);
      this.#arena.take(this.#onPacket);
      let reacted = false;
      for (let event = this.engine.pollEvent(); event; event = this.engine.pollEvent()) {
        reacted = true;
        if (event.kind === "accepted") this.#accept(event.id, event.remote.address === `::ffff:${TARGET[4]}` ? 4 : 6);
        else this.streams.get(event.id)?.onEvent(event, this.now);
      }
      if (isDone && !reacted) return;
    }
  }

  #accept(id: number, family: 4 | 6): void {
    this.engine.accept(this.now, id);
    const stream = new GuardedStream(this.engine, id, family, "leads");
    stream.isOpen = true;
    this.streams.set(id, stream);
  }
}
