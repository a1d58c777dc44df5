/**
 * What a network does to packets, in virtual time and from a seed: stages that are put one after the other to make the
 * {@link Wire} of a {@link Pair}.
 *
 * @module
 */
import type { Flight, Wire } from "./pair.ts";
import { seeded } from "./seeded.ts";

/** A part of a link; each has random numbers of its own, so that adding one leaves the others as they were. */
export type Stage = (random: () => number) => Wire;

/** The link through `stages`, the first one first. The same seed gives the same link. */
export function link(seed: number, ...stages: Stage[]): Wire {
  const wires = stages.map((stage, i) => stage(seeded(Math.imul(seed, 0x9e3779b1) + i)));
  return (flight) => {
    let copies = [{ after: 0, packet: flight.packet }];
    for (const wire of wires) {
      copies = copies.flatMap(({ after, packet }) => {
        return wire({ ...flight, sentAt: flight.sentAt + after, packet }).map((copy) => {
          return { after: after + copy.after, packet: copy.packet };
        });
      });
    }
    return copies;
  };
}

/** Each packet takes `ms`, and up to `jitter` ms more; `inOrder` keeps it from overtaking. */
export function delay(ms: number, jitter = 0, inOrder = false): Stage {
  return (random) => {
    const last = { a: 0, b: 0 };
    return ({ from, sentAt, packet }) => {
      let at = sentAt + ms + jitter * random();
      if (inOrder) at = last[from] = Math.max(at, last[from]);
      return [{ after: at - sentAt, packet }];
    };
  };
}

/** Loses each packet with a probability. */
export function loss(probability: number): Stage {
  return (random) => ({ packet }) => random() < probability ? [] : [{ after: 0, packet }];
}

/** What a Gilbert-Elliott channel is made of: probabilities per packet. */
export interface Bursts {
  /** Of going from the good state to the bad one, and back. */
  toBad: number;
  toGood: number;
  /** Of loss in each state. */
  lossInGood?: number;
  lossInBad?: number;
}

/** Loses packets in bursts (Gilbert-Elliott), each direction by itself. */
export function burstLoss({ toBad, toGood, lossInGood = 0, lossInBad = 1 }: Bursts): Stage {
  return (random) => {
    const isBad = { a: false, b: false };
    return ({ from, packet }) => {
      if (random() < (isBad[from] ? toGood : toBad)) isBad[from] = !isBad[from];
      return random() < (isBad[from] ? lossInBad : lossInGood) ? [] : [{ after: 0, packet }];
    };
  };
}

/** Holds a packet back with a probability for up to `ms`, so that others overtake it. */
export function reorder(probability: number, ms: number): Stage {
  return (random) => ({ packet }) => [{ after: random() < probability ? ms * random() : 0, packet }];
}

/** Delivers a packet twice with a probability, the second up to `ms` later. */
export function duplicate(probability: number, ms = 0): Stage {
  return (random) => ({ packet }) => {
    const copies = [{ after: 0, packet }];
    if (random() < probability) copies.push({ after: ms * random(), packet: packet.slice() });
    return copies;
  };
}

/** Changes one bit of a packet with a probability. */
export function corrupt(probability: number): Stage {
  return (random) => ({ packet }) => {
    if (random() >= probability) return [{ after: 0, packet }];
    const changed = packet.slice();
    const bit = Math.floor(random() * packet.length * 8);
    changed[bit >> 3] ^= 1 << (bit & 7);
    return [{ after: 0, packet: changed }];
  };
}

/** A bottleneck: so many bits in a second, each direction by itself, behind a queue of `queue` bytes that drops its tail. */
export function bandwidth(bitsPerSecond: number, queue: number): Stage {
  return () => {
    const freeAt = { a: 0, b: 0 };
    return ({ from, sentAt, packet }: Flight) => {
      const waiting = Math.max(0, freeAt[from] - sentAt) * bitsPerSecond / 8000;
      if (waiting + packet.length > queue) return [];
      freeAt[from] = Math.max(freeAt[from], sentAt) + packet.length * 8000 / bitsPerSecond;
      return [{ after: freeAt[from] - sentAt, packet }];
    };
  };
}
