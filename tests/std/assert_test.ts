// These run against the real @std/assert and against the stand-in: both must accept and refuse the same.
import {
  assert,
  assertEquals,
  assertExists,
  assertFalse,
  assertGreater,
  assertGreaterOrEqual,
  assertInstanceOf,
  AssertionError,
  assertLess,
  assertLessOrEqual,
  assertMatch,
  assertNotEquals,
  assertNotStrictEquals,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
  fail,
  unreachable,
} from "@std/assert";

/** The AssertionError thrown by `fn`. Plain code, because the assertions themselves are on trial. */
function refused(fn: () => unknown, message = ""): AssertionError {
  let caught: unknown;
  try {
    fn();
  } catch (error) {
    caught = error;
  }
  if (!(caught instanceof AssertionError)) throw new Error(`not refused: ${fn}`, { cause: caught });
  if (!caught.message.includes(message)) throw new Error(`${fn} says: ${caught.message}`);
  return caught;
}

async function refusedLater(fn: () => Promise<unknown>, message = ""): Promise<void> {
  const error = await fn().then(() => undefined, (error: unknown) => error);
  refused(() => {
    if (error !== undefined) throw error;
  }, message);
}

class Point {
  constructor(readonly x: number, readonly y: number) {}
}

class Pixel {
  constructor(readonly x: number, readonly y: number) {}
}

function cyclic(value: number): object {
  const self: Record<string, unknown> = { value };
  self.self = self;
  return self;
}

const once = { n: 1 };
const EQUAL: [string, unknown, unknown][] = [
  ["numbers", 1, 1],
  ["NaN", NaN, NaN],
  ["0 and -0", 0, -0],
  ["bigints", 1n, 1n],
  ["strings", "a", "a"],
  ["nested literals", { a: [1, { b: 2 }] }, { a: [1, { b: 2 }] }],
  ["keys in another order", { a: 1, b: 2 }, { b: 2, a: 1 }],
  ["symbol keys", { [Symbol.iterator]: 1 }, { [Symbol.iterator]: 1 }],
  ["an object without prototype and a literal", Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
  ["instances of one class", new Point(1, 2), new Point(1, 2)],
  ["dates", new Date(5), new Date(5)],
  ["invalid dates", new Date(NaN), new Date(NaN)],
  ["regular expressions", /a/g, /a/g],
  ["URLs", new URL("http://a/b"), new URL("http://a/b")],
  ["bytes", new Uint8Array([1, 2]), new Uint8Array([1, 2])],
  ["bytes of different buffers", new Uint8Array([0, 1, 2]).subarray(1), new Uint8Array([1, 2])],
  ["NaN in floats", new Float64Array([NaN]), new Float64Array([NaN])],
  ["maps in another order", new Map([["a", 1], ["b", 2]]), new Map([["b", 2], ["a", 1]])],
  ["maps with object keys", new Map([[{ a: 1 }, { b: 1 }]]), new Map([[{ a: 1 }, { b: 1 }]])],
  ["sets", new Set([1, 2]), new Set([2, 1])],
  ["sets of objects", new Set([{ a: 1 }, { a: 2 }]), new Set([{ a: 2 }, { a: 1 }])],
  ["the same function", refused, refused],
  ["cycles", cyclic(1), cyclic(1)],
  ["a part used twice", [once, once], [{ n: 1 }, { n: 1 }]],
];

const DIFFERENT: [string, unknown, unknown][] = [
  ["numbers", 1, 2],
  ["a number and its text", 1, "1"],
  ["a number and a bigint", 1, 1n],
  ["null and undefined", null, undefined],
  ["null and an object", null, {}],
  ["a nested value", { a: [1, { b: 2 }] }, { a: [1, { b: 3 }] }],
  ["a missing key", { a: 1, b: 2 }, { a: 1 }],
  ["a key of undefined and no key", { a: undefined }, {}],
  ["two keys of undefined", { a: undefined }, { b: undefined }],
  ["symbol keys", { [Symbol.iterator]: 1 }, { [Symbol.iterator]: 2 }],
  ["instances of two classes", new Point(1, 2), new Pixel(1, 2)],
  ["an instance and a literal", new Point(1, 2), { x: 1, y: 2 }],
  ["an array and an object", [1], { 0: 1 }],
  ["array lengths", [1, 2], [1]],
  ["array order", [1, 2], [2, 1]],
  ["dates", new Date(5), new Date(6)],
  ["flags of regular expressions", /a/g, /a/i],
  ["URLs", new URL("http://a/b"), new URL("http://a/c")],
  ["bytes", new Uint8Array([1, 2]), new Uint8Array([1, 3])],
  ["lengths of bytes", new Uint8Array([1, 2]), new Uint8Array([1, 2, 0])],
  ["typed arrays of two types", new Uint8Array([1]), new Int8Array([1])],
  ["bytes and numbers", new Uint8Array([1]), [1]],
  ["map values", new Map([["a", 1]]), new Map([["a", 2]])],
  ["map keys", new Map([["a", 1]]), new Map([["b", 1]])],
  ["map sizes", new Map([["a", 1], ["b", 2]]), new Map([["a", 1]])],
  ["a map and a set", new Map([[1, 1]]), new Set([1])],
  ["sets", new Set([1, 2]), new Set([1, 3])],
  ["sets of objects", new Set([{ a: 1 }, { a: 2 }]), new Set([{ a: 1 }, { a: 3 }])],
  ["functions of one text", () => 1, () => 1],
  ["cycles", cyclic(1), cyclic(2)],
];

Deno.test("assertEquals and assertNotEquals tell equal from different", async (t) => {
  for (const [name, left, right] of EQUAL) {
    await t.step(`equal: ${name}`, () => {
      assertEquals(left, right);
      assertEquals(right, left);
      refused(() => assertNotEquals(left, right));
    });
  }
  for (const [name, left, right] of DIFFERENT) {
    await t.step(`different: ${name}`, () => {
      assertNotEquals(left, right);
      assertNotEquals(right, left);
      refused(() => assertEquals(left, right));
      refused(() => assertEquals(right, left));
    });
  }
  await t.step("WeakMaps cannot be compared", () => {
    assertThrows(() => assertEquals(new WeakMap(), new WeakMap()), TypeError);
  });
});

Deno.test("every assertion can fail, and says its message", () => {
  refused(() => assert(0, "why"), "why");
  refused(() => assertFalse(1, "why"), "why");
  refused(() => fail("why"), "why");
  refused(() => unreachable("why"), "why");
  refused(() => assertEquals<unknown>(1, 2, "why"), "why");
  refused(() => assertNotEquals(1, 1, "why"), "why");
  refused(() => assertStrictEquals({}, {}, "why"), "why");
  refused(() => assertStrictEquals(0, -0, "why"), "why");
  refused(() => assertNotStrictEquals(once, once, "why"), "why");
  refused(() => assertExists(null, "why"), "why");
  refused(() => assertExists(undefined, "why"), "why");
  refused(() => assertGreater(1, 1, "why"), "why");
  refused(() => assertGreaterOrEqual(1, 2, "why"), "why");
  refused(() => assertLess(1, 1, "why"), "why");
  refused(() => assertLessOrEqual(2, 1, "why"), "why");
  refused(() => assertGreater(NaN, 1, "why"), "why");
  refused(() => assertLessOrEqual(NaN, 1, "why"), "why");
  refused(() => assertStringIncludes("abc", "d", "why"), "why");
  refused(() => assertMatch("abc", /d/, "why"), "why");
  refused(() => assertInstanceOf(new Date(), RegExp, "why"), "why");
  refused(() => assertInstanceOf(null, Object, "why"), "why");
});

Deno.test("every assertion can pass", () => {
  assert("x");
  assertFalse("");
  assertStrictEquals(NaN, NaN);
  assertStrictEquals(once, once);
  assertNotStrictEquals({}, {});
  assertExists(0);
  assertExists("");
  assertGreater(2, 1);
  assertGreaterOrEqual(1, 1);
  assertLess(1n, 2n);
  assertLessOrEqual("a", "a");
  assertStringIncludes("abc", "b");
  assertMatch("abc", /b/);
  assertInstanceOf(new Deno.errors.TimedOut(), Error);
});

Deno.test("an AssertionError has its name, message and cause", () => {
  const cause = new Error("cause");
  const error = new AssertionError("text", { cause });
  assertEquals([error.name, error.message, error.cause], ["AssertionError", "text", cause]);
  assertInstanceOf(error, Error);
});

function throwing(value: unknown): () => never {
  return () => {
    throw value;
  };
}

Deno.test("assertThrows returns the error, and checks its class and message", () => {
  const error = new RangeError("out of range");
  assertStrictEquals(assertThrows(throwing(error)), error);
  assertStrictEquals(assertThrows(throwing(error), RangeError), error);
  assertStrictEquals(assertThrows(throwing(error), Error, "of range"), error);
  assertStrictEquals(assertThrows(throwing("text")), "text");
  assertStrictEquals(assertThrows(throwing(undefined), "msg"), undefined);
  assertThrows(throwing(new DOMException("m", "AbortError")), DOMException, "m");
});

Deno.test("assertThrows refuses what was not expected", () => {
  const range = throwing(new RangeError("out of range"));
  refused(() => assertThrows(() => {}));
  refused(() => assertThrows(() => {}, "why"), "why");
  refused(() => assertThrows(() => {}, Error, "", "why"), "why");
  refused(() => assertThrows(range, TypeError));
  refused(() => assertThrows(range, TypeError, "", "why"), "why");
  refused(() => assertThrows(range, RangeError, "missing"), "missing");
  refused(() => assertThrows(range, RangeError, "missing", "why"), "why");
  refused(() => assertThrows(throwing("text"), Error));
});

Deno.test("assertRejects returns the error, and checks its class and message", async () => {
  const error = new RangeError("out of range");
  assertStrictEquals(await assertRejects(() => Promise.reject(error)), error);
  assertStrictEquals(await assertRejects(() => Promise.reject(error), RangeError), error);
  assertStrictEquals(await assertRejects(() => Promise.reject(error), Error, "of range"), error);
  assertStrictEquals(await assertRejects(() => Promise.reject("text")), "text");
});

Deno.test("assertRejects refuses what was not expected", async () => {
  const range = () => Promise.reject(new RangeError("out of range"));
  await refusedLater(() => assertRejects(() => Promise.resolve()));
  await refusedLater(() => assertRejects(() => Promise.resolve(), "why"), "why");
  await refusedLater(() => assertRejects(() => Promise.resolve(), Error, "", "why"), "why");
  await refusedLater(() => assertRejects(range, TypeError));
  await refusedLater(() => assertRejects(range, TypeError, "", "why"), "why");
  await refusedLater(() => assertRejects(range, RangeError, "missing"), "missing");
  await refusedLater(() => assertRejects(range, RangeError, "missing", "why"), "why");
  await refusedLater(() => assertRejects(() => Promise.reject("text"), Error));
});

Deno.test("assertRejects refuses a function that throws, or returns no promise", async () => {
  await refusedLater(() => assertRejects(throwing(new Error("sync")), Error));
  await refusedLater(() => assertRejects(throwing(new Error("sync")), Error, "", "why"), "why");
  await refusedLater(() => assertRejects(() => 1 as unknown as Promise<void>, Error));
});
