/**
 * What runs on the host under attack: servers and dials of every temper, and an echo for the guarded flows. All that it
 * does follows from what it is told and from its dice, so that the same packets make it do the same again.
 *
 * @module
 */
import type { Engine, SocketEvent } from "../../stack/engine/engine.ts";
import type { Dice } from "./dice.ts";
import { GuardedStream } from "./guarded_stream.ts";
import {
  ATTACKER_PORTS,
  ATTACKERS,
  DATAGRAM_PORTS,
  GUARDED_PORT,
  NARROW_PORT,
  OPEN_PORT,
  PEER,
  TARGET,
} from "./places.ts";
import { PEER_DIALS, TARGET_DIALS } from "./shield.ts";

/** How a program uses a connection. */
const TEMPERS = ["reads", "writes", "both", "lazy", "closes", "leaves"] as const;
type Temper = typeof TEMPERS[number];

/** Listeners and datagram sockets, then the program's own dials. */
const OPEN_LISTENER = 1;
const GUARDED_LISTENER = 2;
const NARROW_LISTENER = 3;
const FIRST_DATAGRAM = 10;
const FIRST_DIAL = 100;
const FIRST_GUARDED = 1_000_000;
/** ms between the program's own acts, and how long it keeps a connection. */
const PERIOD = 250;
const LIFETIME = 3000;
/** Bytes that it writes to one connection, about; and to one in so many, which fills the largest send buffer. */
const WRITTEN = 200_000;
const MUCH = 8_000_000;
const MUCH_EVERY = 16;
/** Dials that the program keeps going. */
const DIALS = 6;
const MTU_CHANGES = [1280, 1400, 1500, 4000];

interface Held {
  id: number;
  until: number;
}

/** The program of one target. */
export class Program {
  readonly #engine: Engine;
  readonly #dice: Dice;
  readonly #mtu: number;
  /** The guarded flows, by id. */
  readonly guarded: Map<number, GuardedStream>;
  readonly #tempers: Map<number, Temper>;
  /** Bytes that are still to be written, where the program writes. */
  readonly #toWrite: Map<number, number>;
  /** Connections in the order in which they are to be closed, and those that wait to be accepted. */
  readonly #held: Held[];
  readonly #unaccepted: number[];
  readonly #buffer: Uint8Array<ArrayBuffer>;
  #actAt: number;
  #nextId: number;
  #dials: number;
  #resting: boolean;
  /** Connections that were accepted, and pings that were answered. */
  accepted: number;
  answered: number;

  constructor(engine: Engine, mtu: number, dice: Dice) {
    this.#engine = engine;
    this.#dice = dice;
    this.#mtu = mtu;
    this.guarded = new Map();
    this.#tempers = new Map();
    this.#toWrite = new Map();
    this.#held = [];
    this.#unaccepted = [];
    this.#buffer = new Uint8Array(64 * 1024).fill(0x74);
    this.#actAt = PERIOD;
    this.#nextId = FIRST_DIAL;
    this.#dials = 0;
    this.#resting = false;
    this.accepted = 0;
    this.answered = 0;
    this.#open();
  }

  /** Whether the guarded flows are established on this side, those that were dialled and those that were accepted. */
  get isReady(): boolean {
    return this.guarded.size === 4 && [...this.guarded.values()].every(({ isOpen }) => isOpen);
  }

  /** Its connections. */
  *connections(): Generator<number> {
    yield* this.guarded.keys();
    yield* this.#tempers.keys();
  }

  /** When {@link tick} has something to do. */
  nextDeadline(): number {
    return this.#resting ? Infinity : this.#actAt;
  }

  tick(now: number): void {
    if (now < this.nextDeadline()) return;
    this.#actAt = now + PERIOD;
    while (this.#held.length > 0 && this.#held[0].until <= now) this.#letGo(this.#held.shift()!.id, now);
    for (const id of this.#unaccepted.splice(0, 2)) this.#accept(id, now);
    while (this.#dials < DIALS) this.#dial(now);
    this.#sendDatagram(now);
    if (this.#dice.oneIn(4)) this.#ping(now);
    if (this.#dice.oneIn(40)) this.#engine.setMTU(now, Math.min(this.#mtu, this.#dice.pick(MTU_CHANGES)));
  }

  onEvent(event: SocketEvent, now: number): void {
    const guarded = this.guarded.get(event.id);
    if (guarded) return guarded.onEvent(event, now);
    switch (event.kind) {
      case "accepted":
        return this.#welcome(event, now);
      case "connected":
        return this.#use(event.id, now);
      case "readable":
        return this.#read(event.id, now);
      case "writable":
        return this.#write(event.id, now);
      case "answered":
        this.answered++;
        return;
      case "ended":
        if (this.#tempers.get(event.id) !== "lazy") this.#engine.closeWrite(now, event.id);
        return;
      case "released":
        if (event.id >= FIRST_DIAL && this.#tempers.has(event.id)) this.#dials--;
        this.#tempers.delete(event.id);
        this.#toWrite.delete(event.id);
    }
  }

  /** Lets go of everything but the listeners, and starts nothing more. */
  rest(now: number): void {
    this.#resting = true;
    for (const id of [...this.#unaccepted.splice(0), ...this.#tempers.keys(), ...this.guarded.keys()]) {
      this.#engine.close(now, id);
    }
  }

  #open(): void {
    const engine = this.#engine;
    engine.overhearICMP(0, true);
    engine.listen(0, OPEN_LISTENER, { address: "::", port: OPEN_PORT }, 16);
    engine.listen(0, GUARDED_LISTENER, { address: "::", port: GUARDED_PORT }, 64);
    engine.listen(0, NARROW_LISTENER, { address: TARGET[4], port: NARROW_PORT }, 1);
    DATAGRAM_PORTS.forEach((port, i) => {
      engine.bind(0, FIRST_DATAGRAM + i, { address: i === 0 ? "::" : TARGET[i === 1 ? 4 : 6], port });
    });
    for (const family of [4, 6] as const) {
      const remote = { address: ATTACKERS[family][0], port: 9 };
      engine.connectDatagram(0, FIRST_DATAGRAM + family, 6000 + family, remote);
      const id = FIRST_GUARDED + family;
      this.guarded.set(id, new GuardedStream(engine, id, family, "echoes"));
      engine.connect(0, id, TARGET_DIALS[family], { address: PEER[family], port: GUARDED_PORT });
    }
  }

  #welcome(event: SocketEvent & { kind: "accepted" }, now: number): void {
    this.accepted++;
    const family = event.remote.address.endsWith(PEER[4]) ? 4 : 6;
    const isGuarded = event.listener === GUARDED_LISTENER && event.remote.port === PEER_DIALS[family] &&
      event.remote.address.endsWith(PEER[family]);
    if (isGuarded) {
      this.#engine.accept(now, event.id);
      const stream = new GuardedStream(this.#engine, event.id, family + 10, "echoes");
      stream.isOpen = true;
      this.guarded.set(event.id, stream);
    } else if (this.#dice.oneIn(4)) this.#unaccepted.push(event.id);
    else this.#accept(event.id, now);
  }

  #accept(id: number, now: number): void {
    this.#engine.accept(now, id);
    this.#use(id, now);
  }

  #use(id: number, now: number): void {
    const temper = this.#dice.pick(TEMPERS);
    this.#tempers.set(id, temper);
    this.#held.push({ id, until: now + LIFETIME });
    if (temper === "writes" || temper === "both") this.#toWrite.set(id, this.#dice.oneIn(MUCH_EVERY) ? MUCH : WRITTEN);
    this.#write(id, now);
    if (temper === "closes") this.#engine.closeWrite(now, id);
    if (temper === "leaves") this.#engine.close(now, id);
    if (this.#dice.oneIn(8)) this.#engine.setNoDelay(now, id, this.#dice.oneIn(2));
    if (this.#dice.oneIn(8)) this.#engine.setKeepAlive(now, id, true);
  }

  #write(id: number, now: number): void {
    const left = this.#toWrite.get(id) ?? 0;
    if (left > 0) this.#toWrite.set(id, left - this.#engine.write(now, id, this.#buffer));
  }

  #read(id: number, now: number): void {
    if (id >= FIRST_DATAGRAM && id < FIRST_DIAL) {
      while (this.#dice.oneIn(2) && this.#engine.readDatagram(now, id));
      return;
    }
    const temper = this.#tempers.get(id);
    if (temper === "lazy" || temper === "writes") return;
    while (this.#engine.read(now, id, this.#buffer) > 0);
    this.#buffer.fill(0x74, 0, 64);
  }

  #letGo(id: number, now: number): void {
    if (!this.#engine.isConnection(id)) return;
    if (this.#dice.oneIn(4)) this.#engine.abort(now, id);
    else this.#engine.close(now, id, this.#dice.oneIn(8));
  }

  #dial(now: number): void {
    const family = this.#dice.pick([4, 6] as const);
    const id = this.#nextId++;
    const remote = { address: this.#dice.pick(ATTACKERS[family]), port: this.#dice.pick(ATTACKER_PORTS) };
    this.#dials++;
    this.#tempers.set(id, "lazy");
    this.#engine.connect(now, id, 52_000 + id % 64, remote);
  }

  #ping(now: number): void {
    const family = this.#dice.pick([4, 6] as const);
    const id = this.#nextId++;
    const data = new Uint8Array(this.#dice.pick([0, 8, 100, 3000])).fill(id);
    this.#engine.ping(now, id, ATTACKERS[family][0], {
      identifier: 1,
      sequence: id & 7,
      data,
      ttl: 64,
      timeout: PERIOD,
    });
  }

  #sendDatagram(now: number): void {
    const family = this.#dice.pick([4, 6] as const);
    const to = { address: ATTACKERS[family][0], port: 9 };
    const id = this.#dice.oneIn(2) ? FIRST_DATAGRAM : FIRST_DATAGRAM + family;
    this.#engine.send(now, id, new Uint8Array(this.#dice.pick([0, 10, 1000, 3000])), to);
  }
}
