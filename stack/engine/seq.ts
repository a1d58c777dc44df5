/**
 * Sequence number arithmetic modulo 2^32 on int32 values (RFC 9293 §3.4, RFC 7323 §5 for timestamps).
 *
 * @module
 */

/** `seq` moved by `distance`, which may be negative. */
export function add(seq: number, distance: number): number {
  return (seq + distance) | 0;
}

/** How far `a` is ahead of `b`; negative when it is behind. */
export function distance(a: number, b: number): number {
  return (a - b) | 0;
}

export function before(a: number, b: number): boolean {
  return ((a - b) | 0) < 0;
}

export function after(a: number, b: number): boolean {
  return ((a - b) | 0) > 0;
}

export function atOrBefore(a: number, b: number): boolean {
  return ((a - b) | 0) <= 0;
}

export function atOrAfter(a: number, b: number): boolean {
  return ((a - b) | 0) >= 0;
}

/** The later of two. */
export function latest(a: number, b: number): number {
  return after(a, b) ? a : b;
}

/** The earlier of two. */
export function earliest(a: number, b: number): number {
  return before(a, b) ? a : b;
}
