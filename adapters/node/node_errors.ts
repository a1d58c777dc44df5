/**
 * Errors as Node's own network functions give them.
 *
 * Main side.
 *
 * @module
 */
import { constants } from "node:os";

/**
 * An error of the network with the properties that programs for Node look at.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Internet } from "@uis/uis";
 * import { nodeNet, type NodeSystemError } from "@uis/uis/node";
 *
 * await using internet = new Internet();
 * const stack = await internet.newStack(1500, "10.0.0.1");
 * const socket = nodeNet(stack).connect(80, "10.0.0.1");
 * const { promise, resolve } = Promise.withResolvers<NodeSystemError>();
 * socket.on("error", resolve);
 * const { code, syscall, address, port } = await promise;
 * assertEquals([code, syscall, address, port], ["ECONNREFUSED", "connect", "10.0.0.1", 80]);
 * ```
 */
export interface NodeSystemError extends Error {
  /** For example `ECONNREFUSED`. */
  code: string;
  /** The system's number for the code, negated, as in libuv. */
  errno: number | undefined;
  /** What failed: `connect`, `listen`, `read`, `write`, `bind`, `send` or `getaddrinfo`. */
  syscall: string;
  /** The address it was about, if it was about one. */
  address?: string;
  /** The port it was about. */
  port?: number;
  /** The name that nobody could look up. */
  hostname?: string;
}

/** What libuv calls a name that has no address. */
const UV_EAI_NONAME = -3008;

/** Bad calls, as Deno says it, are a bad descriptor to Node. */
const DEFAULT_CODE = "EBADF";

/**
 * An error of a socket, told as Node does: `connect ECONNREFUSED 10.0.0.1:80`. What is told so already stays.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { networkError } from "../errors.ts";
 * import { nodeError } from "./node_errors.ts";
 *
 * const error = nodeError(networkError("refused"), "connect", { address: "10.0.0.1", port: 80 });
 * assertEquals(error.message, "connect ECONNREFUSED 10.0.0.1:80");
 * assertEquals([error.code, error.syscall, error.port], ["ECONNREFUSED", "connect", 80]);
 * ```
 */
export function nodeError(
  cause: unknown,
  syscall: string,
  where?: { address: string; port: number },
): NodeSystemError {
  if (cause instanceof Error && "syscall" in cause) return cause as NodeSystemError;
  const code = codeOf(cause) ?? (cause instanceof TypeError ? "EINVAL" : DEFAULT_CODE);
  const error = new Error(`${syscall} ${code}${where ? ` ${where.address}:${where.port}` : ""}`, { cause });
  return Object.assign(error, { errno: errnoOf(code), code, syscall, ...where });
}

/**
 * The error of a name that has no address.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { notFoundError } from "./node_errors.ts";
 *
 * assertEquals(notFoundError("example.com").message, "getaddrinfo ENOTFOUND example.com");
 * ```
 */
export function notFoundError(hostname: string): NodeSystemError {
  const error = new Error(`getaddrinfo ENOTFOUND ${hostname}`);
  return Object.assign(error, { errno: UV_EAI_NONAME, code: "ENOTFOUND", syscall: "getaddrinfo", hostname });
}

/**
 * An error about a call rather than the network, with Node's code for it.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { callError } from "./node_errors.ts";
 *
 * const error = callError(RangeError, "ERR_SOCKET_BAD_PORT", "Port should be >= 0 and < 65536");
 * assertEquals([error.name, error.code], ["RangeError", "ERR_SOCKET_BAD_PORT"]);
 * ```
 */
export function callError(
  Type: new (message: string) => Error,
  code: string,
  message: string,
): Error & { code: string } {
  return Object.assign(new Type(message), { code });
}

/** What tells listeners of errors. The socket of an HTTP request has Node's client for a listener, who tells the request. */
interface Emitter {
  listenerCount(event: string): number;
  readonly _httpMessage?: Emitter | null;
}

/**
 * Whether `error` is told to the listeners of `emitter`: all are, but for the end of a stack where nobody listens for
 * errors, as a program that closes its own stack need not.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { EventEmitter } from "node:events";
 * import { networkError } from "../errors.ts";
 * import { isTold, nodeError } from "./node_errors.ts";
 *
 * const socket = new EventEmitter();
 * const end = nodeError(networkError("stack-closed"), "read");
 * assertEquals([isTold(end, socket), isTold(nodeError(networkError("reset"), "read"), socket)], [false, true]);
 * socket.on("error", () => {});
 * assertEquals(isTold(end, socket), true);
 * ```
 */
export function isTold(error: NodeSystemError, emitter: Emitter): boolean {
  if (!isOfClosedStack(error)) return true;
  const isHeard = emitter.listenerCount("error") > 0;
  return isHeard && (!emitter._httpMessage || isTold(error, emitter._httpMessage));
}

/**
 * Whether a socket failed because its stack was closed, or died.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { networkError } from "../errors.ts";
 * import { isOfClosedStack, nodeError } from "./node_errors.ts";
 *
 * assertEquals(isOfClosedStack(nodeError(networkError("stack-closed"), "read")), true);
 * assertEquals(isOfClosedStack(nodeError(networkError("reset"), "read")), false);
 * ```
 */
export function isOfClosedStack({ code }: NodeSystemError): boolean {
  return code === "ECONNABORTED" || code === DEFAULT_CODE;
}

function codeOf(error: unknown): string | undefined {
  const code: unknown = error instanceof Error ? Reflect.get(error, "code") : undefined;
  if (typeof code !== "string") return undefined;
  // What waits when a program closes the socket: Deno's word for it, and libuv's.
  return code === "EINTR" ? "ECANCELED" : code;
}

function errnoOf(code: string): number | undefined {
  const number: unknown = Reflect.get(constants.errno, code);
  return typeof number === "number" ? -number : undefined;
}
