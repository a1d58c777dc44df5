/**
 * Two engines and the wires between them in virtual time: no clock, no worker, no waiting.
 *
 * @module
 */
import { Engine, type EngineConfig, type SocketEvent } from "../../stack/engine/engine.ts";
import { seeded } from "./seeded.ts";

/** One packet on a wire. */
export interface Flight {
  from: "a" | "b";
  sentAt: number;
  packet: Uint8Array<ArrayBuffer>;
}

/** What a wire does with a packet: the times, in ms from now, at which copies arrive; none is a loss. */
export type Wire = (flight: Flight) => { after: number; packet: Uint8Array<ArrayBuffer> }[];

/** A sink that makes each packet an array of its own. */
export class Collector {
  readonly packets: Uint8Array<ArrayBuffer>[] = [];
  readonly offset = 0;
  bytes: Uint8Array<ArrayBuffer> = new Uint8Array(65_600);
  view: DataView = new DataView(this.bytes.buffer);
  /** How many more packets there is room for. */
  room = Infinity;

  reserve(length: number): boolean {
    return this.room > 0 && length <= this.bytes.length;
  }

  commit(length: number): void {
    this.packets.push(this.bytes.slice(0, length));
    this.room--;
  }

  take(): Uint8Array<ArrayBuffer>[] {
    return this.packets.splice(0);
  }
}

/** One end of a {@link Pair}: an engine, its events, and a program that reacts to them. */
export class Host {
  readonly engine: Engine;
  readonly events: SocketEvent[] = [];
  /** Called for each event, in order. */
  onEvent: ((event: SocketEvent) => void) | undefined;
  readonly out = new Collector();
  readonly #unwanted = new Uint8Array(64 * 1024);

  constructor(config: EngineConfig) {
    this.engine = new Engine(config);
  }

  /** The program reads all that has arrived on a connection, and looks at none of it. */
  discard(now: number, id: number): void {
    while (this.engine.read(now, id, this.#unwanted) > 0);
  }

  /** Runs the engine's output and events until both are quiet. */
  settle(now: number): Uint8Array<ArrayBuffer>[] {
    const packets: Uint8Array<ArrayBuffer>[] = [];
    for (;;) {
      this.engine.transmit(now, this.out);
      packets.push(...this.out.take());
      const event = this.engine.pollEvent();
      if (!event) return packets;
      this.events.push(event);
      this.onEvent?.(event);
    }
  }

  /** Whether an event of a kind has come for a socket. */
  saw(kind: SocketEvent["kind"], id?: number): boolean {
    return this.events.some((event) => event.kind === kind && (id === undefined || event.id === id));
  }
}

/** Options of a {@link Pair}. */
export interface PairOptions {
  seed?: number;
  mtu?: number;
  a?: Partial<EngineConfig>;
  b?: Partial<EngineConfig>;
  wire?: Wire;
}

/** Host a (10.0.0.1, 2001:db8::1) and host b (10.0.0.2, 2001:db8::2). */
export class Pair {
  now = 0;
  readonly a: Host;
  readonly b: Host;
  /** Every packet that was sent, lost ones included. */
  readonly trace: Flight[] = [];
  wire: Wire;
  #arrivals: { at: number; order: number; to: Host; packet: Uint8Array<ArrayBuffer> }[] = [];
  #order = 0;

  constructor({ seed = 1, mtu = 1500, a, b, wire }: PairOptions = {}) {
    const random = seeded(seed);
    this.a = new Host({ addresses: ["10.0.0.1", "2001:db8::1"], mtu, random, ...a });
    this.b = new Host({ addresses: ["10.0.0.2", "2001:db8::2"], mtu, random, ...b });
    this.wire = wire ?? (({ packet }) => [{ after: 1, packet }]);
  }

  /** Lets both hosts send what they have at this moment. */
  flush(): void {
    for (;;) {
      const sent = [...this.#send(this.a, "a"), ...this.#send(this.b, "b")];
      if (sent.length === 0) return;
    }
  }

  /** Goes on to the next arrival or deadline; false when there is none before `until`. */
  step(until = Infinity): boolean {
    this.flush();
    const arrival = this.#earliest();
    const next = Math.min(arrival?.at ?? Infinity, this.a.engine.nextDeadline(), this.b.engine.nextDeadline());
    if (next > until || next === Infinity) return false;
    this.now = Math.max(this.now, next);
    while (this.#earliest() && this.#earliest()!.at <= this.now) this.#deliver();
    this.a.engine.tick(this.now);
    this.b.engine.tick(this.now);
    this.flush();
    return true;
  }

  /** Steps until `done`, or until nothing happens before `until` (ms); returns whether it was done. */
  run(done: () => boolean, until: number = this.now + 600_000): boolean {
    while (!done()) {
      if (!this.step(until)) return done();
    }
    return true;
  }

  /** Lets `ms` pass. */
  advance(ms: number): void {
    const until = this.now + ms;
    while (this.step(until));
    this.now = until;
  }

  #send(host: Host, from: "a" | "b"): Uint8Array[] {
    const packets = host.settle(this.now);
    for (const packet of packets) {
      const flight = { from, sentAt: this.now, packet };
      this.trace.push(flight);
      const to = from === "a" ? this.b : this.a;
      for (const copy of this.wire(flight)) {
        this.#insert({ at: this.now + copy.after, order: this.#order++, to, packet: copy.packet });
      }
    }
    return packets;
  }

  #insert(arrival: { at: number; order: number; to: Host; packet: Uint8Array<ArrayBuffer> }): void {
    const queue = this.#arrivals;
    let low = 0;
    let high = queue.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      // Latest first, so that the earliest is popped off the end.
      if (queue[middle].at > arrival.at || (queue[middle].at === arrival.at && queue[middle].order > arrival.order)) {
        low = middle + 1;
      } else high = middle;
    }
    queue.splice(low, 0, arrival);
  }

  #earliest() {
    return this.#arrivals[this.#arrivals.length - 1];
  }

  #deliver(): void {
    const { to, packet } = this.#arrivals.pop()!;
    to.engine.receive(this.now, new DataView(packet.buffer), 0, packet.length);
  }
}
