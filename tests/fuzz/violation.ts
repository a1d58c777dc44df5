/**
 * What a fuzzed engine must not do.
 *
 * @module
 */

/** exception: thrown. limit: a bound was passed. answer: it sent what it must not. harm: a guarded flow suffered. */
export type ViolationKind = "exception" | "limit" | "answer" | "harm";

/** Something an oracle saw. */
export class Violation extends Error {
  readonly kind: ViolationKind;

  constructor(kind: ViolationKind, message: string, cause?: unknown) {
    super(`${kind}: ${message}`, { cause });
    this.name = "Violation";
    this.kind = kind;
  }
}

/** Any error as a violation: what no oracle threw is an exception of the engine. */
export function asViolation(error: unknown): Violation {
  if (error instanceof Violation) return error;
  return new Violation("exception", error instanceof Error ? `${error.name}: ${error.message}` : String(error), error);
}
