// Packets that need no place in the queue: who waits with a function for them takes them at once.
import { assertEquals } from "@std/assert";
import { InflightQueue } from "../../internet/inflight_queue.ts";
import { Internet } from "../../internet/mod.ts";
import { PCAPTrace } from "../../pcap/mod.ts";
import type { VNICFrame } from "../../vnic/mod.ts";
import { carrierOf } from "../../vnic/carrier.ts";
import { carryPacket } from "../../vnic/vnic.ts";
import { numbered, packetTo } from "./packets.ts";

/** A queue, and what a reader of its own was given at once. */
function withCarrier(): { queue: InflightQueue; carried: VNICFrame[]; wait(): Promise<IteratorResult<VNICFrame>> } {
  const queue = new InflightQueue(8);
  const carried: VNICFrame[] = [];
  return { queue, carried, wait: () => queue.next({}, (frame) => carried.push(frame) > 0) };
}

Deno.test("who waits with a function takes packets at once, and goes on to wait", async () => {
  const { queue, carried, wait } = withCarrier();
  const [first, second, third] = numbered(3);
  const waiting = wait();
  assertEquals([queue.carry(first, undefined), queue.carry(second, undefined)], [true, true]);
  assertEquals(carried, [first, second]);
  queue.push(third);
  assertEquals(queue.carry(first, undefined), false);
  assertEquals((await waiting).value, third);
  assertEquals(queue.carry(first, undefined), false);
});

Deno.test("nothing is carried past a packet that its reader has yet to see", async () => {
  const { queue, carried, wait } = withCarrier();
  const [first, second] = numbered(2);
  const other = queue.next({});
  void wait();
  queue.push(first);
  assertEquals([queue.carry(second, undefined), carried], [false, []]);
  assertEquals((await other).value, first);
  assertEquals([queue.carry(second, undefined), carried], [true, [second]]);
});

Deno.test("nothing is carried by who has left", () => {
  const { queue, carried } = withCarrier();
  const [, second] = numbered(2);
  const reader = {};
  void queue.next(reader, (frame) => carried.push(frame) > 0);
  queue.leave(reader);
  assertEquals([queue.carry(second, undefined), carried], [false, []]);
});

Deno.test("who cannot take a packet now keeps its place", async () => {
  const queue = new InflightQueue(8);
  const [first] = numbered(1);
  const waiting = queue.next({}, () => false);
  const other = queue.next({});
  assertEquals(queue.carry(first, undefined), false);
  queue.push(first);
  assertEquals((await waiting).value, first);
  queue.close();
  assertEquals((await other).done, true);
});

Deno.test("those who wait take turns, with a function or not", async () => {
  const { queue, carried, wait } = withCarrier();
  const [first, second, third] = numbered(3);
  void wait();
  const other = queue.next({});
  assertEquals([queue.carry(first, undefined), queue.carry(second, undefined)], [true, false]);
  queue.push(second);
  assertEquals((await other).value, second);
  assertEquals([queue.carry(third, undefined), carried], [true, [first, third]]);
});

Deno.test("a closed queue carries nothing", async () => {
  const { queue, carried, wait } = withCarrier();
  const waiting = wait();
  queue.close();
  assertEquals([queue.carry(numbered(1)[0], undefined), (await waiting).done, carried], [false, true, []]);
});

Deno.test("a NIC counts what it carries, and carries nothing that it would not write", async () => {
  await using internet = new Internet();
  const [from, to] = [internet.newVNIC(68), internet.newVNIC(1500)];
  internet.addRoute(to, "10.0.0.1");
  const received: Uint8Array[] = [];
  to.attach({ deliverNetworkPacket: (packet) => received.push(packet) });
  const packet = packetTo("10.0.0.1");
  assertEquals(carryPacket(from, packet), false);
  void internet.route();
  assertEquals([carryPacket(from, packet), carryPacket(from, packetTo("10.0.0.9"))], [true, true]);
  assertEquals([carryPacket(from, new Uint8Array(69)), carryPacket(from, new Uint8Array(0))], [false, false]);
  assertEquals(received, [packet]);
  assertEquals([from.stats.sent, from.stats.overMTU, from.stats.malformed, to.stats.received], [2, 0, 0, 1]);
  from.close();
  assertEquals(carryPacket(from, packet), false);
});

Deno.test("an internet that is not routed, or with a filter, carries nothing", async () => {
  for (const filter of [() => true, () => false]) {
    await using internet = new Internet();
    const carry = carrierOf(internet)!;
    const frame = { packet: packetTo("10.0.0.1") };
    assertEquals(carry(frame), false);
    void internet.route({ filter });
    assertEquals(carry(frame), false);
  }
});

Deno.test("a trace that is half full, or no real one, carries nothing: its writer and its errors have their turn", async () => {
  await using trace = new PCAPTrace(new WritableStream(), 64, { buffer: 4 });
  for (const [given, carried] of [[trace, [true, true, false]], [Object.create(trace), [false, false, false]]]) {
    await using internet = new Internet();
    const carry = carrierOf(internet)!;
    const routing = internet.route({ trace: given });
    const frame = { packet: packetTo("10.0.0.1") };
    assertEquals([carry(frame), carry(frame), carry(frame)], carried);
    await internet.close();
    await routing;
  }
  assertEquals(trace.dropped, 0);
});
