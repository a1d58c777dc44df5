/**
 * ICMP messages as scenarios write them: `echo id 1 seq 2 data 56`, `unreachable port`.
 *
 * @module
 */
import type { Flow } from "./flow.ts";
import type { ICMPMessage } from "./packets.ts";
import { evaluate, type Names, type Words } from "./script_text.ts";
import { streamBytes } from "./stream.ts";

interface Kind {
  type: number;
  codes: Record<string, number>;
}

const KINDS: Record<4 | 6, Record<string, Kind>> = {
  4: {
    "echo": { type: 8, codes: {} },
    "echo-reply": { type: 0, codes: {} },
    "unreachable": { type: 3, codes: { net: 0, host: 1, proto: 2, port: 3, admin: 13 } },
    "too-big": { type: 3, codes: { "": 4 } },
    "time-exceeded": { type: 11, codes: { reassembly: 1 } },
    "parameter": { type: 12, codes: {} },
  },
  6: {
    "echo": { type: 128, codes: {} },
    "echo-reply": { type: 129, codes: {} },
    "unreachable": { type: 1, codes: { net: 0, admin: 1, host: 3, port: 4 } },
    "too-big": { type: 2, codes: {} },
    "time-exceeded": { type: 3, codes: { reassembly: 1 } },
    "parameter": { type: 4, codes: { header: 1 } },
  },
};

/** Reads a message. A report quotes what the engine sent last, unless it is one that the engine sends. */
export function readICMPText(
  words: Words,
  names: Names,
  family: 4 | 6,
  flow: Flow,
  fromEngine: boolean,
  takeOther: (word: string) => boolean,
): ICMPMessage {
  const name = words.take("the kind of message");
  const kind = KINDS[family][name];
  if (!kind) throw new SyntaxError(`Cannot read "${name}": no kind of message`);
  const code = kind.codes[words.peek() ?? ""] !== undefined ? words.take("the code") : "";
  const message: ICMPMessage = { kind: "icmp", type: kind.type, code: kind.codes[code] ?? 0, rest: 0, payload: EMPTY };
  if (!name.startsWith("echo")) message.payload = fromEngine ? flow.lastIn : quote(flow.lastOut, family);
  const value = (field: string) => evaluate(words.take(`the value of ${field}`), names);
  while (!words.isEmpty) {
    const word = words.take("a field");
    if (word === "id") message.rest = (message.rest + value(word) * 0x10000) >>> 0;
    else if (word === "seq" || word === "mtu") message.rest = (message.rest + value(word)) >>> 0;
    else if (word === "pointer") message.rest = value(word) * (family === 4 ? 0x100_0000 : 1);
    else if (word === "code") message.code = value(word);
    else if (word === "data") message.payload = streamBytes(1, 1 + value(word));
    else if (word === "quoted-seq") {
      message.payload = withSequence(message.payload, family, value(word) + (flow.origins.ours ?? 0));
    } else if (word === "quoted-length") message.payload = withLength(message.payload, family, value(word));
    else if (word === "quoted") message.payload = message.payload.slice(0, value(word));
    else if (!takeOther(word)) throw new SyntaxError(`Cannot read "${word}"`);
  }
  return message;
}

/** The IP header and the first eight bytes after it. */
function quote(packet: Uint8Array, family: 4 | 6): Uint8Array {
  return packet.slice(0, (family === 4 ? 20 : 40) + 8);
}

function withSequence(quoted: Uint8Array, family: 4 | 6, seq: number): Uint8Array {
  const copy = quoted.slice();
  new DataView(copy.buffer).setUint32((family === 4 ? 20 : 40) + 4, seq >>> 0);
  return copy;
}

function withLength(quoted: Uint8Array, family: 4 | 6, length: number): Uint8Array {
  const copy = quoted.slice();
  new DataView(copy.buffer).setUint16(family === 4 ? 2 : 4, family === 4 ? length : length - 40);
  return copy;
}

/** What differs. A report may quote less than the whole packet. */
export function icmpDifferences(expected: ICMPMessage, actual: ICMPMessage): string[] {
  const found: string[] = [];
  if (expected.type !== actual.type) found.push(`type: expected ${expected.type}, was ${actual.type}`);
  if (expected.code !== actual.code) found.push(`code: expected ${expected.code}, was ${actual.code}`);
  if (expected.rest !== actual.rest) found.push(`second word: expected ${expected.rest}, was ${actual.rest}`);
  const isEcho = [0, 8, 128, 129].includes(actual.type);
  const payload = isEcho ? expected.payload : expected.payload.subarray(0, actual.payload.length);
  if (payload.length !== actual.payload.length) {
    found.push(`data: expected ${payload.length} bytes, were ${actual.payload.length}`);
  } else if (payload.some((byte, i) => byte !== actual.payload[i])) found.push("data: other bytes");
  return found;
}

const EMPTY = new Uint8Array();
