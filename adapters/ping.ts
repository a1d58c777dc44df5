/**
 * Asks a host for an echo.
 *
 * Main side.
 *
 * @module
 */
import type { EchoReply, ICMPReport } from "../stack/messages.ts";
import { type Stack, startPing } from "../stack/stack.ts";
import { parseHost } from "./address_text.ts";
import { networkError } from "./errors.ts";

/**
 * What may be chosen for a {@linkcode ping}.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Internet, ping, type PingOptions } from "@uis/uis";
 *
 * await using internet = new Internet();
 * const stack = await internet.newStack(1500, "10.0.0.1");
 * const options: PingOptions = { sequence: 7, size: 1000 };
 * const { sequence, size } = await ping(stack, "127.0.0.1", options);
 * assertEquals([sequence, size], [7, 1000]);
 * ```
 */
export interface PingOptions {
  /** The identifier, 0 to 65535; a random one by default. */
  id?: number;
  /** The sequence number, 0 to 65535. 1. */
  sequence?: number;
  /** Bytes of data: random ones, which the reply must repeat. 56. */
  size?: number;
  /** The TTL, or hop limit, of the request: 1 to 255. 64. */
  ttl?: number;
  /** ms to wait for the reply; Infinity for as long as it takes. 1000. */
  timeout?: number;
  /** Gives up. */
  signal?: AbortSignal;
}

/**
 * The answer to a {@linkcode ping}.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Internet, ping, type PingReply } from "@uis/uis";
 *
 * await using internet = new Internet();
 * void internet.route();
 * const stack = await internet.newStack(1500, "10.0.0.1");
 * await internet.newStack(1500, "10.0.0.2");
 * const { from, sequence, size, ttl }: PingReply = await ping(stack, "10.0.0.2");
 * assertEquals([from, sequence, size, ttl], ["10.0.0.2", 1, 56, 64]);
 * ```
 */
export interface PingReply {
  /** Who answered: canonical text (RFC 5952). */
  from: string;
  /** The sequence number of the request. */
  sequence: number;
  /** Bytes of data. */
  size: number;
  /** What was left of the reply's TTL, or hop limit, when it arrived. */
  ttl: number;
  /** ms from the request to the reply, with fractions; 0 from the stack itself. */
  time: number;
}

/**
 * Sends one echo request to `address`, an IP literal such as "10.0.0.2" or "2001:db8::2", and resolves with the reply
 * (RFC 792, RFC 4443 §4). What does not fit the MTU goes in fragments.
 *
 * Rejects with `Deno.errors.TimedOut` (ETIMEDOUT) when no reply comes in time. When an ICMP error comes instead, it
 * rejects at once, and the message names who sent it: with `Deno.errors.NetworkUnreachable` (ENETUNREACH), as without an
 * address of the family, `Deno.errors.ConnectionRefused` (ECONNREFUSED), or an `Error` of code EHOSTUNREACH, for an
 * expired TTL too, EPROTO, or EMSGSIZE: the path takes less, and later pings are cut to it. `Deno.errors.ConnectionAborted`
 * (ECONNABORTED) when the stack is closed meanwhile, `Deno.errors.NetworkUnreachable` (ENETDOWN) when it was before; the
 * signal's reason; `TypeError` for a bad address, `RangeError` for an option out of range, EMSGSIZE for a size over
 * 65,507 bytes (IPv4) or 65,527 (IPv6).
 *
 * @example
 * ```ts
 * import { assert, assertEquals, assertRejects } from "@std/assert";
 * import { Internet, ping } from "@uis/uis";
 *
 * await using internet = new Internet();
 * void internet.route();
 * const stack = await internet.newStack(1500, "10.0.0.1", "2001:db8::1");
 * await internet.newStack(1500, "2001:db8::2");
 *
 * const { from, time } = await ping(stack, "2001:db8::2", { sequence: 1, timeout: 10_000 });
 * assertEquals(from, "2001:db8::2");
 * assert(time > 0);
 * await assertRejects(() => ping(stack, "10.0.0.9", { timeout: 1 }), Deno.errors.TimedOut);
 * ```
 */
export async function ping(stack: Stack, address: string, options: PingOptions = {}): Promise<PingReply> {
  const to = parseTarget(address);
  const { id = randomId(), sequence = 1, size = 56, ttl = 64, timeout = 1000, signal } = options;
  checkInteger("id", id, 0, 0xffff);
  checkInteger("sequence", sequence, 0, 0xffff);
  checkInteger("size", size, 0, Infinity);
  checkInteger("ttl", ttl, 1, 255);
  if (!(timeout > 0)) throw new RangeError(`Cannot ping with timeout ${timeout}: must be more than 0`);
  signal?.throwIfAborted();
  if (size > 0xffff) throw networkError("message-too-long", { operation: "ping", address });
  const request = { to, identifier: id, sequence, ttl, timeout, data: crypto.getRandomValues(new Uint8Array(size)) };
  const { promise, resolve, reject } = Promise.withResolvers<EchoReply>();
  const giveUp = startPing(stack, request, {
    resolve,
    reject: (ending, report) =>
      reject(networkError(ending, { operation: "ping", address, because: report && describe(report) })),
  });
  const onAbort = () => {
    giveUp();
    reject(signal!.reason);
  };
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    const { from, ttl, time } = await promise;
    return { from, sequence, size, ttl, time };
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}

function parseTarget(address: string): string {
  if (typeof address !== "string") {
    throw new TypeError(`Cannot ping ${Deno.inspect(address)}: address must be a string such as "10.0.0.1"`);
  }
  const host = parseHost(address);
  if ("problem" in host) throw new TypeError(`Cannot ping ${JSON.stringify(address)}: must be ${host.problem}`);
  return host.text;
}

function checkInteger(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  const range = most === Infinity ? `of at least ${least}` : `from ${least} to ${most}`;
  throw new RangeError(`Cannot ping with ${name} ${value}: must be an integer ${range}`);
}

function randomId(): number {
  return Math.floor(Math.random() * 0x10000);
}

/** Who reports what. */
function describe({ from, kind, type, code, mtu }: ICMPReport): string {
  switch (kind) {
    case "time-exceeded":
      return `the TTL expired at ${from}`;
    case "reassembly-time-exceeded":
      return `fragments did not all come in time to ${from}`;
    case "packet-too-big":
      return `${from} takes packets of up to ${mtu || "fewer"} bytes`;
    case "other":
      return `${from} reports ICMP type ${type}, code ${code}`;
    default:
      return `${from} reports ${kind}`;
  }
}
