// What calls must fail with: the exact class, the code, and words of the message.
import { assertEquals, assertInstanceOf, assertStrictEquals, assertStringIncludes, fail } from "@std/assert";

/** A class of errors, for comparison. */
export type ErrorClass = new (message: string) => Error;

/** What a call fails with. */
export interface Failure {
  type: ErrorClass;
  code?: string;
}

const { errors } = Deno;

export const REFUSED: Failure = { type: errors.ConnectionRefused, code: "ECONNREFUSED" };
export const RESET: Failure = { type: errors.ConnectionReset, code: "ECONNRESET" };
export const TIMED_OUT: Failure = { type: errors.TimedOut, code: "ETIMEDOUT" };
export const NET_UNREACHABLE: Failure = { type: errors.NetworkUnreachable, code: "ENETUNREACH" };
export const HOST_UNREACHABLE: Failure = { type: Error, code: "EHOSTUNREACH" };
export const PROTOCOL: Failure = { type: Error, code: "EPROTO" };
export const NET_DOWN: Failure = { type: errors.NetworkUnreachable, code: "ENETDOWN" };
export const IN_USE: Failure = { type: errors.AddrInUse, code: "EADDRINUSE" };
export const NOT_AVAILABLE: Failure = { type: errors.AddrNotAvailable, code: "EADDRNOTAVAIL" };
export const NO_BUFFERS: Failure = { type: Error, code: "ENOBUFS" };
export const BROKEN_PIPE: Failure = { type: errors.BrokenPipe, code: "EPIPE" };
export const MESSAGE_SIZE: Failure = { type: Error, code: "EMSGSIZE" };
export const INVALID: Failure = { type: TypeError, code: "EINVAL" };
export const NOT_SUPPORTED: Failure = { type: errors.NotSupported, code: "EPROTOTYPE" };
export const INTERRUPTED: Failure = { type: errors.Interrupted, code: "EINTR" };
export const ABORTED: Failure = { type: errors.ConnectionAborted, code: "ECONNABORTED" };
export const BAD_RESOURCE: Failure = { type: errors.BadResource };

function assertFailure(error: unknown, expected: Failure, words: string): void {
  assertInstanceOf(error, Error);
  assertStrictEquals(error.constructor, expected.type, `${error}`);
  assertEquals((error as Error & { code?: string }).code, expected.code);
  assertStringIncludes(error.message, words);
}

/** That a promise rejects with the failure. */
export async function rejects(promise: Promise<unknown>, expected: Failure, words = ""): Promise<void> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    return assertFailure(error, expected, words);
  }
  fail(`Resolved to ${Deno.inspect(value)} instead of failing with ${expected.code ?? expected.type.name}`);
}

/** That a call throws the failure, not later but at once. */
export function throws(act: () => unknown, expected: Failure, words = ""): void {
  let value: unknown;
  try {
    value = act();
  } catch (error) {
    return assertFailure(error, expected, words);
  }
  fail(`Returned ${Deno.inspect(value)} instead of throwing ${expected.code ?? expected.type.name}`);
}

/** A promise that is looked at later: its rejection is handled from now on. */
export function later<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}
