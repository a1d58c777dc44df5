/**
 * The arguments of Node's datagram sockets, in all of their forms.
 *
 * Main side.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { portOf } from "./arguments.ts";
import { callError } from "./node_errors.ts";

/** A function at the end of a call's arguments. */
export type DatagramCallback = (error: Error | null, bytes: number) => void;

/** What is to be sent, and where to; a connected socket knows that itself. */
export interface DatagramToSend {
  bytes: Uint8Array;
  port: number | undefined;
  address: string | undefined;
  callback: DatagramCallback | undefined;
}

/**
 * Of `send(message, port, address, callback)` and `send(message, offset, length, port, address, callback)`, which a
 * connected socket takes without a port and an address.
 *
 * @throws {TypeError} when the message is none (code ERR_INVALID_ARG_TYPE).
 * @throws {RangeError} when the offset and the length are not in the message (code ERR_BUFFER_OUT_OF_BOUNDS), when the
 * port is no port (code ERR_SOCKET_BAD_PORT).
 * @throws {Error} when a connected socket is given a port (code ERR_SOCKET_DGRAM_IS_CONNECTED).
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { sendArguments } from "./datagram_arguments.ts";
 *
 * const { bytes, port } = sendArguments(["Hello", 1, 3, 53, "10.0.0.1"], false);
 * assertEquals([String(bytes), port], ["ell", 53]);
 * ```
 */
export function sendArguments(args: readonly unknown[], isConnected: boolean): DatagramToSend {
  const [message, ...rest] = args;
  const { values, callback } = withoutCallback(rest);
  const hasRange = isConnected ? typeof values[1] === "number" : values.length > 2;
  const whole = bytesOf(message);
  const bytes = hasRange ? part(whole, values[0], values[1]) : whole;
  if (isConnected && values.length > 2) throw isConnectedError();
  if (isConnected) return { bytes, port: undefined, address: undefined, callback };
  const [port, address] = hasRange ? values.slice(2) : values;
  if (address !== undefined && typeof address !== "string") {
    throw callError(TypeError, "ERR_INVALID_ARG_TYPE", `Cannot send to ${Deno.inspect(address)}: must be a string`);
  }
  return { bytes, port: peerPort(port), address: address || undefined, callback };
}

/**
 * Of `bind(port, address, callback)` and `bind(options, callback)`.
 *
 * @throws {RangeError} when the port is no port (code ERR_SOCKET_BAD_PORT).
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { bindArguments } from "./datagram_arguments.ts";
 *
 * assertEquals(bindArguments([{ port: 53 }]).port, 53);
 * ```
 */
export function bindArguments(
  args: readonly unknown[],
): { port: number; address: string | undefined; callback: (() => void) | undefined } {
  const { values: [first, second], callback } = withoutCallback(args);
  const isObject = typeof first === "object" && first !== null;
  const { port, address } = isObject ? first as Record<string, unknown> : { port: first, address: second };
  return {
    port: port === undefined || port === null ? 0 : portOf(port),
    address: typeof address === "string" && address !== "" ? address : undefined,
    callback: callback as (() => void) | undefined,
  };
}

/**
 * Of `connect(port, address, callback)`.
 *
 * @throws {RangeError} when the port is no port, or 0 (code ERR_SOCKET_BAD_PORT).
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { peerArguments } from "./datagram_arguments.ts";
 *
 * assertEquals(peerArguments([53, "10.0.0.1"]).address, "10.0.0.1");
 * ```
 */
export function peerArguments(
  args: readonly unknown[],
): { port: number; address: string | undefined; callback: ((error?: Error) => void) | undefined } {
  const { values: [port, address], callback } = withoutCallback(args);
  return {
    port: peerPort(port),
    address: typeof address === "string" && address !== "" ? address : undefined,
    callback: callback as ((error?: Error) => void) | undefined,
  };
}

/**
 * What a connected socket says to those who want another peer.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { isConnectedError } from "./datagram_arguments.ts";
 *
 * assertEquals(isConnectedError().code, "ERR_SOCKET_DGRAM_IS_CONNECTED");
 * ```
 */
export function isConnectedError(): Error & { code: string } {
  return callError(Error, "ERR_SOCKET_DGRAM_IS_CONNECTED", "Already connected");
}

function withoutCallback(args: readonly unknown[]): { values: unknown[]; callback: DatagramCallback | undefined } {
  const values = args.slice(0, args.findLastIndex((arg) => arg !== undefined && arg !== null) + 1);
  if (typeof values.at(-1) !== "function") return { values, callback: undefined };
  const callback = values.pop() as DatagramCallback;
  return { values: withoutCallback(values).values, callback };
}

function peerPort(port: unknown): number {
  const value = portOf(port);
  if (value > 0) return value;
  throw callError(RangeError, "ERR_SOCKET_BAD_PORT", "Port 0 must be an integer, 1 to 65535");
}

function bytesOf(message: unknown): Uint8Array {
  if (typeof message === "string") return Buffer.from(message);
  if (ArrayBuffer.isView(message)) return new Uint8Array(message.buffer, message.byteOffset, message.byteLength);
  if (Array.isArray(message)) return Buffer.concat(message.map(bytesOf));
  const problem = `Cannot send ${Deno.inspect(message)}: must be a string, a view of bytes, or an array of them`;
  throw callError(TypeError, "ERR_INVALID_ARG_TYPE", problem);
}

function part(bytes: Uint8Array, offset: unknown, length: unknown): Uint8Array {
  const from = Number(offset);
  const end = from + Number(length);
  if (from >= 0 && from <= end && end <= bytes.length) return bytes.subarray(from, end);
  const problem = `Cannot send ${length} bytes from ${offset}: the message has ${bytes.length}`;
  throw callError(RangeError, "ERR_BUFFER_OUT_OF_BOUNDS", problem);
}
