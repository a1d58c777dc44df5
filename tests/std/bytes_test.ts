import { assert, assertEquals, assertFalse } from "@std/assert";
import { concat, equals } from "@std/bytes";

Deno.test("concat joins into one new array", () => {
  const part = new Uint8Array([1, 2]);
  const whole = concat([part, new Uint8Array(), new Uint8Array([0, 3]).subarray(1)]);
  assertEquals(whole, new Uint8Array([1, 2, 3]));
  whole[0] = 9;
  assertEquals(part[0], 1);
  assertEquals(concat([]), new Uint8Array());
});

Deno.test("equals tells equal from different", () => {
  const long = Uint8Array.from({ length: 3001 }, (_, i) => i);
  const last = long.slice();
  last[3000]! ^= 1;
  assert(equals(new Uint8Array(), new Uint8Array()));
  assert(equals(long, long.slice()));
  assertFalse(equals(long, last));
  assertFalse(equals(long, long.subarray(0, 3000)));
  assertFalse(equals(new Uint8Array([1, 2]), new Uint8Array([2, 1])));
});
