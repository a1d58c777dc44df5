/**
 * The reads of a TCP connection, first in, first out.
 *
 * Main side.
 *
 * @module
 */
import { Deque } from "../stack/engine/deque.ts";
import type { RemoteConnection } from "../stack/remote_socket.ts";
import type { ConnectionEnd } from "./connection_end.ts";
import { Deadline } from "./deadlines.ts";
import { networkError, type Reason, waiting } from "./errors.ts";

interface PendingRead {
  /** Takes something of what has arrived. */
  take(): unknown;
  resolve(taken: unknown): void;
  reject(reason: Reason): void;
}

/**
 * Reads of one connection that has data at times, and at last an end.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { RemoteConnection } from "../stack/remote_socket.ts";
 * import { ConnectionEnd } from "./connection_end.ts";
 * import { ConnectionReader } from "./connection_reader.ts";
 *
 * const sink = { call() {}, callWithBytes() {}, forget() {}, query: () => Promise.reject() };
 * const host = { address: "10.0.0.1", port: 80 };
 * const socket = new RemoteConnection(sink, 1, host, host, 100);
 * const reader = new ConnectionReader(socket, new ConnectionEnd(socket));
 * socket.onChange = () => reader.update();
 *
 * const reads = [reader.read(new Uint8Array(4)), reader.read(new Uint8Array(4))];
 * socket.receive(new Uint8Array(5));
 * assertEquals(await Promise.all(reads), [4, 1]);
 * ```
 */
export class ConnectionReader {
  /** Of reads. */
  readonly deadline: Deadline;
  #socket: RemoteConnection;
  #end: ConnectionEnd;
  readonly #pending: Deque<PendingRead>;

  constructor(socket: RemoteConnection, end: ConnectionEnd) {
    this.deadline = new Deadline(() => this.failPending("deadline-passed"));
    this.#socket = socket;
    this.#end = end;
    this.#pending = new Deque();
  }

  /** Fills a part of `target`, which is not empty; null at the end. */
  read(target: Uint8Array): Promise<number | null> {
    if (this.#ready()) return Promise.resolve(this.#socket.take(target));
    return this.#read(() => this.#socket.take(target));
  }

  /** A new array of 1 to `max` bytes; null at the end. */
  readChunk(max: number): Promise<Uint8Array<ArrayBuffer> | null> {
    return this.#read(() => {
      const chunk = new Uint8Array(Math.min(max, this.#socket.readable));
      this.#socket.take(chunk);
      return chunk;
    });
  }

  /** After the socket has changed. */
  update(): void {
    this.#pending.shiftWhile(this.#settle);
  }

  /** Rejects all reads that wait. */
  failPending(reason: Reason): void {
    for (const read of this.#pending.drain()) read.reject(reason);
  }

  #ready(): boolean {
    return this.#socket.readable > 0 && this.#refusal() === undefined;
  }

  #refusal(): Reason | undefined {
    return this.#end.refusal ?? (this.deadline.passed ? "deadline-passed" : undefined);
  }

  #read<T>(take: () => T): Promise<T | null> {
    const refusal = this.#refusal();
    if (refusal) return Promise.reject(networkError(refusal));
    const { promise, resolve, reject } = waiting<T | null>();
    this.#pending.push({ take, resolve: resolve as (taken: unknown) => void, reject });
    if (this.#pending.length === 1) this.update();
    return promise;
  }

  /**
   * Settles a read with what has arrived, or with the end; false when there is neither. A function of its own, as one
   * made for each update would cost.
   */
  readonly #settle = ({ take, resolve, reject }: PendingRead): boolean => {
    const { readable, ended, ending } = this.#socket;
    if (readable === 0 && !ended && ending === undefined) return false;
    const failure = readable === 0 && !ended ? this.#end.takeFailure() : undefined;
    if (failure) reject(failure);
    else resolve(readable > 0 ? take() : null);
    return true;
  };
}
