/**
 * Addresses as the engine compares them: four int32 words, IPv4 as IPv4-mapped IPv6 (RFC 4291 §2.5.5.2).
 *
 * @module
 */
import { sumOfWords } from "../wire/checksum.ts";
import { formatAddress, isIPv4Mapped, parseAddress } from "../wire/ip_address.ts";

const MAPPED_PREFIX = 0xffff;

/** One address. Immutable, so that connections may share it. */
export class Address {
  readonly w0: number;
  readonly w1: number;
  readonly w2: number;
  readonly w3: number;
  /** What the address adds to a pseudo-header's sum. */
  readonly sum: number;
  #text: string;

  constructor(w0: number, w1: number, w2: number, w3: number) {
    this.w0 = w0;
    this.w1 = w1;
    this.w2 = w2;
    this.w3 = w3;
    this.sum = isMapped(w0, w1, w2) ? sumOfWords(0, 0, 0, w3) : sumOfWords(w0, w1, w2, w3);
    this.#text = "";
  }

  /** Undefined when the text is no IP literal. */
  static parse(text: string): Address | undefined {
    const bytes = parseAddress(text);
    if (!bytes) return undefined;
    const view = new DataView(bytes.buffer);
    if (bytes.length === 4) return new Address(0, 0, MAPPED_PREFIX, view.getInt32(0));
    return new Address(view.getInt32(0), view.getInt32(4), view.getInt32(8), view.getInt32(12));
  }

  get isIPv4(): boolean {
    return isMapped(this.w0, this.w1, this.w2);
  }

  /** 127.0.0.0/8 or ::1 (RFC 1122 §3.2.1.3, RFC 4291 §2.5.3). */
  get isLoopback(): boolean {
    return isLoopback(this.w0, this.w1, this.w2, this.w3);
  }

  /** ::, at which a socket takes IPv4 too. */
  get isDualStack(): boolean {
    return this.isUnspecified && !this.isIPv4;
  }

  /** 0.0.0.0 or ::. */
  get isUnspecified(): boolean {
    return isUnspecified(this.w0, this.w1, this.w2, this.w3);
  }

  /** A group, or every host of a link: never one peer. */
  get isMulticastOrBroadcast(): boolean {
    return isMulticastOrBroadcast(this.w0, this.w1, this.w2, this.w3);
  }

  equals(w0: number, w1: number, w2: number, w3: number): boolean {
    return this.w3 === w3 && this.w2 === w2 && this.w1 === w1 && this.w0 === w0;
  }

  /** The text that a socket at :: shows: an IPv4 address in its IPv4-mapped form (RFC 4291 §2.5.5.2). */
  toDualStackText(): string {
    return this.isIPv4 ? `::ffff:${this}` : String(this);
  }

  /** Canonical text (RFC 5952); dotted for IPv4. */
  toString(): string {
    if (this.#text === "") this.#text = textOf(this.w0, this.w1, this.w2, this.w3);
    return this.#text;
  }
}

/**
 * The address of an IP literal.
 *
 * @throws {TypeError} when the text is none.
 */
export function requireAddress(text: string): Address {
  const address = Address.parse(text);
  if (!address) throw new TypeError(`Cannot use address "${text}": not an IP literal`);
  return address;
}

export function isMapped(w0: number, w1: number, w2: number): boolean {
  return w2 === MAPPED_PREFIX && w1 === 0 && w0 === 0;
}

export function isLoopback(w0: number, w1: number, w2: number, w3: number): boolean {
  return isMapped(w0, w1, w2) ? w3 >>> 24 === 127 : w3 === 1 && w2 === 0 && w1 === 0 && w0 === 0;
}

export function isUnspecified(w0: number, w1: number, w2: number, w3: number): boolean {
  return w3 === 0 && w1 === 0 && w0 === 0 && (w2 === 0 || w2 === MAPPED_PREFIX);
}

/** 0.0.0.0/8, which no packet may come from (RFC 1122 §3.2.1.3), or ::. */
export function isThisNetwork(w0: number, w1: number, w2: number, w3: number): boolean {
  return isMapped(w0, w1, w2) ? w3 >>> 24 === 0 : isUnspecified(w0, w1, w2, w3);
}

/** 224.0.0.0/4 and ff00::/8, and for IPv4 the limited broadcast address. */
export function isMulticastOrBroadcast(w0: number, w1: number, w2: number, w3: number): boolean {
  return isMapped(w0, w1, w2) ? w3 >>> 28 === 14 || w3 === -1 : w0 >>> 24 === 0xff;
}

/** An address and a port as programs write them. */
export function endpointText(address: Address, port: number): string {
  return address.isIPv4 ? `${address}:${port}` : `[${address}]:${port}`;
}

function textOf(w0: number, w1: number, w2: number, w3: number): string {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  [w0, w1, w2, w3].forEach((word, i) => view.setInt32(4 * i, word));
  return formatAddress(isIPv4Mapped(bytes) ? bytes.subarray(12) : bytes);
}
