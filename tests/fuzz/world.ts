/**
 * The target, its honest peer, and the link between them, in virtual time. Arrivals at the target lie on a grid of times
 * that a pcap file can say exactly.
 *
 * @module
 */
import { Dice, mixSeeds } from "./dice.ts";
import { isAt, PEER_BYTES } from "./places.ts";
import { Peer } from "./peer.ts";
import type { Shield } from "./shield.ts";
import { type Observer, Target } from "./target.ts";

/** ms. Forged packets come half a step away from honest ones. */
export const STEP = 0.25;
export const HALF_STEP = 0.125;
const DELAY = 2;
/** One honest packet in so many is lost. */
const LOSS = 64;

interface Arrival {
  at: number;
  atTarget: boolean;
  packet: Uint8Array<ArrayBuffer>;
}

/** Who looks on. */
export interface WorldObserver extends Observer {
  /** An honest packet arrives at the target. */
  arriving(packet: Uint8Array<ArrayBuffer>): void;
}

/** Two hosts. */
export class World {
  readonly target: Target;
  readonly peer: Peer;
  now: number;
  readonly #dice: Dice;
  readonly #observer: WorldObserver;
  readonly #shield: Shield;
  /** Packets under way, the earliest last. */
  readonly #arrivals: Arrival[];

  constructor(profile: string, seed: number, shield: Shield, observer: WorldObserver) {
    this.now = 0;
    this.#dice = new Dice(mixSeeds(seed, 5));
    this.#observer = observer;
    this.#shield = shield;
    this.#arrivals = [];
    this.target = new Target(profile, seed, {
      sent: (packet, view) => this.#sentByTarget(packet, view),
      accepted: (remote) => observer.accepted(remote),
    });
    this.peer = new Peer(profile, seed, (packet, view) => this.#sentByPeer(packet, view));
    this.peer.settle();
  }

  /** Lets time go on to `until`: packets arrive, timers fire. */
  advance(until: number): void {
    for (;;) {
      const arrival = this.#arrivals.at(-1);
      const next = Math.min(
        arrival?.at ?? Infinity,
        this.target.nextDeadline(),
        this.peer.engine.nextDeadline(),
      );
      if (next > until) break;
      this.now = Math.max(this.now, next);
      this.target.advance(this.now);
      this.peer.advance(this.now);
      if (arrival && arrival.at <= this.now) this.#deliver();
    }
    this.now = until;
    this.target.advance(until);
    this.peer.advance(until);
  }

  #deliver(): void {
    const { atTarget, packet } = this.#arrivals.pop()!;
    if (atTarget) {
      this.#observer.arriving(packet);
      this.target.receive(new DataView(packet.buffer), 0, packet.length);
      this.target.settle();
    } else {
      this.peer.receive(packet);
      this.peer.settle();
    }
  }

  #sentByTarget(packet: Uint8Array<ArrayBuffer>, view: DataView<ArrayBuffer>): void {
    this.#observer.sent(packet, view);
    const family = packet[0] >> 4 === 4 ? 4 : 6;
    if (!isAt(packet, family === 4 ? 16 : 24, PEER_BYTES[family])) return;
    this.#shield.noteFromTarget(view, packet.length);
    this.#send(packet, false);
  }

  #sentByPeer(packet: Uint8Array<ArrayBuffer>, view: DataView<ArrayBuffer>): void {
    this.#shield.noteFromPeer(view, packet.length);
    this.#send(packet, true);
  }

  #send(packet: Uint8Array<ArrayBuffer>, atTarget: boolean): void {
    if (this.#dice.oneIn(LOSS)) return;
    const at = Math.ceil((this.now + DELAY + this.#dice.random()) / STEP) * STEP;
    let place = this.#arrivals.length;
    while (place > 0 && this.#arrivals[place - 1].at <= at) place--;
    this.#arrivals.splice(place, 0, { at, atTarget, packet: packet.slice() });
  }
}
