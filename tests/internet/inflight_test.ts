import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { DEFAULT_MAX_INFLIGHT, Internet } from "../../internet/mod.ts";
import type { VNICFrame } from "../../vnic/mod.ts";
import { numbered } from "./packets.ts";

const END: IteratorReturnResult<undefined> = { done: true, value: undefined };

Deno.test("maxInflight is an integer of at least 0", () => {
  for (const maxInflight of [-1, 1.5, NaN, Infinity]) {
    assertThrows(() => new Internet({ maxInflight }), RangeError, `maxInflight ${maxInflight} must be`);
  }
  assertThrows(() => new Internet({ maxInflight: "8" as unknown as number }), RangeError, "maxInflight 8");
});

Deno.test("isolation is worker or inline", () => {
  assertThrows(() => new Internet({ isolation: "thread" as "worker" }), TypeError, 'isolation "thread"');
});

Deno.test("packets come out in the order they went in, the very same frames", async () => {
  await using internet = new Internet();
  const frames = numbered(100);
  for (const frame of frames) assertEquals(internet.sendFrame(frame), true);
  const iterator = internet.inFlight();
  for (const frame of frames) assertStrictEquals((await iterator.next()).value, frame);
});

Deno.test("a full queue drops and counts", async () => {
  await using internet = new Internet({ maxInflight: 2 });
  const frames = numbered(5);
  assertEquals(frames.map((frame) => internet.sendFrame(frame)), [true, true, false, false, false]);
  assertEquals(internet.dropped, 3);
  const iterator = internet.inFlight();
  assertStrictEquals((await iterator.next()).value, frames[0]);
  assertEquals([internet.sendFrame(frames[4]), internet.sendFrame(frames[4])], [true, false]);
  assertStrictEquals((await iterator.next()).value, frames[1]);
  assertStrictEquals((await iterator.next()).value, frames[4]);
  assertEquals(internet.dropped, 4);
});

Deno.test("by default 1024 packets may be in flight", async () => {
  assertEquals(DEFAULT_MAX_INFLIGHT, 1024);
  for (const options of [undefined, {}, { maxInflight: undefined }]) {
    await using internet = new Internet(options);
    const taken = numbered(1030).filter((frame) => internet.sendFrame(frame));
    assertEquals([taken.length, internet.dropped], [1024, 6]);
  }
});

Deno.test("what is no packet is neither sent nor counted", async () => {
  await using internet = new Internet({ maxInflight: 0 });
  for (const frame of [{ packet: new Uint8Array(0) }, { packet: "E" }, {}, null, undefined]) {
    assertEquals(internet.sendFrame(frame as VNICFrame), false);
  }
  assertEquals(internet.dropped, 0);
});

Deno.test("with maxInflight 0 a packet is kept only for a reader that waits", async () => {
  await using internet = new Internet({ maxInflight: 0 });
  const [lost, kept, late] = numbered(3);
  assertEquals(internet.sendFrame(lost), false);
  const iterator = internet.inFlight();
  assertEquals(internet.sendFrame(lost), false);
  const next = iterator.next();
  assertEquals([internet.sendFrame(kept), internet.sendFrame(late)], [true, false]);
  assertStrictEquals((await next).value, kept);
  assertEquals(internet.dropped, 3);
});

Deno.test("two iterators share one queue, and who has waited longest is served first", async () => {
  await using internet = new Internet();
  const [a, b] = [internet.inFlight(), internet.inFlight()];
  const nexts = [a.next(), b.next(), b.next(), a.next()];
  const frames = numbered(6);
  for (const frame of frames) internet.sendFrame(frame);
  assertEquals((await Promise.all(nexts)).map(({ value }) => value), frames.slice(0, 4));
  assertStrictEquals((await b.next()).value, frames[4]);
  assertStrictEquals((await a.next()).value, frames[5]);
});

Deno.test("two loops get each packet once", async () => {
  const internet = new Internet();
  const seen: number[][] = [[], []];
  const loops = seen.map(async (list) => {
    for await (const { packet } of internet.inFlight()) list.push(packet[1]);
  });
  for (const frame of numbered(200)) {
    internet.sendFrame(frame);
    await Promise.resolve();
  }
  await Promise.resolve();
  await internet.close();
  await Promise.all(loops);
  assertEquals(seen.flat().sort((x, y) => x - y), Array.from({ length: 200 }, (_, i) => i));
  assert(seen[0].length > 0 && seen[1].length > 0);
});

Deno.test("a reader that keeps up loses nothing however short the queue", async () => {
  for (const maxInflight of [0, 1]) {
    const internet = new Internet({ maxInflight });
    let seen = 0;
    const loop = (async () => {
      for await (const { packet } of internet.inFlight()) seen += packet.length / 2;
    })();
    for (const frame of numbered(250)) {
      assertEquals(internet.sendFrame(frame), true);
      await Promise.resolve();
    }
    await internet.close();
    await loop;
    assertEquals([seen, internet.dropped], [250, 0]);
  }
});

Deno.test("an iterator is its own iterable", async () => {
  await using internet = new Internet();
  const iterator = internet.inFlight();
  assertStrictEquals(iterator[Symbol.asyncIterator](), iterator);
});

Deno.test("return() gives up the place of a pending next()", async () => {
  await using internet = new Internet();
  const [leaving, staying] = [internet.inFlight(), internet.inFlight()];
  const given = [leaving.next(), leaving.next()];
  const next = staying.next();
  assertEquals(await leaving.return?.(), END);
  assertEquals(await Promise.all(given), [END, END]);
  const frames = numbered(2);
  for (const frame of frames) internet.sendFrame(frame);
  assertStrictEquals((await next).value, frames[0]);
  assertEquals(await leaving.next(), END);
  assertStrictEquals((await staying.next()).value, frames[1]);
});

Deno.test("with maxInflight 0 an iterator that returned waits no more", async () => {
  await using internet = new Internet({ maxInflight: 0 });
  const iterator = internet.inFlight();
  const next = iterator.next();
  await iterator.return?.();
  assertEquals(internet.sendFrame(numbered(1)[0]), false);
  assertEquals([await next, internet.dropped], [END, 1]);
});

Deno.test("leaving a loop leaves the packets queued to others", async () => {
  await using internet = new Internet();
  const frames = numbered(3);
  for (const frame of frames) internet.sendFrame(frame);
  for await (const frame of internet.inFlight()) {
    assertStrictEquals(frame, frames[0]);
    break;
  }
  const rest = internet.inFlight();
  assertStrictEquals((await rest.next()).value, frames[1]);
  assertStrictEquals((await rest.next()).value, frames[2]);
});

Deno.test("an iterator can be disposed of", async () => {
  await using internet = new Internet();
  const frames = numbered(1);
  let pending: Promise<IteratorResult<VNICFrame>>;
  {
    await using iterator = internet.inFlight();
    pending = iterator.next();
  }
  assertEquals(await pending, END);
  internet.sendFrame(frames[0]);
  assertStrictEquals((await internet.inFlight().next()).value, frames[0]);
});

Deno.test("close() ends iterators, waiting or not, and the packets are gone", async () => {
  const internet = new Internet();
  const [waiting, idle] = [internet.inFlight(), internet.inFlight()];
  const nexts = [waiting.next(), waiting.next()];
  internet.sendFrame(numbered(1)[0]);
  const closing = internet.close();
  assertEquals((await nexts[0]).done, false);
  assertEquals(await nexts[1], END);
  await closing;

  const full = new Internet();
  for (const frame of numbered(3)) full.sendFrame(frame);
  const late = full.inFlight();
  await full.close();
  for (const iterator of [waiting, idle, late, internet.inFlight(), full.inFlight()]) {
    assertEquals(await iterator.next(), END);
    assertEquals(await iterator.next(), END);
  }
});

Deno.test("a loop ends with the internet", async () => {
  const internet = new Internet();
  internet.sendFrame(numbered(1)[0]);
  let seen = 0;
  for await (const _ of internet.inFlight()) {
    seen++;
    const closing = internet.close();
    await closing;
  }
  assertEquals(seen, 1);
});
