/**
 * Fragments that wait for the rest of their datagrams, within bounds of bytes, number and time (RFC 791 §3.2,
 * RFC 8200 §4.5, RFC 5722).
 *
 * @module
 */
import type { Counters } from "./counters.ts";
import { type InLine, WaitingLine } from "./waiting_line.ts";

/** What is held beside the bytes themselves, for a datagram and for each fragment: it bounds their numbers too. */
const DATAGRAM_OVERHEAD = 512;
const FRAGMENT_OVERHEAD = 256;
/** Enough for the largest datagram over the smallest MTU, 68 bytes. */
const MAX_FRAGMENTS = 2048;

/** A part of a datagram. */
export interface Fragment {
  /** Where it starts and ends in the datagram. */
  offset: number;
  end: number;
  /** Its data, which is the end of `bytes`; before the data of the first fragment stands its header. */
  bytes: Uint8Array<ArrayBuffer>;
  /** Whether the datagram goes on after it. */
  more: boolean;
  /** The ECN codepoint that it came with. */
  ecn: number;
}

class Datagram implements InLine<Datagram> {
  readonly key: string;
  readonly deadline: number;
  /** In order, without overlaps. */
  readonly fragments: Fragment[];
  /** Bytes of data that are there. */
  received: number;
  /** Bytes of data that there will be; Infinity until the last fragment has come. */
  total: number;
  /** What it counts against the limit. */
  held: number;
  /** Nothing of it is kept, and what else comes is dropped: one of its fragments lied. */
  refused: boolean;
  line: WaitingLine<Datagram> | undefined;
  ahead: Datagram | undefined;
  behind: Datagram | undefined;

  constructor(key: string, deadline: number) {
    this.key = key;
    this.deadline = deadline;
    this.fragments = [];
    this.received = 0;
    this.total = Infinity;
    this.held = DATAGRAM_OVERHEAD;
    this.refused = false;
    this.line = undefined;
    this.ahead = undefined;
    this.behind = undefined;
  }

  get first(): Fragment | undefined {
    const fragment = this.fragments[0];
    return fragment && fragment.offset === 0 ? fragment : undefined;
  }
}

/** The incomplete datagrams of one family. */
export class ReassemblyQueue {
  readonly datagrams: Map<string, Datagram>;
  /** The same, the oldest first. */
  readonly byAge: WaitingLine<Datagram>;
  /** ms that a datagram may take. */
  readonly patience: number;

  constructor(patience: number) {
    this.datagrams = new Map();
    this.byAge = new WaitingLine();
    this.patience = patience;
  }

  get oldest(): Datagram | undefined {
    return this.byAge.first;
  }
}

/** The incomplete datagrams of one host. */
export class Reassembly {
  readonly #counters: Counters;
  readonly #limit: number;
  readonly #queues: readonly ReassemblyQueue[];
  #held: number;

  /** Holds up to `limit` bytes for all queues together. */
  constructor(limit: number, counters: Counters, queues: readonly ReassemblyQueue[]) {
    this.#counters = counters;
    this.#limit = limit;
    this.#queues = queues;
    this.#held = 0;
  }

  /** Bytes held, overhead included. */
  get held(): number {
    return this.#held;
  }

  /** When {@link expire} has something to do; Infinity when nothing waits. */
  nextDeadline(): number {
    let next = Infinity;
    for (const queue of this.#queues) next = Math.min(next, queue.oldest?.deadline ?? Infinity);
    return next;
  }

  /** Takes one fragment; returns all of its datagram, in order, when that makes it complete. */
  add(now: number, queue: ReassemblyQueue, key: string, fragment: Fragment): readonly Fragment[] | undefined {
    const datagram = queue.datagrams.get(key) ?? this.#open(now, queue, key);
    if (datagram.refused) return this.#drop("fragmentOverlap");
    const index = placeOf(datagram.fragments, fragment);
    if (isDuplicate(datagram.fragments[index], fragment)) return undefined;
    if (!agrees(datagram, index, fragment)) return this.#refuse(datagram, "fragmentOverlap");
    if (datagram.fragments.length === MAX_FRAGMENTS) return this.#refuse(datagram, "fragmentLimit");
    datagram.fragments.splice(index, 0, fragment);
    datagram.received += fragment.end - fragment.offset;
    if (!fragment.more) datagram.total = fragment.end;
    this.#hold(datagram, FRAGMENT_OVERHEAD + fragment.bytes.length);
    if (datagram.received === datagram.total) {
      this.#forget(queue, datagram);
      return datagram.fragments;
    }
    this.#evict();
    return undefined;
  }

  /** Drops datagrams whose time is over, and tells the first fragments of those that have one (RFC 792, RFC 4443 §3.3). */
  expire(now: number, onTimeout: (first: Fragment) => void): void {
    for (const queue of this.#queues) {
      for (let datagram = queue.oldest; datagram && datagram.deadline <= now; datagram = queue.oldest) {
        this.#forget(queue, datagram);
        this.#counters.drop("fragmentTimeout", datagram.fragments.length);
        if (datagram.first) onTimeout(datagram.first);
      }
    }
  }

  #open(now: number, queue: ReassemblyQueue, key: string): Datagram {
    const datagram = new Datagram(key, now + queue.patience);
    queue.datagrams.set(key, datagram);
    queue.byAge.join(datagram);
    this.#held += datagram.held;
    return datagram;
  }

  #hold(datagram: Datagram, bytes: number): void {
    datagram.held += bytes;
    this.#held += bytes;
  }

  #forget(queue: ReassemblyQueue, datagram: Datagram): void {
    queue.datagrams.delete(datagram.key);
    queue.byAge.leave(datagram);
    this.#held -= datagram.held;
  }

  /** Drops all of a datagram, fragments still to come included (RFC 5722 §4). */
  #refuse(datagram: Datagram, reason: "fragmentOverlap" | "fragmentLimit"): undefined {
    this.#counters.drop(reason, datagram.fragments.length + 1);
    datagram.refused = true;
    datagram.fragments.length = 0;
    this.#hold(datagram, DATAGRAM_OVERHEAD - datagram.held);
    return undefined;
  }

  /** Drops the oldest datagrams until the others fit. */
  #evict(): void {
    while (this.#held > this.#limit) {
      const queue = this.#queues.reduce((a, b) => startOf(b) < startOf(a) ? b : a);
      const datagram = queue.oldest!;
      this.#forget(queue, datagram);
      this.#counters.drop("fragmentLimit", datagram.fragments.length);
    }
  }

  #drop(reason: "fragmentOverlap"): undefined {
    this.#counters.drop(reason);
    return undefined;
  }
}

/** When a queue's oldest datagram began. */
function startOf(queue: ReassemblyQueue): number {
  return (queue.oldest?.deadline ?? Infinity) - queue.patience;
}

/** Where a fragment belongs: before the first that does not start before it. */
function placeOf(fragments: readonly Fragment[], { offset }: Fragment): number {
  let low = 0;
  let high = fragments.length;
  // In most cases it comes last.
  if (high > 0 && fragments[high - 1].offset < offset) return high;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (fragments[middle].offset < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Whether the network has only doubled a fragment (RFC 8200 §4.5). */
function isDuplicate(old: Fragment | undefined, fragment: Fragment): boolean {
  if (!old || old.offset !== fragment.offset || old.end !== fragment.end || old.more !== fragment.more) return false;
  const length = old.end - old.offset;
  const oldStart = old.bytes.length - length;
  const start = fragment.bytes.length - length;
  for (let i = 0; i < length; i++) {
    if (old.bytes[oldStart + i] !== fragment.bytes[start + i]) return false;
  }
  return true;
}

/** Whether a fragment fits between those that are there, and to the one that is the last. */
function agrees({ fragments, total }: Datagram, index: number, { offset, end, more }: Fragment): boolean {
  if (index > 0 && fragments[index - 1].end > offset) return false;
  if (index < fragments.length && (!more || fragments[index].offset < end)) return false;
  return more ? end < total || total === Infinity : total === Infinity;
}
