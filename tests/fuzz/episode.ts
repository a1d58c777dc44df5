/**
 * One episode: a world of its own, so many hostile packets, and the end, at which nothing may be left. Everything in it
 * follows from its seed.
 *
 * @module
 */
import { Answers } from "./answers.ts";
import { Dice, mixSeeds } from "./dice.ts";
import { Limits, RESTING } from "./limits.ts";
import { Mutator } from "./mutator.ts";
import { DATAGRAM_PORTS } from "./places.ts";
import { PROFILES } from "./profiles.ts";
import { Shield } from "./shield.ts";
import { Sightings } from "./sightings.ts";
import type { OnPacket } from "./target.ts";
import { asViolation, Violation } from "./violation.ts";
import { HALF_STEP, STEP, World } from "./world.ts";

/** Measures how long each packet takes. */
export interface Timing {
  /** ms with fractions. */
  now(): number;
  /** The episode's packet `index` took `ms`: to be received, and to be answered. Of packets that came at once, the mean. */
  took(index: number, ms: number): void;
}

/** Which episode, and who looks on. */
export interface EpisodeOptions {
  seed: number;
  episode: number;
  packets: number;
  /** Called for each packet to the target, honest ones included, with its time in ms. The bytes are good until it returns. */
  record?: (at: number, packet: Uint8Array<ArrayBuffer>) => void;
  /** Called for each packet of the target. The bytes are good until it returns. */
  onSent?: OnPacket;
  timing?: Timing;
}

/** What came of an episode. */
export interface EpisodeResult {
  packets: number;
  violation: Violation | undefined;
  /** How often each thing happened: drops by reason, connections by state, … */
  reached: Record<string, number>;
}

/** ms in which the guarded flows are established, and in which they finish. */
const OPENING = 60_000;
const FINISHING = 3_600_000;
/** How long fragments wait, ms; how often an honest datagram, which may be lost, is sent, and its length. */
const PATIENCE = 61_000;
const TRIES = 10;
const LARGE = 20_000;
/** Packets between looks at the limits, between honest writes, long pauses (ms) and batches, about. */
const LIMITS_EVERY = 256;
const WRITE_EVERY = 16;
const PAUSE_EVERY = 1500;
const LONGEST_PAUSE = 100_000;
const BATCH_EVERY = 40;
const LONGEST_BATCH = 12;

/** The profile and the seed of an episode's target. */
export function targetOf(seed: number, episode: number): { profile: string; seed: number } {
  const names = Object.keys(PROFILES);
  return { profile: names[episode % names.length], seed: mixSeeds(seed, episode) & 0xffff };
}

/** Runs one episode. */
export function runEpisode(corpus: readonly Uint8Array<ArrayBuffer>[], options: EpisodeOptions): EpisodeResult {
  return new Episode(corpus, options).run();
}

class Episode {
  readonly #options: EpisodeOptions;
  readonly #dice: Dice;
  readonly #shield: Shield;
  readonly #answers: Answers;
  readonly #sightings: Sightings;
  readonly #mutator: Mutator;
  readonly #world: World;
  readonly #limits: Limits;
  #done: number;

  constructor(corpus: readonly Uint8Array<ArrayBuffer>[], options: EpisodeOptions) {
    const { seed, episode, record } = options;
    const target = targetOf(seed, episode);
    this.#options = options;
    this.#dice = new Dice(mixSeeds(seed, episode) ^ 0x5eed);
    this.#shield = new Shield();
    this.#answers = new Answers();
    this.#sightings = new Sightings();
    this.#mutator = new Mutator({ corpus, sightings: this.#sightings, shield: this.#shield, dice: this.#dice });
    this.#done = 0;
    this.#world = new World(target.profile, target.seed, this.#shield, {
      sent: (packet, view) => {
        this.#answers.note(packet, view);
        this.#sightings.note(packet, view);
        options.onSent?.(packet, view);
      },
      accepted: (remote) => this.#answers.accepted(remote),
      arriving: (packet) => record?.(this.#world.now, packet),
    });
    this.#limits = new Limits(this.#world.target.engine, target.profile);
  }

  run(): EpisodeResult {
    let violation: Violation | undefined;
    try {
      this.#begin();
      while (this.#done < this.#options.packets) this.#turn();
      this.#finish();
    } catch (error) {
      violation = asViolation(error);
    }
    return { packets: this.#done, violation, reached: this.#reached() };
  }

  /** The guarded flows open before the first attack. */
  #begin(): void {
    const { peer, target } = this.#world;
    const isReady = () => peer.isReady && target.program.isReady;
    while (!isReady() && this.#world.now < OPENING) this.#world.advance(this.#world.now + 10);
    if (!isReady()) throw new Violation("harm", "the guarded flows did not open");
  }

  /** Time goes on, now and then the peer writes; then comes a hostile packet, or several at once. */
  #turn(): void {
    const dice = this.#dice;
    const world = this.#world;
    if (this.#done % WRITE_EVERY === 0) {
      world.peer.write(dice.below(4), 1 + dice.below(dice.oneIn(8) ? 20_000 : 1500));
      world.peer.settle();
    }
    const pause = dice.oneIn(PAUSE_EVERY) ? dice.below(LONGEST_PAUSE) : dice.oneIn(8) ? STEP * dice.below(40) : 0;
    world.advance(Math.floor((world.now + pause) / STEP) * STEP + STEP + HALF_STEP);
    if (this.#done % LIMITS_EVERY === 0) this.#checkLimits();
    const size = dice.oneIn(BATCH_EVERY) ? 1 + dice.below(LONGEST_BATCH) : 1;
    this.#inject(size);
  }

  #inject(size: number): void {
    const { target } = this.#world;
    const { timing, record } = this.#options;
    const { draft } = this.#mutator;
    this.#answers.begin();
    let took = 0;
    for (let i = 0; i < size; i++) {
      this.#mutator.next();
      const isGuarded = this.#shield.guards(draft);
      this.#answers.cause(draft.bytes, draft.view, draft.length, isGuarded);
      record?.(this.#world.now, draft.bytes.subarray(0, draft.length));
      const view = draft.outer();
      const startedAt = timing?.now() ?? 0;
      target.receive(view, draft.offset, draft.length);
      took += (timing?.now() ?? 0) - startedAt;
    }
    took += target.settle(timing);
    this.#answers.end();
    timing?.took(this.#done, took / size);
    this.#done += size;
  }

  /** The guarded flows have all their bytes, honest datagrams arrive, and then nothing is left. */
  #finish(): void {
    const world = this.#world;
    this.#checkLimits();
    const end = world.now + FINISHING;
    while (!this.#isWhole() && world.now < end) world.advance(world.now + 100);
    if (!this.#isWhole()) throw new Violation("harm", "a guarded flow has not all its bytes");
    this.#sendHonestly();
    this.#checkLimits();
    world.target.program.rest(world.now);
    world.target.settle();
    world.peer.close();
    world.peer.settle();
    world.advance(world.now + RESTING);
    this.#limits.checkEmpty();
  }

  #isWhole(): boolean {
    const { peer } = this.#world;
    return [...peer.streams.values()].every(({ read, wanted }) => read === wanted);
  }

  /** Fragments that waited are gone by now; no hostile one can be taken for a part of these. */
  #sendHonestly(): void {
    const world = this.#world;
    const { counters } = world.target.engine;
    for (const family of [4, 6] as const) {
      const before = counters.reassembled;
      for (let tries = 0; tries < TRIES && counters.reassembled === before; tries++) {
        world.advance(world.now + PATIENCE);
        world.peer.send(family, DATAGRAM_PORTS[0], LARGE);
        world.peer.settle();
        world.advance(world.now + 10);
      }
      if (counters.reassembled === before) throw new Violation("harm", "no honest datagram arrives");
    }
  }

  #checkLimits(): void {
    this.#limits.check(this.#world.target.program.connections());
  }

  #reached(): Record<string, number> {
    const { engine: { counters }, program: { accepted, answered } } = this.#world.target;
    return {
      accepted,
      answered,
      sent: this.#answers.sent,
      reassembled: counters.reassembled,
      ...counters.dropped,
      ...Object.fromEntries(this.#limits.states),
    };
  }
}
