/**
 * The bytes of guarded flows: each flow and direction has a stream of its own, each place a byte of its own.
 *
 * @module
 */
import { byteAt } from "../harness/stream.ts";

/** Where a flow's stream starts: far from all others. */
const APART = 1_000_003;

/** Fills `bytes` with what comes from `place` on. */
export function fillPattern(bytes: Uint8Array, stream: number, place: number): void {
  const start = stream * APART + place;
  for (let i = 0; i < bytes.length; i++) bytes[i] = byteAt(start + i);
}

/** The index of the first byte that is wrong; -1 when all are right. */
export function findWrong(bytes: Uint8Array, length: number, stream: number, place: number): number {
  const start = stream * APART + place;
  for (let i = 0; i < length; i++) {
    if (bytes[i] !== byteAt(start + i)) return i;
  }
  return -1;
}
