// What waits on the main thread to be read: in order, and small pieces not one by one.
import { assertEquals, assertLess } from "@std/assert";
import { ReceivedBytes } from "../../stack/received_bytes.ts";
import { seeded } from "../harness/seeded.ts";

/** An array of `length` bytes that keeps the buffers of the pieces that are copied into it, once for each piece. */
function recording(length: number): { target: Uint8Array; buffers: ArrayBufferLike[] } {
  const target = new Uint8Array(length);
  const buffers: ArrayBufferLike[] = [];
  target.set = (from, offset) => {
    buffers.push((from as Uint8Array).buffer);
    Uint8Array.prototype.set.call(target, from, offset);
  };
  return { target, buffers };
}

/** A view of `length` bytes, counting up from `first`, in a buffer of `room`. */
function piece(first: number, length: number, room = length): Uint8Array<ArrayBuffer> {
  const view = new Uint8Array(new ArrayBuffer(room), 0, length);
  for (let i = 0; i < length; i++) view[i] = first + i;
  return view;
}

Deno.test("small pieces that wait are joined", () => {
  const received = new ReceivedBytes();
  for (let i = 0; i < 10_000; i++) {
    received.push(piece(i, 1, 320), true);
    received.compact();
  }
  const { target, buffers } = recording(10_000);
  assertEquals(received.take(target), 10_000);
  assertEquals(target.every((byte, i) => byte === i % 256), true);
  assertLess(buffers.length, 5);
});

Deno.test("what is joined takes no more memory than it did by itself", () => {
  for (const length of [1, 1400, 16 * 1024, 64 * 1024]) {
    const received = new ReceivedBytes();
    const total = 256 * 1024 - (256 * 1024) % length;
    // Each in a part of one buffer, which does not count.
    const buffer = new ArrayBuffer(5 * length);
    for (let pushed = 0; pushed < total; pushed += length) {
      received.push(new Uint8Array(buffer, 0, length), false);
      received.compact();
    }
    const { target, buffers } = recording(total);
    assertEquals(received.take(target), total);
    const held = [...new Set(buffers)].reduce((sum, { byteLength }) => sum + byteLength, 0);
    assertLess(held, 1.1 * total + 64 * 1024, `pieces of ${length} bytes`);
  }
});

Deno.test("pieces that fill their buffers are not copied", () => {
  const received = new ReceivedBytes();
  const first = piece(0, 1000);
  for (const bytes of [first, piece(1000, 1000)]) {
    received.push(bytes, false);
    received.compact();
  }
  first.fill(7);
  const { target, buffers } = recording(2000);
  assertEquals([received.take(target), buffers.length, target[999]], [2000, 2, 7]);
});

Deno.test("in whatever pieces bytes come and are taken, they stay in order (seed 1)", () => {
  const random = seeded(1);
  const upTo = (most: number) => 1 + Math.floor(random() * most);
  const received = new ReceivedBytes();
  let pushed = 0;
  let taken = 0;
  for (let step = 0; step < 20_000; step++) {
    if (random() < 0.6) {
      const length = upTo(random() < 0.1 ? 3000 : 20);
      received.push(piece(pushed, length, length * upTo(9)), random() < 0.5);
      received.compact();
      pushed += length;
    } else {
      const target = new Uint8Array(upTo(200));
      const length = received.take(target);
      for (let i = 0; i < length; i++) assertEquals(target[i], (taken + i) % 256, `byte ${taken + i}`);
      taken += length;
    }
    assertEquals(received.length, pushed - taken);
  }
  received.clear();
  assertEquals([received.length, received.take(new Uint8Array(1))], [0, 0]);
});
