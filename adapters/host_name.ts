/**
 * Hosts and ports as Deno's own network functions read them.
 *
 * Main side.
 *
 * @module
 */
import { formatAddress, isIPv4Mapped, parseAddress } from "../stack/wire/ip_address.ts";
import { parseHost } from "./address_text.ts";

/**
 * The canonical address of a host: of an IP literal, also `[::1]`, or of `localhost`.
 *
 * @param loopback what `localhost` is.
 * @throws {URIError} when the text can be no host, as Deno's own.
 * @throws {TypeError} when it is no string, has a zone id, or is IPv4-mapped.
 * @throws {Error} when it is any other name: nobody here can look it up.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { resolveHost } from "./host_name.ts";
 *
 * assertEquals(resolveHost("[::1]"), "::1");
 * assertEquals(resolveHost("localhost"), "127.0.0.1");
 * ```
 */
export function resolveHost(host: string, loopback = "127.0.0.1"): string {
  if (typeof host !== "string") throw new TypeError(`Invalid hostname (expected string): ${Deno.inspect(host)}`);
  if (host === "") throw new URIError("invalid empty host: ''");
  if (host.toLowerCase() === "localhost") return loopback;
  const bracketed = host.startsWith("[") && host.endsWith("]");
  const address = parseHost(bracketed ? host.slice(1, -1) : host);
  if ("text" in address) {
    if (!bracketed || address.text.includes(":")) return address.text;
  } else if (!bracketed && (host.includes("%") || parseAddress(host))) {
    throw new TypeError(`Invalid hostname '${host}': must be ${address.problem}`);
  }
  if (bracketed) throw new URIError(`invalid IPv6 address: '${host}'`);
  if (!/^[\w.-]+$/.test(host)) throw new URIError(`invalid host '${host}': invalid char found in FQDN`);
  throw new Error(
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
  if (address === "0.0.0.0") return "127.0.0.1";
  return address === "::" ? "::1" : address;
}

/**
 * The IPv4 address in an IPv4-mapped one, as a socket at `::` shows its IPv4 peers; undefined for anything else.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { unmapped } from "./host_name.ts";
 *
 * assertEquals(unmapped("::ffff:10.0.0.1"), "10.0.0.1");
 * assertEquals(unmapped("10.0.0.1"), undefined);
 * ```
 */
export function unmapped(host: unknown): string | undefined {
  const bytes = typeof host === "string" ? parseAddress(host) : undefined;
  return bytes && isIPv4Mapped(bytes) ? formatAddress(bytes.subarray(12)) : undefined;
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
