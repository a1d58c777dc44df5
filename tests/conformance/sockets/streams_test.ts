// S3: `readable` and `writable` of a connection.
import { bytes, readAll, text, writeAll } from "../../scenarios/hosts.ts";
import {
  BROKEN_PIPE,
  classOf,
  CLOSED,
  completes,
  DONE,
  INTERRUPTED,
  outcome,
  outcomes,
  RELEASED,
  RESET,
  STREAM_CLOSED,
  thrown,
} from "./outcome.ts";
import { arrival, connected, type Pair, reset } from "./peers.ts";
import { differs, same } from "./fact.ts";

const MiB = 2 ** 20;
const END = { value: undefined, done: true };

/** A reader's chunk as text; the end, or what it rejects with. */
async function nextText(read: Promise<ReadableStreamReadResult<Uint8Array>>): Promise<unknown> {
  return await outcome(() => read.then((result) => result.done ? result : text(result.value)));
}

/** Whether either end's streams have closed the connection. */
function isClosed({ client }: Pair): boolean {
  return thrown(() => client.setNoDelay()) === CLOSED;
}

same("S3 the streams are made once, a byte stream and a stream of one chunk", async (platform) => {
  using pair = await connected(platform);
  const { readable, writable } = pair.client;
  const seen = [pair.client.readable === readable, pair.client.writable === writable];
  const reader = readable.getReader({ mode: "byob" });
  return [...seen, writable.getWriter().desiredSize, reader instanceof ReadableStreamBYOBReader];
}, [true, true, 1, true]);

same("S3 a reader that is held reads nothing ahead: conn.read still works", async (platform) => {
  using pair = await connected(platform);
  const reader = pair.client.readable.getReader();
  await pair.server.write(bytes("early"));
  await arrival(platform);
  const seen = await pair.client.read(new Uint8Array(8));
  await pair.server.write(bytes("late"));
  return [seen, await nextText(reader.read())];
}, [5, "late"]);

same("S3 a stream's reads and conn.read take turns", async (platform) => {
  using pair = await connected(platform);
  const reader = pair.client.readable.getReader();
  const first = nextText(reader.read());
  // The stream begins to read in a microtask.
  await null;
  const buffer = new Uint8Array(8);
  const second = pair.client.read(buffer);
  await pair.server.write(bytes("12"));
  const chunk = await first;
  await pair.server.write(bytes("345"));
  return [chunk, await second, text(buffer.subarray(0, 3))];
}, ["12", 3, "345"]);

same("S3 chunks are whole, in order, and at most 65,536 bytes", async (platform) => {
  using pair = await connected(platform);
  const sent = new Uint8Array(MiB).map((_, i) => i % 251);
  const sending = writeAll(pair.server, sent).then(() => pair.server.close());
  let [offset, largest, intact] = [0, 0, true];
  for await (const chunk of pair.client.readable) {
    intact &&= chunk.every((byte, i) => byte === sent[offset + i]) && chunk.length > 0;
    offset += chunk.length;
    largest = Math.max(largest, chunk.length);
  }
  await sending;
  return [offset, intact, largest <= 65536];
}, [MiB, true, true]);

same("S3 a reader with its own buffers gets them filled, as far as there is data", async (platform) => {
  using pair = await connected(platform);
  const { client, server } = pair;
  const reader = client.readable.getReader({ mode: "byob" });
  await server.write(bytes("echo1"));
  await arrival(platform);
  const seen = [await nextText(reader.read(new Uint8Array(2))), await nextText(reader.read(new Uint8Array(8)))];
  const two = nextText(reader.read(new Uint8Array(8), { min: 2 }));
  await server.write(bytes("1"));
  await arrival(platform);
  await server.write(bytes("2"));
  return [...seen, await two];
}, ["ec", "ho1", "12"]);

same("S3 a reader's own buffer may be any view", async (platform) => {
  using pair = await connected(platform);
  const reader = pair.client.readable.getReader({ mode: "byob" });
  await pair.server.write(bytes("abcdef"));
  await arrival(platform);
  const { value: words } = await reader.read(new Uint16Array(2));
  const { value: view } = await reader.read(new DataView(new ArrayBuffer(8), 1, 4));
  return [words?.constructor.name, words?.length, view?.constructor.name, view?.byteOffset, view?.byteLength];
}, ["Uint16Array", 2, "DataView", 1, 2]);

same("S3 the end gives a reader its own buffer back, with what there was", async (platform) => {
  using pair = await connected(platform);
  const reader = pair.client.readable.getReader({ mode: "byob" });
  await pair.server.write(bytes("ab"));
  pair.server.close();
  const [first, second] = [await reader.read(new Uint8Array(9), { min: 4 }), await reader.read(new Uint8Array(9))];
  return [first.done, text(first.value!), second.done, second.value?.length, await completes(() => reader.closed)];
}, [true, "ab", true, 0, DONE]);

same("S3 the peer's end ends the stream, and closes the connection, also its write side", async (platform) => {
  using pair = await connected(platform);
  const { client, server } = pair;
  await server.write(bytes("hi"));
  await server.closeWrite();
  const reader = client.readable.getReader();
  const seen = [
    await nextText(reader.read()),
    await reader.read(),
    await completes(() => reader.closed),
    isClosed(pair),
  ];
  return [
    ...seen,
    thrown(() => client.close()),
    await outcome(() => client.write(bytes("x"))),
    await server.read(new Uint8Array(1)),
  ];
}, ["hi", END, DONE, true, CLOSED, CLOSED, null]);

same("S3 the peer's end interrupts a write of the other stream that waits", async (platform) => {
  using pair = await connected(platform);
  const writing = outcome(() => pair.client.writable.getWriter().write(new Uint8Array(64 * MiB)));
  await arrival(platform);
  await pair.server.closeWrite();
  return [await pair.client.readable.getReader().read(), await writing, isClosed(pair)];
}, [END, INTERRUPTED, true]);

same("S3 cancel closes the connection, and ends a read that waits", async (platform) => {
  using pair = await connected(platform);
  const reader = pair.client.readable.getReader();
  const reading = reader.read();
  await null;
  const seen = [await completes(() => reader.cancel("enough")), await reading, isClosed(pair)];
  return [...seen, await pair.server.read(new Uint8Array(1))];
}, [DONE, END, true, null]);

same("S3 cancel half-way, with data that nobody read, closes the connection", async (platform) => {
  using pair = await connected(platform);
  await pair.server.write(bytes("more than"));
  const reader = pair.client.readable.getReader({ mode: "byob" });
  const part = await nextText(reader.read(new Uint8Array(4)));
  return [part, await completes(() => reader.cancel()), isClosed(pair), await pair.server.read(new Uint8Array(1))];
}, ["more", DONE, true, null]);

same("S3 leaving a loop closes the connection, unless it is told not to", async (platform) => {
  const seen = [];
  for (const preventCancel of [false, true]) {
    using pair = await connected(platform);
    await pair.server.write(bytes("x"));
    for await (const _ of pair.client.readable.values({ preventCancel })) break;
    seen.push(isClosed(pair));
  }
  return seen;
}, [true, false]);

same("S3 releaseLock with a read pending: a TypeError, and the bytes go to the next reader", async (platform) => {
  const seen = [];
  for (const mode of [undefined, "byob"] as const) {
    using pair = await connected(platform);
    const { readable } = pair.client;
    const reader = mode ? readable.getReader({ mode }) : readable.getReader();
    const reading = outcome(() => reader.read(new Uint8Array(8)));
    await null;
    reader.releaseLock();
    const next = nextText(readable.getReader().read());
    await pair.server.write(bytes("xyz"));
    seen.push([await reading, await next, isClosed(pair)]);
  }
  return seen;
}, [[RELEASED, "xyz", false], [RELEASED, "xyz", false]]);

same("S3 a reset is the readable stream's error, and closes the connection", async (platform) => {
  using pair = await reset(platform);
  const reader = pair.conn.readable.getReader();
  return [...await outcomes(reader.read(), reader.closed), thrown(() => pair.conn.close())];
}, [RESET, RESET, CLOSED]);

same("S3 a reset is the writable stream's error, and closes the connection", async (platform) => {
  using pair = await reset(platform);
  const writer = pair.conn.writable.getWriter();
  return [...await outcomes(writer.write(bytes("x")), writer.closed), thrown(() => pair.conn.close())];
}, [RESET, RESET, CLOSED]);

same("S3 a broken pipe is the writable stream's error, and closes the connection", async (platform) => {
  using pair = await connected(platform);
  await pair.client.closeWrite();
  const writer = pair.client.writable.getWriter();
  return [...await outcomes(writer.write(bytes("x")), writer.closed), isClosed(pair)];
}, [BROKEN_PIPE, BROKEN_PIPE, true]);

same("S3 conn.close interrupts a read and a write of the streams that wait", async (platform) => {
  using pair = await connected(platform);
  const { client } = pair;
  const [reader, writer] = [client.readable.getReader(), client.writable.getWriter()];
  const pending = [reader.read(), reader.read(), reader.closed, writer.write(new Uint8Array(64 * MiB)), writer.closed];
  const results = outcomes(...pending);
  await arrival(platform);
  client.close();
  return await results;
}, [INTERRUPTED, INTERRUPTED, INTERRUPTED, INTERRUPTED, INTERRUPTED]);

same("S3 after conn.close, the streams' reads and writes say that their resource was closed", async (platform) => {
  const seen = [];
  for (const before of [true, false]) {
    using pair = await connected(platform);
    const { client } = pair;
    if (before) client.close();
    const [reader, writer] = [client.readable.getReader(), client.writable.getWriter()];
    if (!before) client.close();
    seen.push(await outcomes(reader.read(), reader.closed, writer.write(bytes("x")), writer.closed));
  }
  return seen;
}, Array(2).fill(Array(4).fill(STREAM_CLOSED)));

same("S3 after conn.close, cancel, close and abort of the streams are silent", async (platform) => {
  const seen = [];
  for (const end of ["close", "abort"] as const) {
    using pair = await connected(platform);
    const { client } = pair;
    const [reader, writer] = [client.readable.getReader(), client.writable.getWriter()];
    client.close();
    seen.push(await completes(() => reader.cancel()), await completes(() => writer[end]()));
  }
  return seen;
}, [DONE, DONE, DONE, DONE]);

same("S3 a write completes when all of it is written, however much that is", async (platform) => {
  using pair = await connected(platform);
  const writer = pair.client.writable.getWriter();
  let written = false;
  const writing = writer.write(new Uint8Array(64 * MiB)).then(() => written = true);
  const seen: unknown[] = [writer.desiredSize];
  await arrival(platform);
  seen.push(written);
  let received = 0;
  const buffer = new Uint8Array(MiB);
  while (received < 64 * MiB) received += await pair.server.read(buffer) ?? NaN;
  return [...seen, await writing, writer.desiredSize];
}, [0, false, true, 1]);

same("S3 chunks to write are buffers and views of any kind", async (platform) => {
  using pair = await connected(platform);
  const writer: WritableStreamDefaultWriter<unknown> = pair.client.writable.getWriter();
  const chunks = [
    bytes("ab").buffer,
    new DataView(bytes("[cd]").buffer, 1, 2),
    new Uint16Array(bytes("efgh").buffer),
    new Uint8Array(0),
    new SharedArrayBuffer(2),
  ];
  for (const chunk of chunks) await writer.write(chunk);
  await writer.close();
  return text(await readAll(pair.server));
}, "abcdefgh\0\0");

for (const chunk of ["text", null, undefined, 5, [1], {}]) {
  same(`S3 the chunk ${Deno.inspect(chunk)} is a TypeError, and closes the connection`, async (platform) => {
    using pair = await connected(platform);
    const writer: WritableStreamDefaultWriter<unknown> = pair.client.writable.getWriter();
    const failures = await outcomes(writer.write(chunk), writer.closed);
    return [...failures.map(classOf), isClosed(pair), await pair.server.read(new Uint8Array(1))];
  }, ["TypeError", "TypeError", true, null]);
}

same(
  "S3 the writer's close sends what was written, and closes the connection, also its read side",
  async (platform) => {
    using pair = await connected(platform);
    const { client, server } = pair;
    const writer = client.writable.getWriter();
    const writing = writer.write(bytes("bye"));
    const seen = [await completes(() => writer.close()), isClosed(pair), text(await readAll(server))];
    await writing;
    return [...seen, ...await outcomes(client.read(new Uint8Array(1)), client.readable.getReader().read())];
  },
  [DONE, true, "bye", CLOSED, STREAM_CLOSED],
);

same("S3 the writer's abort closes the connection, and is the stream's error", async (platform) => {
  using pair = await connected(platform);
  const writer = pair.client.writable.getWriter();
  await writer.write(bytes("bye"));
  const seen = [await completes(() => writer.abort("enough")), await outcome(() => writer.closed), isClosed(pair)];
  return [...seen, text(await readAll(pair.server))];
}, [DONE, "enough", true, "bye"]);

differs("S3 the writer's abort while a write waits", "ours does not wait for the peer to read", async (platform) => {
  using pair = await connected(platform);
  const writer = pair.client.writable.getWriter();
  const writing = outcome(() => writer.write(new Uint8Array(64 * MiB)));
  await arrival(platform);
  const aborting = completes(() => writer.abort("enough"));
  const received = (await readAll(pair.server)).length;
  return [await writing ?? DONE, await aborting, isClosed(pair), received === 64 * MiB];
}, { deno: [DONE, DONE, true, true], ours: [INTERRUPTED, DONE, true, false] });

same("S3 an error piped in closes the connection", async (platform) => {
  using pair = await connected(platform);
  const source = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull: (controller) => controller.error(new Error("bad")),
  });
  return [await outcome(() => source.pipeTo(pair.client.writable)), isClosed(pair)];
}, ["Error: bad", true]);

same("S3 pipeTo closes the connection at its end, unless it is told not to", async (platform) => {
  const seen = [];
  for (const preventClose of [false, true]) {
    using pair = await connected(platform);
    await new Blob(["hi"]).stream().pipeTo(pair.client.writable, { preventClose });
    seen.push(isClosed(pair));
    pair.client[Symbol.dispose]();
    seen.push(text(await readAll(pair.server)));
  }
  return seen;
}, [true, "hi", false, "hi"]);

same("S3 pipeTo with a signal: its abort closes the connection, unless it is told not to", async (platform) => {
  const seen = [];
  for (const preventCancel of [false, true]) {
    using pair = await connected(platform);
    const controller = new AbortController();
    const { signal } = controller;
    const piping = outcome(() => pair.client.readable.pipeTo(new WritableStream(), { signal, preventCancel }));
    await arrival(platform);
    controller.abort("why");
    seen.push(await piping, isClosed(pair));
  }
  return seen;
}, ["why", true, "why", false]);

same("S3 an error of the sink that is piped into closes the connection", async (platform) => {
  using pair = await connected(platform);
  await pair.server.write(bytes("x"));
  const sink = new WritableStream({ write: () => Promise.reject(new Error("bad")) });
  return [await outcome(() => pair.client.readable.pipeTo(sink)), isClosed(pair)];
}, ["Error: bad", true]);

same("S3 an echo by pipeTo", async (platform) => {
  using pair = await connected(platform);
  const echo = completes(() => pair.server.readable.pipeTo(pair.server.writable));
  const sent = new Uint8Array(4 * MiB).map((_, i) => i % 251);
  const sending = writeAll(pair.client, sent).then(() => pair.client.closeWrite());
  const received = await readAll(pair.client);
  await sending;
  return [received.length, received.every((byte, i) => byte === i % 251), await echo];
}, [4 * MiB, true, DONE]);

same("S3 both branches of a tee, and a Response, read all", async (platform) => {
  using pair = await connected(platform);
  await pair.server.write(bytes("hey"));
  pair.server.close();
  const texts = pair.client.readable.tee().map((branch) => new Response(branch).text());
  return [await Promise.all(texts), isClosed(pair)];
}, [["hey", "hey"], true]);

same("S3 a stream that is locked has no second reader or writer", async (platform) => {
  using pair = await connected(platform);
  const { readable, writable } = pair.client;
  readable.getReader();
  writable.getWriter();
  return [thrown(() => readable.getReader()), thrown(() => writable.getWriter())].map(classOf);
}, ["TypeError", "TypeError"]);
