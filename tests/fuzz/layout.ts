/**
 * Where the headers of a packet lie, as far as its bytes let one say: a packet under mutation may be anything.
 *
 * @module
 */
/** Protocol numbers. */
export const TCP = 6;
export const UDP = 17;
export const ICMPV4 = 1;
export const ICMPV6 = 58;

const HOP_BY_HOP = 0;
const ROUTING = 43;
const FRAGMENT = 44;
const DESTINATION = 60;
const MAX_HEADERS = 64;

/** One object is filled again and again. */
export class Layout {
  /** 0: neither. */
  family: 4 | 6 | 0;
  /** Where the upper-layer header starts, behind all extension headers. */
  transport: number;
  /** Where the packet ends by its own length field, but not beyond its bytes. */
  end: number;
  protocol: number;
  /** The place of the field that names `protocol`. */
  protocolAt: number;
  /** Whether it is one of several fragments, and whether of those a later one, without an upper-layer header. */
  isFragment: boolean;
  isLaterFragment: boolean;

  constructor() {
    this.family = 0;
    this.transport = 0;
    this.end = 0;
    this.protocol = -1;
    this.protocolAt = 0;
    this.isFragment = false;
    this.isLaterFragment = false;
  }

  /** Reads a packet that starts at 0 and has `length` bytes. */
  read(view: DataView, length: number): this {
    this.family = 0;
    this.transport = this.end = length;
    this.protocol = -1;
    this.protocolAt = 0;
    this.isFragment = this.isLaterFragment = false;
    const version = length > 0 ? view.getUint8(0) >> 4 : 0;
    if (version === 4 && length >= 20) this.#readIPv4(view, length);
    else if (version === 6 && length >= 40) this.#readIPv6(view, length);
    return this;
  }

  /** Bytes from the upper-layer header to the end. */
  get payloadLength(): number {
    return this.end - this.transport;
  }

  /** Whether it is an ICMP message of the packet's own family. */
  get isICMP(): boolean {
    return this.protocol === (this.family === 4 ? ICMPV4 : ICMPV6);
  }

  /** Whether there is a whole TCP header. */
  get isTCP(): boolean {
    return this.protocol === TCP && !this.isLaterFragment && this.payloadLength >= 20;
  }

  #readIPv4(view: DataView, length: number): void {
    const total = view.getUint16(2);
    this.family = 4;
    this.end = total >= 20 && total < length ? total : length;
    this.transport = Math.min(this.end, Math.max(20, (view.getUint8(0) & 0x0f) * 4));
    this.protocol = view.getUint8(9);
    this.protocolAt = 9;
    this.#noteFragment(view.getUint16(6) & 0x1fff, (view.getUint16(6) & 0x2000) !== 0);
  }

  #readIPv6(view: DataView, length: number): void {
    const total = 40 + view.getUint16(4);
    this.family = 6;
    this.end = total < length ? total : length;
    this.transport = 40;
    this.protocol = view.getUint8(6);
    this.protocolAt = 6;
    for (let i = 0; i < MAX_HEADERS && this.end - this.transport >= 8 && !this.isLaterFragment; i++) {
      if (!this.#skipExtension(view)) return;
    }
  }

  #skipExtension(view: DataView): boolean {
    const at = this.transport;
    if (this.protocol === FRAGMENT) {
      this.#noteFragment(view.getUint16(at + 2) & 0xfff8, (view.getUint8(at + 3) & 1) !== 0);
    } else if (this.protocol !== HOP_BY_HOP && this.protocol !== ROUTING && this.protocol !== DESTINATION) return false;
    const length = this.protocol === FRAGMENT ? 8 : 8 + 8 * view.getUint8(at + 1);
    if (at + length > this.end) return false;
    this.protocol = view.getUint8(at);
    this.protocolAt = at;
    this.transport = at + length;
    return true;
  }

  #noteFragment(offset: number, more: boolean): void {
    if (offset === 0 && !more) return;
    this.isFragment = true;
    this.isLaterFragment = offset !== 0;
  }
}

/** Whether an ICMP message reports an error, so that none may answer it (RFC 1122 §3.2.2, RFC 4443 §2.4). */
export function isErrorReport(family: 4 | 6, type: number): boolean {
  return family === 4 ? [3, 4, 5, 11, 12].includes(type) : type < 128;
}
