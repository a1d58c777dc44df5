/**
 * The Internet checksum (RFC 1071), byte by byte, independent of the engine's.
 *
 * @module
 */

/** The checksum over parts that lie one after the other; a part of odd length must be the last. */
export function checksum(...parts: Uint8Array[]): number {
  let sum = 0;
  for (const part of parts) {
    for (let i = 0; i < part.length; i++) sum += i % 2 === 0 ? part[i] * 256 : part[i];
  }
  while (sum > 0xffff) sum = (sum % 0x10000) + Math.floor(sum / 0x10000);
  return 0xffff - sum;
}

/** The pseudo-header of an upper-layer packet (RFC 9293 §3.1, RFC 8200 §8.1). */
export function pseudoHeader(
  source: Uint8Array,
  destination: Uint8Array,
  protocol: number,
  length: number,
): Uint8Array {
  const tail = source.length === 4
    ? [0, protocol, length >> 8, length & 0xff]
    : [0, length >> 16, (length >> 8) & 0xff, length & 0xff, 0, 0, 0, protocol];
  return Uint8Array.from([...source, ...destination, ...tail]);
}
