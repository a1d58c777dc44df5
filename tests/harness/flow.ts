/**
 * One flow of a scenario: who talks to whom, and how far.
 *
 * @module
 */
import type { IPPacket, Transport } from "./packets.ts";
import type { Origins } from "./segment_text.ts";
import { Stream } from "./stream.ts";

/** The addresses of the engine's host and of its peer. */
export const ADDRESSES = {
  4: { host: "10.0.0.1", peer: "10.0.0.2", any: "0.0.0.0", loopback: "127.0.0.1" },
  6: { host: "2001:db8::1", peer: "2001:db8::2", any: "::", loopback: "::1" },
};

/** One flow. Ports are the engine's and the peer's. */
export class Flow {
  readonly origins: Origins;
  localPort: number;
  remotePort: number;
  host: string;
  peer: string;
  /** What the program writes. */
  readonly written: Stream;
  /** What the peer sends. */
  readonly sent: Stream;
  /** The next place that the program reads. */
  readPlace: number;
  /** The socket. */
  id: number;
  listener: number;
  /** The packet that the engine sent last, and the one that it was sent. */
  lastOut: Uint8Array;
  lastIn: Uint8Array;

  constructor(family: 4 | 6, index: number, localPort: number, theirs: number) {
    this.origins = { ours: undefined, theirs, lastTimestamp: 0 };
    this.localPort = localPort;
    this.remotePort = 40000 + index;
    this.host = ADDRESSES[family].host;
    this.peer = ADDRESSES[family].peer;
    this.written = new Stream();
    this.sent = new Stream();
    this.readPlace = 1;
    this.id = 0;
    this.listener = 0;
    this.lastOut = new Uint8Array();
    this.lastIn = new Uint8Array();
  }

  /** A packet to the engine. */
  packet(transport: Transport): IPPacket {
    return { source: this.peer, destination: this.host, ttl: 64, identification: 1, dontFragment: true, transport };
  }

  /** Whether a packet of the engine belongs to this flow. ICMP and the rest go by address alone. */
  owns({ source, destination, transport }: IPPacket): boolean {
    if (source !== this.host || destination !== this.peer) return false;
    if (transport.kind !== "tcp" && transport.kind !== "udp") return true;
    return transport.sourcePort === this.localPort && transport.destinationPort === this.remotePort;
  }
}
