/**
 * What an attacker who sees all packets of the target knows: its flows with their exact numbers, and its last packets.
 *
 * @module
 */
import type { Dice } from "./dice.ts";
import { Layout } from "./layout.ts";

/** Flows and packets that are remembered. */
const MOST_FLOWS = 64;
const MOST_PACKETS = 32;
/** Bytes kept of a packet. */
const SNAPSHOT = 1300;

const SYN = 2;
const FIN = 1;
const RST = 4;
const TIMESTAMPS = 8;

/** A flow of the target, from the last segment that it sent. */
export interface SeenFlow {
  /** Its IP header as far as the addresses, and their sizes. */
  family: 4 | 6;
  local: Uint8Array;
  remote: Uint8Array;
  localPort: number;
  remotePort: number;
  /** Where the target goes on to send, and what it waits for. */
  sndNxt: number;
  rcvNxt: number;
  window: number;
  flags: number;
  hasTimestamps: boolean;
  timestamp: number;
  /** The timestamp that it echoed: the next must not be older. */
  echo: number;
}

/** One target's flows and packets. */
export class Sightings {
  readonly #layout: Layout;
  readonly #flows: SeenFlow[];
  readonly #byTuple: Map<number, SeenFlow>;
  readonly #packets: Uint8Array<ArrayBuffer>[];
  readonly #lengths: number[];
  #nextFlow: number;
  #nextPacket: number;
  /** The last echo request. */
  #ping: Uint8Array<ArrayBuffer> | undefined;

  constructor() {
    this.#layout = new Layout();
    this.#flows = [];
    this.#byTuple = new Map();
    this.#packets = Array.from({ length: MOST_PACKETS }, () => new Uint8Array(SNAPSHOT));
    this.#lengths = [];
    this.#nextFlow = 0;
    this.#nextPacket = 0;
    this.#ping = undefined;
  }

  /** The target has sent a packet. */
  note(packet: Uint8Array, view: DataView): void {
    const length = Math.min(packet.length, SNAPSHOT);
    this.#packets[this.#nextPacket].set(length === packet.length ? packet : packet.subarray(0, length));
    this.#lengths[this.#nextPacket] = length;
    this.#nextPacket = (this.#nextPacket + 1) % MOST_PACKETS;
    const layout = this.#layout.read(view, packet.length);
    const { isICMP, isFragment, transport, family } = layout;
    if (isICMP && !isFragment && view.getUint8(transport) === (family === 4 ? 8 : 128)) this.#ping = packet.slice();
    if (layout.isTCP) this.#noteSegment(packet, view, layout);
  }

  /** A flow, often one of the latest. */
  flow(dice: Dice): SeenFlow | undefined {
    if (this.#flows.length === 0) return undefined;
    const back = 1 + (dice.oneIn(2) ? dice.below(4) : dice.below(MOST_FLOWS));
    return this.#flows[(this.#nextFlow + this.#flows.length - back % this.#flows.length) % this.#flows.length];
  }

  /** A flow on which data can be sent: both sides have said SYN. */
  openFlow(dice: Dice): SeenFlow | undefined {
    for (let tries = 0; tries < MOST_FLOWS; tries++) {
      const flow = this.flow(dice);
      if (flow && (flow.flags & (SYN | FIN)) === 0) return flow;
    }
    return undefined;
  }

  /** A packet that the target sent lately. */
  packet(dice: Dice): Uint8Array<ArrayBuffer> | undefined {
    if (this.#lengths.length === 0) return undefined;
    const index = dice.below(this.#lengths.length);
    return this.#packets[index].subarray(0, this.#lengths[index]);
  }

  /** The echo request that the target sent last. */
  ping(): Uint8Array<ArrayBuffer> | undefined {
    return this.#ping;
  }

  #noteSegment(packet: Uint8Array, view: DataView, { family, transport, end }: Layout): void {
    const localPort = view.getUint16(transport);
    const remotePort = view.getUint16(transport + 2);
    const [source, destination] = family === 4 ? [12, 16] : [8, 24];
    const size = destination - source;
    const key = Math.imul(view.getInt32(destination + size - 4), 0x9e3779b1) ^ (localPort << 16) ^ remotePort;
    const flags = view.getUint8(transport + 13);
    // What was reset is no flow.
    if ((flags & RST) !== 0) return;
    const flow = this.#byTuple.get(key) ?? this.#open(key, {
      family: family as 4 | 6,
      local: packet.slice(source, destination),
      remote: packet.slice(destination, destination + size),
      localPort,
      remotePort,
    });
    const header = (view.getUint8(transport + 12) >> 4) * 4;
    const counted = (flags & SYN) !== 0 ? 1 : (flags & FIN) !== 0 ? 1 : 0;
    flow.sndNxt = (view.getInt32(transport + 4) + end - transport - header + counted) | 0;
    flow.rcvNxt = view.getInt32(transport + 8);
    flow.window = view.getUint16(transport + 14);
    flow.flags = flags;
    this.#noteTimestamps(flow, view, transport + 20, transport + header);
  }

  #noteTimestamps(flow: SeenFlow, view: DataView, from: number, to: number): void {
    for (let at = from; at + 10 <= to;) {
      const kind = view.getUint8(at);
      if (kind === TIMESTAMPS) {
        flow.hasTimestamps = true;
        flow.timestamp = view.getInt32(at + 2);
        flow.echo = view.getInt32(at + 6);
        return;
      }
      at += kind < 2 ? 1 : Math.max(2, view.getUint8(at + 1));
    }
  }

  #open(key: number, tuple: Pick<SeenFlow, "family" | "local" | "remote" | "localPort" | "remotePort">): SeenFlow {
    const numbers = { sndNxt: 0, rcvNxt: 0, window: 0, flags: 0, hasTimestamps: false, timestamp: 0, echo: 0 };
    const flow = { ...tuple, ...numbers, key };
    const old = this.#flows[this.#nextFlow] as (SeenFlow & { key: number }) | undefined;
    if (old) this.#byTuple.delete(old.key);
    this.#flows[this.#nextFlow] = flow;
    this.#byTuple.set(key, flow);
    this.#nextFlow = (this.#nextFlow + 1) % MOST_FLOWS;
    return flow;
  }
}
