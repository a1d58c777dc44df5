// Stand-in for @std/assert where JSR is out of reach: the functions which the tests use, same signatures, same failures.
import { equal } from "./equal.ts";

export { equal };

type ErrorClass<E> = abstract new (...args: never[]) => E;

/** What every failed assertion throws. */
export class AssertionError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "AssertionError";
  }
}

export function assert(expr: unknown, msg = ""): asserts expr {
  if (!expr) throw new AssertionError(msg);
}

export function assertFalse(expr: unknown, msg = ""): asserts expr is false {
  if (expr) throw new AssertionError(msg);
}

export function fail(msg?: string): never {
  throw new AssertionError(`Failed assertion${suffix(msg)}`);
}

export function unreachable(msg?: string): never {
  throw new AssertionError(`Unreachable${suffix(msg)}`);
}

export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  if (!equal(actual, expected)) complain(`Values are not equal${suffix(msg)}`, actual, expected);
}

export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void {
  if (equal(actual, expected)) complain(`Expected actual to differ from expected${suffix(msg)}`, actual, expected);
}

export function assertStrictEquals<T>(actual: unknown, expected: T, msg?: string): asserts actual is T {
  if (!Object.is(actual, expected)) complain(`Values are not strictly equal${suffix(msg)}`, actual, expected);
}

export function assertNotStrictEquals<T>(actual: T, expected: T, msg?: string): void {
  if (Object.is(actual, expected)) complain(`Expected actual to be another value${suffix(msg)}`, actual, expected);
}

export function assertExists<T>(actual: T, msg?: string): asserts actual is NonNullable<T> {
  if (actual === undefined || actual === null) {
    complain(`Expected a value${suffix(msg)}`, actual, "not null or undefined");
  }
}

export function assertGreater<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual > expected)) complain(`Expected actual > expected${suffix(msg)}`, actual, expected);
}

export function assertGreaterOrEqual<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual >= expected)) complain(`Expected actual >= expected${suffix(msg)}`, actual, expected);
}

export function assertLess<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual < expected)) complain(`Expected actual < expected${suffix(msg)}`, actual, expected);
}

export function assertLessOrEqual<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual <= expected)) complain(`Expected actual <= expected${suffix(msg)}`, actual, expected);
}

export function assertStringIncludes(actual: string, expected: string, msg?: string): void {
  if (!actual.includes(expected)) complain(`Expected actual to contain expected${suffix(msg)}`, actual, expected);
}

export function assertMatch(actual: string, expected: RegExp, msg?: string): void {
  if (!expected.test(actual)) complain(`Expected actual to match expected${suffix(msg)}`, actual, expected);
}

export function assertInstanceOf<T extends abstract new (...args: never[]) => unknown>(
  actual: unknown,
  expectedType: T,
  msg = "",
): asserts actual is InstanceType<T> {
  if (actual instanceof expectedType) return;
  throw new AssertionError(`Expected ${described(actual)} to be an instance of "${expectedType.name}"${suffix(msg)}`);
}

export function assertThrows(fn: () => unknown, msg?: string): unknown;
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  ErrorClass: ErrorClass<E>,
  msgIncludes?: string,
  msg?: string,
): E;
export function assertThrows(
  fn: () => unknown,
  classOrMsg?: ErrorClass<Error> | string,
  msgIncludes?: string,
  msg?: string,
): unknown {
  const wanted = new Wanted(classOrMsg, msgIncludes, msg);
  try {
    fn();
  } catch (error) {
    return wanted.check(error, "thrown");
  }
  throw new AssertionError(`Expected function to throw${wanted.suffix}`);
}

export function assertRejects(fn: () => PromiseLike<unknown>, msg?: string): Promise<unknown>;
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  ErrorClass: ErrorClass<E>,
  msgIncludes?: string,
  msg?: string,
): Promise<E>;
export async function assertRejects(
  fn: () => PromiseLike<unknown>,
  classOrMsg?: ErrorClass<Error> | string,
  msgIncludes?: string,
  msg?: string,
): Promise<unknown> {
  const wanted = new Wanted(classOrMsg, msgIncludes, msg);
  const promise = promiseOf(fn);
  if (!promise) throw new AssertionError(`Function throws when expected to reject${wanted.suffix}`);
  try {
    await promise;
  } catch (error) {
    return wanted.check(error, "rejected");
  }
  throw new AssertionError(`Expected function to reject${wanted.suffix}`);
}

/** What `assertThrows` and `assertRejects` were told to expect, in either of their two forms. */
class Wanted {
  readonly suffix: string;
  readonly #class: ErrorClass<Error> | undefined;
  readonly #includes: string;
  readonly #msg: string | undefined;

  constructor(classOrMsg: ErrorClass<Error> | string | undefined, includes: string | undefined, msg?: string) {
    const asMessage = typeof classOrMsg === "string";
    this.#class = asMessage ? undefined : classOrMsg;
    this.#includes = asMessage ? "" : includes ?? "";
    this.#msg = asMessage ? classOrMsg : msg;
    this.suffix = suffix(this.#msg);
  }

  check(error: unknown, verb: string): unknown {
    if (!this.#class) return error;
    if (!(error instanceof Error)) throw new AssertionError(`A non-Error object was ${verb}${this.suffix}`);
    if (!(error instanceof this.#class)) {
      const names = `"${this.#class.name}", but was "${(error as Error).constructor?.name}"`;
      throw new AssertionError(`Expected error to be instance of ${names}${this.suffix}`);
    }
    if (!plain(error.message).includes(plain(this.#includes))) {
      const texts = `${JSON.stringify(this.#includes)}, but got ${JSON.stringify(error.message)}`;
      throw new AssertionError(`Expected error message to include ${texts}${this.suffix}`);
    }
    return error;
  }
}

/** What `fn` returned if that is a promise; undefined when it threw or returned something else. */
function promiseOf(fn: () => PromiseLike<unknown>): PromiseLike<unknown> | undefined {
  try {
    const result = fn();
    return typeof result?.then === "function" ? result : undefined;
  } catch {
    return undefined;
  }
}

function plain(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/\x1b\[[0-9;]*m/g, "");
}

function suffix(msg?: string): string {
  return msg ? `: ${msg}` : ".";
}

function described(value: unknown): string {
  return Deno.inspect(value, { depth: 8, iterableLimit: 200, sorted: true, strAbbreviateSize: 4096 });
}

function complain(message: string, actual: unknown, expected: unknown): never {
  throw new AssertionError(`${message}\n    actual:   ${described(actual)}\n    expected: ${described(expected)}`);
}
