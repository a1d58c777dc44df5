import { assert, assertEquals } from "@std/assert";
import { BatchReader, BatchWriter } from "../../vnic/batch.ts";

Deno.test("records come out as they went in, of any length", () => {
  const writer = new BatchWriter();
  for (let round = 0; round < 3; round++) {
    const records = [0, 1, 2, 3, 255, 256, 257, 1500, 0, 65535, 1].map((length, i) => new Uint8Array(length).fill(i));
    for (const record of records) writer.append(record);
    const reader = BatchReader.of(writer.take());
    for (const record of records) assertEquals(reader.next(), record);
    assertEquals(reader.advance(), false);
    assertEquals(reader.next(), new Uint8Array());
  }
});

Deno.test("a writer without records has no batch", () => {
  const writer = new BatchWriter();
  assertEquals(writer.take(), undefined);
  writer.reserve(100);
  assertEquals(writer.take(), undefined);
});

Deno.test("a record may be shorter than what was reserved, and reserved again", () => {
  const writer = new BatchWriter();
  writer.reserve(1000);
  writer.bytes[writer.offset] = 7;
  writer.commit(1);
  writer.reserve(10);
  writer.reserve(5);
  writer.bytes.fill(9, writer.offset, writer.offset + 5);
  writer.commit(5);
  assertEquals(writer.length, 4 + 1 + 4 + 5);
  const reader = BatchReader.of(writer.take());
  assertEquals(reader.next(), Uint8Array.of(7));
  assertEquals(reader.next(), new Uint8Array(5).fill(9));
});

Deno.test("a batch that was handed over is not written to again", () => {
  const writer = new BatchWriter();
  writer.append(Uint8Array.of(1, 2, 3));
  const first = writer.take()!;
  const copy = new Uint8Array(first.view.buffer.slice(0));
  writer.append(Uint8Array.of(4, 5, 6));
  writer.take();
  assertEquals(new Uint8Array(first.view.buffer), copy);
});

Deno.test("a mostly empty buffer is not handed over", () => {
  const writer = new BatchWriter();
  writer.append(new Uint8Array(100_000));
  writer.take();
  writer.append(new Uint8Array(10));
  assert(writer.take()!.view.byteLength < 1000);
});

Deno.test("batches that stay on one thread share their buffers, and none is written to again", () => {
  const writer = new BatchWriter(true);
  const batches = Array.from({ length: 1000 }, (_, i) => {
    for (let n = 0; n < 3; n++) writer.append(new Uint8Array(100).fill(i + n));
    return writer.take()!;
  });
  assert(new Set(batches.map(({ view }) => view.buffer)).size < 50);
  for (const [i, batch] of batches.entries()) {
    const reader = BatchReader.of(batch);
    for (let n = 0; n < 3; n++) assertEquals(reader.next(), new Uint8Array(100).fill(i + n));
    assertEquals(reader.advance(), false);
  }
});

Deno.test("a batch that outgrows what is left of a shared buffer takes its records along", () => {
  const writer = new BatchWriter(true);
  writer.append(new Uint8Array(100).fill(1));
  writer.take();
  for (let n = 2; n < 200; n++) writer.append(new Uint8Array(1000).fill(n));
  const reader = BatchReader.of(writer.take());
  for (let n = 2; n < 200; n++) assertEquals(reader.next(), new Uint8Array(1000).fill(n));
});

Deno.test("a shared buffer that was transferred is not written to", () => {
  const writer = new BatchWriter(true);
  writer.append(Uint8Array.of(1, 2, 3));
  const first = writer.take()!;
  structuredClone(first.view.buffer, { transfer: [first.view.buffer] });
  assertEquals(BatchReader.of(first).advance(), false);
  writer.append(Uint8Array.of(4, 5, 6));
  assertEquals(BatchReader.of(writer.take()).next(), Uint8Array.of(4, 5, 6));
});

Deno.test("on one thread a large batch is alone in its buffer, and small ones before and after it are not", () => {
  const writer = new BatchWriter(true);
  const batches = [10, 100_000, 100_000, 10, 10].map((length, i) => {
    writer.append(new Uint8Array(length).fill(i));
    return writer.take()!;
  });
  assertEquals(batches.map(({ isAlone }) => isAlone), [false, true, true, true, false]);
  assertEquals(new Set(batches.map(({ view }) => view.buffer)).size, 5);
  for (const [i, batch] of batches.entries()) {
    const reader = BatchReader.of(batch);
    assertEquals(reader.next(), new Uint8Array(batch.length - 4).fill(i));
    assertEquals(reader.isOnly, batch.isAlone);
  }
});
