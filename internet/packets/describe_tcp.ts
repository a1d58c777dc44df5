/**
 * A TCP segment in tcpdump's style.
 *
 * Runs on the main side.
 *
 * @module
 */
import * as tcp from "../../stack/wire/tcp.ts";
import * as options from "../../stack/wire/tcp_options.ts";
import type { Layout } from "./layout.ts";
import type { Packet } from "./packet.ts";
import { TCPFlags } from "./tcp_flags.ts";

const NAMES: ReadonlyMap<number, string> = new Map([
  [options.MAXIMUM_SEGMENT_SIZE, "mss"],
  [options.WINDOW_SCALE, "wscale"],
  [options.SACK_PERMITTED, "sackOK"],
  [options.SACK, "sack"],
  [options.TIMESTAMPS, "TS"],
]);

/** Says what follows the ports; `length` is what the IP header says of the segment. */
export function describeTCP(packet: Packet, { payload, end }: Layout, length: number): string {
  const { view } = packet;
  if (end - payload < tcp.HEADER_LENGTH) return "[|tcp]";
  const header = tcp.headerLength(view, payload);
  if (header < tcp.HEADER_LENGTH) return `tcp ${length - header} [bad hdr length ${header} - too short, < 20]`;
  const flags = new TCPFlags(tcp.flags(view, payload));
  if (header > length) return `Flags [${flags}] [bad hdr length ${header} - too long, > ${length}]`;
  if (header > end - payload) return `Flags [${flags}] [|tcp]`;
  return [
    `Flags [${flags}]`,
    ...describeNumbers(view, payload, flags, length - header),
    ...header > tcp.HEADER_LENGTH
      ? [`options [${describeOptions(view, payload + tcp.HEADER_LENGTH, payload + header)}]`]
      : [],
    `length ${length - header}`,
  ].join(", ");
}

function describeNumbers(view: DataView, payload: number, flags: TCPFlags, length: number): string[] {
  const seq = tcp.sequence(view, payload) >>> 0;
  const numbers: string[] = [];
  if (length > 0) numbers.push(`seq ${seq}:${(seq + length) >>> 0}`);
  else if (flags.syn || flags.fin || flags.rst) numbers.push(`seq ${seq}`);
  if (flags.ack) numbers.push(`ack ${tcp.acknowledgment(view, payload) >>> 0}`);
  numbers.push(`win ${tcp.window(view, payload)}`);
  if (flags.urg) numbers.push(`urg ${tcp.urgentPointer(view, payload)}`);
  return numbers;
}

/** All options in order, padding included, as far as they are well-formed. */
function describeOptions(view: DataView, start: number, end: number): string {
  const texts: string[] = [];
  for (let at = start; at < end;) {
    const kind = view.getUint8(at);
    if (kind === options.END) return [...texts, "eol"].join(",");
    const length = options.lengthAt(view, at, end);
    if (length === 0) return [...texts, "[bad opt]"].join(",");
    texts.push(kind === options.NO_OPERATION ? "nop" : describeOption(view, at, kind, length));
    at += length;
  }
  return texts.join(",");
}

function describeOption(view: DataView, at: number, kind: number, length: number): string {
  const word = (offset: number) => view.getUint32(at + offset);
  if (kind === options.MAXIMUM_SEGMENT_SIZE && length === 4) return `mss ${view.getUint16(at + 2)}`;
  if (kind === options.WINDOW_SCALE && length === 3) return `wscale ${view.getUint8(at + 2)}`;
  if (kind === options.SACK_PERMITTED && length === 2) return "sackOK";
  if (kind === options.TIMESTAMPS && length === 10) return `TS val ${word(2)} ecr ${word(6)}`;
  if (kind === options.SACK && (length - 2) % 8 === 0) {
    const blocks = Array.from({ length: (length - 2) / 8 }, (_, i) => `{${word(2 + 8 * i)}:${word(6 + 8 * i)}}`);
    return `sack ${blocks.length} ${blocks.join("")}`;
  }
  if (NAMES.has(kind)) return `${NAMES.get(kind)}[len ${length}]`;
  const bytes = new Uint8Array(view.buffer, view.byteOffset + at + 2, length - 2);
  return length === 2 ? `unknown-${kind}` : `unknown-${kind} 0x${bytes.toHex()}`;
}
