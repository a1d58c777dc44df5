/**
 * Hosts and ports as Deno's own network functions read them.
 *
 * Main side.
 *
 * @module
 */
import { formatAddress, isIPv4Mapped, parseAddress } from "../stack/wire/ip_address.ts";

const LOOPBACK = "127.0.0.1";

/**
 * The canonical address of a host: of an IP literal, also `[::1]`, or of `localhost`. An IPv4-mapped address is the
 * IPv4 address in it.
 *
 * @throws {URIError} when the text can be no host, as Deno's own.
 * @throws {TypeError} when it is no string, or has a zone id.
 * @throws {Error} when it is any other name: nobody here can look it up.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { resolveHost } from "./host_name.ts";
 *
 * assertEquals(resolveHost("[::1]"), "::1");
 * assertEquals(resolveHost("localhost"), "127.0.0.1");
 * assertEquals(resolveHost("::ffff:10.0.0.1"), "10.0.0.1");
 * ```
 */
export function resolveHost(host: string): string {
  if (typeof host !== "string") throw new TypeError(`Invalid hostname (expected string): ${Deno.inspect(host)}`);
  if (host.toLowerCase() === "localhost") return LOOPBACK;
  const bracketed = host.startsWith("[") && host.endsWith("]");
  const literal = bracketed ? host.slice(1, -1) : host;
  const [address, zone] = literal.split("%", 2);
  const bytes = parseAddress(address);
  if (!bytes || (bracketed && !address.includes(":"))) throw nameError(host, bracketed);
  if (zone !== undefined) throw new TypeError(`Invalid hostname '${host}': must be an IP literal without a zone id`);
  return canonical(bytes);
}

function canonical(bytes: Uint8Array): string {
  return formatAddress(isIPv4Mapped(bytes) ? bytes.subarray(12) : bytes);
}

/** What is wrong with a host that is no address. */
function nameError(host: string, bracketed: boolean): Error {
  if (bracketed) return new URIError(`invalid IPv6 address: '${host}'`);
  if (host === "" || host === ".") return new URIError(`invalid empty host: '${host}'`);
  if (!/^[\w.-]+$/.test(host)) return new URIError(`invalid host '${host}': invalid char found in FQDN`);
  if (/^\.|\.\./.test(host)) return new URIError(`invalid host '${host}': empty label found in FQDN`);
  return new Error(
    `failed to lookup address information: Name or service not known: "${host}" (only IP literals and "localhost" are)`,
  );
}

/**
 * Where packets for an address go: those for the wildcard to this host itself, as Linux has it.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { destination } from "./host_name.ts";
 *
 * assertEquals(destination("0.0.0.0"), "127.0.0.1");
 * assertEquals(destination("10.0.0.1"), "10.0.0.1");
 * ```
 */
export function destination(address: string): string {
  if (address === "0.0.0.0") return LOOPBACK;
  return address === "::" ? "::1" : address;
}

/**
 * An IP literal in its canonical text; of an IPv4-mapped one, as a socket at `::` shows its IPv4 peers, the IPv4 address.
 * Anything else as it is.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { unmapped } from "./host_name.ts";
 *
 * assertEquals(unmapped("::ffff:10.0.0.1"), "10.0.0.1");
 * assertEquals(unmapped("2001:DB8:0::1"), "2001:db8::1");
 * ```
 */
export function unmapped(address: string): string {
  const bytes = parseAddress(address);
  return bytes ? canonical(bytes) : address;
}

/**
 * A port that is a number, or a string that can be read as one.
 *
 * @throws {TypeError} when it is no integer.
 * @throws {RangeError} below `min` or over 65535.
 *
 * @example
 * ```ts
 * import { assertEquals, assertThrows } from "@std/assert";
 * import { parsePort } from "./host_name.ts";
 *
 * assertEquals(parsePort("80", 1), 80);
 * assertThrows(() => parsePort(0, 1), RangeError, "Invalid port (out of range): 0");
 * ```
 */
export function parsePort(port: unknown, min: 0 | 1): number {
  if (typeof port !== "number" && typeof port !== "string") {
    throw new TypeError(`Invalid port (expected number): ${Deno.inspect(port)}`);
  }
  const value = port === "" ? NaN : Number(port);
  if (!Number.isInteger(value)) {
    throw new TypeError(`Invalid port: ${Number.isNaN(value) && typeof port === "string" ? `'${port}'` : value}`);
  }
  if (value < min || value > 65535) throw new RangeError(`Invalid port (out of range): ${value}`);
  return value;
}
