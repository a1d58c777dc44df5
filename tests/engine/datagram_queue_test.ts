// Datagrams that wait: each comes out as it went in, whatever happens to the memory that the queues of a host share.
import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { DatagramQueue, OVERHEAD } from "../../stack/engine/datagram_queue.ts";
import { Dice } from "../fuzz/dice.ts";

const FROM = { address: "10.0.0.1", port: 53 };

function queues(count: number): DatagramQueue[] {
  const spare = { bytes: new Uint8Array(0) };
  return Array.from({ length: count }, () => new DatagramQueue(spare));
}

function bytesOf(length: number, seed: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, i) => (seed * 31 + i * 7) & 0xff);
}

Deno.test("a queue counts what waits, and the oldest", () => {
  const [queue] = queues(1);
  assertEquals([queue.size, queue.nextSize], [0, 0]);
  queue.push(bytesOf(100, 1), FROM);
  queue.push(bytesOf(0, 2), FROM);
  assertEquals([queue.size, queue.nextSize], [100 + 2 * OVERHEAD, 100 + OVERHEAD]);
  queue.shift();
  assertEquals([queue.size, queue.nextSize], [OVERHEAD, OVERHEAD]);
  assertEquals(queue.shift()?.bytes.length, 0);
  assertEquals([queue.size, queue.nextSize, queue.shift()], [0, 0, undefined]);
});

Deno.test("datagrams are copied in, and come out with whom they are from", () => {
  const [queue] = queues(1);
  const bytes = bytesOf(3000, 1);
  queue.push(bytes, FROM);
  bytes.fill(0);
  const datagram = queue.shift()!;
  assertEquals(datagram.bytes, bytesOf(3000, 1));
  assertStrictEquals(datagram.from, FROM);
});

Deno.test("a queue that is cleared starts anew", () => {
  const [queue] = queues(1);
  queue.push(bytesOf(3000, 1), FROM);
  queue.clear();
  assertEquals([queue.size, queue.shift()], [0, undefined]);
  queue.push(bytesOf(10, 2), FROM);
  assertEquals(queue.shift()?.bytes, bytesOf(10, 2));
});

Deno.test("queues that fill and empty beside each other keep their datagrams apart", () => {
  const dice = new Dice(7);
  const all = queues(3).map((queue) => ({ queue, model: [] as Uint8Array[] }));
  let seed = 0;
  let grown = 0;
  for (let step = 0; step < 20_000; step++) {
    const { queue, model } = all[dice.below(all.length)];
    // Long phases of growth, and of none.
    if (dice.below(10) < (step % 2000 < 1000 ? 6 : 3)) {
      const bytes = bytesOf(dice.below(dice.oneIn(20) ? 9000 : 1500), seed++);
      queue.push(bytes, FROM);
      model.push(bytes);
    } else {
      assertEquals(queue.shift()?.bytes, model.shift(), `step ${step}, seed 7`);
    }
    const waiting = model.reduce((total, { length }) => total + length, 0);
    assertEquals(queue.size, waiting + OVERHEAD * model.length);
    grown = Math.max(grown, waiting);
  }
  assert(grown > 100_000, `the largest queue had ${grown} bytes`);
});

Deno.test("the memory of a queue that is empty is the next one's", () => {
  const [one, other] = queues(2);
  one.push(bytesOf(60_000, 1), FROM);
  const { buffer } = one.shift()!.bytes;
  other.push(bytesOf(60_000, 2), FROM);
  assertStrictEquals(other.shift()!.bytes.buffer, buffer);
});

Deno.test("a queue that never runs empty does not grow for that", () => {
  const [queue] = queues(1);
  queue.push(bytesOf(1000, 0), FROM);
  for (let seed = 1; seed < 1000; seed++) {
    queue.push(bytesOf(1000, seed), FROM);
    assertEquals(queue.shift()!.bytes, bytesOf(1000, seed - 1));
  }
  assert(queue.shift()!.bytes.buffer.byteLength <= 8192);
});
