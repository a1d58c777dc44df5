/**
 * TCP options as a test names them.
 *
 * @module
 */

/** One option. `raw` is written as it is. */
export type TCPOption =
  | { name: "mss"; value: number }
  | { name: "ws"; value: number }
  | { name: "sackok" }
  | { name: "sack"; blocks: [left: number, right: number][] }
  | { name: "ts"; value: number; echo: number }
  | { name: "raw"; bytes: number[] };

/** The bytes of options, padded to a multiple of four. */
export function writeOptions(options: TCPOption[]): number[] {
  const bytes = options.flatMap(bytesOf);
  while (bytes.length % 4 !== 0) bytes.push(1);
  if (bytes.length > 40) throw new TypeError(`Cannot write ${bytes.length} bytes of options: there is room for 40`);
  return bytes;
}

/** Reads what an engine wrote; throws an Error when that is malformed. Padding is left out. */
export function readOptions(bytes: Uint8Array): TCPOption[] {
  const options: TCPOption[] = [];
  for (let at = 0; at < bytes.length;) {
    const kind = bytes[at];
    if (kind === 0) break;
    if (kind === 1) {
      at++;
      continue;
    }
    const length = bytes[at + 1];
    if (!(length >= 2) || at + length > bytes.length) throw new Error(`option ${kind} has length ${length}`);
    options.push(readOption(kind, bytes.subarray(at + 2, at + length)));
    at += length;
  }
  return options;
}

function bytesOf(option: TCPOption): number[] {
  switch (option.name) {
    case "mss":
      return [2, 4, option.value >> 8, option.value & 0xff];
    case "ws":
      return [3, 3, option.value];
    case "sackok":
      return [4, 2];
    case "sack":
      return [5, 2 + 8 * option.blocks.length, ...option.blocks.flat().flatMap(word)];
    case "ts":
      return [8, 10, ...word(option.value), ...word(option.echo)];
    case "raw":
      return option.bytes;
  }
}

function readOption(kind: number, body: Uint8Array): TCPOption {
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  if (kind === 2 && body.length === 2) return { name: "mss", value: view.getUint16(0) };
  if (kind === 3 && body.length === 1) return { name: "ws", value: body[0] };
  if (kind === 4 && body.length === 0) return { name: "sackok" };
  if (kind === 8 && body.length === 8) return { name: "ts", value: view.getUint32(0), echo: view.getUint32(4) };
  if (kind === 5 && body.length > 0 && body.length % 8 === 0) {
    const blocks = Array.from({ length: body.length / 8 }, (_, i): [number, number] => {
      return [view.getUint32(8 * i), view.getUint32(8 * i + 4)];
    });
    return { name: "sack", blocks };
  }
  throw new Error(`option ${kind} has length ${body.length + 2}`);
}

function word(value: number): number[] {
  return [(value >>> 24) & 0xff, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
}
