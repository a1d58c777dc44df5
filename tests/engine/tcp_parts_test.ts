// The parts of TCP that can be looked at alone.
import { assert, assertEquals } from "@std/assert";
import { Address } from "../../stack/engine/address.ts";
import { LocalAddresses } from "../../stack/engine/local_addresses.ts";
import { Packet } from "../../stack/engine/packet.ts";
import { PacketQueue } from "../../stack/engine/packet_sink.ts";
import { Demux } from "../../stack/engine/tcp/demux.ts";
import type { Connection } from "../../stack/engine/tcp/connection.ts";
import { RTTEstimator } from "../../stack/engine/tcp/rtt.ts";
import { SentQueue } from "../../stack/engine/tcp/sent_queue.ts";
import { shiftFor } from "../../stack/engine/tcp/window.ts";
import { seeded } from "../harness/seeded.ts";
import { streamBytes } from "../harness/stream.ts";

/** What the table looks at of a connection. */
function connection(remote: string, remotePort: number, localPort = 80): Connection {
  const isIPv4 = !remote.includes(":");
  const local = Address.parse(isIPv4 ? "10.0.0.1" : "2001:db8::1")!;
  const tuple = { local, localPort, remote: Address.parse(remote)!, remotePort, hash: 0, nextInBucket: null };
  return tuple as unknown as Connection;
}

function packetFrom({ local, remote }: Connection): Packet {
  const packet = new Packet();
  [packet.s0, packet.s1, packet.s2, packet.s3] = [remote.w0, remote.w1, remote.w2, remote.w3];
  [packet.d0, packet.d1, packet.d2, packet.d3] = [local.w0, local.w1, local.w2, local.w3];
  return packet;
}

Deno.test("connections are found by their four-tuple, also where all share a few buckets", () => {
  for (const secret of [0, 1, -1, 0x12345678]) {
    const demux = new Demux(secret);
    const all: Connection[] = [];
    for (let i = 0; i < 2000; i++) all.push(connection(`10.1.${i >> 8}.${i & 255}`, 1000 + i % 7, 80 + i % 3));
    for (let i = 0; i < 2000; i++) all.push(connection(`2001:db8::${(i + 2).toString(16)}`, 1000 + i % 7));
    for (const one of all) demux.add(one);
    assertEquals(demux.size, all.length);
    assertEquals([...demux].length, all.length);
    for (const one of all) {
      assert(demux.find(packetFrom(one), one.localPort, one.remotePort) === one);
      assert(demux.findTuple(one) === one);
      assertEquals(demux.find(packetFrom(one), one.localPort + 100, one.remotePort), undefined);
    }
    all.forEach((one, i) => {
      if (i % 2 === 0) demux.delete(one);
    });
    all.forEach((one, i) => assertEquals(demux.findTuple(one) === one, i % 2 === 1));
    for (const one of all) demux.delete(one);
    assertEquals([demux.size, [...demux].length], [0, 0]);
  }
});

Deno.test("the sent queue: acknowledged wholly, in part, and not at all", () => {
  const queue = new SentQueue();
  const origin = 0x7fffffff - 1500;
  for (let i = 0; i < 10; i++) queue.push((origin + i * 1000) | 0, (origin + (i + 1) * 1000) | 0, false, i === 9, i);
  assertEquals([queue.count, queue.bytes, queue.lostBytes], [10, 10_000, 0]);
  const gone: number[] = [];
  queue.acknowledge((origin + 2500) | 0, (segment) => gone.push(segment.sentAt));
  assertEquals([gone, queue.count, queue.bytes], [[0, 1], 8, 7500]);
  assertEquals(queue.at(0).start, (origin + 2500) | 0);
  queue.acknowledge((origin + 2500) | 0, () => gone.push(-1));
  queue.acknowledge(origin, () => gone.push(-1));
  assertEquals([gone, queue.bytes], [[0, 1], 7500]);
  queue.acknowledge((origin + 10_000) | 0, (segment) => gone.push(segment.sentAt));
  assertEquals([gone, queue.count, queue.bytes], [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 0, 0]);
});

Deno.test("the sent queue: what is lost goes again, divided where segments have become smaller", () => {
  const queue = new SentQueue();
  queue.push(0, 1, true, false, 0);
  queue.push(1, 2501, false, false, 1);
  queue.push(2501, 3001, false, true, 2);
  queue.divide(1000);
  queue.markAllLost();
  assertEquals(queue.lostBytes, 3001);
  const parts: [number, number, boolean][] = [];
  for (let segment = queue.nextLost(); segment; segment = queue.nextLost()) {
    parts.push([segment.start, segment.end, segment.fin]);
    queue.markResent(segment, 3);
  }
  assertEquals(parts, [[0, 1, false], [1, 1001, false], [1001, 2001, false], [2001, 2501, false], [2501, 3001, true]]);
  assertEquals([queue.count, queue.bytes, queue.lostBytes], [5, 3001, 0]);
  queue.clear();
  assertEquals([queue.count, queue.bytes], [0, 0]);
});

Deno.test("the sent queue: what is lost side by side fills segments up when their size changes", () => {
  const queue = new SentQueue();
  for (let i = 0; i < 5; i++) queue.push(i * 1000, (i + 1) * 1000, false, false, i);
  queue.push(5000, 5001, false, true, 5);
  queue.sack(2000, 3000, () => {});
  queue.markAllLost();
  const counts = () => [queue.bytes, queue.lostBytes, queue.sackedBytes];
  const before = counts();
  queue.divide(800);
  const segments = Array.from({ length: queue.count }, (_, i) => queue.at(i));
  assertEquals(segments.map(({ start, end, lost, fin }) => [start, end, lost, fin]), [
    [0, 800, true, false],
    [800, 1600, true, false],
    [1600, 2000, true, false],
    [2000, 2800, false, false],
    [2800, 3000, false, false],
    [3000, 3800, true, false],
    [3800, 4600, true, false],
    [4600, 5001, true, true],
  ]);
  assertEquals([counts(), queue.sackedCount], [before, 2]);
});

Deno.test("the sent queue: what the peer has, a FIN and a SYN stay what they are when segments are divided", () => {
  const queue = new SentQueue();
  const origin = 0x7fffff00;
  const push = (start: number, end: number, fin: boolean) => {
    queue.push((origin + start) | 0, (origin + end) | 0, false, fin, start);
  };
  for (let i = 0; i < 9; i++) push(i * 1000, (i + 1) * 1000, false);
  // A FIN beside 500 bytes takes no room of its own.
  push(9000, 9501, true);
  queue.acknowledge((origin + 2000) | 0, () => {});
  queue.sack(queue.at(3).start, queue.at(3).end, () => {});
  queue.markLost(0);
  queue.divide(500);
  assertEquals([queue.count, queue.bytes, queue.sackedBytes, queue.sackedCount, queue.lostBytes], [
    15,
    7501,
    1000,
    2,
    1000,
  ]);
  const places = Array.from({ length: queue.count }, (_, i) => ((queue.at(i).start - origin) | 0) - 2000);
  assertEquals(places, Array.from({ length: 15 }, (_, i) => i * 500));
  assertEquals([queue.at(6).sacked, queue.at(7).sacked, queue.at(14).fin, queue.at(13).fin], [true, true, true, false]);
  assertEquals([queue.at(1).lost, queue.at(2).lost, queue.at(1).sentAt], [true, false, 2000]);
  const news: number[] = [];
  queue.sack(queue.at(5).start, queue.at(9).end, ({ start }) => news.push(((start - origin) | 0) - 2000));
  assertEquals(news, [2500, 4000, 4500]);
  queue.push(0, 1, false, false, 0);
  queue.acknowledge((origin + 9501) | 0, () => {});
  assertEquals([queue.count, queue.sackedCount], [1, 0]);
});

for (const seed of [1, 2, 3]) {
  Deno.test(`the sent queue: what a peer has is told once, whatever it says how often, seed ${seed}`, () => {
    const random = seeded(seed);
    const queue = new SentQueue();
    const has = new Set<number>();
    let [first, next] = [0, 0];
    for (let round = 0; round < 3000; round++) {
      for (let more = Math.floor(3 * random()); more > 0; more--) queue.push(10 * next, 10 * ++next, false, false, 0);
      const left = first + Math.floor((next - first) * random());
      const right = left + Math.floor((next - left) * random());
      const news: number[] = [];
      queue.sack(10 * left, 10 * right, (segment) => news.push(segment.start / 10));
      const expected = Array.from({ length: right - left }, (_, i) => left + i).filter((one) => !has.has(one));
      assertEquals(news, expected);
      for (const one of expected) has.add(one);
      if (random() < 0.05) first = Math.min(next, first + Math.floor(20 * random()));
      queue.acknowledge(10 * first, (segment) => has.delete(segment.start / 10));
      if (random() < 0.01) {
        queue.forgetSacked();
        has.clear();
      }
      if (random() < 0.2 && first < next) {
        queue.markLost(Math.floor((next - first) * random()));
        queue.nextLost();
      }
      assertEquals([queue.sackedCount, queue.sackedBytes], [has.size, 10 * has.size]);
      for (let i = 0; i < queue.count; i += queue.at(i).run) {
        for (let k = 1; k < queue.at(i).run; k++) assert(queue.at(i).sacked && queue.at(i + k).sacked);
      }
    }
  });
}

Deno.test("the window shift offers a buffer whole", () => {
  assertEquals([0, 1, 65535, 65536, 131_070, 131_071, 1 << 20, 1 << 30].map(shiftFor), [0, 0, 0, 1, 1, 2, 5, 14]);
  assertEquals(shiftFor(2 ** 40), 14);
});

Deno.test("the RTO of RFC 6298", () => {
  const rtt = new RTTEstimator(200);
  assertEquals(rtt.rto, 1000);
  rtt.backoff = 3;
  assertEquals(rtt.rto, 8000);
  rtt.backoff = 20;
  assertEquals(rtt.rto, 120_000);
  rtt.sample(100);
  assertEquals([rtt.backoff, rtt.srtt, rtt.rttvar, rtt.rto], [0, 100, 50, 300]);
  rtt.sample(100);
  assertEquals([rtt.srtt, rtt.rttvar, rtt.rto], [100, 37.5, 250]);
  for (let i = 0; i < 50; i++) rtt.sample(100);
  assertEquals(rtt.rto, 200);
  for (let i = 0; i < 200; i++) rtt.sample(0);
  assert(rtt.rto >= 1);
});

Deno.test("the source address for a destination shares the longest prefix", () => {
  const local = new LocalAddresses(["10.0.0.1", "192.168.1.1", "2001:db8::1", "fd00::1"]);
  const source = (destination: string) => String(local.sourceFor(Address.parse(destination)!));
  assertEquals(source("192.168.1.77"), "192.168.1.1");
  assertEquals(source("10.9.9.9"), "10.0.0.1");
  assertEquals(source("fd00::2"), "fd00::1");
  assertEquals(source("2001:db8::2"), "2001:db8::1");
  assertEquals(source("127.0.0.5"), "127.0.0.1");
  assertEquals(source("::1"), "::1");
  assertEquals(new LocalAddresses(["10.0.0.1"]).sourceFor(Address.parse("::2")!), undefined);
});

Deno.test("a packet queue gives back what was put in, is bounded, and lets go of its memory", () => {
  const queue = new PacketQueue(8192);
  const put = (bytes: Uint8Array) => {
    if (!queue.reserve(bytes.length)) return false;
    queue.bytes.set(bytes, queue.offset);
    queue.commit(bytes.length);
    return true;
  };
  const take = () => {
    const bytes = queue.bytes.slice(queue.nextOffset, queue.nextOffset + queue.nextLength);
    queue.shift();
    return bytes;
  };
  const waiting: Uint8Array[] = [];
  for (let round = 0; round < 500; round++) {
    for (let i = 0; i < 3; i++) {
      waiting.push(streamBytes(round * 7 + i, round * 7 + i + 700 + round % 3));
      assert(put(waiting[waiting.length - 1]));
    }
    do assertEquals(take(), waiting.shift()); while (waiting.length > round % 5);
  }
  while (!queue.isEmpty) assertEquals(take(), waiting.shift());
  let count = 0;
  while (put(new Uint8Array(999))) count++;
  assertEquals(count, 8);
});
