/**
 * Randomness for the engine: numbers from the source that its owner gave, and a keyed hash.
 *
 * @module
 */

/** A source of numbers in [0, 1), like `Math.random`. */
export type RandomSource = () => number;

/** A random int32. */
export function randomInt32(random: RandomSource): number {
  return (random() * 0x1_0000_0000) | 0;
}

/** A random 16-bit number. */
export function randomUint16(random: RandomSource): number {
  return Math.floor(random() * 0x1_0000);
}

/**
 * HalfSipHash-2-4 over 32-bit words: short inputs, 64-bit key, 32-bit result. For initial sequence numbers (RFC 6528)
 * and for hash tables that a peer must not be able to fill with collisions.
 */
export class KeyedHash {
  readonly #k0: number;
  readonly #k1: number;
  #v0: number;
  #v1: number;
  #v2: number;
  #v3: number;

  constructor(random: RandomSource) {
    this.#k0 = randomInt32(random);
    this.#k1 = randomInt32(random);
    this.#v0 = 0;
    this.#v1 = 0;
    this.#v2 = 0;
    this.#v3 = 0;
  }

  /** The hash of an address pair, a pair of ports, and one word more. */
  ofFourTuple(a: AddressWords, aPort: number, b: AddressWords, bPort: number, extra = 0): number {
    this.#start();
    this.#word(a.w0);
    this.#word(a.w1);
    this.#word(a.w2);
    this.#word(a.w3);
    this.#word(b.w0);
    this.#word(b.w1);
    this.#word(b.w2);
    this.#word(b.w3);
    this.#word((aPort << 16) | bPort);
    this.#word(extra);
    return this.#end(40);
  }

  #start(): void {
    this.#v0 = this.#k0;
    this.#v1 = this.#k1;
    this.#v2 = 0x6c796765 ^ this.#k0;
    this.#v3 = 0x74656462 ^ this.#k1;
  }

  #word(word: number): void {
    this.#v3 ^= word;
    this.#round();
    this.#round();
    this.#v0 ^= word;
  }

  #end(length: number): number {
    this.#word(length << 24);
    this.#v2 ^= 0xff;
    for (let i = 0; i < 4; i++) this.#round();
    return this.#v1 ^ this.#v3;
  }

  #round(): void {
    let v0 = this.#v0;
    let v1 = this.#v1;
    let v2 = this.#v2;
    let v3 = this.#v3;
    v0 = (v0 + v1) | 0;
    v1 = rotate(v1, 5) ^ v0;
    v0 = rotate(v0, 16);
    v2 = (v2 + v3) | 0;
    v3 = rotate(v3, 8) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = rotate(v3, 7) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = rotate(v1, 13) ^ v2;
    v2 = rotate(v2, 16);
    this.#v0 = v0;
    this.#v1 = v1;
    this.#v2 = v2;
    this.#v3 = v3;
  }
}

/** An address as four words; see `address.ts`. */
interface AddressWords {
  readonly w0: number;
  readonly w1: number;
  readonly w2: number;
  readonly w3: number;
}

function rotate(x: number, by: number): number {
  return (x << by) | (x >>> (32 - by));
}
