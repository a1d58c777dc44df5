import { assertEquals } from "@std/assert";
import { KeyedHash, randomInt32, randomUint16 } from "../../stack/engine/random.ts";

/** HalfSipHash-2-4 of bytes, key 00…07, written after the paper for this test alone. */
function halfSipHash(input: Uint8Array): number {
  let [v0, v1, v2, v3] = [0x03020100, 0x07060504, 0x6c796765 ^ 0x03020100, 0x74656462 ^ 0x07060504];
  const rotate = (x: number, by: number) => (x << by) | (x >>> (32 - by));
  const round = (times: number) => {
    for (let i = 0; i < times; i++) {
      v0 = (v0 + v1) | 0;
      v1 = rotate(v1, 5) ^ v0;
      v0 = rotate(v0, 16);
      v2 = (v2 + v3) | 0;
      v3 = rotate(v3, 8) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = rotate(v3, 7) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = rotate(v1, 13) ^ v2;
      v2 = rotate(v2, 16);
    }
  };
  const padded = new Uint8Array(input.length - input.length % 4 + 4);
  padded.set(input);
  padded[padded.length - 1] = input.length;
  const view = new DataView(padded.buffer);
  for (let at = 0; at < padded.length; at += 4) {
    const word = view.getInt32(at, true);
    v3 ^= word;
    round(2);
    v0 ^= word;
  }
  v2 ^= 0xff;
  round(4);
  return v1 ^ v3;
}

/** Bytes 0, 1, 2, … up to `length`. */
function counting(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i);
}

function hex(value: number): string {
  const view = new DataView(new ArrayBuffer(4));
  view.setInt32(0, value, true);
  return [...new Uint8Array(view.buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

Deno.test("this file's HalfSipHash gives the published test vectors", () => {
  const vectors = ["a9359f5b", "27475ab8", "fa62a603", "8afee704", "2a6e4689"];
  assertEquals(vectors.map((_, i) => hex(halfSipHash(counting(i)))), vectors);
  assertEquals(hex(halfSipHash(counting(36))), "e75cc6ec");
  assertEquals(hex(halfSipHash(counting(40))), "b6bc1840");
});

Deno.test("the keyed hash of a four-tuple is HalfSipHash-2-4 of its ten words", () => {
  const key = [0x03020100, 0x07060504];
  const hash = new KeyedHash(() => key.shift()! / 2 ** 32);
  const view = new DataView(counting(40).buffer);
  const word = (i: number) => view.getInt32(4 * i, true);
  const a = { w0: word(0), w1: word(1), w2: word(2), w3: word(3) };
  const b = { w0: word(4), w1: word(5), w2: word(6), w3: word(7) };
  assertEquals(hex(hash.ofFourTuple(a, word(8) >>> 16, b, word(8) & 0xffff, word(9))), "b6bc1840");
});

Deno.test("random numbers cover their range", () => {
  assertEquals(randomInt32(() => 0), 0);
  assertEquals(randomInt32(() => 0.5), -0x80000000);
  assertEquals(randomInt32(() => 1 - 2 ** -32), -1);
  assertEquals(randomUint16(() => 0), 0);
  assertEquals(randomUint16(() => 1 - 2 ** -32), 0xffff);
});
