/**
 * Workers of a peer, and their messages one at a time.
 *
 * @module
 */

/** A worker that answers messages with messages. */
export class Thread implements Disposable {
  readonly #worker: Worker;

  constructor(module: string) {
    this.#worker = new Worker(new URL(module, import.meta.url), { type: "module" });
  }

  set onMessage(take: (data: unknown) => void) {
    this.#worker.onmessage = ({ data }) => take(data);
  }

  post(message: unknown, transfer: Transferable[] = []): void {
    this.#worker.postMessage(message, transfer);
  }

  /** Posts a message, and waits for the next that comes. */
  ask<Answer>(message: unknown, transfer: Transferable[] = []): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#worker.onmessage = ({ data }) => resolve(data);
      this.#worker.onerror = (event) => {
        event.preventDefault();
        reject(new Error(event.message));
      };
      this.post(message, transfer);
    });
  }

  [Symbol.dispose](): void {
    this.#worker.terminate();
  }
}
