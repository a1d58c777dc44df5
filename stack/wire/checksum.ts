/**
 * The Internet checksum (RFC 1071).
 *
 * Both sides.
 *
 * @module
 */

/**
 * Adds the 16-bit words of a range to a partial sum. Ranges but the last must be of even length, and no more than
 * 64 KiB in all may go into one sum.
 */
export function sum(view: DataView, offset: number, length: number, initial = 0): number {
  let total = initial;
  let at = offset;
  const end = offset + length;
  const unrolled = end - 15;
  while (at < unrolled) {
    const a = view.getUint32(at);
    const b = view.getUint32(at + 4);
    const c = view.getUint32(at + 8);
    const d = view.getUint32(at + 12);
    total += (a >>> 16) + (a & 0xffff) + (b >>> 16) + (b & 0xffff);
    total += (c >>> 16) + (c & 0xffff) + (d >>> 16) + (d & 0xffff);
    at += 16;
  }
  while (at + 1 < end) {
    total += view.getUint16(at);
    at += 2;
  }
  if (at < end) total += view.getUint8(at) << 8;
  return total;
}

/** Folds a partial sum to the 16 bits that stand in a header. */
export function finish(total: number): number {
  let folded = (total % 0x10000) + Math.floor(total / 0x10000);
  folded = (folded & 0xffff) + (folded >>> 16);
  folded = (folded & 0xffff) + (folded >>> 16);
  return ~folded & 0xffff;
}

/** Whether a range that contains its own checksum, with what was summed before it, is intact. */
export function intact(view: DataView, offset: number, length: number, initial = 0): boolean {
  return finish(sum(view, offset, length, initial)) === 0;
}

/** What an address, as four words of an IPv4-mapped or IPv6 address, adds to a partial sum. */
export function sumOfWords(w0: number, w1: number, w2: number, w3: number): number {
  return (w0 >>> 16) + (w0 & 0xffff) + (w1 >>> 16) + (w1 & 0xffff) +
    (w2 >>> 16) + (w2 & 0xffff) + (w3 >>> 16) + (w3 & 0xffff);
}
