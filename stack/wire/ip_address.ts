/**
 * IP addresses between text and bytes: 4 bytes for IPv4, 16 for IPv6, network order.
 *
 * Runs on both sides.
 *
 * @module
 */

/**
 * The bytes of an IP literal, or undefined when the text is none. Zone ids, ports, brackets and shortened or octal
 * IPv4 forms are refused (RFC 4291 §2.2, RFC 6943 §3.1.1).
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseAddress } from "./ip_address.ts";
 *
 * assertEquals(parseAddress("10.0.0.1"), new Uint8Array([10, 0, 0, 1]));
 * assertEquals(parseAddress("example.com"), undefined);
 * ```
 */
export function parseAddress(text: string): Uint8Array<ArrayBuffer> | undefined {
  return text.includes(":") ? parseIPv6(text) : parseIPv4(text);
}

function parseIPv4(text: string): Uint8Array<ArrayBuffer> | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  const bytes = new Uint8Array(4);
  for (let i = 0; i < 4; i++) {
    const part = parts[i];
    if (!/^(0|[1-9][0-9]{0,2})$/.test(part) || Number(part) > 255) return undefined;
    bytes[i] = Number(part);
  }
  return bytes;
}

function parseIPv6(text: string): Uint8Array<ArrayBuffer> | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0], halves.length === 1);
  const tail = halves.length === 2 ? parseGroups(halves[1], true) : [];
  if (!head || !tail) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const bytes = new Uint8Array(16);
  [...head, ...new Array<number>(missing).fill(0), ...tail].forEach((group, i) => {
    bytes[2 * i] = group >> 8;
    bytes[2 * i + 1] = group & 0xff;
  });
  return bytes;
}

function parseGroups(text: string, mayEndInIPv4: boolean): number[] | undefined {
  if (text === "") return [];
  const parts = text.split(":");
  const groups: number[] = [];
  for (let i = 0; i < parts.length; i++) {
    if (mayEndInIPv4 && i === parts.length - 1 && parts[i].includes(".")) {
      const v4 = parseIPv4(parts[i]);
      if (!v4) return undefined;
      groups.push((v4[0] << 8) | v4[1], (v4[2] << 8) | v4[3]);
    } else if (/^[0-9a-fA-F]{1,4}$/.test(parts[i])) {
      groups.push(parseInt(parts[i], 16));
    } else {
      return undefined;
    }
  }
  return groups;
}

/**
 * The canonical text of an address of 4 or 16 bytes (RFC 5952). An IPv4-mapped address ends in dotted form.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { formatAddress, parseAddress } from "./ip_address.ts";
 *
 * assertEquals(formatAddress(parseAddress("2001:DB8:0:0::1")!), "2001:db8::1");
 * ```
 */
export function formatAddress(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join(".");
  if (isIPv4Mapped(bytes)) return `::ffff:${bytes.subarray(12).join(".")}`;
  const groups = Array.from({ length: 8 }, (_, i) => (bytes[2 * i] << 8) | bytes[2 * i + 1]);
  const [start, length] = longestZeroRun(groups);
  const text = (part: number[]) => part.map((group) => group.toString(16)).join(":");
  if (length < 2) return text(groups);
  return `${text(groups.slice(0, start))}::${text(groups.slice(start + length))}`;
}

/** Whether 16 bytes are ::ffff:a.b.c.d (RFC 4291 §2.5.5.2). */
export function isIPv4Mapped(bytes: Uint8Array): boolean {
  if (bytes.length !== 16 || bytes[10] !== 0xff || bytes[11] !== 0xff) return false;
  return bytes.subarray(0, 10).every((byte) => byte === 0);
}

function longestZeroRun(groups: number[]): [start: number, length: number] {
  let best: [number, number] = [0, 0];
  for (let i = 0; i < groups.length; i++) {
    let end = i;
    while (end < groups.length && groups[end] === 0) end++;
    if (end - i > best[1]) best = [i, end - i];
    i = Math.max(i, end);
  }
  return best;
}
