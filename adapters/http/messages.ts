/**
 * The messages of the WebSocket protocol, put together from frames (RFC 6455 §5.4 to §5.6). No I/O.
 *
 * @module
 */
import { joined } from "../joined.ts";
import { type Frame, FrameReader, OPCODES, WebSocketProblem } from "./frames.ts";

/** Something whole that a client has sent. */
export type Incoming =
  | { kind: "text"; text: string }
  | { kind: "binary"; bytes: Uint8Array<ArrayBuffer> }
  | { kind: "ping" | "pong"; bytes: Uint8Array<ArrayBuffer> }
  | { kind: "close"; code: number; reason: string };

/** §7.4.1: what a close frame without a code counts as. */
const NO_STATUS = 1005;

/**
 * Puts what a client sends together.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { MessageReader } from "./messages.ts";
 *
 * const reader = new MessageReader(1000);
 * reader.push(Uint8Array.of(0x01, 0x81, 0, 0, 0, 0, 72, 0x89, 0x80, 0, 0, 0, 0, 0x80, 0x81, 0, 0, 0, 0, 105));
 * assertEquals(reader.next(), { kind: "ping", bytes: new Uint8Array(0) });
 * assertEquals(reader.next(), { kind: "text", text: "Hi" });
 * assertEquals(reader.next(), undefined);
 * ```
 */
export class MessageReader {
  readonly #frames: FrameReader;
  readonly #messageMax: number;
  #opcode: number | undefined;
  #fragments: Uint8Array<ArrayBuffer>[];
  #length: number;

  /** @param messageMax bytes that one message may have. */
  constructor(messageMax: number) {
    this.#frames = new FrameReader(messageMax);
    this.#messageMax = messageMax;
    this.#opcode = undefined;
    this.#fragments = [];
    this.#length = 0;
  }

  /** Takes bytes that have arrived. */
  push(bytes: Uint8Array): void {
    this.#frames.push(bytes);
  }

  /**
   * The next thing that is there as a whole.
   *
   * @throws {WebSocketProblem} when the client breaks the protocol.
   */
  next(): Incoming | undefined {
    for (let frame = this.#frames.next(); frame; frame = this.#frames.next()) {
      const incoming = frame.opcode >= OPCODES.close ? controlOf(frame) : this.#add(frame);
      if (incoming) return incoming;
    }
    return undefined;
  }

  #add({ opcode, isFinal, payload }: Frame): Incoming | undefined {
    if ((opcode === OPCODES.continuation) !== (this.#opcode !== undefined)) {
      throw new WebSocketProblem(1002, "A message goes on, or another begins, where it must not");
    }
    this.#opcode ??= opcode;
    // A message may have any number of frames without a byte.
    if (payload.length > 0) this.#fragments.push(payload);
    this.#length += payload.length;
    if (this.#length > this.#messageMax) {
      throw new WebSocketProblem(1009, `A message must not have more than ${this.#messageMax} bytes`);
    }
    return isFinal ? this.#finish(this.#opcode) : undefined;
  }

  #finish(opcode: number): Incoming {
    const bytes = this.#fragments.length === 1 ? this.#fragments[0] : joined(this.#fragments);
    this.#opcode = undefined;
    this.#fragments = [];
    this.#length = 0;
    return opcode === OPCODES.text ? { kind: "text", text: decode(bytes) } : { kind: "binary", bytes };
  }
}

function controlOf({ opcode, payload }: Frame): Incoming {
  if (opcode !== OPCODES.close) return { kind: opcode === OPCODES.ping ? "ping" : "pong", bytes: payload };
  if (payload.length === 0) return { kind: "close", code: NO_STATUS, reason: "" };
  const code = payload.length === 1 ? 0 : new DataView(payload.buffer, payload.byteOffset).getUint16(0);
  if (!mayBeSent(code)) throw new WebSocketProblem(1002, `${code} is no code to close with`);
  return { kind: "close", code, reason: decode(payload.subarray(2)) };
}

/** §7.4: the codes that a close frame may carry. */
function mayBeSent(code: number): boolean {
  const isDefined = code >= 1000 && code <= 1014 && code !== 1004 && code !== NO_STATUS && code !== 1006;
  return isDefined || (code >= 3000 && code <= 4999);
}

/** §8.1. A byte order mark is text like any other. */
function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new WebSocketProblem(1007, "Text must be UTF-8");
  }
}
