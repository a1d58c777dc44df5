/**
 * What a worker has of its own: the project's types are those of the main thread.
 *
 * @module
 */
interface WorkerScope {
  onmessage: ((event: MessageEvent) => void) | null;
  postMessage(message: unknown, transfer?: Transferable[]): void;
}

/** The scope of the worker that imports this. */
export const scope = globalThis as unknown as WorkerScope;
