// A link on the wall clock.
import type { VNICFrame } from "../../../mod.ts";

interface Direction {
  freeAt: number;
  due: { at: number; frame: VNICFrame }[];
  isArmed: boolean;
}

/** A link with a bandwidth, a delay and a drop-tail queue of one bandwidth-delay product in each direction. */
export class Link {
  /** The probability that a packet to the receiver is lost, and its numbers. */
  loss: number;
  random: () => number;
  readonly #destination: string;
  readonly #deliver: (frame: VNICFrame) => void;
  readonly #bytesPerMs: number;
  readonly #delay: number;
  readonly #queue: number;
  readonly #directions: [Direction, Direction];

  /** What passes goes to `deliver`; the packets to `destination`, an IPv4 address, are those that may be lost. */
  constructor(deliver: (frame: VNICFrame) => void, destination: string, mbitPerSecond: number, roundTrip: number) {
    this.loss = 0;
    this.random = Math.random;
    this.#destination = destination;
    this.#deliver = deliver;
    this.#bytesPerMs = mbitPerSecond * 125;
    this.#delay = roundTrip / 2;
    this.#queue = this.#bytesPerMs * roundTrip;
    this.#directions = [{ freeAt: 0, due: [], isArmed: false }, { freeAt: 0, due: [], isArmed: false }];
  }

  send(frame: VNICFrame): void {
    const isForward = frame.packet.subarray(16, 20).join(".") === this.#destination;
    // By its number: the senders of a pair lose the same ones.
    if (isForward && this.random() < this.loss) return;
    const now = performance.now();
    const direction = this.#directions[isForward ? 0 : 1];
    if ((direction.freeAt - now) * this.#bytesPerMs > this.#queue) return;
    direction.freeAt = Math.max(direction.freeAt, now) + frame.packet.length / this.#bytesPerMs;
    direction.due.push({ at: direction.freeAt + this.#delay, frame });
    this.#arm(direction);
  }

  #arm(direction: Direction): void {
    if (direction.isArmed || direction.due.length === 0) return;
    direction.isArmed = true;
    setTimeout(() => {
      direction.isArmed = false;
      const now = performance.now();
      const later = direction.due.findIndex(({ at }) => at > now);
      const due = direction.due.splice(0, later < 0 ? direction.due.length : later);
      for (const { frame } of due) this.#deliver(frame);
      this.#arm(direction);
    }, Math.max(0, direction.due[0].at - performance.now()));
  }
}
