import { assertEquals, assertRejects } from "@std/assert";
import { toArrayBuffer, toText } from "@std/streams";

function failing(): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(new Uint8Array([1]));
    },
    pull(controller) {
      controller.error(new RangeError("broken"));
    },
  });
}

Deno.test("toArrayBuffer reads a stream to its end", async () => {
  const bytes = await toArrayBuffer(ReadableStream.from([new Uint8Array([1, 2]), new Uint8Array([3])]));
  assertEquals(new Uint8Array(bytes), new Uint8Array([1, 2, 3]));
  assertEquals((await toArrayBuffer(ReadableStream.from<Uint8Array>([]))).byteLength, 0);
});

Deno.test("toText reads strings and bytes to the end", async () => {
  assertEquals(await toText(ReadableStream.from(["Hello, ", "world!"])), "Hello, world!");
  assertEquals(await toText(ReadableStream.from([new TextEncoder().encode("Hello, é")])), "Hello, é");
  assertEquals(await toText(ReadableStream.from([])), "");
});

Deno.test("both reject with the stream's own error", async () => {
  await assertRejects(() => toArrayBuffer(failing()), RangeError, "broken");
  await assertRejects(() => toText(failing()), RangeError, "broken");
});
