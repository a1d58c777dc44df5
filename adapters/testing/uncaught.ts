/**
 * Errors that nobody catches while a test runs.
 *
 * Main side.
 *
 * @module
 */

/**
 * Hears of promises that reject while nobody waits for them, and of errors in timers and event handlers, until it is disposed
 * of. By themselves they would end the test file, with all tests that follow.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Uncaught } from "./uncaught.ts";
 *
 * const heard = Promise.withResolvers<unknown>();
 * using _ = new Uncaught(heard.resolve);
 * void Promise.reject("of nobody");
 * assertEquals(await heard.promise, "of nobody");
 * ```
 */
export class Uncaught implements Disposable {
  readonly #onError: (error: unknown) => void;
  readonly #listener: (event: ErrorEvent | PromiseRejectionEvent) => void;
  #isClosing: boolean;

  /** `onError` hears of each error. */
  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
    this.#listener = (event) => this.#hear(event);
    this.#isClosing = false;
    addEventListener("error", this.#listener);
    addEventListener("unhandledrejection", this.#listener);
  }

  /** From now on sockets are closed under whoever still waits for them, which is no error of the test. */
  closing(): void {
    this.#isClosing = true;
  }

  /** Hears no more. */
  [Symbol.dispose](): void {
    removeEventListener("error", this.#listener);
    removeEventListener("unhandledrejection", this.#listener);
  }

  #hear(event: ErrorEvent | PromiseRejectionEvent): void {
    event.preventDefault();
    const error: unknown = event instanceof ErrorEvent ? event.error : event.reason;
    if (!this.#isClosing || !isOfClosing(error)) this.#onError(error);
  }
}

/** Whether a call on a socket, or on a stack, failed as it was closed. */
function isOfClosing(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ECONNABORTED" || error.code === "ENETDOWN");
}
