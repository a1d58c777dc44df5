/**
 * One engine in virtual time, fed with packets that a test made.
 *
 * @module
 */
import { type Datagram, Engine, type EngineConfig, type SocketEvent } from "../../stack/engine/engine.ts";
import { ADDRESSES } from "./flow.ts";
import { buildPacket, type Damage, type ICMPMessage, type IPPacket, readPacket, type Transport } from "./packets.ts";
import { Collector } from "./pair.ts";
import { seeded } from "./seeded.ts";

/** The host 10.0.0.1 and 2001:db8::1, whose peer is 10.0.0.2 and 2001:db8::2. */
export class LoneHost {
  readonly engine: Engine;
  readonly out: Collector = new Collector();
  readonly events: SocketEvent[] = [];
  now = 0;

  constructor(config: Partial<EngineConfig> = {}) {
    const addresses = [ADDRESSES[4].host, ADDRESSES[6].host];
    this.engine = new Engine({ addresses, mtu: 1500, random: seeded(1), ...config });
  }

  /** Packets in; what was sent because of them. */
  receive(...packets: Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer>[] {
    for (const packet of packets) this.engine.receive(this.now, new DataView(packet.buffer), 0, packet.length);
    return this.sent();
  }

  /** Lets time pass; what was sent meanwhile. */
  advance(ms: number): Uint8Array<ArrayBuffer>[] {
    const until = this.now + ms;
    const packets = this.sent();
    while (this.engine.nextDeadline() <= until) {
      this.now = Math.max(this.now, this.engine.nextDeadline());
      this.engine.tick(this.now);
      packets.push(...this.sent());
    }
    this.now = until;
    return packets;
  }

  /** What the engine has to send. */
  sent(): Uint8Array<ArrayBuffer>[] {
    for (;;) {
      this.engine.transmit(this.now, this.out);
      const event = this.engine.pollEvent();
      if (!event) return this.out.take();
      this.events.push(event);
    }
  }

  /** The ICMP messages among packets that were sent. */
  messages(packets: Uint8Array[]): ICMPMessage[] {
    return packets.map(readPacket).map(({ transport }) => {
      if (transport.kind !== "icmp") throw new TypeError(`was ${transport.kind}`);
      return transport;
    });
  }

  /** Opens a datagram socket at a port of any address. */
  bind(id: number, port: number): void {
    this.engine.bind(this.now, id, { address: "::", port });
  }

  /** What waits at a datagram socket. */
  datagrams(id: number): Datagram[] {
    const all = [];
    for (let next = this.engine.readDatagram(this.now, id); next; next = this.engine.readDatagram(this.now, id)) {
      all.push(next);
    }
    return all;
  }

  /** How many packets were dropped for each reason that there was. */
  get dropped(): Record<string, number> {
    return Object.fromEntries(Object.entries(this.engine.counters.dropped).filter(([, count]) => count > 0));
  }
}

/** A packet from the peer to the host. */
export function toHost(
  family: 4 | 6,
  transport: Transport,
  changes: Partial<IPPacket> = {},
  damage: Damage = {},
): Uint8Array<ArrayBuffer> {
  const { host, peer } = ADDRESSES[family];
  const packet = { source: peer, destination: host, ttl: 64, identification: 1, dontFragment: false, transport };
  return buildPacket({ ...packet, ...changes }, damage);
}

/** A datagram from port 9 to port 7, with counted bytes. */
export function datagram(length: number, seed = 0): Transport {
  const payload = Uint8Array.from({ length }, (_, i) => i * 7 + (i >> 8) + seed);
  return { kind: "udp", sourcePort: 9, destinationPort: 7, checksum: 0, payload };
}

/** An IPv6 packet with extension headers put between the fixed header and the payload. `headers` are whole but for their links. */
export function withExtensions(whole: Uint8Array, headers: [kind: number, bytes: number[]][]): Uint8Array<ArrayBuffer> {
  const inserted = headers.flatMap(([, bytes], i) => [headers[i + 1]?.[0] ?? whole[6], ...bytes.slice(1)]);
  const bytes = Uint8Array.from([...whole.subarray(0, 40), ...inserted, ...whole.subarray(40)]);
  new DataView(bytes.buffer).setUint16(4, bytes.length - 40);
  if (headers.length > 0) bytes[6] = headers[0][0];
  return bytes;
}
