/**
 * A TCP segment as a program reads it.
 *
 * Runs on the main side.
 *
 * @module
 */
import * as tcp from "../../stack/wire/tcp.ts";
import { TCPOptionSet } from "../../stack/wire/tcp_options.ts";
import { TCPFlags } from "./tcp_flags.ts";

/**
 * The options of a TCP segment. What the segment does not have is undefined.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parsePacket, type TCPSegmentOptions } from "@uis/uis";
 *
 * const syn = Uint8Array.fromHex("4500002c00014000400626c90a0000020a000001c00000500000007b000000006002ffffc3580000020405b4");
 * const options: TCPSegmentOptions | undefined = parsePacket(syn)?.tcp?.options;
 * assertEquals([options?.mss, options?.windowScale, options?.sack], [1460, undefined, []]);
 * ```
 */
export interface TCPSegmentOptions {
  /** Most bytes of payload that the sender takes in a segment (RFC 9293 §3.7.1). */
  readonly mss: number | undefined;
  /** By how many bits the windows that follow are shifted, at most 14 (RFC 7323 §2). */
  readonly windowScale: number | undefined;
  /** Whether the sender takes selective acknowledgements (RFC 2018 §2). */
  readonly sackPermitted: boolean;
  /** What has come out of order: at most four ranges, each up to but without `right` (RFC 2018 §3). */
  readonly sack: readonly { readonly left: number; readonly right: number }[];
  /** The sender's clock, and what it last saw of the other's (RFC 7323 §3). */
  readonly timestamps: { readonly value: number; readonly echo: number } | undefined;
}

/**
 * A TCP segment (RFC 9293 §3.1). Sequence numbers are from 0 to 4,294,967,295.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parsePacket } from "@uis/uis";
 *
 * const syn = Uint8Array.fromHex("4500002c00014000400626c90a0000020a000001c00000500000007b000000006002ffffc3580000020405b4");
 * const tcp = parsePacket(syn)?.tcp;
 * assertEquals([tcp?.sourcePort, tcp?.destinationPort, tcp?.seq, tcp?.window], [49152, 80, 123, 65535]);
 * assertEquals(tcp?.payload.length, 0);
 * ```
 */
export class TCPSegment {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #start: number;
  readonly #end: number;
  #flags: TCPFlags | undefined;
  #options: TCPSegmentOptions | undefined;

  private constructor(bytes: Uint8Array, view: DataView, start: number, end: number) {
    this.#bytes = bytes;
    this.#view = view;
    this.#start = start;
    this.#end = end;
    this.#flags = undefined;
    this.#options = undefined;
  }

  /** The segment from `start` to `end`; undefined when its header is not whole. @internal */
  static at(bytes: Uint8Array, view: DataView, start: number, end: number): TCPSegment | undefined {
    return tcp.valid(view, start, end - start) ? new TCPSegment(bytes, view, start, end) : undefined;
  }

  /** The sender's port. */
  get sourcePort(): number {
    return tcp.sourcePort(this.#view, this.#start);
  }

  /** The receiver's port. */
  get destinationPort(): number {
    return tcp.destinationPort(this.#view, this.#start);
  }

  /** The sequence number of the SYN, if there is one, or else of the first byte. */
  get seq(): number {
    return tcp.sequence(this.#view, this.#start) >>> 0;
  }

  /** The sequence number that the sender expects next, if `flags.ack`. */
  get ack(): number {
    return tcp.acknowledgment(this.#view, this.#start) >>> 0;
  }

  /** Bytes of the header with its options. */
  get headerLength(): number {
    return tcp.headerLength(this.#view, this.#start);
  }

  /** The control bits. */
  get flags(): TCPFlags {
    return this.#flags ??= new TCPFlags(tcp.flags(this.#view, this.#start));
  }

  /** The window as it stands in the header, not scaled. */
  get window(): number {
    return tcp.window(this.#view, this.#start);
  }

  /** Where urgent data ends, counted from `seq`, if `flags.urg`. */
  get urgentPointer(): number {
    return tcp.urgentPointer(this.#view, this.#start);
  }

  /** The options. What is malformed ends the list. */
  get options(): TCPSegmentOptions {
    return this.#options ??= readOptions(this.#view, this.#start + tcp.HEADER_LENGTH, this.#start + this.headerLength);
  }

  /** The data: a part of the packet's bytes, not a copy. */
  get payload(): Uint8Array {
    return this.#bytes.subarray(this.#start + this.headerLength, this.#end);
  }
}

function readOptions(view: DataView, start: number, end: number): TCPSegmentOptions {
  const set = new TCPOptionSet();
  set.parse(view, start, end);
  return {
    mss: set.maximumSegmentSize > 0 ? set.maximumSegmentSize : undefined,
    windowScale: set.windowShift >= 0 ? set.windowShift : undefined,
    sackPermitted: set.sackPermitted,
    sack: Array.from({ length: set.sackCount }, (_, i) => ({
      left: set.sackEdges[2 * i] >>> 0,
      right: set.sackEdges[2 * i + 1] >>> 0,
    })),
    timestamps: set.hasTimestamps ? { value: set.timestampValue >>> 0, echo: set.timestampEcho >>> 0 } : undefined,
  };
}
