/**
 * The internet of one test: it routes itself, remembers packets and does to them what the test asks for.
 *
 * Main side.
 *
 * @module
 */
import { Internet, type RouteOptions } from "../../internet/mod.ts";
import type { Stack, StackOptions } from "../../stack/mod.ts";
import { MTU_ETHERNET, type VNICFrame } from "../../vnic/mod.ts";
import { DelayLine } from "./delay_line.ts";
import { type Chances, Dice, type Faults } from "./faults.ts";
import { type LoggedPacket, PacketLog, type SentPacket } from "./packet_log.ts";

/** What a {@linkcode TestInternet} is made with. */
export interface TestInternetOptions extends Partial<Faults> {
  isolation?: "worker" | "inline";
  seed: number;
  packets: number;
}

/**
 * The internet that {@linkcode withInternet} gives to a test: hosts, and what happens to the packets between them.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type TestInternet, withInternet } from "@uis/uis";
 *
 * await withInternet(async (net: TestInternet) => {
 *   const server = await net.stack("10.0.0.1");
 *   const client = await net.stack("10.0.0.2");
 *   net.loss = 0.1;
 *   using listener = server.listenTCP("10.0.0.1:80");
 *   using conn = await client.dialTCP("10.0.0.1:80");
 *   using accepted = await listener.accept();
 *   assertEquals(accepted.remoteAddr.hostname, "10.0.0.2");
 * });
 * ```
 */
export class TestInternet implements Faults {
  /** The internet itself, for NICs, routes, and stacks by other ways than {@linkcode TestInternet.stack}. */
  readonly internet: Internet;
  /** What the random faults follow from. */
  readonly seed: number;
  readonly #log: PacketLog;
  readonly #dice: Dice;
  readonly #line: DelayLine;
  #filter: RouteOptions["filter"] | null;
  #loss: number;
  #duplication: number;
  #delay: number;
  #jitter: number;

  /** Starts to route at once; `onBreak` hears of what the filter throws, after which no packet goes anywhere. */
  constructor({ isolation, seed, packets, ...faults }: TestInternetOptions, onBreak: (error: unknown) => void) {
    this.seed = seed;
    this.#log = new PacketLog(packets);
    this.#dice = new Dice(seed);
    this.#line = new DelayLine();
    this.#filter = null;
    [this.#loss, this.#duplication, this.#delay, this.#jitter] = [0, 0, 0, 0];
    this.filter = faults.filter ?? null;
    this.loss = faults.loss ?? 0;
    this.duplication = faults.duplication ?? 0;
    this.delay = faults.delay ?? 0;
    this.jitter = faults.jitter ?? 0;
    this.stack = this.stack.bind(this); // tests take it out: async ({ stack }) => …
    this.internet = new Internet({ isolation });
    this.internet.route({ filter: (frame) => this.#carry(frame) }).catch(onBreak);
  }

  /** A host with these addresses and an MTU of 1500 bytes, as {@linkcode Internet.newStack} makes it. */
  stack(...addresses: string[]): Promise<Stack>;
  /** A host with options. */
  stack(options: StackOptions): Promise<Stack>;
  stack(...args: string[] | [StackOptions]): Promise<Stack> {
    const [first] = args;
    if (typeof first === "object") return this.internet.newStack(first);
    return this.internet.newStack(MTU_ETHERNET, ...args as string[]);
  }

  /** The packets that hosts have sent last, the oldest first, as many as are kept. */
  get packets(): SentPacket[] {
    return this.#log.packets;
  }

  /** How many packets hosts have sent. */
  get sent(): number {
    return this.#log.total;
  }

  /** See {@linkcode Faults.filter}. A TypeError when it is no function. */
  get filter(): RouteOptions["filter"] | null {
    return this.#filter;
  }

  set filter(filter: RouteOptions["filter"] | null) {
    if (filter !== null && typeof filter !== "function") {
      throw new TypeError(`Cannot filter packets by ${Deno.inspect(filter)}: must be a function or null`);
    }
    this.#filter = filter;
  }

  /** See {@linkcode Faults.loss}. A RangeError outside 0…1. */
  get loss(): number {
    return this.#loss;
  }

  set loss(probability: number) {
    this.#loss = checked("loss", probability, 1);
  }

  /** See {@linkcode Faults.duplication}. A RangeError outside 0…1. */
  get duplication(): number {
    return this.#duplication;
  }

  set duplication(probability: number) {
    this.#duplication = checked("duplication", probability, 1);
  }

  /** See {@linkcode Faults.delay}. A RangeError when it is negative or over 12 days. */
  get delay(): number {
    return this.#delay;
  }

  set delay(ms: number) {
    this.#delay = checked("delay", ms, MAX_DELAY);
  }

  /** See {@linkcode Faults.jitter}. A RangeError when it is negative or over 12 days. */
  get jitter(): number {
    return this.#jitter;
  }

  set jitter(ms: number) {
    this.#jitter = checked("jitter", ms, MAX_DELAY);
  }

  /** Closes the internet with all its hosts, as the end of the test does. Packets under way are gone. */
  async close(): Promise<void> {
    this.#line.clear();
    await this.internet.close();
  }

  /** As a filter that delivers what it lets pass itself: only so is it known whether somebody took it. */
  #carry(frame: VNICFrame): boolean | VNICFrame {
    const entry = this.#log.add(frame.packet);
    const verdict = this.#filter ? this.#filter(frame) : true;
    if (verdict === false) {
      entry.fate = "filtered";
      return false;
    }
    const passed = verdict === true ? frame : verdict;
    // What is neither a frame nor a boolean the loop refuses.
    if (!(passed?.packet instanceof Uint8Array)) return passed;
    this.#send(passed, entry);
    return false;
  }

  #send(frame: VNICFrame, entry: LoggedPacket): void {
    const { loss, duplication, jitter } = this.#chances(frame.packet);
    if (loss < this.#loss) {
      entry.fate = "lost";
      return;
    }
    const copies = duplication < this.#duplication ? 2 : 1;
    const delay = this.#delay + jitter * this.#jitter;
    if (delay === 0) return this.#deliver(frame, entry, copies);
    entry.fate = "delayed";
    this.#line.add(delay, () => this.#deliver(frame, entry, copies));
  }

  #chances(packet: Uint8Array): Chances {
    return this.#loss > 0 || this.#duplication > 0 || this.#jitter > 0 ? this.#dice.throwFor(packet) : NO_CHANCE;
  }

  #deliver(frame: VNICFrame, entry: LoggedPacket, copies: number): void {
    const taken = this.internet.deliver(frame);
    if (taken && copies > 1) this.internet.deliver(frame);
    entry.fate = taken ? copies > 1 ? "duplicated" : "delivered" : "undeliverable";
  }
}

/** What a timer can wait, in ms, halved as delay and jitter add up. */
const MAX_DELAY = 2 ** 30;
const NO_CHANCE: Chances = { loss: 1, duplication: 1, jitter: 0 };

function checked(name: string, value: number, most: number): number {
  if (typeof value === "number" && value >= 0 && value <= most) return value;
  const range = most === 1 ? "a probability, 0 to 1" : `milliseconds, 0 to ${most}`;
  throw new RangeError(`Cannot set ${name} to ${Deno.inspect(value)}: must be ${range}`);
}
