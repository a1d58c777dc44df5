/**
 * An engine's turns as they arrive on the main thread: taken apart in order, their packets carried on or handed to the
 * program, and their events to the stack.
 *
 * Main side.
 *
 * @module
 */
import { BatchReader } from "../vnic/batch.ts";
import type { LinkEndpoint } from "../vnic/dispatcher.ts";
import { keepBuffer } from "../vnic/spare_buffers.ts";
import { carryPacket } from "../vnic/vnic.ts";
import { Deque } from "./engine/deque.ts";
import type { Event, Turn } from "./messages.ts";
import { hold, release } from "./turns.ts";

type PacketsEvent = Extract<Event, { kind: "packets" }>;

/** Who hears of what was in the turns. */
export interface TurnListener {
  /** An event, which may take the next record of `bytes`. */
  handle(event: Exclude<Event, PacketsEvent>, bytes: BatchReader): void;
  /** All of a turn was taken apart. */
  turnTaken(turn: Turn<Event>): void;
}

/** One turn, and how far it was taken apart. */
class Taking {
  readonly turn: Turn<Event>;
  readonly packets: BatchReader;
  readonly bytes: BatchReader;
  /** Which item is next. */
  item: number;
  /** Packets of that item that {@link nextPacket} has not come to. */
  left: number;
  /** The program was handed some of its packets, and may keep them. */
  isSeen: boolean;

  constructor(turn: Turn<Event>) {
    this.turn = turn;
    this.packets = BatchReader.of(turn.packets);
    this.bytes = BatchReader.of(turn.bytes);
    this.item = 0;
    this.left = 0;
    this.isSeen = false;
  }

  /** Goes to the item's next packet; false when there is none. */
  nextPacket(): boolean {
    if (this.left === 0 || !this.packets.advance()) return false;
    this.left--;
    return true;
  }
}

/** Takes turns apart, one after the other. */
export class ArrivingTurns {
  readonly #link: LinkEndpoint;
  readonly #listener: TurnListener;
  /** Those that have arrived while another is taken apart. */
  readonly #waiting: Deque<Turn<Event>>;
  #isBusy: boolean;

  constructor(link: LinkEndpoint, listener: TurnListener) {
    this.#link = link;
    this.#listener = listener;
    this.#waiting = new Deque();
    this.#isBusy = false;
  }

  /** Takes a turn apart: at once, if the program need not be waited for. */
  take(turn: Turn<Event>): void {
    if (this.#isBusy) return this.#waiting.push(turn);
    this.#isBusy = true;
    hold();
    const taking = new Taking(turn);
    let isDone = true;
    try {
      isDone = this.#takeAtOnce(taking);
    } finally {
      if (isDone) this.#rest();
    }
    if (!isDone) void this.#takeSlowly(taking);
  }

  /** Forgets the turns that wait. */
  clear(): void {
    this.#waiting.drain();
  }

  /** Takes apart what needs no waiting, from where it stands: false at the first packet that cannot be carried. */
  #takeAtOnce(taking: Taking): boolean {
    const { turn, packets, bytes } = taking;
    for (; taking.item < turn.items.length; taking.item++) {
      const event = turn.items[taking.item];
      if (event.kind !== "packets") {
        this.#tell(event, bytes);
        continue;
      }
      taking.left = event.count;
      while (taking.nextPacket()) {
        if (!carryPacket(this.#link, packets.record())) return false;
      }
    }
    if (turn.packets?.isAlone && !taking.isSeen) keepBuffer(turn.packets.view.buffer);
    this.#listener.turnTaken(turn);
    return true;
  }

  /** Hands the program packets, from the one at which {@link #takeAtOnce} stopped; then goes on with all that waits. */
  async #takeSlowly(first: Taking): Promise<void> {
    try {
      for (let taking: Taking | undefined = first; taking !== undefined; taking = this.#next(taking)) {
        this.#sendPacket(taking);
        // So that a reader who keeps up finds each one waiting for it.
        await null;
      }
    } finally {
      this.#rest();
    }
  }

  /** The turn whose next packet the program must be handed: this one, or one that waits. Those before are done. */
  #next(taking: Taking): Taking | undefined {
    if (taking.nextPacket()) return taking;
    taking.item++;
    if (!this.#takeAtOnce(taking)) return taking;
    for (let turn = this.#waiting.shift(); turn !== undefined; turn = this.#waiting.shift()) {
      const next = new Taking(turn);
      if (!this.#takeAtOnce(next)) return next;
    }
    return undefined;
  }

  /** What throws for one socket, as a buffer of the program's own class may, is not the others' affair. */
  #tell(event: Exclude<Event, PacketsEvent>, bytes: BatchReader): void {
    try {
      this.#listener.handle(event, bytes);
    } catch (error) {
      reportError(error);
    }
  }

  #rest(): void {
    this.#isBusy = false;
    release();
    // Something waits only when the turn before was not taken to its end, as something threw.
    const next = this.#waiting.shift();
    if (next !== undefined) this.take(next);
  }

  /** A program's own link may throw: the packet is lost, as on any link, and the stack goes on. */
  #sendPacket(taking: Taking): void {
    taking.isSeen = true;
    try {
      this.#link.writePackets([taking.packets.record()]);
    } catch (error) {
      reportError(error);
    }
  }
}
