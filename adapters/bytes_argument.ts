/**
 * The check on every buffer that a program hands in, and how one is filled.
 *
 * Main side.
 *
 * @module
 */

/**
 * What is wrong with a buffer, if anything: only a `Uint8Array` will do, of whatever realm.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { bytesProblem } from "./bytes_argument.ts";
 *
 * assertEquals(bytesProblem(new Uint8Array(1), "write"), undefined);
 * assertEquals(bytesProblem("text", "write")?.message, 'Cannot write "text": expected a Uint8Array');
 * ```
 */
export function bytesProblem(value: unknown, operation: string): TypeError | undefined {
  if (value instanceof Uint8Array || Object.prototype.toString.call(value) === "[object Uint8Array]") return undefined;
  return new TypeError(`Cannot ${operation} ${Deno.inspect(value)}: expected a Uint8Array`);
}

/**
 * Copies as many of the bytes as fit, and returns how many: none into a buffer that was detached while its call waited,
 * in which `set()` would throw.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { fill } from "./bytes_argument.ts";
 *
 * const buffer = new Uint8Array(2);
 * assertEquals(fill(buffer, Uint8Array.of(1, 2, 3)), 2);
 * structuredClone(buffer, { transfer: [buffer.buffer] });
 * assertEquals(fill(buffer, Uint8Array.of(1, 2, 3)), 0);
 * ```
 */
export function fill(buffer: Uint8Array, bytes: Uint8Array): number {
  const length = Math.min(bytes.length, buffer.length);
  if (length > 0) buffer.set(bytes.subarray(0, length));
  return length;
}
