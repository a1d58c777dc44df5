/**
 * The host under attack, in virtual time: an engine, its program, and what it sends.
 *
 * @module
 */
import { type Endpoint, Engine } from "../../stack/engine/engine.ts";
import { Arena } from "./arena.ts";
import { Dice, mixSeeds } from "./dice.ts";
import { TARGET } from "./places.ts";
import { PROFILES } from "./profiles.ts";
import { Program } from "./program.ts";
import { Violation } from "./violation.ts";

/** Rounds of sending and reacting after which a host is stuck. */
const MOST_ROUNDS = 10_000;
/** How often the wire is full. */
const FULL_WIRE = 24;

/** One packet in so many is older than the engine's clock says, by less than this, ms. */
const AGED = 8;
const OLDEST = 20;

/** Called for each packet that a host sends; the bytes are good until it returns. */
export type OnPacket = (packet: Uint8Array<ArrayBuffer>, view: DataView<ArrayBuffer>) => void;

/** Who looks on. */
export interface Observer {
  sent: OnPacket;
  /** The target has accepted a connection. */
  accepted(remote: Endpoint): void;
}

/** One host. What it does depends on its profile, its seed, and the packets and times that it is given. */
export class Target {
  readonly engine: Engine;
  readonly program: Program;
  now: number;
  readonly #dice: Dice;
  readonly #ages: Dice;
  #arrivedAt: number;
  readonly #arena: Arena;
  readonly #observer: Observer;

  constructor(profile: string, seed: number, observer: Observer) {
    const config = PROFILES[profile];
    if (!config) throw new TypeError(`Cannot use profile "${profile}": must be ${Object.keys(PROFILES).join(", ")}`);
    const { random } = new Dice(mixSeeds(seed, 1));
    this.engine = new Engine({ addresses: [TARGET[4], TARGET[6]], random, ...config });
    this.#dice = new Dice(mixSeeds(seed, 2));
    this.#ages = new Dice(mixSeeds(seed, 6));
    this.#arrivedAt = 0;
    this.#arena = new Arena();
    this.program = new Program(this.engine, config.mtu, new Dice(mixSeeds(seed, 3)));
    this.now = 0;
    this.#observer = observer;
    this.settle();
  }

  /** When {@link advance} has something to do. */
  nextDeadline(): number {
    return Math.min(this.engine.nextDeadline(), this.program.nextDeadline());
  }

  /** Lets time go on to `until`, deadline by deadline. */
  advance(until: number): void {
    for (let next = this.nextDeadline(); next <= until; next = this.nextDeadline()) {
      this.now = Math.max(this.now, next);
      this.engine.tick(this.now);
      this.program.tick(this.now);
      this.settle();
    }
    this.now = Math.max(this.now, until);
  }

  /** Takes one packet, which may have waited in a batch; {@link settle} must follow. */
  receive(view: DataView, offset: number, length: number): void {
    const age = this.#ages.oneIn(AGED) ? this.#ages.below(OLDEST) : 0;
    this.#arrivedAt = Math.max(this.#arrivedAt, this.now - age);
    this.engine.receive(this.#arrivedAt, view, offset, length);
  }

  /** Sends, and lets the program react, until both are quiet. Returns the ms on the clock of the first sending. */
  settle(clock?: { now(): number }): number {
    let took = 0;
    this.#arena.room = this.#dice.oneIn(FULL_WIRE) ? this.#dice.below(3) : Infinity;
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const startedAt = round === 0 && clock ? clock.now() : 0;
      const isDone = this.engine.transmit(this.now, this.#arena);
      if (round === 0 && clock) took = clock.now() - startedAt;
      this.#arena.take(this.#observer.sent);
      this.#arena.room = Infinity;
      const reacted = this.#react();
      if (isDone && !reacted) return took;
    }
    throw new Violation("limit", `not quiet after ${MOST_ROUNDS} rounds`);
  }

  #react(): boolean {
    let any = false;
    while (this.engine.pollReport()) any = true;
    for (let event = this.engine.pollEvent(); event; event = this.engine.pollEvent()) {
      any = true;
      if (event.kind === "accepted") this.#observer.accepted(event.remote);
      this.program.onEvent(event, this.now);
    }
    return any;
  }
}
