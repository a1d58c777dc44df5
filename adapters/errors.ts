/**
 * The one table from what went wrong to what a caller is thrown: Deno's class, the Node-style code, the message.
 *
 * Main side.
 *
 * @module
 */
import type { Ending } from "../stack/remote_socket.ts";

/** Everything that can go wrong with a socket, a dial or a listen. */
export type Reason =
  | Ending
  /** A dial or listen on a closed stack. */
  | "stack-down"
  /** A bind to an address that the stack does not have, or no ephemeral port is free. */
  | "address-not-available"
  /** A write after the write side was closed. */
  | "broken-pipe"
  /** A call that the socket's state does not allow. */
  | "invalid-state"
  /** A network, a transport or a feature that is not simulated. */
  | "not-supported"
  /** The bytes of a write were transferred while it waited. */
  | "buffer-detached"
  /** An IPv6 destination on an IPv4 socket, or the other way round. */
  | "wrong-family"
  /** Pending when the program closed the socket. */
  | "interrupted"
  /** Pending when the program aborted the connection. */
  | "aborted"
  /** The socket's deadline passed. */
  | "deadline-passed"
  /** A call on a connection that the program closed. */
  | "connection-closed"
  /** A call on a listener that the program closed. */
  | "listener-closed"
  /** A call on a datagram socket that the program closed. */
  | "datagram-socket-closed"
  /** A read or write of a stream whose connection the program closed. */
  | "stream-closed"
  /** An accept beside a pending one. */
  | "accept-pending";

/** What was attempted, and where: completes "Cannot …". */
export interface ErrorDetail {
  /** For example `dial` or `listen on`. */
  operation: string;
  /** Quoted in the message. */
  address: string;
  /** Who says so and why, where somebody does. */
  because?: string;
}

interface Row {
  type: new (message: string) => Error;
  code?: string;
  message: string;
}

const { errors } = Deno;

const TABLE: Record<Reason, Row> = {
  "refused": { type: errors.ConnectionRefused, code: "ECONNREFUSED", message: "Connection refused (os error 111)" },
  "reset": { type: errors.ConnectionReset, code: "ECONNRESET", message: "Connection reset by peer (os error 104)" },
  "timed-out": { type: errors.TimedOut, code: "ETIMEDOUT", message: "Connection timed out (os error 110)" },
  "network-unreachable": {
    type: errors.NetworkUnreachable,
    code: "ENETUNREACH",
    message: "Network is unreachable (os error 101)",
  },
  "host-unreachable": { type: Error, code: "EHOSTUNREACH", message: "No route to host (os error 113)" },
  "protocol-error": { type: Error, code: "EPROTO", message: "Protocol error (os error 71)" },
  "address-in-use": { type: errors.AddrInUse, code: "EADDRINUSE", message: "Address already in use (os error 98)" },
  "no-buffers": { type: Error, code: "ENOBUFS", message: "No buffer space available (os error 105)" },
  "stack-closed": {
    type: errors.ConnectionAborted,
    code: "ECONNABORTED",
    message: "The stack was closed: Software caused connection abort (os error 103)",
  },
  "worker-died": {
    type: errors.ConnectionAborted,
    code: "ECONNABORTED",
    message: "The stack's worker died: Software caused connection abort (os error 103)",
  },
  "stack-down": {
    type: errors.NetworkUnreachable,
    code: "ENETDOWN",
    message: "The stack is closed: Network is down (os error 100)",
  },
  "address-not-available": {
    type: errors.AddrNotAvailable,
    code: "EADDRNOTAVAIL",
    message: "Cannot assign requested address (os error 99)",
  },
  "broken-pipe": { type: errors.BrokenPipe, code: "EPIPE", message: "Broken pipe (os error 32)" },
  "message-too-long": { type: Error, code: "EMSGSIZE", message: "Message too long (os error 90)" },
  "invalid-state": { type: TypeError, code: "EINVAL", message: "Invalid argument (os error 22)" },
  "buffer-detached": {
    type: TypeError,
    code: "EFAULT",
    message: "The bytes were transferred while their write waited: Bad address (os error 14)",
  },
  "not-supported": {
    type: errors.NotSupported,
    code: "EPROTOTYPE",
    message: "Protocol wrong type for socket (os error 91)",
  },
  "wrong-family": {
    type: Error,
    code: "EAFNOSUPPORT",
    message: "Address family not supported by protocol (os error 97)",
  },
  "interrupted": { type: errors.Interrupted, code: "EINTR", message: "operation canceled" },
  "aborted": {
    type: errors.ConnectionAborted,
    code: "ECONNABORTED",
    message: "Software caused connection abort (os error 103)",
  },
  "deadline-passed": {
    type: errors.TimedOut,
    code: "ETIMEDOUT",
    message: "The deadline passed: Connection timed out (os error 110)",
  },
  "connection-closed": { type: errors.BadResource, message: "Bad resource ID" },
  "listener-closed": { type: errors.BadResource, message: "Listener has been closed" },
  "datagram-socket-closed": { type: errors.BadResource, message: "Socket has been closed" },
  "stream-closed": {
    type: errors.BadResource,
    message: "The stream's underlying resource was closed or consumed",
  },
  "accept-pending": { type: errors.Busy, message: "Another accept task is ongoing" },
};

/**
 * The error that callers see for a reason. Errors of the network carry their code as the own property `code`.
 *
 * @example
 * ```ts
 * import { assert, assertEquals } from "@std/assert";
 * import { networkError } from "./errors.ts";
 *
 * const error = networkError("refused", { operation: "dial", address: "10.0.0.1:80" });
 * assert(error instanceof Deno.errors.ConnectionRefused);
 * assertEquals(error.message, 'Cannot dial "10.0.0.1:80": Connection refused (os error 111)');
 * assertEquals(Reflect.get(error, "code"), "ECONNREFUSED");
 * ```
 */
export function networkError(reason: Reason, detail?: ErrorDetail): Error {
  const { type, code, message } = TABLE[reason];
  const where = detail ? `Cannot ${detail.operation} ${JSON.stringify(detail.address)}: ` : "";
  const why = detail?.because ? `${detail.because}: ` : "";
  const error = new type(where + why + message);
  if (code !== undefined) Object.assign(error, { code });
  return error;
}

/** A call that waits: settled by `resolve`, or by `reject` with the reason of its error. */
export interface Waiting<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (reason: Reason) => void;
}

/**
 * A new call that waits, whose error has a stack trace that leads to who called: one made by who rejects, in answer to a
 * message or a timer, would not.
 *
 * @example
 * ```ts
 * import { assertRejects, assertStringIncludes } from "@std/assert";
 * import { waiting } from "./errors.ts";
 *
 * const { promise, reject } = waiting<number>();
 * const download = async () => await promise;
 * setTimeout(() => reject("reset"), 1);
 * const { stack } = await assertRejects(download, Deno.errors.ConnectionReset);
 * assertStringIncludes(stack ?? "", "at async download ");
 * ```
 */
export function waiting<T>(): Waiting<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const explained = promise.catch((reason: Reason) => {
    throw networkError(reason);
  });
  return { promise: explained, resolve, reject };
}
