/**
 * Streams both ways at once over a link that does everything wrong: what arrives has the hash of what was sent.
 *
 * @module
 */
import { createHash, type Hash } from "node:crypto";
import { corrupt, delay, duplicate, link, loss, reorder } from "../harness/link.ts";
import { seeded } from "../harness/seeded.ts";
import { LongPair } from "./traffic.ts";

/** One run. */
export interface IntegrityRun {
  family: 4 | 6;
  mtu: number;
  seed: number;
  /** Bytes each way. */
  bytes: number;
}

/** Virtual ms after which a run counts as stuck. */
const LIMIT = 24 * 3600 * 1000;

/** Loss of 20 %, duplication of 5 %, reordering of 10 %, corruption of 1 %. */
function badLink(seed: number) {
  return link(seed, delay(2, 1), loss(0.2), duplicate(0.05, 5), reorder(0.1, 10), corrupt(0.01));
}

/** Runs it; throws an Error that names the run when a byte is wrong or missing. Returns the virtual ms. */
export function runIntegrity(run: IntegrityRun): number {
  const { family, mtu, seed, bytes } = run;
  const pair = new LongPair({ seed, mtu, wire: badLink(seed) });
  const a = new HashingEnd(pair, "a", randomBytes(seed, bytes));
  const b = new HashingEnd(pair, "b", randomBytes(-seed, bytes));
  const [any, address] = family === 4 ? ["0.0.0.0", "10.0.0.2"] : ["::", "2001:db8::2"];
  pair.b.engine.listen(0, 1, { address: any, port: 80 }, 8);
  a.id = 1;
  pair.a.engine.connect(0, 1, 50000, { address, port: 80 });
  pair.run(() => a.isDone && b.isDone, LIMIT);
  const problem = a.compare(b) ?? b.compare(a);
  if (problem === undefined) return pair.now;
  throw new Error(`IPv${family}, MTU ${mtu}, seed ${seed}: after ${pair.now} ms ${problem}`);
}

class HashingEnd {
  readonly #pair: LongPair;
  readonly #name: "a" | "b";
  readonly #bytes: Uint8Array;
  readonly #hash: Hash;
  readonly #buffer: Uint8Array;
  id = 0;
  #sent = 0;
  #received = 0;
  #ended = false;
  #released = false;
  #failure: string | undefined;

  constructor(pair: LongPair, name: "a" | "b", bytes: Uint8Array) {
    this.#pair = pair;
    this.#name = name;
    this.#bytes = bytes;
    this.#hash = createHash("sha256");
    this.#buffer = new Uint8Array(65536);
    const { engine } = pair[name];
    pair.listenTo(name, (event) => {
      if (event.kind === "accepted") engine.accept(pair.now, this.id = event.id);
      if (event.id !== this.id) return;
      if (event.kind === "connected" || event.kind === "accepted" || event.kind === "writable") this.#write();
      else if (event.kind === "readable") this.#read();
      else if (event.kind === "ended") this.#ended = true;
      else if (event.kind === "failed") this.#failure = event.reason;
      else if (event.kind === "released" || event.kind === "timeWait") this.#released = true;
    });
  }

  get isDone(): boolean {
    return this.#failure !== undefined || (this.#ended && this.#released);
  }

  /** What is wrong with what the other end received of this one's bytes. */
  compare(other: HashingEnd): string | undefined {
    if (this.#failure !== undefined) return `${this.#name} failed: ${this.#failure}`;
    const { length } = this.#bytes;
    if (other.#received !== length) return `${other.#name} has ${other.#received} of ${length} bytes`;
    if (!this.isDone) return `${this.#name} is not closed`;
    const sent = createHash("sha256").update(this.#bytes).digest("hex");
    const received = other.#hash.digest("hex");
    return sent === received ? undefined : `${this.#name} sent bytes of hash ${sent}, ${other.#name} has ${received}`;
  }

  #write(): void {
    const { engine } = this.#pair[this.#name];
    this.#sent += engine.write(this.#pair.now, this.id, this.#bytes.subarray(this.#sent));
    if (this.#sent === this.#bytes.length) engine.closeWrite(this.#pair.now, this.id);
  }

  #read(): void {
    const { engine } = this.#pair[this.#name];
    for (;;) {
      const count = engine.read(this.#pair.now, this.id, this.#buffer);
      if (count === 0) return;
      this.#hash.update(this.#buffer.subarray(0, count));
      this.#received += count;
    }
  }
}

function randomBytes(seed: number, length: number): Uint8Array {
  const random = seeded(seed);
  const words = new Uint32Array(Math.ceil(length / 4));
  for (let i = 0; i < words.length; i++) words[i] = random() * 0x1_0000_0000;
  return new Uint8Array(words.buffer, 0, length);
}
