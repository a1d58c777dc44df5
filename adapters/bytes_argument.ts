/**
 * The check on every buffer that a program hands in.
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
