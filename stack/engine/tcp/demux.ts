/**
 * Connections by four-tuple.
 *
 * @module
 */
import type { Packet } from "../packet.ts";
import type { FourTuple } from "./connection.ts";

/** Has a four-tuple, and notes its place in the table. */
export interface InDemux<Entry> extends FourTuple {
  hash: number;
  nextInBucket: Entry | null;
}

/** A hash table whose hash an outsider cannot aim at: it starts from a secret. */
export class Demux<Entry extends InDemux<Entry>> {
  readonly #secret: number;
  readonly #buckets: Map<number, Entry>;
  #size: number;

  constructor(secret: number) {
    this.#secret = secret;
    this.#buckets = new Map();
    this.#size = 0;
  }

  get size(): number {
    return this.#size;
  }

  /** The connection that a packet belongs to. Mixes the words in the order of `#hash`. */
  find(packet: Packet, localPort: number, remotePort: number): Entry | undefined {
    let hash = mix(this.#secret, packet.s0 ^ packet.d0);
    hash = mix(hash, packet.s1 ^ packet.d1);
    hash = mix(hash, packet.s2 ^ packet.d2);
    hash = mix(hash, packet.s3);
    hash = mix(hash, packet.d3);
    hash = mix(hash, (localPort << 16) | remotePort);
    let connection = this.#buckets.get(hash) ?? null;
    while (connection && !matches(connection, packet, localPort, remotePort)) connection = connection.nextInBucket;
    return connection ?? undefined;
  }

  /** The connection with a four-tuple. */
  findTuple(tuple: FourTuple): Entry | undefined {
    let connection = this.#buckets.get(this.#hash(tuple)) ?? null;
    while (connection && !isSame(connection, tuple)) connection = connection.nextInBucket;
    return connection ?? undefined;
  }

  add(connection: Entry): void {
    const hash = this.#hash(connection);
    connection.hash = hash;
    connection.nextInBucket = this.#buckets.get(hash) ?? null;
    this.#buckets.set(hash, connection);
    this.#size++;
  }

  delete(connection: Entry): void {
    let previous: Entry | null = null;
    let current = this.#buckets.get(connection.hash) ?? null;
    while (current && current !== connection) {
      previous = current;
      current = current.nextInBucket;
    }
    if (!current) return;
    this.#size--;
    if (previous) previous.nextInBucket = current.nextInBucket;
    else if (current.nextInBucket) this.#buckets.set(connection.hash, current.nextInBucket);
    else this.#buckets.delete(connection.hash);
    current.nextInBucket = null;
  }

  #hash({ local, localPort, remote, remotePort }: FourTuple): number {
    let hash = mix(this.#secret, remote.w0 ^ local.w0);
    hash = mix(hash, remote.w1 ^ local.w1);
    hash = mix(hash, remote.w2 ^ local.w2);
    hash = mix(hash, remote.w3);
    hash = mix(hash, local.w3);
    return mix(hash, (localPort << 16) | remotePort);
  }

  *[Symbol.iterator](): Generator<Entry> {
    for (const first of this.#buckets.values()) {
      for (let connection: Entry | null = first; connection; connection = connection.nextInBucket) {
        yield connection;
      }
    }
  }
}

function matches(connection: FourTuple, packet: Packet, localPort: number, remotePort: number): boolean {
  return connection.remotePort === remotePort && connection.localPort === localPort &&
    connection.remote.equals(packet.s0, packet.s1, packet.s2, packet.s3) &&
    connection.local.equals(packet.d0, packet.d1, packet.d2, packet.d3);
}

function isSame(connection: FourTuple, { local, localPort, remote, remotePort }: FourTuple): boolean {
  return connection.remotePort === remotePort && connection.localPort === localPort &&
    connection.remote.equals(remote.w0, remote.w1, remote.w2, remote.w3) &&
    connection.local.equals(local.w0, local.w1, local.w2, local.w3);
}

function mix(hash: number, word: number): number {
  const mixed = Math.imul(hash ^ word, 0x9e3779b1);
  return mixed ^ (mixed >>> 15);
}
