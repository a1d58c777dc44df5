/**
 * A UDP datagram as a program reads it.
 *
 * Runs on the main side.
 *
 * @module
 */
import * as udp from "../../stack/wire/udp.ts";

/**
 * A UDP datagram (RFC 768), or as much of it as is in the packet.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parsePacket } from "@uis/uis";
 *
 * const bytes = Uint8Array.fromHex("4500002100010000401166c90a0000020a000001c0000007000d07f848656c6c6f");
 * const udp = parsePacket(bytes)?.udp;
 * assertEquals([udp?.sourcePort, udp?.destinationPort, udp?.length], [49152, 7, 13]);
 * assertEquals(udp?.payload, new TextEncoder().encode("Hello"));
 * ```
 */
export class UDPDatagram {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #start: number;
  readonly #end: number;

  private constructor(bytes: Uint8Array, view: DataView, start: number, end: number) {
    this.#bytes = bytes;
    this.#view = view;
    this.#start = start;
    this.#end = end;
  }

  /** The datagram from `start` to `end`; undefined when its header is not whole. @internal */
  static at(bytes: Uint8Array, view: DataView, start: number, end: number): UDPDatagram | undefined {
    const isWhole = end - start >= udp.HEADER_LENGTH && udp.datagramLength(view, start) >= udp.HEADER_LENGTH;
    return isWhole ? new UDPDatagram(bytes, view, start, end) : undefined;
  }

  /** The sender's port. */
  get sourcePort(): number {
    return udp.sourcePort(this.#view, this.#start);
  }

  /** The receiver's port. */
  get destinationPort(): number {
    return udp.destinationPort(this.#view, this.#start);
  }

  /** Bytes of header and data, as the header says: of a first fragment, those of the whole datagram. */
  get length(): number {
    return udp.datagramLength(this.#view, this.#start);
  }

  /** The data: a part of the packet's bytes, not a copy. Of a first fragment, what is in it. */
  get payload(): Uint8Array {
    const start = this.#start + udp.HEADER_LENGTH;
    return this.#bytes.subarray(start, Math.min(this.#start + this.length, this.#end));
  }
}
