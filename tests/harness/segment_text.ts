/**
 * TCP segments as scenarios write them: `S. 0 ack 1 win 65535 mss 1460`, `P. 1:11 ack 1`.
 *
 * @module
 */
import type { TCPOption } from "./options.ts";
import { evaluate, evaluateRange, type Names, type Words } from "./script_text.ts";
import type { TCPSegment } from "./packets.ts";

/** Sequence numbers of one flow: what is added to relative ones. Ours are the engine's. */
export interface Origins {
  /** Undefined until the engine has sent a SYN. */
  ours: number | undefined;
  theirs: number;
  /** The timestamp that the engine sent last. */
  lastTimestamp: number;
}

/** `*` in an expectation: any value will do. */
export const ANY = NaN;

/** What a line says of a segment; undefined is not said. Sequence numbers are relative. */
export interface SegmentText {
  flags: string;
  start: number;
  end: number;
  ack?: number;
  window?: number;
  urgent?: number;
  options: TCPOption[];
  /** Names of options that must not be there. */
  absent: string[];
  /** Explicit bytes instead of the stream's. */
  content?: Uint8Array;
  /** A SYN may start the engine's numbers anew, more than this beyond the old ones. */
  beyond?: number;
}

/** Reads flags, range and fields. `takeOther` is offered the words that are none of a segment's. */
export function readSegmentText(
  words: Words,
  names: Names,
  origins: Origins,
  takeOther: (word: string) => boolean,
): SegmentText {
  const text: SegmentText = { flags: words.take("the flags"), start: 0, end: 0, options: [], absent: [] };
  if (!/^[FSRP.UEW]+$|^none$/.test(text.flags)) throw new SyntaxError(`Cannot read the flags "${text.flags}"`);
  if (text.flags === "none") text.flags = "";
  if (/^[\d(]|^MSS|^\*/.test(words.peek() ?? "")) [text.start, text.end] = number2(words.take("the range"), names);
  while (!words.isEmpty) {
    const word = words.take("a field");
    if (!readField(word, words, text, names, origins) && !takeOther(word)) {
      throw new SyntaxError(`Cannot read "${word}"`);
    }
  }
  return text;
}

function number2(word: string, names: Names): [number, number] {
  return word === "*" ? [ANY, ANY] : evaluateRange(word, names);
}

function readField(word: string, words: Words, text: SegmentText, names: Names, origins: Origins): boolean {
  const value = () => {
    const next = words.take(`the value of ${word}`);
    if (next === "*") return ANY;
    return evaluate(next, { ...names, last: origins.lastTimestamp });
  };
  if (word.startsWith('"')) text.content = new TextEncoder().encode(word.slice(1, -1));
  else if (word === "ack") text.ack = value();
  else if (word === "win") text.window = value();
  else if (word === "urg") text.urgent = value();
  else if (word === "mss" || word === "ws") text.options.push({ name: word, value: value() });
  else if (word === "sackok") text.options.push({ name: "sackok" });
  else if (word === "ts") text.options.push({ name: "ts", value: value(), echo: value() });
  else if (word === "sack") text.options.push({ name: "sack", blocks: readBlocks(words, names) });
  else if (word === "opt") text.options.push({ name: "raw", bytes: readHex(words.take("the bytes")) });
  else if (word === "no") text.absent.push(words.take("the option's name"));
  else if (word === "beyond") text.beyond = value();
  else return false;
  return true;
}

function readBlocks(words: Words, names: Names): [number, number][] {
  const blocks: [number, number][] = [];
  while (/^[\dM][^:]*:/.test(words.peek() ?? "")) blocks.push(evaluateRange(words.take("a block"), names));
  return blocks;
}

function readHex(text: string): number[] {
  return (text.match(/../g) ?? []).map((digits) => parseInt(digits, 16));
}

/** Fills in a segment to the engine. */
export function toSegment(text: SegmentText, origins: Origins, payload: Uint8Array): TCPSegment {
  const ours = origins.ours ?? 0;
  return {
    kind: "tcp",
    sourcePort: 0,
    destinationPort: 0,
    seq: (text.start + origins.theirs) >>> 0,
    ack: text.ack === undefined ? 0 : (text.ack + ours) >>> 0,
    flags: text.flags,
    window: text.window ?? 65535,
    urgent: text.urgent ?? 0,
    options: text.options.map((option) => option.name === "sack" ? moveBlocks(option, ours) : option),
    payload,
  };
}

/** Takes a segment of the engine back to relative numbers. */
export function fromSegment(segment: TCPSegment, origins: Origins): SegmentText {
  const start = (segment.seq - (origins.ours ?? 0)) | 0;
  return {
    flags: segment.flags,
    start,
    end: start + segment.payload.length,
    ack: segment.flags.includes(".") ? (segment.ack - origins.theirs) | 0 : undefined,
    window: segment.window,
    urgent: segment.urgent,
    options: segment.options.map((option) => option.name === "sack" ? moveBlocks(option, -origins.theirs) : option),
    absent: [],
    content: segment.payload,
  };
}

function moveBlocks(option: TCPOption & { name: "sack" }, by: number): TCPOption {
  const move = (seq: number) => by < 0 ? (seq + by) | 0 : (seq + by) >>> 0;
  return { name: "sack", blocks: option.blocks.map(([left, right]) => [move(left), move(right)]) };
}

/** What differs between a segment and what was said of it: one line for each difference. */
export function differences(expected: SegmentText, actual: SegmentText): string[] {
  const found: string[] = [];
  const compare = (name: string, wanted: number | undefined, was: number | undefined) => {
    if (wanted === undefined || Number.isNaN(wanted) || wanted === was) return;
    found.push(`${name}: expected ${wanted}, was ${was ?? "absent"}`);
  };
  if (!sameFlags(expected.flags, actual.flags)) found.push(`flags: expected ${expected.flags}, were ${actual.flags}`);
  compare("sequence number", expected.start, actual.start);
  compare("end", expected.end, actual.end);
  compare("ack", expected.ack, actual.ack);
  compare("win", expected.window, actual.window);
  compare("urg", expected.urgent, actual.urgent);
  for (const option of expected.options) {
    const was = actual.options.find(({ name }) => name === option.name);
    if (!was || !sameOption(option, was)) {
      found.push(`option: expected ${formatOption(option)}, was ${was ? formatOption(was) : "absent"}`);
    }
  }
  for (const name of expected.absent) {
    const was = actual.options.find((option) => option.name === name);
    if (was) found.push(`option: expected no ${name}, was ${formatOption(was)}`);
  }
  return found;
}

/** PSH is free unless it is asked for (RFC 9293 §3.9.1 leaves it to the sender). */
function sameFlags(expected: string, actual: string): boolean {
  const without = (flags: string) => [...flags].filter((flag) => flag !== "P").sort().join("");
  return without(expected) === without(actual) && (!expected.includes("P") || actual.includes("P"));
}

function sameOption(expected: TCPOption, actual: TCPOption): boolean {
  const same = (a: number, b: number) => Number.isNaN(a) || a === b;
  if ((expected.name === "mss" || expected.name === "ws") && actual.name === expected.name) {
    return same(expected.value, actual.value);
  }
  if (expected.name === "ts" && actual.name === "ts") {
    return same(expected.value, actual.value) && same(expected.echo, actual.echo);
  }
  return formatOption(expected) === formatOption(actual);
}

/** A segment as one line. */
export function formatSegment(text: SegmentText): string {
  const range = text.start === text.end ? `${text.start}` : `${text.start}:${text.end}`;
  const parts = [text.flags || "none", range];
  if (text.ack !== undefined) parts.push(`ack ${text.ack}`);
  if (text.window !== undefined) parts.push(`win ${text.window}`);
  if (text.urgent) parts.push(`urg ${text.urgent}`);
  parts.push(...text.options.map(formatOption));
  return parts.join(" ");
}

function formatOption(option: TCPOption): string {
  switch (option.name) {
    case "mss":
    case "ws":
      return `${option.name} ${option.value}`;
    case "sackok":
      return "sackok";
    case "sack":
      return `sack ${option.blocks.map(([left, right]) => `${left}:${right}`).join(" ")}`;
    case "ts":
      return `ts ${option.value} ${option.echo}`;
    case "raw":
      return `opt ${option.bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
  }
}
