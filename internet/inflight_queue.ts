/**
 * The packets in flight, bounded, and the iterators that share them.
 *
 * Runs on the main side.
 *
 * @module
 */

import type { VNICFrame } from "../vnic/dispatcher.ts";
import type { VNIC } from "../vnic/vnic.ts";
import { Deque } from "../stack/engine/deque.ts";

/** Brings a packet to the NIC that it is for, if there is one, and keeps nothing of it; false when it cannot. */
export type Carry = (frame: VNICFrame, to: VNIC | undefined) => boolean;

interface Waiter {
  readonly reader: object;
  readonly resolve: (result: IteratorResult<VNICFrame>) => void;
  readonly carry?: Carry;
}

/**
 * A bounded queue with any number of readers, each packet for exactly one of them. A packet goes to the reader that has
 * waited longest; only when none waits does it take a place in the queue.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { InflightQueue } from "./inflight_queue.ts";
 *
 * const queue = new InflightQueue(1);
 * const frame = { packet: Uint8Array.of(0x45) };
 * assertEquals([queue.push(frame), queue.push(frame)], [true, false]);
 * assertEquals(queue.dropped, 1);
 * assertEquals(await queue.iterate().next(), { done: false, value: frame });
 * ```
 */
export class InflightQueue {
  readonly #capacity: number;
  readonly #frames: Deque<VNICFrame>;
  readonly #waiters: Deque<Waiter>;
  /** Packets given to readers that have not run since. */
  #handedOver: number;
  #isClosed: boolean;
  #dropped: number;

  /** A queue of at most `capacity` packets, waiting readers not counted. */
  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#frames = new Deque();
    this.#waiters = new Deque();
    this.#handedOver = 0;
    this.#isClosed = false;
    this.#dropped = 0;
  }

  /** How many packets wait for a reader. */
  get length(): number {
    return this.#frames.length;
  }

  /** How many packets were dropped because the queue was full. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Queues a packet, or gives it to who waits for it. False, and counted, when the queue is full; false once closed. */
  push(frame: VNICFrame): boolean {
    if (this.#isClosed) return false;
    const waiter = this.#waiters.shift();
    if (waiter !== undefined) {
      waiter.resolve({ done: false, value: frame });
      void this.#awaitReader();
      return true;
    }
    if (this.#frames.length >= this.#capacity) {
      this.#dropped++;
      return false;
    }
    this.#frames.push(frame);
    return true;
  }

  /**
   * Has the reader that has waited longest take a packet now, if it waits with a function that can; it goes on to wait,
   * behind the others. False also while another reader has yet to see a packet from before.
   */
  carry(frame: VNICFrame, to: VNIC | undefined): boolean {
    const first = this.#waiters.first;
    if (first?.carry === undefined || this.#handedOver > 0 || !first.carry(frame, to)) return false;
    if (this.#waiters.length > 1 && this.#waiters.first === first) this.#waiters.push(this.#waiters.shift()!);
    return true;
  }

  /**
   * Gives back a packet that its reader did not use: to who waits, else to the front of the queue, which may then be
   * longer than its capacity, as the packet was accepted once. With capacity 0 it is dropped and counted.
   */
  giveBack(frame: VNICFrame): void {
    if (this.#isClosed) return;
    if (this.#waiters.length > 0 || this.#capacity === 0) this.push(frame);
    else this.#frames.unshift(frame);
  }

  /** Takes the first packet at once; undefined when none is queued. */
  take(): VNICFrame | undefined {
    return this.#frames.shift();
  }

  /**
   * The first packet, as soon as there is one, in the order of the calls; done once closed. `reader` is for `leave()`;
   * `carry` takes packets while it waits.
   */
  next(reader: object, carry?: Carry): Promise<IteratorResult<VNICFrame>> {
    const value = this.#frames.shift();
    if (value !== undefined) return Promise.resolve({ done: false, value });
    if (this.#isClosed) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => this.#waiters.push({ reader, resolve, carry }));
  }

  /** The reader runs in a microtask, which is queued before this one. */
  async #awaitReader(): Promise<void> {
    this.#handedOver++;
    await null;
    this.#handedOver--;
  }

  /** Ends what a reader waits for; its places go to those behind it. */
  leave(reader: object): void {
    const waiters = this.#waiters.drain();
    for (const waiter of waiters) {
      if (waiter.reader === reader) waiter.resolve({ done: true, value: undefined });
      else this.#waiters.push(waiter);
    }
  }

  /** An iterator that shares this queue with all others. */
  iterate(): AsyncIterableIterator<VNICFrame> & AsyncDisposable {
    return new QueueIterator(this);
  }

  /** Ends all iterators and forgets the packets. Later calls do nothing. */
  close(): void {
    this.#isClosed = true;
    this.#frames.drain();
    for (const waiter of this.#waiters.drain()) waiter.resolve({ done: true, value: undefined });
  }
}

/** Written by hand, as a packet through an async generator takes three times as long. */
class QueueIterator implements AsyncIterableIterator<VNICFrame>, AsyncDisposable {
  readonly #queue: InflightQueue;
  #isFinished: boolean;

  constructor(queue: InflightQueue) {
    this.#queue = queue;
    this.#isFinished = false;
  }

  next(): Promise<IteratorResult<VNICFrame>> {
    if (this.#isFinished) return Promise.resolve({ done: true, value: undefined });
    return this.#queue.next(this);
  }

  return(): Promise<IteratorResult<VNICFrame>> {
    this.#isFinished = true;
    this.#queue.leave(this);
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }
}
