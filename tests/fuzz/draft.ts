/**
 * A packet that is being made.
 *
 * @module
 */
import { finish, sum } from "../../stack/wire/checksum.ts";
import { ICMPV4, Layout, TCP, UDP } from "./layout.ts";

/** Most bytes of a draft: the largest packet, and some that no length field can say. */
export const CAPACITY = 65_700;
/** The engine must ask for what it wants: the packet starts neither where its view starts, nor the view where its buffer starts. */
const VIEW_START = 24;
const PACKET_START = 8;

/** Bytes that can be changed, taken out and put in. One object is used for packet after packet. */
export class Draft {
  /** The packet's bytes; index 0 is its first. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: DataView<ArrayBuffer>;
  /** Where the packet starts in what the engine is given. */
  readonly offset: number;
  readonly #layout: Layout;
  length: number;

  constructor() {
    const buffer = new ArrayBuffer(VIEW_START + PACKET_START + CAPACITY);
    this.offset = PACKET_START;
    this.bytes = new Uint8Array(buffer, VIEW_START + PACKET_START);
    this.view = new DataView(buffer, VIEW_START + PACKET_START);
    this.#layout = new Layout();
    this.length = 0;
  }

  /** Starts from a packet that there is. */
  load(packet: Uint8Array): void {
    this.bytes.set(packet);
    this.length = packet.length;
  }

  /** Where the headers lie now. Good until the next call. */
  layout(): Layout {
    return this.#layout.read(this.view, this.length);
  }

  /** Makes room for `count` bytes of 0 at `at`; does nothing when the packet would get too long. */
  insert(at: number, count: number): boolean {
    if (this.length + count > CAPACITY || at > this.length) return false;
    this.bytes.copyWithin(at + count, at, this.length);
    this.bytes.fill(0, at, at + count);
    this.length += count;
    return true;
  }

  remove(at: number, count: number): void {
    this.bytes.copyWithin(at, at + count, this.length);
    this.length -= count;
  }

  /** Cuts the end off, or adds zeros. */
  resize(length: number): void {
    const bounded = Math.max(0, Math.min(length, CAPACITY));
    if (bounded > this.length) this.bytes.fill(0, this.length, bounded);
    this.length = bounded;
  }

  /** What the engine is given. It ends with the packet: who reads beyond it throws. */
  outer(): DataView<ArrayBuffer> {
    return new DataView(this.bytes.buffer, VIEW_START, PACKET_START + this.length);
  }

  copy(): Uint8Array<ArrayBuffer> {
    return this.bytes.slice(0, this.length);
  }

  /** Lets the length fields of the IP header and of UDP say what there is. */
  fixLengths(): void {
    const { view, length } = this;
    const { family } = this.layout();
    if (family === 4) view.setUint16(2, Math.min(length, 0xffff));
    else if (family === 6) view.setUint16(4, Math.min(length - 40, 0xffff));
    const { protocol, transport, payloadLength, isFragment } = this.layout();
    if (protocol === UDP && payloadLength >= 8 && !isFragment) view.setUint16(transport + 4, payloadLength & 0xffff);
  }

  /** Makes the checksums right. */
  fixChecksums(): void {
    const { view } = this;
    const { family, transport, end, protocol, isFragment, isICMP, payloadLength } = this.layout();
    if (family === 0) return;
    if (family === 4) {
      view.setUint16(10, 0);
      view.setUint16(10, finish(sum(view, 0, Math.min(transport, end))));
    }
    const at = protocol === TCP ? 16 : protocol === UDP ? 6 : isICMP ? 2 : -1;
    if (at < 0 || isFragment || payloadLength < at + 2) return;
    const addresses = family === 4 ? sum(view, 12, 8) : sum(view, 8, 32);
    const pseudoHeader = protocol === ICMPV4 ? 0 : addresses + protocol + payloadLength;
    view.setUint16(transport + at, 0);
    const right = finish(sum(view, transport, payloadLength, pseudoHeader));
    view.setUint16(transport + at, right === 0 && protocol === UDP ? 0xffff : right);
  }
}
