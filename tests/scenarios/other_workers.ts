// For the time of a test, stacks run in workers of the test's own.
import { delay } from "@std/async";

/** What a test's worker is told beside what a stack tells it. */
export type Extra = Record<string, unknown>;

/** Replaces `Worker`: all that are started run `module`, and find `extra` in their first message. */
export class OtherWorkers implements Disposable {
  /** The workers started so far, by name. */
  readonly #started: Map<string, Worker>;
  readonly #original: typeof Worker;

  constructor(module: URL, extra: Extra = {}) {
    const started = new Map<string, Worker>();
    const original = globalThis.Worker;
    this.#started = started;
    this.#original = original;
    class OtherWorker extends original {
      constructor(_specifier: string | URL, options?: WorkerOptions) {
        super(module, options);
        started.set(options?.name ?? "", this);
      }

      override postMessage(message: unknown, transferOrOptions?: Transferable[] | StructuredSerializeOptions): void {
        const transfer = Array.isArray(transferOrOptions) ? transferOrOptions : transferOrOptions?.transfer ?? [];
        const isObject = typeof message === "object" && message !== null;
        super.postMessage(isObject ? { ...message, ...extra } : message, transfer);
      }
    }
    replaceWorker(OtherWorker);
  }

  /** The worker of the stack with an address. */
  find(address: string): Worker {
    for (const [name, worker] of this.#started) {
      if (name.split(" ").includes(address)) return worker;
    }
    throw new Error(`No worker of ${address} was started`);
  }

  [Symbol.dispose](): void {
    replaceWorker(this.#original);
  }
}

function replaceWorker(value: typeof Worker): void {
  Object.defineProperty(globalThis, "Worker", { value, configurable: true, writable: true });
}

/** The URL of a worker's module among the fixtures. */
export function fixture(name: string): URL {
  return new URL(`./fixtures/${name}`, import.meta.url);
}

/** Halts the worker of `fixtures/gated_worker.ts`, told of it as `gate`. */
export class Gate {
  readonly shared: SharedArrayBuffer;
  readonly #cells: Int32Array;

  constructor() {
    this.shared = new SharedArrayBuffer(8);
    this.#cells = new Int32Array(this.shared);
  }

  /** From the next turn on the worker does nothing at all. */
  shut(): void {
    Atomics.store(this.#cells, 0, 1);
  }

  /** The worker goes on. */
  open(): void {
    Atomics.store(this.#cells, 0, 0);
    Atomics.notify(this.#cells, 0);
  }

  /** Resolves when the worker stands at the gate. */
  async halted(): Promise<void> {
    while (Atomics.load(this.#cells, 1) === 0) await delay(1);
  }
}
