/**
 * Listening sockets: which one a SYN is for, and the backlog (RFC 9293 §3.10.7.2).
 *
 * @module
 */
import { ACK, RST, SYN } from "../../wire/tcp.ts";
import type { Address } from "../address.ts";
import type { Packet } from "../packet.ts";
import { answerWithCookie, checkCookie, openFromCookie, openPassive } from "./open.ts";
import { sendReset } from "./reset.ts";
import type { Segment } from "./segment.ts";
import type { TCP } from "./tcp.ts";

/** One listening socket. */
export class Listener {
  readonly id: number;
  /** 0.0.0.0 is every IPv4 address, :: every address. */
  readonly address: Address;
  readonly port: number;
  readonly backlog: number;
  /** Connections that were established and that the program has not accepted, those that have ended included. */
  waiting: number;
  /** Connections in SYN-RECEIVED. */
  halfOpen: number;

  constructor(id: number, address: Address, port: number, backlog: number) {
    this.id = id;
    this.address = address;
    this.port = port;
    this.backlog = backlog;
    this.waiting = 0;
    this.halfOpen = 0;
  }

  /** Whether one more connection may start, with `synQueue` half-open ones at most. */
  hasRoom(synQueue: number): boolean {
    return this.waiting < this.backlog && this.halfOpen < synQueue;
  }

  /** 0: not for this listener; an exact address fits best, then the wildcard of the family, then ::. */
  fit(packet: Packet): number {
    if (this.address.equals(packet.d0, packet.d1, packet.d2, packet.d3)) return 3;
    if (!this.address.isUnspecified) return 0;
    if (this.address.isIPv4) return packet.isIPv4 ? 2 : 0;
    return 1;
  }
}

/** All listening sockets of a host. */
export class Listeners {
  readonly #byPort: Map<number, Listener[]>;
  readonly #byId: Map<number, Listener>;

  constructor() {
    this.#byPort = new Map();
    this.#byId = new Map();
  }

  add(listener: Listener): void {
    this.#byId.set(listener.id, listener);
    this.#byPort.set(listener.port, [...this.#byPort.get(listener.port) ?? [], listener]);
  }

  [Symbol.iterator](): Iterator<Listener> {
    return this.#byId.values();
  }

  get(id: number): Listener | undefined {
    return this.#byId.get(id);
  }

  delete(listener: Listener): void {
    this.#byId.delete(listener.id);
    const others = this.#byPort.get(listener.port)!.filter((other) => other !== listener);
    if (others.length > 0) this.#byPort.set(listener.port, others);
    else this.#byPort.delete(listener.port);
  }

  /** The listener that fits a packet best; of several that share a port, the one that the peer falls to. */
  find(packet: Packet, port: number, remotePort: number): Listener | undefined {
    let best: Listener | undefined;
    let bestFit = 0;
    for (const listener of this.#byPort.get(port) ?? []) {
      const fit = listener.fit(packet);
      const isBetter = fit === bestFit && best
        ? weight(listener, packet, remotePort) > weight(best, packet, remotePort)
        : fit > bestFit;
      if (!isBetter) continue;
      best = listener;
      bestFit = fit;
    }
    return best;
  }
}

/** The same for all segments of a peer, whatever becomes of the other listeners (rendezvous hashing). */
function weight({ id }: Listener, packet: Packet, remotePort: number): number {
  const hash = Math.imul(Math.imul(id, 0x9e3779b1) ^ packet.s3 ^ remotePort, 0x85ebca6b);
  return Math.imul(hash ^ (hash >>> 15), 0xc2b2ae35) >>> 0;
}

function receiveAckInListen(tcp: TCP, listener: Listener, packet: Packet, segment: Segment, now: number): void {
  const mss = segment.has(SYN) ? undefined : checkCookie(tcp, packet, segment, now);
  if (mss === undefined) {
    tcp.counters.drop("unacceptable");
    return sendReset(tcp, packet, segment);
  }
  // What the peer sends again is as good, and finds room later.
  if (listener.waiting >= listener.backlog) return tcp.counters.drop("queueFull");
  if (!tcp.makeRoom()) return tcp.counters.drop("connectionLimit");
  tcp.receiveForConnection(openFromCookie(tcp, listener, packet, segment, mss, now), packet, segment, now);
}

/** A segment for a listener: RST is ignored, ACK is reset, SYN opens, anything else is dropped. */
export function receiveInListen(tcp: TCP, listener: Listener, packet: Packet, segment: Segment, now: number): void {
  if (segment.has(ACK) && !segment.has(RST)) return receiveAckInListen(tcp, listener, packet, segment, now);
  if (segment.has(RST) || !segment.has(SYN)) return tcp.counters.drop("unacceptable");
  if (listener.waiting >= listener.backlog) return tcp.counters.drop("queueFull");
  if (listener.halfOpen < tcp.limits.synQueue) openPassive(tcp, listener, packet, segment, now);
  else answerWithCookie(tcp, packet, segment, now);
}
