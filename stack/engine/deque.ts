/**
 * A queue in a ring: as fast at a million entries as at one, which `Array.shift` is not.
 *
 * Runs on both sides.
 *
 * @module
 */

const INITIAL_CAPACITY = 16;

/**
 * A queue with two ends; grows as needed.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Deque } from "./deque.ts";
 *
 * const deque = new Deque<string>();
 * deque.push("b");
 * deque.unshift("a");
 * assertEquals([deque.length, deque.first, deque.last], [2, "a", "b"]);
 * assertEquals([deque.shift(), deque.shift(), deque.shift()], ["a", "b", undefined]);
 * ```
 */
export class Deque<T> {
  #ring: (T | undefined)[];
  #head: number;
  #length: number;

  /** An empty queue. */
  constructor() {
    this.#ring = [];
    this.#head = 0;
    this.#length = 0;
  }

  /** How many entries there are. */
  get length(): number {
    return this.#length;
  }

  /** Appends an entry. */
  push(entry: T): void {
    if (this.#length === this.#ring.length) this.#grow();
    this.#ring[(this.#head + this.#length) & (this.#ring.length - 1)] = entry;
    this.#length++;
  }

  /** Puts an entry before all others. */
  unshift(entry: T): void {
    if (this.#length === this.#ring.length) this.#grow();
    this.#head = (this.#head - 1) & (this.#ring.length - 1);
    this.#ring[this.#head] = entry;
    this.#length++;
  }

  /** The first entry, which stays; undefined when there is none. */
  get first(): T | undefined {
    return this.#ring[this.#head];
  }

  /** Takes the first entry out; undefined when there is none. */
  shift(): T | undefined {
    if (this.#length === 0) return undefined;
    const entry = this.#ring[this.#head];
    this.#ring[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#ring.length - 1);
    this.#length--;
    return entry;
  }

  /** The last entry, which stays; undefined when there is none. */
  get last(): T | undefined {
    return this.#ring[(this.#head + this.#length - 1) & (this.#ring.length - 1)];
  }

  /** Takes the last entry out; undefined when there is none. */
  pop(): T | undefined {
    if (this.#length === 0) return undefined;
    this.#length--;
    const at = (this.#head + this.#length) & (this.#ring.length - 1);
    const entry = this.#ring[at];
    this.#ring[at] = undefined;
    return entry;
  }

  /** Takes entries out from the front, each once `isDone` has said so of it, up to the first of which it does not. */
  shiftWhile(isDone: (entry: T) => boolean): void {
    for (let entry = this.first; entry !== undefined && isDone(entry); entry = this.first) this.shift();
  }

  /** Takes all entries out, in order. */
  drain(): T[] {
    const entries: T[] = [];
    while (this.#length > 0) entries.push(this.shift() as T);
    this.#ring = [];
    this.#head = 0;
    return entries;
  }

  #grow(): void {
    const ring = this.#ring;
    const room = new Array(Math.max(INITIAL_CAPACITY, ring.length)).fill(undefined);
    this.#ring = [...ring.slice(this.#head), ...ring.slice(0, this.#head), ...room];
    this.#head = 0;
  }
}
