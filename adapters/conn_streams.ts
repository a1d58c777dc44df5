/**
 * The web streams of a connection. Whichever of them ends, the whole connection is closed, as Deno's own are.
 *
 * Main side.
 *
 * @module
 */

import { networkError } from "./errors.ts";

/** Bytes of a chunk, at most, unless the reader brings a buffer of its own. */
const CHUNK_MAX = 64 * 1024;

/** What a readable stream needs of its connection. */
export interface ChunkSource {
  /** The next chunk, of at most `max` bytes where the connection is a stream of bytes; null at the end. */
  readChunk(max: number): Promise<Uint8Array<ArrayBuffer> | null>;
  /** Closes the connection, if it is open. */
  dispose(): void;
}

/** What a writable stream needs of its connection. */
export interface ChunkSink {
  /** Resolves when all of the chunk is on its way. */
  writeChunk(chunk: Uint8Array): Promise<void>;
  /** Closes the connection, if it is open. */
  dispose(): void;
}

/**
 * A byte stream that reads nothing before it is asked to.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { byteStream } from "./conn_streams.ts";
 *
 * const stream = byteStream({ readChunk: (max) => Promise.resolve(new Uint8Array(Math.min(max, 9))), dispose() {} });
 * const { value } = await stream.getReader({ mode: "byob" }).read(new Uint8Array(4));
 * assertEquals(value?.length, 4);
 * ```
 */
export function byteStream(source: ChunkSource): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    type: "bytes",
    async pull(controller): Promise<void> {
      const chunk = await nextChunk(source, controller.byobRequest?.view?.byteLength ?? CHUNK_MAX);
      if (chunk) {
        controller.enqueue(chunk);
      } else {
        controller.close();
        controller.byobRequest?.respond(0);
      }
    },
    cancel: () => source.dispose(),
  }, { highWaterMark: 0 });
}

/**
 * A stream of one chunk for each datagram, empty ones too, that receives nothing before it is asked to.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { datagramStream } from "./conn_streams.ts";
 *
 * const stream = datagramStream({ readChunk: () => Promise.resolve(new Uint8Array(0)), dispose() {} });
 * assertEquals(await stream.getReader().read(), { value: new Uint8Array(0), done: false });
 * ```
 */
export function datagramStream(source: ChunkSource): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    async pull(controller): Promise<void> {
      const chunk = await nextChunk(source, Infinity);
      if (chunk) controller.enqueue(chunk);
      else controller.close();
    },
    cancel: () => source.dispose(),
  }, { highWaterMark: 0 });
}

/**
 * A stream into the connection, one chunk deep.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { chunkStream } from "./conn_streams.ts";
 *
 * const log: string[] = [];
 * const stream = chunkStream({
 *   writeChunk: (chunk) => Promise.resolve(void log.push(`write ${chunk.length}`)),
 *   dispose: () => void log.push("dispose"),
 * });
 * const writer = stream.getWriter();
 * await writer.write(new Uint8Array(3));
 * await writer.close();
 * assertEquals(log, ["write 3", "dispose"]);
 * ```
 */
export function chunkStream(sink: ChunkSink): WritableStream<Uint8Array<ArrayBufferLike>> {
  return new WritableStream({
    start(controller): void {
      // A write under way would hold the abort up.
      controller.signal.addEventListener("abort", () => sink.dispose());
    },
    async write(chunk): Promise<void> {
      try {
        await sink.writeChunk(bytesOf(chunk));
      } catch (error) {
        sink.dispose();
        throw streamError(error);
      }
    },
    close: () => sink.dispose(),
  }, { highWaterMark: 1 });
}

async function nextChunk(source: ChunkSource, max: number): Promise<Uint8Array<ArrayBuffer> | null> {
  try {
    const chunk = await source.readChunk(max);
    if (chunk === null) source.dispose();
    return chunk;
  } catch (error) {
    source.dispose();
    throw streamError(error);
  }
}

/** A stream outlives the connection that the program closed, and says so. */
function streamError(error: unknown): unknown {
  return error instanceof Deno.errors.BadResource ? networkError("stream-closed") : error;
}

function bytesOf(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  if (ArrayBuffer.isView(chunk)) return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  if (chunk instanceof ArrayBuffer || chunk instanceof SharedArrayBuffer) return new Uint8Array(chunk);
  throw new TypeError(`Cannot write ${Deno.inspect(chunk)}: expected an ArrayBuffer or a view of one`);
}
