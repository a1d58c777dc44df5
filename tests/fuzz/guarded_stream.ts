/**
 * One end of a flow that must come to no harm. The peer writes, the target writes as much back: so the peer sets the
 * pace, and the target does nothing but answer packets.
 *
 * @module
 */
import type { Engine, SocketEvent } from "../../stack/engine/engine.ts";
import { fillPattern, findWrong } from "./pattern.ts";
import { Violation } from "./violation.ts";

const CHUNK = 16 * 1024;
/** Streams towards the peer have numbers apart from those towards the target. */
const BACKWARDS = 100;

/** Writes a stream, and holds what it reads against another. */
export class GuardedStream {
  readonly #engine: Engine;
  readonly #id: number;
  readonly #role: "leads" | "echoes";
  readonly #reads: number;
  readonly #writes: number;
  readonly #in: Uint8Array<ArrayBuffer>;
  readonly #out: Uint8Array<ArrayBuffer>;
  isOpen: boolean;
  read: number;
  /** Bytes to write in all, and those that were taken. */
  wanted: number;
  written: number;

  /** `stream` is the number of the flow, the same at both ends. */
  constructor(engine: Engine, id: number, stream: number, role: "leads" | "echoes") {
    this.#engine = engine;
    this.#id = id;
    this.#role = role;
    this.#reads = role === "echoes" ? stream : stream + BACKWARDS;
    this.#writes = role === "echoes" ? stream + BACKWARDS : stream;
    this.#in = new Uint8Array(CHUNK);
    this.#out = new Uint8Array(CHUNK);
    this.isOpen = false;
    this.read = 0;
    this.wanted = 0;
    this.written = 0;
  }

  onEvent(event: SocketEvent, now: number): void {
    switch (event.kind) {
      case "connected":
        this.isOpen = true;
        return;
      case "readable":
        this.#take(now);
        if (this.#role === "echoes") this.wanted = this.read;
        return this.write(now);
      case "writable":
        return this.write(now);
      case "failed":
        // Silence is no harm by itself: what is missing at the end is.
        if (event.reason === "timed-out") return;
        throw new Violation("harm", `guarded flow ${this.#id} failed: ${event.reason}`);
    }
  }

  /** Writes what is wanted, as far as there is room. */
  write(now: number): void {
    while (this.written < this.wanted) {
      const part = this.#out.subarray(0, Math.min(CHUNK, this.wanted - this.written));
      fillPattern(part, this.#writes, this.written);
      const taken = this.#engine.write(now, this.#id, part);
      this.written += taken;
      if (taken < part.length) return;
    }
  }

  #take(now: number): void {
    for (;;) {
      const length = this.#engine.read(now, this.#id, this.#in);
      if (length === 0) return;
      const wrong = findWrong(this.#in, length, this.#reads, this.read);
      if (wrong >= 0) throw new Violation("harm", `guarded flow ${this.#id}: byte ${this.read + wrong} is wrong`);
      this.read += length;
    }
  }
}
