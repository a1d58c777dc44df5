import { assert, assertEquals, assertLess, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { concat } from "@std/bytes";
import { PCAPTrace, readPCAP } from "../../pcap/mod.ts";

const PACKET = new Uint8Array([0x45, 1, 2, 3, 4, 5, 6, 7]);

/** A sink that keeps what it is given, holds back its writes on request, and fails on request. */
class Sink implements UnderlyingSink<Uint8Array> {
  chunks: Uint8Array[] = [];
  writes = 0;
  closed = false;
  aborted: unknown = undefined;
  error: Error | null = null;
  closeError: Error | null = null;
  controller: WritableStreamDefaultController | undefined;
  #held: PromiseWithResolvers<void> | null = null;
  #written = Promise.withResolvers<void>();

  start(controller: WritableStreamDefaultController): void {
    this.controller = controller;
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.writes++;
    this.#written.resolve();
    await this.#held?.promise;
    if (this.error !== null) throw this.error;
    this.chunks.push(chunk);
  }

  close(): void {
    if (this.closeError !== null) throw this.closeError;
    this.closed = true;
  }

  abort(reason: unknown): void {
    this.aborted = reason;
  }

  hold(): void {
    this.#held = Promise.withResolvers();
  }

  release(): void {
    this.#held?.resolve();
    this.#held = null;
  }

  /** Resolves when a write, the next or an earlier one, has begun. */
  writing(): Promise<void> {
    return this.#written.promise;
  }

  file(): ReturnType<typeof readPCAP> {
    return readPCAP(concat(this.chunks));
  }
}

function traced(
  snapSize = 65_535,
  options: { buffer?: number } = {},
): { sink: Sink; stream: WritableStream; trace: PCAPTrace } {
  const sink = new Sink();
  const stream = new WritableStream(sink);
  return { sink, stream, trace: new PCAPTrace(stream, snapSize, options) };
}

/** Lets everything run that waits for no I/O. */
async function settle(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setTimeout(resolve));
}

Deno.test("PCAPTrace: the bytes of the file", async () => {
  const { sink, trace } = traced(6);
  trace.dump(PACKET);
  trace.dump(new Uint8Array([0x60, 9]));
  await trace.close();
  const bytes = [...concat(sink.chunks)];
  assertEquals(bytes.slice(0, 24), [
    ...[0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 0, 101, 0, 0, 0],
  ]);
  assertEquals(bytes.slice(32, 46), [6, 0, 0, 0, 8, 0, 0, 0, 0x45, 1, 2, 3, 4, 5]);
  assertEquals(bytes.slice(54), [2, 0, 0, 0, 2, 0, 0, 0, 0x60, 9]);
});

Deno.test("PCAPTrace: stamps the time of the call, in order", async () => {
  const { sink, trace } = traced();
  const before = performance.timeOrigin + performance.now();
  trace.dump(PACKET);
  const between = performance.timeOrigin + performance.now();
  await settle();
  trace.dump(PACKET);
  const after = performance.timeOrigin + performance.now();
  await settle();
  await trace.close();
  const [first, second] = sink.file().packets.map((packet) => packet.timestamp);
  const microsecond = 0.002; // the file's resolution, and rounding
  assert(before - microsecond <= first && first <= between + microsecond);
  assert(between - microsecond <= second && second <= after + microsecond);
});

Deno.test("PCAPTrace: the header is written though nothing was dumped", async () => {
  const { sink, trace } = traced(77);
  await trace.close();
  assertEquals(sink.file(), { snapLen: 77, linkType: 101, packets: [] });
  assert(sink.closed);
});

Deno.test("PCAPTrace: cuts at the snap size", async () => {
  for (const snapSize of [1, 7, 8, 9, 65_535]) {
    const { sink, trace } = traced(snapSize);
    trace.dump(PACKET);
    await trace.close();
    const { snapLen, packets } = sink.file();
    assertEquals(snapLen, snapSize);
    assertEquals(packets[0].length, 8);
    assertEquals(packets[0].bytes, PACKET.subarray(0, snapSize));
  }
});

Deno.test("PCAPTrace: takes the largest packets", async () => {
  const { sink, trace } = traced();
  const packet = new Uint8Array(65_535).map((_, i) => i * 31);
  for (let i = 0; i < 20; i++) trace.dump(packet);
  trace.dump(new Uint8Array(100_000));
  await trace.close();
  const { packets } = sink.file();
  assertEquals(packets.length, 21);
  for (const { bytes } of packets.slice(0, 20)) assertEquals(bytes, packet);
  assertEquals([packets[20].length, packets[20].bytes.length], [100_000, 65_535]);
});

Deno.test("PCAPTrace: copies at the call", async () => {
  const { sink, trace } = traced();
  const packet = PACKET.slice();
  trace.dump(packet);
  packet.fill(0);
  await trace.close();
  assertEquals(sink.file().packets[0].bytes, PACKET);
});

Deno.test("PCAPTrace: takes views, Buffers and shared memory", async () => {
  const { sink, trace } = traced(4);
  const shared = new Uint8Array(new SharedArrayBuffer(8));
  shared.set(PACKET);
  const { Buffer } = await import("node:buffer");
  trace.dump(concat([new Uint8Array(3), PACKET]).subarray(3));
  trace.dump(shared);
  trace.dump(Buffer.from(PACKET));
  await trace.close();
  for (const { bytes } of sink.file().packets) assertEquals(bytes, PACKET.subarray(0, 4));
});

Deno.test("PCAPTrace: records an empty packet, drops what is not bytes, throws for neither", async () => {
  const { sink, trace } = traced();
  trace.dump(new Uint8Array());
  const pretender = new Proxy(PACKET, {});
  for (
    const value of [
      undefined,
      null,
      "packet",
      5,
      {},
      [1, 2],
      new ArrayBuffer(8),
      new DataView(PACKET.buffer),
      pretender,
    ]
  ) {
    trace.dump(value as unknown as Uint8Array);
  }
  assertEquals(trace.dropped, 9);
  trace.dump(PACKET);
  await trace.close();
  assertEquals(sink.file().packets.map((packet) => packet.length), [0, 8]);
});

Deno.test("PCAPTrace: never changes a chunk that the writer was given", async () => {
  const { sink, trace } = traced();
  const copies: Uint8Array[] = [];
  for (let round = 0; round < 50; round++) {
    for (let i = 0; i < 200; i++) trace.dump(new Uint8Array(1500).fill(round));
    await settle();
    while (copies.length < sink.chunks.length) copies.push(sink.chunks[copies.length].slice());
  }
  await trace.close();
  for (const [i, copy] of copies.entries()) assert(copy.every((byte, j) => byte === sink.chunks[i][j]));
  assertEquals(trace.dropped, 0);
  const { packets } = sink.file();
  assertEquals(packets.length, 10_000);
  for (const [i, { bytes }] of packets.entries()) assertEquals(bytes[1499], Math.floor(i / 200));
});

Deno.test("PCAPTrace: writes many packets together", async () => {
  const { sink, trace } = traced();
  for (let i = 0; i < 4000; i++) trace.dump(new Uint8Array(100));
  await trace.close();
  assertEquals(sink.file().packets.length, 4000);
  assertLess(sink.writes, 10);
});

Deno.test("PCAPTrace: a short chunk does not hold a large buffer", async () => {
  const { sink, trace } = traced();
  trace.dump(PACKET);
  await trace.close();
  assertEquals(sink.chunks.map((chunk) => chunk.buffer.byteLength), [24 + 16 + 8]);
});

Deno.test("PCAPTrace: what was dumped is written soon, without close", async () => {
  const { sink, trace } = traced();
  trace.dump(PACKET);
  assertEquals(sink.writes, 0); // never inside of dump
  await sink.writing();
  await settle();
  assertEquals(sink.file().packets.length, 1);
  await trace.close();
  assertEquals(sink.file().packets.length, 1);
});

Deno.test("PCAPTrace: what was dumped during a write is written soon after it", async () => {
  const { sink, trace } = traced();
  sink.hold();
  trace.dump(PACKET);
  await sink.writing();
  trace.dump(PACKET);
  sink.release();
  while (sink.chunks.length < 2) await settle();
  assertEquals(sink.file().packets.length, 2);
  await trace.close();
});

Deno.test("PCAPTrace: a full buffer drops and counts", async () => {
  const { sink, trace } = traced(65_535, { buffer: 3 });
  for (let i = 0; i < 10; i++) trace.dump(PACKET);
  assertEquals(trace.dropped, 7);
  await settle();
  trace.dump(PACKET); // there is room again
  assertEquals(trace.dropped, 7);
  await trace.close();
  assertEquals(sink.file().packets.length, 4);
});

Deno.test("PCAPTrace: a small buffer suffices when the writer keeps up", async () => {
  for (const buffer of [1, 2, 3]) {
    const { sink, trace } = traced(65_535, { buffer });
    for (let i = 0; i < 20; i++) {
      trace.dump(PACKET);
      await settle();
    }
    await trace.close();
    assertEquals(trace.dropped, 0);
    assertEquals(sink.file().packets.length, 20);
  }
});

Deno.test("PCAPTrace: the default buffer, also for 0 and less", async () => {
  for (const options of [undefined, {}, { buffer: undefined }, { buffer: 0 }, { buffer: -1 }, { buffer: -Infinity }]) {
    const { sink, trace } = traced(1, options);
    for (let i = 0; i < 4100; i++) trace.dump(PACKET);
    assertEquals(trace.dropped, 4);
    await trace.close();
    assertEquals(sink.file().packets.length, 4096);
  }
});

Deno.test("PCAPTrace: what a hanging writer was given still counts as buffered", async () => {
  const { sink, trace } = traced(65_535, { buffer: 4 });
  sink.hold();
  for (let i = 0; i < 4; i++) trace.dump(PACKET);
  await sink.writing();
  await settle();
  trace.dump(PACKET);
  assertEquals(trace.dropped, 1);
  sink.release();
  await settle();
  trace.dump(PACKET);
  assertEquals(trace.dropped, 1);
  await trace.close();
  assertEquals(sink.file().packets.length, 5);
});

Deno.test("PCAPTrace: a slow writer gets ever larger chunks, and all that was not dropped, in order", async () => {
  const { sink, trace } = traced(65_535, { buffer: 100_000 });
  sink.hold();
  const packet = new Uint8Array(1500);
  const view = new DataView(packet.buffer);
  for (let i = 0; i < 20_000; i++) {
    view.setUint32(0, i);
    trace.dump(packet);
    if (i === 100) await sink.writing();
  }
  const closed = trace.close();
  sink.release();
  await closed;
  const { packets } = sink.file();
  assertEquals(packets.length, 20_000);
  for (const [i, { bytes }] of packets.entries()) {
    assertEquals(new DataView(bytes.buffer, bytes.byteOffset).getUint32(0), i);
  }
  assertLess(sink.writes, 30);
});

Deno.test("PCAPTrace: close while the writer hangs ends when it recovers", async () => {
  const { sink, trace } = traced();
  sink.hold();
  trace.dump(PACKET);
  await sink.writing();
  trace.dump(PACKET);
  let done = false;
  const closed = trace.close().then(() => done = true);
  await settle();
  assertEquals([done, sink.closed], [false, false]);
  sink.release();
  await closed;
  assert(sink.closed);
  assertEquals(sink.file().packets.length, 2);
});

Deno.test("PCAPTrace: close is idempotent, also at once and when disposed", async () => {
  const { sink, stream, trace } = traced();
  trace.dump(PACKET);
  const first = trace.close();
  assertStrictEquals(trace.close(), first);
  assertStrictEquals(trace[Symbol.asyncDispose](), first);
  await Promise.all([first, trace.close()]);
  assertStrictEquals(trace.close(), first);
  assert(sink.closed);
  assertEquals(stream.locked, false);
  assertEquals(sink.file().packets.length, 1);
});

Deno.test("PCAPTrace: from close on, packets are dropped", async () => {
  const { sink, trace } = traced();
  trace.dump(PACKET);
  const closed = trace.close();
  trace.dump(PACKET);
  assertEquals(trace.dropped, 1);
  await closed;
  trace.dump(PACKET);
  assertEquals(trace.dropped, 2);
  assertEquals(sink.file().packets.length, 1);
});

Deno.test("PCAPTrace: a sink may call back", async () => {
  const chunks: Uint8Array[] = [];
  const trace: PCAPTrace = new PCAPTrace(
    new WritableStream<Uint8Array>({
      write(chunk) {
        chunks.push(chunk);
        if (chunks.length === 1) trace.dump(PACKET);
      },
      close: () => trace.dump(PACKET),
    }),
    100,
    { buffer: 2 },
  );
  trace.dump(PACKET);
  await settle();
  await trace.close();
  assertEquals(readPCAP(concat(chunks)).packets.length, 2);
  assertEquals(trace.dropped, 1);
});

Deno.test("PCAPTrace: a failed write drops what waits, and close rejects with its error", async () => {
  const { sink, stream, trace } = traced();
  sink.error = new Error("disk full");
  trace.dump(PACKET);
  await sink.writing();
  trace.dump(PACKET);
  await settle(); // nothing is unhandled
  trace.dump(PACKET);
  assertEquals(trace.dropped, 3);
  const closed = trace.close();
  assertStrictEquals(await assertRejects(() => closed), sink.error);
  assertStrictEquals(await assertRejects(() => trace.close()), sink.error);
  assertEquals(stream.locked, false);
  await assertRejects(() => stream.getWriter().closed); // errored, so that nothing of it is left open
});

Deno.test("PCAPTrace: a write that fails during close", async () => {
  const { sink, trace } = traced();
  sink.hold();
  sink.error = new Error("disk full");
  trace.dump(PACKET);
  const closed = trace.close();
  await sink.writing();
  sink.release();
  assertStrictEquals(await assertRejects(() => closed), sink.error);
  assertEquals(trace.dropped, 1);
});

Deno.test("PCAPTrace: a sink that fails to close", async () => {
  const { sink, stream, trace } = traced();
  sink.closeError = new Error("disk gone");
  trace.dump(PACKET);
  assertStrictEquals(await assertRejects(() => trace.close()), sink.closeError);
  assertEquals(stream.locked, false);
});

Deno.test("PCAPTrace: a writer that fails while idle, before and after the first write", async () => {
  for (const dumps of [0, 1]) {
    for (const turns of [0, 1]) {
      const { sink, trace } = traced();
      for (let i = 0; i < dumps; i++) {
        trace.dump(PACKET);
        await sink.writing();
        await settle();
      }
      const error = new Error("cable pulled");
      sink.controller?.error(error);
      for (let i = 0; i < turns; i++) await settle();
      assertStrictEquals(await assertRejects(() => trace.close()), error);
      assertEquals(trace.dropped, 0);
    }
  }
});

Deno.test("PCAPTrace: a stream that had failed or was closed before", async () => {
  const failed = new WritableStream();
  await failed.abort(new Error("never mind"));
  const trace = new PCAPTrace(failed, 100);
  trace.dump(PACKET);
  await assertRejects(() => trace.close(), Error, "never mind");

  const closed = new WritableStream();
  await closed.close();
  await assertRejects(() => new PCAPTrace(closed, 100).close(), TypeError);
});

Deno.test("PCAPTrace: leaves no timer behind when it is closed", async () => {
  const { trace } = traced();
  trace.dump(PACKET);
  await trace.close(); // the sanitizers watch
});

Deno.test("PCAPTrace: bad arguments are named and leave the writer alone", () => {
  for (
    const snapSize of [0, -1, 65_536, 1.5, NaN, Infinity, "9" as unknown as number, undefined as unknown as number]
  ) {
    const stream = new WritableStream();
    assertThrows(
      () => new PCAPTrace(stream, snapSize),
      RangeError,
      `snapSize must be an integer in 1…65535, got ${snapSize}`,
    );
    assertEquals(stream.locked, false);
  }
  for (const buffer of [1.5, NaN, Infinity, "many" as unknown as number]) {
    const stream = new WritableStream();
    assertThrows(() => new PCAPTrace(stream, 1, { buffer }), RangeError, `buffer must be an integer, got ${buffer}`);
    assertEquals(stream.locked, false);
  }
  const stream = new WritableStream();
  stream.getWriter();
  assertThrows(() => new PCAPTrace(stream, 1), TypeError, "writer is locked");
  assertThrows(() => new PCAPTrace({} as WritableStream, 1), TypeError, "writer must be a WritableStream, got object");
});
