/**
 * Addresses as a program writes them: `10.0.0.1:80`, `[2001:db8::1]:80`.
 *
 * Main side.
 *
 * @module
 */
import type { Endpoint } from "../stack/remote_socket.ts";
import { formatAddress, isIPv4Mapped, parseAddress } from "../stack/wire/ip_address.ts";

/** What an address is for: completes "Cannot …" in the error. A dial refuses port 0. */
export type AddressUse = "dial" | "listen on";

/**
 * The endpoint that a text names, its address in canonical form (RFC 5952). Wildcards stay what they are.
 *
 * @throws {TypeError} with the text quoted, when the host is no IP literal, has a zone id or is IPv4-mapped, when the
 * port is missing or no decimal number up to 65535, or to dial port 0.
 *
 * @example
 * ```ts
 * import { assertEquals, assertThrows } from "@std/assert";
 * import { parseEndpoint } from "./address_text.ts";
 *
 * assertEquals(parseEndpoint("[2001:DB8::0:1]:80", "dial"), { address: "2001:db8::1", port: 80 });
 * assertThrows(
 *   () => parseEndpoint("example.com:80", "dial"),
 *   TypeError,
 *   'Cannot dial "example.com:80": host must be an IP literal',
 * );
 * ```
 */
export function parseEndpoint(text: string, use: AddressUse): Endpoint {
  if (typeof text !== "string") {
    throw new TypeError(`Cannot ${use} ${Deno.inspect(text)}: address must be a string such as "10.0.0.1:80"`);
  }
  const refuse = (why: string) => new TypeError(`Cannot ${use} ${JSON.stringify(text)}: ${why}`);
  const colon = text.lastIndexOf(":");
  if (colon < 0 || text.endsWith("]")) throw refuse('port is missing, as in "10.0.0.1:80"');
  const host = text.slice(0, colon);
  const port = text.slice(colon + 1);
  const bracketed = host.startsWith("[") && host.endsWith("]");
  if (!bracketed && host.includes(":") && !host.startsWith("[")) {
    throw refuse('an IPv6 address must be in brackets, as in "[2001:db8::1]:80"');
  }
  const address = parseHost(bracketed ? host.slice(1, -1) : host);
  if ("problem" in address) throw refuse(`host must be ${address.problem}`);
  if (bracketed !== address.text.includes(":")) throw refuse("host must be an IP literal, in brackets only if IPv6");
  if (!/^[0-9]+$/.test(port) || Number(port) > 65535) throw refuse("port must be a decimal number up to 65535");
  if (use === "dial" && Number(port) === 0) throw refuse("port must not be 0");
  return { address: address.text, port: Number(port) };
}

/**
 * The text that {@link parseEndpoint} reads.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { formatEndpoint } from "./address_text.ts";
 *
 * assertEquals(formatEndpoint({ address: "::1", port: 80 }), "[::1]:80");
 * ```
 */
export function formatEndpoint(endpoint: Endpoint): string {
  const { address, port } = endpoint;
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

/**
 * The canonical text of an IP literal, or what it must be instead.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseHost } from "./address_text.ts";
 *
 * assertEquals(parseHost("2001:DB8::0:1"), { text: "2001:db8::1" });
 * assertEquals(parseHost("example.com"), { problem: "an IP literal" });
 * ```
 */
export function parseHost(host: string): { text: string } | { problem: string } {
  const zone = host.indexOf("%");
  if (zone >= 0 && parseAddress(host.slice(0, zone))) return { problem: "an IP literal without a zone id" };
  const bytes = parseAddress(host);
  if (!bytes) return { problem: "an IP literal" };
  if (isIPv4Mapped(bytes)) return { problem: `an IP literal that is not IPv4-mapped: ${bytes.subarray(12).join(".")}` };
  return { text: formatAddress(bytes) };
}
