/**
 * Real packets, from conversations of two engines in virtual time: what mutations start from.
 *
 * @module
 */
import type { EngineConfig } from "../../stack/engine/engine.ts";
import { cut } from "../harness/fragments.ts";
import { delay, link, loss, reorder } from "../harness/link.ts";
import { withExtensions } from "../harness/lone_host.ts";
import { buildPacket, type Transport } from "../harness/packets.ts";
import { Pair } from "../harness/pair.ts";
import { startTransfer } from "../harness/transfer.ts";
import { Dice } from "./dice.ts";
import { DATAGRAM_PORTS, type Family, GUARDED_PORT, isAt, OPEN_PORT, PEER, TARGET, TARGET_BYTES } from "./places.ts";

/** Packets kept of one conversation. */
const MOST = 40;
/** The reassembly's longest patience, ms. */
const PATIENCE = 61_000;
/** Such an echo goes both ways in fragments. */
const LARGEST_ECHO = 65_000;
const OLD_TCP = { sack: false, timestamps: false, windowScaling: false, rack: false };
const OPTIONS = [0, 1, 1, 4, 0, 0, 0, 0, 0x1e, 2, 0, 0, 1, 2, 0, 0];
const SPENT_ROUTE = [0, 0, 0, 0, 0, 0, 0, 0];

/** All packets, each addressed to the target. */
export function makeCorpus(): Uint8Array<ArrayBuffer>[] {
  const packets: Uint8Array<ArrayBuffer>[] = [];
  for (const family of [4, 6] as const) {
    packets.push(
      ...transfer(family, {}),
      ...transfer(family, { tcp: OLD_TCP }),
      ...transfer(family, { tcp: { ecn: true } }),
      ...resets(family),
      ...closedWindow(family),
      ...datagrams(family),
      ...echoes(family),
      ...lateFragments(family),
    );
  }
  return [...packets, ...cutUp(packets), ...extended(packets)].map(aim);
}

/** Data both ways over a link that loses and reorders, so that there are SACK blocks. */
function transfer(family: Family, config: Partial<EngineConfig>): Uint8Array<ArrayBuffer>[] {
  const wire = link(family, delay(5), loss(0.05), reorder(0.1, 10));
  const pair = new Pair({ a: config, b: config, wire });
  const [a, b] = startTransfer(pair, family, { send: 20_000 }, { send: 10_000 });
  pair.run(() => a.isDone && b.isDone);
  return some(pair);
}

/** A port where nobody listens, and an abort. */
function resets(family: Family): Uint8Array<ArrayBuffer>[] {
  const pair = new Pair();
  pair.a.engine.connect(0, 1, 50000, { address: PEER[family], port: 1 });
  pair.b.engine.listen(0, 1, { address: PEER[family], port: OPEN_PORT }, 1);
  pair.a.engine.connect(0, 2, 50001, { address: PEER[family], port: OPEN_PORT });
  pair.advance(10);
  pair.a.engine.abort(pair.now, 2);
  pair.advance(10);
  return some(pair);
}

/** A program that does not read: the window closes, and is probed. */
function closedWindow(family: Family): Uint8Array<ArrayBuffer>[] {
  const pair = new Pair({ b: { tcp: { receiveBuffer: { max: 2000 } } } });
  startTransfer(pair, family, { send: 4000 }, { send: 0, reads: false });
  pair.advance(2000);
  return some(pair);
}

/** Datagrams of many sizes, also too large for one packet, to sockets and to nobody. */
function datagrams(family: Family): Uint8Array<ArrayBuffer>[] {
  const pair = new Pair({ mtu: 1280 });
  DATAGRAM_PORTS.forEach((port, i) => {
    pair.a.engine.bind(0, i + 1, { address: TARGET[family], port });
    pair.b.engine.bind(0, i + 1, { address: PEER[family], port });
  });
  for (const length of [0, 1, 100, 1300, 4000]) {
    for (const port of [...DATAGRAM_PORTS, 4]) {
      pair.a.engine.send(pair.now, 1, new Uint8Array(length), { address: PEER[family], port });
      pair.b.engine.send(pair.now, 1, new Uint8Array(length), { address: TARGET[family], port });
    }
    pair.advance(20);
  }
  return some(pair, 2 * MOST);
}

/** Echoes and their replies, and a protocol that nobody speaks. */
function echoes(family: Family): Uint8Array<ArrayBuffer>[] {
  const pair = new Pair();
  const request = family === 4 ? 8 : 128;
  const transports: Transport[] = [
    { kind: "icmp", type: request, code: 0, rest: 0x1_0001, payload: new Uint8Array(8) },
    { kind: "icmp", type: request, code: 0, rest: 0x1_0002, payload: new Uint8Array(1000) },
    { kind: "icmp", type: request, code: 0, rest: 0x1_0003, payload: new Uint8Array(LARGEST_ECHO) },
    { kind: "other", protocol: 253, payload: new Uint8Array(20) },
  ];
  const requests = transports.map((transport) => packetToTarget(family, transport));
  for (const packet of requests) pair.a.engine.receive(0, new DataView(packet.buffer), 0, packet.length);
  pair.advance(10);
  return [...requests, ...some(pair)];
}

/** The report that the rest of a datagram did not come. */
function lateFragments(family: Family): Uint8Array<ArrayBuffer>[] {
  const pair = new Pair();
  const whole = packetToTarget(family, udp(DATAGRAM_PORTS[0], 64));
  const [first] = cut(whole, 32);
  pair.a.engine.receive(0, new DataView(first.buffer), 0, first.length);
  pair.advance(PATIENCE);
  return some(pair);
}

/** Some of the packets, in fragments. */
function cutUp(packets: Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer>[] {
  return packets.filter(isWhole).filter((_, i) => i % 10 === 0).flatMap((packet, i) =>
    cut(packet, 8 * (1 + i % 40), i)
  );
}

/** Some of the packets, with IPv6 extension headers or IPv4 options. */
function extended(packets: Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer>[] {
  const chains: [number, number[]][][] = [[[0, OPTIONS]], [[60, OPTIONS], [43, SPENT_ROUTE]], [[43, SPENT_ROUTE]]];
  const dice = new Dice(1);
  const withChain = packets.filter((packet) => packet[0] >> 4 === 6 && isWhole(packet)).filter((_, i) => i % 8 === 0)
    .map((packet) => withExtensions(packet, dice.pick(chains)));
  const plain = { source: PEER[4], destination: TARGET[4], ttl: 64, identification: 1, dontFragment: false };
  const withOptions = [OPEN_PORT, GUARDED_PORT, ...DATAGRAM_PORTS].map((port) => {
    return buildPacket({ ...plain, transport: udp(port, 16) }, { ipOptions: 8 });
  });
  return [...withChain, ...withOptions];
}

function udp(destinationPort: number, length: number): Transport {
  return { kind: "udp", sourcePort: 9, destinationPort, checksum: 0, payload: new Uint8Array(length) };
}

function packetToTarget(family: Family, transport: Transport): Uint8Array<ArrayBuffer> {
  const header = { ttl: 64, identification: 1, dontFragment: false };
  return buildPacket({ source: PEER[family], destination: TARGET[family], ...header, transport });
}

/** Of a long conversation its beginning, its end, and of the middle the small packets. */
function some(pair: Pair, most = MOST): Uint8Array<ArrayBuffer>[] {
  const packets = pair.trace.map(({ packet }) => packet);
  if (packets.length <= most) return packets;
  const middle = packets.slice(most / 4, -most / 4).filter(({ length }) => length < 200).slice(0, most / 2);
  return [...packets.slice(0, most / 4), ...middle, ...packets.slice(-most / 4)];
}

function isWhole(packet: Uint8Array): boolean {
  return packet[0] >> 4 === 4
    ? (packet[0] & 15) === 5 && (packet[6] & 0x3f) === 0 && packet[7] === 0
    : packet[6] !== 44;
}

/** A packet that the target sent becomes one that it is sent: the addresses change places, which no checksum sees. */
function aim(packet: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const [at, size, own] = packet[0] >> 4 === 4 ? [12, 4, TARGET_BYTES[4]] as const : [8, 16, TARGET_BYTES[6]] as const;
  if (!isAt(packet, at, own)) return packet;
  const aimed = packet.slice();
  aimed.set(packet.subarray(at, at + size), at + size);
  aimed.set(packet.subarray(at + size, at + 2 * size), at);
  return aimed;
}
