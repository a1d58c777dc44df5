/**
 * The beginning of a connection, while its client says what it wants.
 *
 * Main side.
 *
 * @module
 */
import { joined } from "../joined.ts";
import type { End } from "./end.ts";

const HEAD_END = new TextEncoder().encode("\r\n\r\n");

/**
 * An end whose first bytes are read in pieces of a protocol. What comes after them is read as from any end.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Greeting } from "./greeting.ts";
 *
 * const chunks = [Uint8Array.of(5, 1), Uint8Array.of(0, 42, 43), null];
 * const client = new Greeting({
 *   read: () => Promise.resolve(chunks.shift() ?? null),
 *   write: () => Promise.resolve(),
 *   closeWrite: () => Promise.resolve(),
 *   close() {},
 *   abort() {},
 * });
 * assertEquals(await client.peek(), 5);
 * assertEquals(await client.take(3), Uint8Array.of(5, 1, 0));
 * assertEquals(await client.read(), Uint8Array.of(42, 43));
 * assertEquals(await client.read(), null);
 * ```
 */
export class Greeting implements End {
  readonly #end: End;
  #held: Uint8Array;

  constructor(end: End) {
    this.#end = end;
    this.#held = new Uint8Array(0);
  }

  /** The first byte, which stays where it is. Rejects with `Deno.errors.UnexpectedEof` when there is none. */
  async peek(): Promise<number> {
    await this.#hold(1);
    return this.#held[0];
  }

  /** The next `length` bytes. Rejects with `Deno.errors.UnexpectedEof` when there are fewer. */
  async take(length: number): Promise<Uint8Array> {
    await this.#hold(length);
    return this.#cut(length);
  }

  /**
   * The head of an HTTP message without the empty line at its end; undefined when it is longer than `max` bytes. Rejects
   * with `Deno.errors.UnexpectedEof` when it has no end.
   */
  async takeHead(max: number): Promise<string | undefined> {
    for (let searched = 0;;) {
      const end = indexOf(this.#held, HEAD_END, searched);
      if (end > max || (end < 0 && this.#held.length > max)) return undefined;
      if (end >= 0) return new TextDecoder("latin1").decode(this.#cut(end + HEAD_END.length).subarray(0, end));
      searched = Math.max(0, this.#held.length - HEAD_END.length + 1);
      await this.#hold(this.#held.length + 1);
    }
  }

  /** Puts bytes in front of those that were not read yet. */
  prepend(bytes: Uint8Array): void {
    this.#held = joined([bytes, this.#held]);
  }

  async read(): Promise<Uint8Array | null> {
    return this.#held.length > 0 ? this.#cut(this.#held.length) : await this.#end.read();
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#end.write(bytes);
  }

  closeWrite(): Promise<void> {
    return this.#end.closeWrite();
  }

  close(): void {
    this.#end.close();
  }

  abort(): void {
    this.#end.abort();
  }

  async #hold(length: number): Promise<void> {
    while (this.#held.length < length) {
      const bytes = await this.#end.read();
      if (bytes === null) throw new Deno.errors.UnexpectedEof("The client ended in the middle of its greeting");
      this.#held = joined([this.#held, bytes]);
    }
  }

  #cut(length: number): Uint8Array {
    const bytes = this.#held.subarray(0, length);
    this.#held = this.#held.subarray(length);
    return bytes;
  }
}

function indexOf(bytes: Uint8Array, wanted: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(wanted[0], from); at >= 0; at = bytes.indexOf(wanted[0], at + 1)) {
    if (wanted.every((byte, i) => bytes[at + i] === byte)) return at;
  }
  return -1;
}
