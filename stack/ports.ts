/**
 * Who has which local port. The main side owns them all, so that `listen` can answer at once and dials never collide.
 *
 * Main side.
 *
 * @module
 */
import { isWildcard } from "./addresses.ts";
import type { Endpoint } from "./messages.ts";

/** How often a random port is tried before all are looked at in order (RFC 6056 §3.3.1). */
const RANDOM_TRIES = 16;

/** What a bound socket has its port for. */
interface Binding {
  address: string;
  /** Beside others that say so too. */
  shared: boolean;
}

/** The local ports of one protocol of one stack. */
export class Ports {
  readonly #first: number;
  readonly #count: number;
  readonly #random: () => number;
  /** Bound sockets: listeners and datagram sockets. */
  readonly #bound: Map<number, Map<number, Binding>>;
  readonly #portOf: Map<number, number>;
  /** Dialled connections, by peer and port. */
  readonly #dialled: Map<string, Map<number, number>>;
  readonly #peerOf: Map<number, string>;
  /** Those in TIME-WAIT, by peer, the oldest first. */
  readonly #lingering: Map<string, Set<number>>;

  /** `first` to `last` are the ephemeral ports. `random` gives numbers in [0, 1). */
  constructor([first, last]: readonly [number, number], random: () => number) {
    this.#first = first;
    this.#count = last - first + 1;
    this.#random = random;
    this.#bound = new Map();
    this.#portOf = new Map();
    this.#dialled = new Map();
    this.#peerOf = new Map();
    this.#lingering = new Map();
  }

  /**
   * Takes a port for a socket that is bound; 0 is any that nobody has. Undefined when it is taken, or none is free.
   * Sockets share a port when all of them say so.
   */
  bind(id: number, at: Endpoint, shared = false): number | undefined {
    const { address } = at;
    const port = at.port === 0 ? this.#findFree((port) => this.#isFree(port, address, false)) : at.port;
    if (port === undefined || !this.#isFree(port, address, shared)) return undefined;
    const sockets = this.#bound.get(port) ?? new Map<number, Binding>();
    this.#bound.set(port, sockets.set(id, { address, shared }));
    this.#portOf.set(id, port);
    return port;
  }

  /** Takes a port for a connection to a peer; when all are taken, that of the one longest in TIME-WAIT (RFC 6191). */
  dial(id: number, remote: Endpoint): number | undefined {
    const peer = `${remote.address} ${remote.port}`;
    const taken = this.#dialled.get(peer) ?? new Map<number, number>();
    const isFree = (port: number) => !taken.has(port) && !this.#bound.has(port);
    const free = this.#hasFree(taken) ? this.#findFree(isFree) : undefined;
    const port = free ?? this.#takeLingering(peer);
    if (port === undefined) return undefined;
    this.#dialled.set(peer, taken.set(port, id));
    this.#peerOf.set(id, peer);
    this.#portOf.set(id, port);
    return port;
  }

  /** The connection is in TIME-WAIT. */
  linger(id: number): void {
    const peer = this.#peerOf.get(id);
    if (peer !== undefined) this.#lingering.set(peer, (this.#lingering.get(peer) ?? new Set()).add(id));
  }

  /** The socket is gone. */
  release(id: number): void {
    const port = this.#portOf.get(id);
    if (port === undefined) return;
    this.#portOf.delete(id);
    const peer = this.#peerOf.get(id);
    if (peer === undefined) {
      const sockets = this.#bound.get(port)!;
      sockets.delete(id);
      if (sockets.size === 0) this.#bound.delete(port);
    } else {
      this.#peerOf.delete(id);
      this.#endLinger(id, peer);
      const taken = this.#dialled.get(peer)!;
      // A newer connection may have taken the port over.
      if (taken.get(port) === id) taken.delete(port);
      if (taken.size === 0) this.#dialled.delete(peer);
    }
  }

  #isFree(port: number, address: string, shared: boolean): boolean {
    for (const other of this.#bound.get(port)?.values() ?? []) {
      if (overlap(address, other.address) && !(shared && other.shared)) return false;
    }
    return true;
  }

  /** Whether some port is neither dialled from, to one peer, nor bound. */
  #hasFree(taken: ReadonlyMap<number, number>): boolean {
    let used = taken.size;
    if (used + this.#bound.size < this.#count) return true;
    for (const port of this.#bound.keys()) {
      if (port >= this.#first && port < this.#first + this.#count && !taken.has(port)) used++;
    }
    return used < this.#count;
  }

  #findFree(isFree: (port: number) => boolean): number | undefined {
    let port = this.#first;
    for (let i = 0; i < RANDOM_TRIES; i++) {
      port = this.#first + Math.floor(this.#random() * this.#count);
      if (isFree(port)) return port;
    }
    for (let i = 0; i < this.#count; i++) {
      port = port < this.#first + this.#count - 1 ? port + 1 : this.#first;
      if (isFree(port)) return port;
    }
    return undefined;
  }

  #takeLingering(peer: string): number | undefined {
    const oldest = this.#lingering.get(peer)?.values().next().value;
    if (oldest === undefined) return undefined;
    const port = this.#portOf.get(oldest);
    this.release(oldest);
    return port;
  }

  #endLinger(id: number, peer: string): void {
    const lingering = this.#lingering.get(peer);
    lingering?.delete(id);
    if (lingering?.size === 0) this.#lingering.delete(peer);
  }
}

/** Whether two bound addresses would both be sent some packet. :: takes IPv4 too. */
function overlap(a: string, b: string): boolean {
  if (a === b || a === "::" || b === "::") return true;
  return (isWildcard(a) || isWildcard(b)) && a.includes(":") === b.includes(":");
}
