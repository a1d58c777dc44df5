/**
 * Names of hosts, as Node's sockets look them up.
 *
 * Main side.
 *
 * @module
 */
import { isIP } from "node:net";
import { callError, notFoundError } from "./node_errors.ts";

/** `dns.lookup`, or what a program has in its place. */
export type NodeLookupFunction = (
  hostname: string,
  options: { family: number; hints?: number; all: false },
  callback: (error: Error | null, found: string | { address: string }[], family?: number) => void,
) => void;

/** What is looked up, and by whom. */
export interface NodeLookup {
  /** An IP literal, `localhost` or another name. */
  host: string;
  /** 4, 6, or 0 for either. */
  family: number;
  /** Passed to `lookup`. */
  hints?: number;
  /** Finds the address of a name, as `dns.lookup` does; without it there are no names but `localhost`. */
  lookup?: NodeLookupFunction;
}

/**
 * The address of a host: an IP literal's own, the loopback's for `localhost`, or what the program's `lookup` finds, with
 * a `lookup` event. Rejects with the code ENOTFOUND for any other name.
 *
 * @example
 * ```ts
 * import { assertEquals, assertRejects } from "@std/assert";
 * import { lookUp } from "./lookup.ts";
 *
 * assertEquals(await lookUp({ host: "localhost", family: 6 }, () => {}), "::1");
 * await assertRejects(() => lookUp({ host: "example.com", family: 0 }, () => {}), Error, "ENOTFOUND example.com");
 * ```
 */
export async function lookUp(
  { host, family, hints, lookup }: NodeLookup,
  tell: (event: string, ...args: unknown[]) => void,
): Promise<string> {
  if (isIP(host)) return host;
  try {
    const address = lookup ? await ask(lookup, host, family, hints) : ownAddress(host, family);
    tell("lookup", null, address, isIP(address), host);
    return address;
  } catch (error) {
    tell("lookup", error, undefined, undefined, host);
    throw error;
  }
}

/**
 * The address of a host that needs no look-up by the program: an IP literal's own, or the loopback's for `localhost`.
 *
 * @throws {NodeSystemError} for any other name (code ENOTFOUND).
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ownAddress } from "./lookup.ts";
 *
 * assertEquals(ownAddress("localhost", 4), "127.0.0.1");
 * ```
 */
export function ownAddress(host: string, family: number): string {
  if (isIP(host)) return host;
  if (host.toLowerCase() !== "localhost") throw notFoundError(host);
  return family === 6 ? "::1" : "127.0.0.1";
}

function ask(lookup: NodeLookupFunction, host: string, family: number, hints: number | undefined): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  lookup(host, { family, hints, all: false }, (error, found) => {
    const address = typeof found === "string" ? found : found?.[0]?.address;
    if (error) reject(error);
    else if (address !== undefined && isIP(address)) resolve(address);
    else reject(callError(TypeError, "ERR_INVALID_IP_ADDRESS", `Invalid IP address: ${Deno.inspect(address)}`));
  });
  return promise;
}
