/**
 * SOCKS version 5, the server's side (RFC 1928): connections, without authentication.
 *
 * Main side.
 *
 * @module
 */
import { formatAddress, parseAddress } from "../../stack/wire/ip_address.ts";
import type { Greeting } from "./greeting.ts";
import { ProxyRefusal, type ProxyRequest } from "./proxy_request.ts";

/** The first byte of every message. */
export const SOCKS_VERSION = 5;

/** §3: the methods of authentication. */
const NO_AUTHENTICATION = 0;
const NO_ACCEPTABLE_METHOD = 0xff;

/** §4: the only command that there is here. */
const CONNECT = 1;

/** §4, §5: the types of an address. */
const IPV4 = 1;
const DOMAIN_NAME = 3;
const IPV6 = 4;

/** §6: what a reply says. */
const SUCCEEDED = 0;
const GENERAL_FAILURE = 1;
const NETWORK_UNREACHABLE = 3;
const HOST_UNREACHABLE = 4;
const CONNECTION_REFUSED = 5;
const COMMAND_NOT_SUPPORTED = 7;
const ADDRESS_TYPE_NOT_SUPPORTED = 8;

/**
 * Negotiates with a client up to its request, which is not answered yet.
 *
 * Rejects with {@linkcode ProxyRefusal} when it wants what is not supported, and with `Deno.errors.UnexpectedEof` when it
 * ends before that.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Greeting } from "./greeting.ts";
 * import { readSOCKS5 } from "./socks5.ts";
 *
 * const sent = [5, 1, 0, 5, 1, 0, 3, 3, 119, 101, 98, 0, 80];
 * const client = new Greeting({
 *   read: () => Promise.resolve(Uint8Array.from(sent.splice(0))),
 *   write: (bytes) => Promise.resolve(assertEquals(bytes, Uint8Array.of(5, 0))),
 *   closeWrite: () => Promise.resolve(),
 *   close() {},
 *   abort() {},
 * });
 * const { host, port } = await readSOCKS5(client);
 * assertEquals({ host, port }, { host: "web", port: 80 });
 * ```
 */
export async function readSOCKS5(client: Greeting): Promise<ProxyRequest> {
  const [, methodCount] = await client.take(2);
  const methods = await client.take(methodCount);
  const method = methods.includes(NO_AUTHENTICATION) ? NO_AUTHENTICATION : NO_ACCEPTABLE_METHOD;
  const choice = Uint8Array.of(SOCKS_VERSION, method);
  if (method === NO_ACCEPTABLE_METHOD) throw new ProxyRefusal(choice);
  await client.write(choice);

  const [version, command, , addressType] = await client.take(4);
  if (version !== SOCKS_VERSION) throw new ProxyRefusal(reply(GENERAL_FAILURE));
  if (command !== CONNECT) throw new ProxyRefusal(reply(COMMAND_NOT_SUPPORTED));
  const host = await readHost(client, addressType);
  const [high, low] = await client.take(2);
  const port = high << 8 | low;
  if (host === "" || port === 0) throw new ProxyRefusal(reply(GENERAL_FAILURE));
  return {
    host,
    port,
    accepted: (local) => reply(SUCCEEDED, local),
    refused: (error) => reply(replyCode(error)),
  };
}

async function readHost(client: Greeting, addressType: number): Promise<string> {
  switch (addressType) {
    case IPV4:
      return formatAddress(await client.take(4));
    case IPV6:
      return formatAddress(await client.take(16));
    case DOMAIN_NAME: {
      const [length] = await client.take(1);
      return new TextDecoder().decode(await client.take(length));
    }
    default:
      throw new ProxyRefusal(reply(ADDRESS_TYPE_NOT_SUPPORTED));
  }
}

function replyCode(error: unknown): number {
  if (error instanceof Deno.errors.ConnectionRefused) return CONNECTION_REFUSED;
  if (error instanceof Deno.errors.NetworkUnreachable) return NETWORK_UNREACHABLE;
  const isUnreachable = error instanceof Error && "code" in error && error.code === "EHOSTUNREACH";
  const isUnknown = error instanceof Deno.errors.NotFound;
  return isUnreachable || isUnknown || error instanceof Deno.errors.TimedOut ? HOST_UNREACHABLE : GENERAL_FAILURE;
}

/** §6. */
function reply(code: number, bound = { hostname: "0.0.0.0", port: 0 }): Uint8Array {
  const { hostname, port } = bound;
  const address = parseAddress(hostname) ?? new Uint8Array(4);
  const type = address.length === 4 ? IPV4 : IPV6;
  return Uint8Array.of(SOCKS_VERSION, code, 0, type, ...address, port >> 8, port & 0xff);
}
