/**
 * The frames of the WebSocket protocol, as a server reads and writes them (RFC 6455 §5). No I/O.
 *
 * @module
 */
import { joined } from "../joined.ts";

/** §5.2: what a frame is. */
export const OPCODES = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

const KNOWN: number[] = Object.values(OPCODES);
const FINAL = 0x80;
const RESERVED = 0x70;
const MASKED = 0x80;
const CONTROL_MAX = 125;
const LENGTH_16 = 126;
const LENGTH_64 = 127;

/** A frame of the client. */
export interface Frame {
  opcode: number;
  /** Whether it is the last of its message. */
  isFinal: boolean;
  /** Without its mask, in memory of its own. */
  payload: Uint8Array<ArrayBuffer>;
}

/**
 * What ends a connection, with the status code that says so (§7.4.1).
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { WebSocketProblem } from "./frames.ts";
 *
 * assertEquals(new WebSocketProblem(1002, "Masked frames only").code, 1002);
 * ```
 */
export class WebSocketProblem extends Error {
  /** 1002 protocol error, 1007 inconsistent data, or 1009 too big. */
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * The bytes of one frame, unmasked and final, as a server sends it.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { frameBytes, OPCODES } from "./frames.ts";
 *
 * assertEquals(frameBytes(OPCODES.text, new TextEncoder().encode("Hi")), Uint8Array.of(0x81, 2, 72, 105));
 * ```
 */
export function frameBytes(opcode: number, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const { length } = payload;
  const extended = length <= CONTROL_MAX ? 0 : length < 2 ** 16 ? 2 : 8;
  const bytes = new Uint8Array(2 + extended + length);
  const view = new DataView(bytes.buffer);
  bytes[0] = FINAL | opcode;
  bytes[1] = extended === 0 ? length : extended === 2 ? LENGTH_16 : LENGTH_64;
  if (extended === 2) view.setUint16(2, length);
  if (extended === 8) view.setBigUint64(2, BigInt(length));
  bytes.set(payload, 2 + extended);
  return bytes;
}

interface Header {
  opcode: number;
  isFinal: boolean;
  /** Of the header itself, with the mask at its end. */
  length: number;
  payloadLength: number;
}

/**
 * Cuts what a client sends into frames.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { FrameReader } from "./frames.ts";
 *
 * const reader = new FrameReader(1000);
 * reader.push(Uint8Array.of(0x81, 0x82, 1, 2));
 * assertEquals(reader.next(), undefined);
 * reader.push(Uint8Array.of(3, 4, 72 ^ 1, 105 ^ 2));
 * assertEquals(new TextDecoder().decode(reader.next()?.payload), "Hi");
 * ```
 */
export class FrameReader {
  readonly #payloadMax: number;
  #chunks: Uint8Array[];
  #length: number;
  #header: Header | undefined;

  /** @param payloadMax bytes that one frame may carry. */
  constructor(payloadMax: number) {
    this.#payloadMax = payloadMax;
    this.#chunks = [];
    this.#length = 0;
    this.#header = undefined;
  }

  /** Takes bytes that have arrived. */
  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#chunks.push(bytes);
    this.#length += bytes.length;
  }

  /**
   * The next frame that is there as a whole.
   *
   * @throws {WebSocketProblem} when it is none that a client may send.
   */
  next(): Frame | undefined {
    this.#header ??= this.#readHeader();
    if (!this.#header || this.#length < this.#header.length + this.#header.payloadLength) return undefined;
    const { opcode, isFinal, length, payloadLength } = this.#header;
    const bytes = this.#first(length + payloadLength);
    const mask = bytes.subarray(length - 4, length);
    const payload = new Uint8Array(payloadLength);
    for (let i = 0; i < payloadLength; i++) payload[i] = bytes[length + i] ^ mask[i & 3];
    this.#drop(length + payloadLength);
    this.#header = undefined;
    return { opcode, isFinal, payload };
  }

  /** Judged as soon as it can be, so that nobody waits for a payload that will be refused. */
  #readHeader(): Header | undefined {
    if (this.#length < 2) return undefined;
    const [first, second] = this.#first(2);
    const opcode = first & 0x0f;
    const isFinal = (first & FINAL) !== 0;
    const shortLength = second & 0x7f;
    if (first & RESERVED) throw new WebSocketProblem(1002, "No extension was negotiated that would set a reserved bit");
    if (!KNOWN.includes(opcode)) throw new WebSocketProblem(1002, `Opcode ${opcode} is reserved`);
    if (!(second & MASKED)) throw new WebSocketProblem(1002, "A client must mask its frames");
    if (opcode >= OPCODES.close && (!isFinal || shortLength > CONTROL_MAX)) {
      throw new WebSocketProblem(1002, "A control frame must be whole, and not longer than 125 bytes");
    }
    const length = 2 + (shortLength === LENGTH_64 ? 8 : shortLength === LENGTH_16 ? 2 : 0) + 4;
    if (this.#length < length) return undefined;
    const payloadLength = longLength(this.#first(length), shortLength);
    if (payloadLength > this.#payloadMax) {
      throw new WebSocketProblem(1009, `A frame must not carry more than ${this.#payloadMax} bytes`);
    }
    return { opcode, isFinal, length, payloadLength };
  }

  /** The first `length` bytes, which are there, and perhaps more, in one piece. */
  #first(length: number): Uint8Array {
    if (this.#chunks[0].length < length) this.#chunks = [joined(this.#chunks)];
    return this.#chunks[0];
  }

  #drop(length: number): void {
    this.#length -= length;
    this.#chunks[0] = this.#chunks[0].subarray(length);
    if (this.#chunks[0].length === 0) this.#chunks.shift();
  }
}

/** §5.2: the shortest form that holds the length is the only one allowed. */
function longLength(header: Uint8Array, shortLength: number): number {
  if (shortLength < LENGTH_16) return shortLength;
  const view = new DataView(header.buffer, header.byteOffset);
  const length = shortLength === LENGTH_16 ? view.getUint16(2) : Number(view.getBigUint64(2));
  if (length > (shortLength === LENGTH_16 ? CONTROL_MAX : 0xffff)) return length;
  throw new WebSocketProblem(1002, "A length must have its shortest form");
}
