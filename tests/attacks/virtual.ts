/**
 * One attack on an engine in virtual time, beside an honest flow of 10 Mbit/s. Run as a program, it prints what that
 * costs:
 *
 *     deno run -A --v8-flags=--expose-gc tests/attacks/virtual.ts syn-flood 60
 *
 * @module
 */
import { stackLimits } from "../../stack/engine/config.ts";
import type { SocketEvent, StackLimits } from "../../stack/engine/engine.ts";
import { bandwidth, delay, link } from "../harness/link.ts";
import type { Flight } from "../harness/pair.ts";
import { seeded } from "../harness/seeded.ts";
import { liveBytes } from "../virtual/memory.ts";
import { LongPair } from "../virtual/traffic.ts";
import { type Attacker, ATTACKS, BRIEF, LAIR, MUTE, SINK, SOURCE, UNREAD } from "./attackers.ts";

const PACKETS_PER_MS = 20;
/** Virtual ms until the honest flow is steady. */
const WARM_UP = 2000;
const HONEST_PORT = 50000;
const ZEROS = new Uint8Array(256 * 1024);

/** What an attack came to. */
export interface VirtualResult {
  /** Live bytes before it and at its end. */
  before: number;
  after: number;
  /** What the host's limits allow it to grow by. */
  bound: number;
  /** What the honest flow carried meanwhile, to what it carried in as long before. */
  goodput: number;
}

/** Host b, with its services, and host a, which sends to it all the time. */
class Besieged {
  received = 0;
  readonly pair: LongPair;
  #attacker: Attacker | undefined;
  /** The listener of each connection. */
  readonly #services: Map<number, number>;
  readonly #buffer: Uint8Array;

  constructor(limits: StackLimits) {
    const wire = link(1, bandwidth(10_000_000, 25_000), delay(10));
    this.pair = new LongPair({ b: { limits }, wire: (flight) => this.#isElsewhere(flight) ? [] : wire(flight) });
    this.#attacker = undefined;
    this.#services = new Map();
    this.#buffer = new Uint8Array(256 * 1024);
    this.#serve();
    this.#send();
  }

  /** Lets `ms` pass under attack, or in peace; what the honest flow has carried. */
  measure(ms: number, attacker?: Attacker): number {
    const before = this.received;
    this.#attacker = attacker;
    for (let i = 0; i < ms; i++) {
      for (let k = 0; attacker && k < PACKETS_PER_MS; k++) this.#receive(attacker.next());
      this.pair.advance(1);
    }
    return this.received - before;
  }

  #receive(packet: Uint8Array<ArrayBuffer>): void {
    this.pair.b.engine.receive(this.pair.now, new DataView(packet.buffer), 0, packet.length);
  }

  /** Whether an answer goes to somebody else than host a. */
  #isElsewhere({ from, packet }: Flight): boolean {
    const destination = new DataView(packet.buffer).getInt32(16);
    if (LAIR.includes(destination)) this.#attacker?.heard?.(packet);
    return from === "b" && packet[19] !== 1 || LAIR.includes(destination);
  }

  #serve(): void {
    const { engine } = this.pair.b;
    for (const port of [SINK, SOURCE, MUTE, BRIEF]) engine.listen(0, port, { address: "0.0.0.0", port }, 511);
    engine.bind(0, UNREAD, { address: "0.0.0.0", port: UNREAD });
    this.pair.listenTo("b", (event) => this.#handle(event));
  }

  #handle(event: SocketEvent): void {
    const { now, b: { engine } } = this.pair;
    if (event.kind === "accepted") {
      engine.accept(now, event.id);
      if (event.listener === BRIEF) return engine.close(now, event.id);
      this.#services.set(event.id, event.listener);
    } else if (event.kind === "ended") {
      engine.close(now, event.id);
    } else if (event.kind === "released") {
      this.#services.delete(event.id);
    }
    const service = this.#services.get(event.id);
    if (event.kind === "readable" && service === SINK) this.#read(event.id);
    else if (service === SOURCE && event.kind !== "failed") { while (engine.write(now, event.id, ZEROS) > 0); }
  }

  #read(id: number): void {
    const { now, b: { engine } } = this.pair;
    for (let n = engine.read(now, id, this.#buffer); n > 0; n = engine.read(now, id, this.#buffer)) this.received += n;
  }

  #send(): void {
    const { engine } = this.pair.a;
    this.pair.listenTo("a", (event) => {
      if (event.kind === "failed") throw new Error(`the honest flow failed: ${event.reason}`);
      if (event.kind === "connected" || event.kind === "writable") {
        while (engine.write(this.pair.now, event.id, ZEROS) === ZEROS.length);
      }
    });
    engine.connect(0, 1, HONEST_PORT, { address: "10.0.0.2", port: SINK });
  }
}

/** Runs the attack with a name for so many virtual seconds, on a host with so many connections at the most. */
function run(name: string, seconds: number, connections?: number): VirtualResult {
  const attack = ATTACKS.find((attack) => attack.name === name);
  if (!attack) throw new Error(`Cannot run "${name}": must be one of ${ATTACKS.map(({ name }) => name).join(", ")}`);
  const limits = { connections };
  const besieged = new Besieged(limits);
  besieged.measure(WARM_UP);
  const peace = besieged.measure(1000 * seconds);
  const before = liveBytes();
  const goodput = besieged.measure(1000 * seconds, attack.start(seeded(1), HONEST_PORT)) / peace;
  const after = liveBytes();
  // A last use: without one the engine itself would be garbage by then.
  besieged.measure(0);
  return { before, after, bound: attack.bound(stackLimits(limits)), goodput };
}

if (import.meta.main) {
  const [name, seconds, connections] = Deno.args;
  console.log(JSON.stringify(run(name, Number(seconds), connections === undefined ? undefined : Number(connections))));
}
