/**
 * What calls a driver back: the only timer of a stack.
 *
 * Worker side.
 *
 * @module
 */

/** Calls back later. */
export interface Alarm {
  /** Calls `action` once, `delay` ms from now, soon if that has passed; what was set before is forgotten. */
  set(delay: number, action: () => void): void;
  /** Forgets what was set. */
  clear(): void;
  /** Calls `action` once what has arrived was handed over, whatever is set. */
  soon(action: () => void): void;
}

const LATER = 0;
const SOON = 1;

/**
 * The alarm of a worker, which does not keep its thread running. It waits for memory to change that nobody changes:
 * Deno's timers load Node's when they are first touched, which takes 5 ms and 1.8 MiB of each worker.
 */
export class WorkerAlarm implements Alarm {
  readonly #cells = new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT));
  /** What is called at the end of the wait; another wait was forgotten. */
  #action: (() => void) | null = null;

  set(delay: number, action: () => void): void {
    this.clear();
    this.#action = action;
    // For less than 1 ms there is no timer either, and for none at all this would not wait.
    this.#wait(LATER, Math.max(1, delay), () => {
      if (this.#action !== action) return;
      this.#action = null;
      action();
    });
  }

  clear(): void {
    if (this.#action === null) return;
    this.#action = null;
    Atomics.notify(this.#cells, LATER);
  }

  soon(action: () => void): void {
    this.#wait(SOON, Infinity, action);
    Atomics.notify(this.#cells, SOON);
  }

  #wait(cell: number, timeout: number, action: () => void): void {
    const { value } = Atomics.waitAsync(this.#cells, cell, 0, timeout);
    (value as Promise<string>).then(action);
  }
}
