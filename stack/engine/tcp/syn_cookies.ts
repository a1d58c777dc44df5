/**
 * SYN cookies: when too many connections are half open, what the listener must remember of a SYN goes out as its own
 * initial sequence number and timestamp, and comes back with the ACK (RFC 4987 §3.6).
 *
 * The sequence number holds 24 bits of a keyed hash, 5 of a counter of minutes and 3 that choose a segment size; the
 * lowest bits of the timestamp hold the window shift and whether SACK is permitted.
 *
 * @module
 */
import { KeyedHash, type RandomSource } from "../random.ts";
import { add } from "../seq.ts";
import type { FourTuple } from "./connection.ts";

/** The segment sizes that a cookie can say: the largest that is not above the peer's. */
const SEGMENT_SIZES = [48, 536, 1220, 1440, 1460, 4312, 8940, 65475];
const COUNTER_PERIOD = 64_000;
const COUNTER_MASK = 0x1f;
/** Periods for which a cookie is good. */
const LIFETIME = 2;

const OPTION_BITS = 5;
const OPTION_MASK = (1 << OPTION_BITS) - 1;
const SHIFT_MASK = 0x0f;
const NO_SHIFT = 15;
const SACK_BIT = 0x10;

/** What a cookie remembers beside the segment size, where the peer sends timestamps. */
export interface CookieOptions {
  /** -1: no window scaling. */
  windowShift: number;
  sackPermitted: boolean;
}

/** One host's cookies. */
export class SynCookies {
  readonly #hash: KeyedHash;
  #lastMade: number;

  constructor(random: RandomSource) {
    this.#hash = new KeyedHash(random);
    this.#lastMade = -Infinity;
  }

  /** The initial sequence number that answers a SYN whose own is `irs`. */
  make(tuple: FourTuple, irs: number, mss: number, now: number): number {
    this.#lastMade = now;
    let index = SEGMENT_SIZES.length - 1;
    while (index > 0 && SEGMENT_SIZES[index] > mss) index--;
    return this.#cookie(tuple, irs, Math.floor(now / COUNTER_PERIOD), index);
  }

  /** The segment size in a cookie; undefined when it is none of this host's, or too old. */
  check(tuple: FourTuple, irs: number, cookie: number, now: number): number | undefined {
    if (now - this.#lastMade > LIFETIME * COUNTER_PERIOD) return undefined;
    const period = Math.floor(now / COUNTER_PERIOD);
    const age = (period - (cookie >> 3)) & COUNTER_MASK;
    if (age >= LIFETIME) return undefined;
    const index = cookie & 7;
    return this.#cookie(tuple, irs, period - age, index) === cookie ? SEGMENT_SIZES[index] : undefined;
  }

  #cookie(tuple: FourTuple, irs: number, period: number, index: number): number {
    const low = ((period & COUNTER_MASK) << 3) | index;
    const { local, localPort, remote, remotePort } = tuple;
    const hash = this.#hash.ofFourTuple(
      local,
      localPort,
      remote,
      remotePort,
      add(irs, Math.imul(period, 0x10001) ^ low),
    );
    return (hash << 8) | low;
  }
}

/** A timestamp not before `value` whose lowest bits say the options. */
export function encodeOptions(value: number, options: CookieOptions): number {
  const shift = options.windowShift < 0 ? NO_SHIFT : options.windowShift;
  const bits = shift | (options.sackPermitted ? SACK_BIT : 0);
  return add(value & ~OPTION_MASK, OPTION_MASK + 1 + bits);
}

/** What {@link encodeOptions} wrote. */
export function decodeOptions(timestamp: number): CookieOptions {
  const shift = timestamp & SHIFT_MASK;
  return { windowShift: shift === NO_SHIFT ? -1 : shift, sackPermitted: (timestamp & SACK_BIT) !== 0 };
}
