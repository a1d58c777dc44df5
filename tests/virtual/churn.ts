/**
 * Many short connections between the same two hosts. Run as a program, it prints what is left in memory after them:
 *
 *     deno run -A --v8-flags=--expose-gc tests/virtual/churn.ts 10000 100000 28232
 *
 * @module
 */
import { delay, link } from "../harness/link.ts";
import { seeded } from "../harness/seeded.ts";
import { Ports } from "../../stack/ports.ts";
import { liveBytes } from "./memory.ts";
import { LongPair } from "./traffic.ts";

const SERVER = { address: "10.0.0.2", port: 80 };
const MESSAGE = new Uint8Array(1000).fill(7);
/** Longer than TIME-WAIT lasts, ms. */
const LONG = 300_000;

/** Connections from a to an echo server on b. The port of each comes from what gives a stack its ports. */
export class Churn {
  readonly #pair: LongPair;
  readonly #ports: Ports;
  readonly #buffer = new Uint8Array(4096);
  #nextId = 1;
  /** Connections whose echo has come back whole. */
  echoed = 0;
  /** Connections that were closed on both sides. */
  closed = 0;
  /** Called when a's connection has its echo. */
  #onEchoed: (id: number) => void = () => {};

  /** `ports` is how many there are to dial from. */
  constructor(ports: number) {
    this.#pair = new LongPair({ wire: link(1, delay(0.1)) });
    this.#ports = new Ports([32768, 32767 + ports], seeded(1));
    this.#serve();
    this.#useAnswers();
  }

  /** Opens `count` connections; all stay open until each was used. */
  openTogether(count: number): void {
    const before = this.echoed;
    const ids: number[] = [];
    this.#onEchoed = (id) => ids.push(id);
    for (let i = 0; i < count; i++) this.#dial();
    this.#run(() => this.echoed === before + count, "connections open");
    this.#closeAll(ids);
  }

  /** Opens and closes `count` connections, `width` at a time, as fast as they go. */
  openInTurn(count: number, width: number): void {
    const wanted = this.closed + count;
    let started = 0;
    this.#onEchoed = (id) => {
      this.#pair.a.engine.close(this.#pair.now, id);
      if (started < count) this.#dial();
      started++;
    };
    for (; started < width; started++) this.#dial();
    this.#run(() => this.closed === wanted, "connections close");
  }

  /** Lets TIME-WAIT pass; throws an Error when a deadline is left. */
  rest(): void {
    this.#pair.advance(LONG);
    for (const { engine } of [this.#pair.a, this.#pair.b]) {
      if (engine.nextDeadline() !== Infinity) throw new Error(`a deadline is left: ${engine.nextDeadline()}`);
    }
  }

  #closeAll(ids: number[]): void {
    const wanted = this.closed + ids.length;
    for (const id of ids) this.#pair.a.engine.close(this.#pair.now, id);
    this.#run(() => this.closed === wanted, "connections close");
  }

  #dial(): void {
    const id = this.#nextId++;
    const port = this.#ports.dial(id, SERVER);
    if (port === undefined) throw new Error(`no port is left for connection ${id}`);
    this.#pair.a.engine.connect(this.#pair.now, id, port, SERVER);
  }

  #run(done: () => boolean, what: string): void {
    if (this.#pair.run(done, this.#pair.now + LONG)) return;
    throw new Error(`only ${this.echoed} of ${this.#nextId - 1} were used and ${this.closed} closed: ${what} no more`);
  }

  #serve(): void {
    const { engine } = this.#pair.b;
    engine.listen(0, 1, { address: "0.0.0.0", port: SERVER.port }, 4096);
    this.#pair.listenTo("b", (event) => {
      const { now } = this.#pair;
      if (event.kind === "accepted") engine.accept(now, event.id);
      else if (event.kind === "readable") {
        engine.write(now, event.id, this.#buffer.subarray(0, this.#read("b", event.id)));
      } else if (event.kind === "ended") engine.close(now, event.id);
      else if (event.kind === "failed") throw new Error(`a served connection failed: ${event.reason}`);
    });
  }

  #useAnswers(): void {
    const { engine } = this.#pair.a;
    this.#pair.listenTo("a", (event) => {
      const { now } = this.#pair;
      if (event.kind === "connected") engine.write(now, event.id, MESSAGE);
      else if (event.kind === "readable" && this.#read("a", event.id) === MESSAGE.length) {
        this.echoed++;
        this.#onEchoed(event.id);
      } else if (event.kind === "timeWait") {
        this.closed++;
        this.#ports.linger(event.id);
      } else if (event.kind === "released") this.#ports.release(event.id);
      else if (event.kind === "failed") throw new Error(`connection ${event.id} failed: ${event.reason}`);
    });
  }

  #read(name: "a" | "b", id: number): number {
    return this.#pair[name].engine.read(this.#pair.now, id, this.#buffer);
  }
}

/** Live bytes before and after `together` connections at once and `inTurn` one after the other. */
function measure(together: number, inTurn: number, ports: number): { before: number; after: number } {
  const churn = new Churn(ports);
  // Tables and code that stay are there from the first round on.
  churn.openTogether(1000);
  churn.openInTurn(1000, 64);
  churn.rest();
  const before = liveBytes();
  churn.openTogether(together);
  churn.openInTurn(inTurn, 64);
  churn.rest();
  const after = liveBytes();
  if (churn.closed !== 2000 + together + inTurn) throw new Error(`${churn.closed} connections were closed`);
  return { before, after };
}

if (import.meta.main) {
  const [together, inTurn, ports] = Deno.args.map(Number);
  console.log(JSON.stringify(measure(together, inTurn, ports)));
}
