/**
 * Buffers that batches no longer need, kept for the next ones: a new one costs more than what it carries, as it is zeroed,
 * and cold.
 *
 * Runs on both sides.
 *
 * @module
 */

/** The sizes are powers of two and this, so that packets of the largest size fit with what goes before them. */
const SLACK = 64;
const SMALLEST = 256;
/** Larger ones are rare. */
const LARGEST = 512 * 1024;
/** Of one size: so many bytes, in so many buffers. A burst needs more than one turn's worth. */
const SPARE_BYTES = 2 * 1024 * 1024;
const SPARES = 16;

/** How many are kept until those that were not needed meanwhile are let go of. */
const KEPT_BETWEEN_LOOKS = 4096;

interface Spares {
  readonly buffers: ArrayBuffer[];
  /** The fewest that lay here since the last look. */
  fewest: number;
}

/** By the logarithm of their size. */
const spares: Spares[] = Array.from({ length: 32 - Math.clz32(LARGEST) }, () => ({ buffers: [], fewest: 0 }));
let kept = 0;

/**
 * A buffer of at least `length` bytes, with anything in it.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { spareBuffer } from "./spare_buffers.ts";
 *
 * assertEquals(spareBuffer(1000).byteLength, 1024 + 64);
 * ```
 */
export function spareBuffer(length: number): ArrayBuffer {
  if (length > LARGEST) return new ArrayBuffer(length);
  const exponent = 32 - Math.clz32(Math.max(length - SLACK, SMALLEST) - 1);
  const sameSize = spares[exponent];
  const buffer = sameSize.buffers.pop();
  sameSize.fewest = Math.min(sameSize.fewest, sameSize.buffers.length);
  return buffer ?? new ArrayBuffer((1 << exponent) + SLACK);
}

/**
 * Keeps a buffer that nobody will look at any more, if it is worth keeping.
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { keepBuffer, spareBuffer } from "./spare_buffers.ts";
 *
 * const buffer = spareBuffer(4096);
 * keepBuffer(buffer);
 * assert(spareBuffer(4096) === buffer);
 * ```
 */
export function keepBuffer(buffer: ArrayBuffer): void {
  const size = buffer.byteLength - SLACK;
  if (size < SMALLEST || size > LARGEST || (size & (size - 1)) !== 0) return;
  const { buffers } = spares[31 - Math.clz32(size)];
  if (buffers.length < Math.min(SPARES, SPARE_BYTES / size)) buffers.push(buffer);
  if (++kept % KEPT_BETWEEN_LOOKS === 0) letGo();
}

/** What a rare burst has left would else be kept for good, of each size in the end. */
function letGo(): void {
  for (const sameSize of spares) {
    sameSize.buffers.splice(0, sameSize.fewest);
    sameSize.fewest = sameSize.buffers.length;
  }
}
