/**
 * The bytes of a TCP connection as a stream of Node moves them: a chunk at a time in, all of a chunk out.
 *
 * Main side.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { TCPConn } from "../tcp_conn.ts";

/** A connection that is mostly idle should not hold much memory. */
const FIRST_BUFFER = 4 * 1024;

const LARGEST_BUFFER = 64 * 1024;

/**
 * Reads of one connection, each into a buffer that grows while it gets filled.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Internet } from "@uis/uis";
 * import { NodeChunkReader, writeWhole } from "./transfer.ts";
 *
 * await using internet = new Internet();
 * const stack = await internet.newStack(1500, "10.0.0.1");
 * using listener = stack.listenTCP("10.0.0.1:80");
 * using conn = await stack.dialTCP("10.0.0.1:80");
 * using accepted = await listener.accept();
 *
 * await writeWhole(conn, [new Uint8Array([1, 2, 3])], () => {});
 * assertEquals(await new NodeChunkReader(accepted).read(), new Uint8Array([1, 2, 3]));
 * ```
 */
export class NodeChunkReader {
  readonly #conn: TCPConn;
  #buffer: Uint8Array<ArrayBuffer>;

  constructor(conn: TCPConn) {
    this.#conn = conn;
    this.#buffer = new Uint8Array(FIRST_BUFFER);
  }

  /** The next bytes, for the caller to keep; null at the end. One read at a time. Rejects as the connection's reads. */
  async read(): Promise<Uint8Array<ArrayBuffer> | null> {
    const length = await this.#conn.read(this.#buffer);
    if (length === null) return null;
    const chunk = this.#buffer.slice(0, length);
    if (length === this.#buffer.length && length < LARGEST_BUFFER) this.#buffer = new Uint8Array(length * 4);
    return chunk;
  }
}

/**
 * Writes all of the bytes, and tells after each part of them. Rejects as the connection's writes.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Internet } from "@uis/uis";
 * import { writeWhole } from "./transfer.ts";
 *
 * await using internet = new Internet();
 * const stack = await internet.newStack(1500, "10.0.0.1");
 * using listener = stack.listenTCP("10.0.0.1:80");
 * using conn = await stack.dialTCP("10.0.0.1:80");
 * using _accepted = await listener.accept();
 *
 * let parts = 0;
 * await writeWhole(conn, [new Uint8Array(1000), new Uint8Array(500)], () => parts++);
 * assertEquals(parts, 2);
 * ```
 */
export async function writeWhole(
  conn: TCPConn,
  chunks: readonly Uint8Array[],
  onPart: () => void,
): Promise<void> {
  for (const chunk of chunks) {
    for (let written = 0; written < chunk.length;) {
      written += await conn.write(written === 0 ? chunk : chunk.subarray(written));
      onPart();
    }
  }
}

/**
 * The same bytes in fewer chunks: small neighbours are joined, so that they leave in one segment where they can.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { gathered } from "./transfer.ts";
 *
 * const chunks = [new Uint8Array([1]), new Uint8Array([2]), new Uint8Array(100_000), new Uint8Array([3])];
 * assertEquals(gathered(chunks).map((chunk) => chunk.length), [2, 100_000, 1]);
 * ```
 */
export function gathered(chunks: readonly Uint8Array[]): Uint8Array[] {
  const groups: Uint8Array[][] = [];
  let space = 0;
  for (const chunk of chunks) {
    if (chunk.length > space) {
      groups.push([]);
      space = LARGEST_BUFFER;
    }
    groups.at(-1)?.push(chunk);
    space -= chunk.length;
  }
  return groups.map((group) => group.length === 1 ? group[0] : Buffer.concat(group));
}
