// Frames and messages of WebSockets, byte by byte (RFC 6455 §5).
import { Buffer } from "node:buffer";
import { assertEquals, assertThrows } from "@std/assert";
import { frameBytes, FrameReader, OPCODES, WebSocketProblem } from "../../adapters/http/frames.ts";
import { type Incoming, MessageReader } from "../../adapters/http/messages.ts";
import { bytes } from "../scenarios/hosts.ts";
import { runScript } from "../scenarios/subprocess.ts";

const MASK = [0x37, 0xfa, 0x21, 0x3d];

/** A frame as a client sends it: the first byte, the length as it is to be written, and the payload. */
function masked(first: number, payload: ArrayLike<number>, length = shortest(payload.length)): number[] {
  const [second, ...extended] = length;
  return [first, 0x80 | second, ...extended, ...MASK, ...Array.from(payload, (byte, i) => byte ^ MASK[i % 4])];
}

function shortest(length: number): number[] {
  if (length < 126) return [length];
  if (length < 65536) return [126, length >> 8, length & 0xff];
  return [127, 0, 0, 0, 0, length >>> 24, length >> 16 & 0xff, length >> 8 & 0xff, length & 0xff];
}

function messages(...parts: ArrayLike<number>[]): Incoming[] {
  const reader = new MessageReader(100_000);
  const seen: Incoming[] = [];
  for (const part of parts) {
    reader.push(Uint8Array.from(part));
    for (let incoming = reader.next(); incoming; incoming = reader.next()) seen.push(incoming);
  }
  return seen;
}

Deno.test("the examples of the RFC (§5.7)", () => {
  const hello = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
  assertEquals(messages(hello), [{ kind: "text", text: "Hello" }]);
  assertEquals([...frameBytes(OPCODES.text, bytes("Hello"))], [0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f]);
  assertEquals([...frameBytes(OPCODES.ping, bytes("Hello"))], [0x89, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f]);
  const pong = [0x8a, ...hello.slice(1)];
  assertEquals(messages(pong), [{ kind: "pong", bytes: bytes("Hello") }]);
  assertEquals([...frameBytes(OPCODES.binary, new Uint8Array(256)).subarray(0, 5)], [0x82, 0x7e, 0x01, 0x00, 0]);
  assertEquals([...frameBytes(OPCODES.binary, new Uint8Array(65536)).subarray(0, 11)], [
    ...[0x82, 0x7f, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0],
  ]);
});

for (const length of [0, 1, 125, 126, 127, 65535, 65536, 70_000]) {
  Deno.test(`a frame of ${length} bytes, in each form that a length has`, () => {
    const payload = new Uint8Array(length).map((_, i) => i);
    assertEquals(messages(masked(0x82, payload)), [{ kind: "binary", bytes: payload }]);
    const sent = frameBytes(OPCODES.binary, payload);
    assertEquals([sent[0], ...shortest(length)], [...sent.subarray(0, sent.length - length)]);
    assertEquals(sent.subarray(sent.length - length), payload);
  });
}

Deno.test("what a message carries is its own, also when a stream brings Buffers of Node, whose slices share memory", () => {
  const sent = [masked(0x82, []), masked(0x82, [1, 2, 3])].flat();
  const arrived = Buffer.from(sent);
  const reader = new MessageReader(1000);
  reader.push(arrived);
  for (const expected of [[], [1, 2, 3]]) {
    const message = reader.next();
    if (message?.kind !== "binary") throw new Error(`${message?.kind} is no binary message`);
    assertEquals(new Uint8Array(message.bytes.buffer), Uint8Array.from(expected));
  }
  assertEquals([...arrived], sent);
});

Deno.test("frames come in pieces of any size, several at once", () => {
  const stream = [
    ...masked(0x01, bytes("Hel")),
    ...masked(0x89, bytes("ping")),
    ...masked(0x00, []),
    ...masked(0x80, bytes("lo")),
    ...masked(0x82, new Uint8Array(300)),
    ...masked(0x88, [0x03, 0xe8, ...bytes("bye")]),
  ];
  const expected: Incoming[] = [
    { kind: "ping", bytes: bytes("ping") },
    { kind: "text", text: "Hello" },
    { kind: "binary", bytes: new Uint8Array(300) },
    { kind: "close", code: 1000, reason: "bye" },
  ];
  for (const size of [1, 2, 3, 7, 100, stream.length]) {
    const parts: number[][] = [];
    for (let i = 0; i < stream.length; i += size) parts.push(stream.slice(i, i + size));
    assertEquals(messages(...parts), expected, `pieces of ${size}`);
  }
});

Deno.test("text is UTF-8, whole only in its message, byte order mark included", () => {
  const euro = bytes("\uFEFF€");
  assertEquals(messages(masked(0x01, euro.subarray(0, 4)), masked(0x80, euro.subarray(4))), [{
    kind: "text",
    text: "\uFEFF€",
  }]);
});

Deno.test("frames without a byte take no memory", async () => {
  const module = (name: string) => new URL(`../../adapters/http/${name}.ts`, import.meta.url);
  // With so little memory that it would not hold an array for each.
  const { code, stdout, stderr } = await runScript(
    `import { MessageReader } from "${module("messages")}";
    const reader = new MessageReader(1000);
    const frames = (first, ...payload) => reader.push(Uint8Array.of(first, 0x80 + payload.length, 0, 0, 0, 0, ...payload));
    frames(0x01);
    for (let i = 0; i < 1_000_000; i++) {
      frames(0x00);
      if (reader.next()) throw new Error("A message came before its end");
    }
    frames(0x00, 72);
    frames(0x80, 105);
    console.log(reader.next().text);`,
    ["--v8-flags=--max-old-space-size=32"],
  );
  assertEquals([code, stdout], [0, "Hi\n"], stderr);
});

const PROBLEMS: [string, number, number[][]][] = [
  ["a frame without a mask", 1002, [[0x81, 0x01, 0x41]]],
  ["a reserved bit", 1002, [masked(0xc1, [])]],
  ["a reserved opcode", 1002, [masked(0x83, [])]],
  ["a reserved control opcode", 1002, [masked(0x8b, [])]],
  ["a control frame in fragments", 1002, [masked(0x09, [])]],
  ["a control frame that is too long", 1002, [masked(0x89, new Uint8Array(126))]],
  ["a length of 16 bits that fits into 7", 1002, [masked(0x82, [1], [126, 0, 1])]],
  ["a length of 64 bits that fits into 16", 1002, [masked(0x82, [1], [127, 0, 0, 0, 0, 0, 0, 0, 1])]],
  ["a length of 64 bits", 1009, [masked(0x82, [], [127, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])]],
  ["a frame that is too big", 1009, [masked(0x82, [], shortest(100_001))]],
  ["a message that is too big", 1009, [masked(0x02, new Uint8Array(60_000)), masked(0x80, new Uint8Array(60_000))]],
  ["a continuation of nothing", 1002, [masked(0x80, [])]],
  ["a message in another", 1002, [masked(0x01, []), masked(0x81, [])]],
  ["text that is no UTF-8", 1007, [masked(0x81, [0xff])]],
  ["text that ends within a character", 1007, [masked(0x81, [0xe2, 0x82])]],
  ["a close frame with half a code", 1002, [masked(0x88, [3])]],
  ["a close frame with a reason that is no UTF-8", 1007, [masked(0x88, [3, 0xe8, 0xff])]],
  ...[0, 999, 1004, 1005, 1006, 1015, 1100, 2999, 5000, 65535].map((code): [string, number, number[][]] => {
    return [`a close frame with code ${code}`, 1002, [masked(0x88, [code >> 8, code & 0xff])]];
  }),
];

for (const [what, code, frames] of PROBLEMS) {
  Deno.test(`refused: ${what}`, () => {
    const problem = assertThrows(() => messages(...frames), WebSocketProblem);
    assertEquals(problem.code, code);
  });
}

Deno.test("a frame is refused by its header, before its payload is there", () => {
  const reader = new FrameReader(10);
  reader.push(Uint8Array.of(0x82, 0x80 | 11, 1, 2, 3, 4));
  assertThrows(() => reader.next(), WebSocketProblem, "more than 10 bytes");
});

Deno.test("a close frame without a code counts as 1005", () => {
  assertEquals(messages(masked(0x88, [])), [{ kind: "close", code: 1005, reason: "" }]);
});
