import { assert, assertEquals, assertGreaterOrEqual, assertRejects, assertStrictEquals } from "@std/assert";
import { deadline, delay } from "@std/async";

Deno.test("delay waits", async () => {
  const start = performance.now();
  assertStrictEquals(await delay(30), undefined);
  assertGreaterOrEqual(performance.now() - start, 28);
});

Deno.test("delay rejects with the reason of its signal, before and during", async () => {
  const reason = new Error("enough");
  assertStrictEquals(await assertRejects(() => delay(60_000, { signal: AbortSignal.abort(reason) })), reason);
  const controller = new AbortController();
  const waiting = assertRejects(() => delay(60_000, { signal: controller.signal }));
  controller.abort(reason);
  assertStrictEquals(await waiting, reason);
});

Deno.test("delay ignores a signal that comes too late", async () => {
  const controller = new AbortController();
  await delay(1, { signal: controller.signal });
  controller.abort();
});

Deno.test("deadline gives the outcome of what is in time", async () => {
  assertEquals(await deadline(Promise.resolve("done"), 60_000), "done");
  await assertRejects(() => deadline(Promise.reject(new RangeError("own")), 60_000), RangeError, "own");
});

Deno.test("deadline rejects what is late with a TimeoutError", async () => {
  const never = Promise.withResolvers<void>();
  // The timer of a deadline does not keep the event loop alive.
  const alive = setTimeout(() => {}, 60_000);
  const error = await assertRejects(() => deadline(never.promise, 10), DOMException);
  clearTimeout(alive);
  assertEquals(error.name, "TimeoutError");
});

Deno.test("deadline rejects with the reason of its signal", async () => {
  const reason = new Error("enough");
  const controller = new AbortController();
  const waiting = deadline(new Promise(() => {}), 60_000, { signal: controller.signal });
  controller.abort(reason);
  assertStrictEquals(await assertRejects(() => waiting), reason);
  assert(controller.signal.aborted);
});
