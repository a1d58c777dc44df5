/**
 * Asks the workers of `measured_worker.ts` what lives on their heaps.
 *
 * @module
 */

export const HEAP_CHANNEL = "uis.tests.heap";

/** From now on all stacks of this program run in such workers. */
export function measureWorkers(): void {
  globalThis.Worker = class MeasuredWorker extends Worker {
    constructor(_specifier: string | URL, options?: WorkerOptions) {
      super(new URL("./measured_worker.ts", import.meta.url), options);
    }
  };
}

/** The main thread's end. */
export class Heaps implements Disposable {
  readonly #channel: BroadcastChannel;

  constructor() {
    this.#channel = new BroadcastChannel(HEAP_CHANNEL);
  }

  /** Bytes that live in the worker of a stack after a collection, by the worker's name. */
  async of(name: string): Promise<number> {
    const { promise, resolve } = Promise.withResolvers<number>();
    this.#channel.onmessage = ({ data }) => {
      if (data.tells === name) resolve(data.bytes);
    };
    this.#channel.postMessage({ asks: name });
    return await promise;
  }

  [Symbol.dispose](): void {
    this.#channel.close();
  }
}
