/**
 * The arguments of Node's `connect` and `listen`, in all of their forms.
 *
 * Main side.
 *
 * @module
 */
import { isIP } from "node:net";
import type { NodeLookupFunction } from "./lookup.ts";
import { callError } from "./node_errors.ts";

/** What a connect is told: all options of Node's types are accepted, these are looked at. */
export interface NodeConnectOptions {
  port: number | undefined;
  path: string | undefined;
  host: string;
  family: number;
  hints: number | undefined;
  lookup: NodeLookupFunction | undefined;
  localAddress: string | undefined;
  localPort: number | undefined;
  noDelay: boolean | undefined;
  keepAlive: boolean | undefined;
}

/** What a listen is told. */
export interface NodeListenOptions {
  port: number;
  path: string | undefined;
  host: string | undefined;
  backlog: number | undefined;
  ipv6Only: boolean;
  signal: AbortSignal | undefined;
}

interface Arguments<Options> {
  options: Options;
  callback: (() => void) | undefined;
}

/**
 * Of `connect(options, callback)`, `connect(port, host, callback)`, `connect(path, callback)`.
 *
 * @throws {TypeError} without a port or path (code ERR_MISSING_ARGS), when an option has the wrong type (code
 * ERR_INVALID_ARG_TYPE), or when `localAddress` is no address (code ERR_INVALID_IP_ADDRESS).
 * @throws {RangeError} when the port is no port (code ERR_SOCKET_BAD_PORT).
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { connectArguments } from "./arguments.ts";
 *
 * const { options } = connectArguments(["80", "10.0.0.1"]);
 * assertEquals([options.port, options.host], [80, "10.0.0.1"]);
 * ```
 */
export function connectArguments(args: readonly unknown[]): Arguments<NodeConnectOptions> {
  const { given, rest, callback } = takeApart(args);
  const { host, path, family, hints, lookup, localAddress, localPort, noDelay, keepAlive } = given;
  // A request of node:http has a port, and a path that is none of a Unix socket.
  const port = isMissing(given.port) ? undefined : portOf(given.port);
  if (port === undefined && typeof path !== "string") {
    throw callError(TypeError, "ERR_MISSING_ARGS", 'Cannot connect: "port" must be specified');
  }
  if (lookup !== undefined) checkType("lookup", lookup, "function");
  if (host) checkType("host", host, "string");
  if (localPort) checkType("localPort", localPort, "number");
  if (localAddress && !isIP(String(localAddress))) {
    throw callError(TypeError, "ERR_INVALID_IP_ADDRESS", `Invalid IP address: ${Deno.inspect(localAddress)}`);
  }
  const options = {
    port,
    path: typeof path === "string" ? path : undefined,
    host: text(host) ?? text(rest[0]) ?? "localhost",
    family: family === 6 || family === "IPv6" ? 6 : family === 4 || family === "IPv4" ? 4 : 0,
    hints: typeof hints === "number" ? hints : undefined,
    lookup: lookup as NodeLookupFunction | undefined,
    localAddress: text(localAddress),
    localPort: isMissing(localPort) ? undefined : portOf(localPort),
    noDelay: flag(noDelay),
    keepAlive: flag(keepAlive),
  };
  return { options, callback };
}

/**
 * Of `listen(options, callback)`, `listen(port, host, backlog, callback)`, `listen(path, callback)`.
 *
 * @throws {TypeError} when options have neither port nor path (code ERR_INVALID_ARG_VALUE).
 * @throws {RangeError} when the port is no port (code ERR_SOCKET_BAD_PORT).
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { listenArguments } from "./arguments.ts";
 *
 * const { options } = listenArguments([80, "10.0.0.1", 16]);
 * assertEquals([options.port, options.host, options.backlog], [80, "10.0.0.1", 16]);
 * ```
 */
export function listenArguments(args: readonly unknown[]): Arguments<NodeListenOptions> {
  const { given, rest, callback } = takeApart(args);
  const { host, port, path, backlog, ipv6Only, signal } = given;
  if (typeof args[0] === "object" && args[0] !== null && !("port" in given) && typeof path !== "string") {
    throw callError(TypeError, "ERR_INVALID_ARG_VALUE", `Cannot listen: options must have a port`);
  }
  const options = {
    port: isMissing(port) ? 0 : portOf(port),
    path: isMissing(port) ? text(path) : undefined,
    host: text(host) ?? text(rest[0]),
    backlog: count(backlog) ?? count(rest[0]) ?? count(rest[1]),
    ipv6Only: ipv6Only === true,
    signal: signal instanceof AbortSignal ? signal : undefined,
  };
  return { options, callback };
}

/** The first argument as options, those behind it, and the function at the end. */
function takeApart(args: readonly unknown[]): {
  given: Record<string, unknown>;
  rest: readonly unknown[];
  callback: (() => void) | undefined;
} {
  const [first] = args;
  const last = args.findLast((arg) => arg !== undefined);
  const callback = typeof last === "function" ? last as () => void : undefined;
  const rest = args.slice(1).filter((arg) => typeof arg !== "function");
  if (typeof first === "object" && first !== null) {
    return { given: first as Record<string, unknown>, rest: [], callback };
  }
  if (typeof first === "function" || isMissing(first)) return { given: {}, rest, callback };
  const isPath = typeof first === "string" && Number.isNaN(Number(first));
  return { given: isPath ? { path: first } : { port: first }, rest, callback };
}

/**
 * A port that is a number, or a string that can be read as one.
 *
 * @throws {RangeError} otherwise (code ERR_SOCKET_BAD_PORT).
 *
 * @example
 * ```ts
 * import { assertEquals, assertThrows } from "@std/assert";
 * import { portOf } from "./arguments.ts";
 *
 * assertEquals(portOf("80"), 80);
 * assertThrows(() => portOf(-1), RangeError, "0 to 65535");
 * ```
 */
export function portOf(port: unknown): number {
  const value = typeof port === "string" && port.trim() !== "" ? Number(port) : port;
  if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 65535) return value;
  throw callError(RangeError, "ERR_SOCKET_BAD_PORT", `Port ${Deno.inspect(port)} must be an integer, 0 to 65535`);
}

function checkType(name: string, value: unknown, type: "function" | "number" | "string"): void {
  const given: string = typeof value;
  if (given === type) return;
  throw callError(TypeError, "ERR_INVALID_ARG_TYPE", `Cannot connect: "${name}" must be a ${type}`);
}

function isMissing(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function flag(value: unknown): boolean | undefined {
  return typeof value === "boolean" ? value : undefined;
}

function count(value: unknown): number | undefined {
  return typeof value === "number" && value > 0 ? Math.trunc(value) : undefined;
}
