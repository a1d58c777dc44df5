/**
 * What is given to `reportError()`, kept from ending the test run.
 *
 * @module
 */

/** Collects until it is disposed of. */
export function reportedErrors(): { readonly list: unknown[] } & Disposable {
  const list: unknown[] = [];
  const listener = (event: ErrorEvent) => {
    event.preventDefault();
    list.push(event.error);
  };
  addEventListener("error", listener);
  return { list, [Symbol.dispose]: () => removeEventListener("error", listener) };
}
