/**
 * The writes of a TCP connection, first in, first out, and the end of writing behind them.
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

/** Bytes that a write which must wait copies, at most: the rest is for the next write, as after any partial one. */
const WAITING_WRITE_MAX = 64 * 1024;

interface PendingWrite {
  /** Undefined: the end of writing. */
  bytes: Uint8Array | undefined;
  /** Whether it waits until all of it is taken. */
  whole: boolean;
  resolve(written: number): void;
  reject(reason: Reason): void;
}

/**
 * Writes of one connection whose engine takes bytes as the peer acknowledges.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { RemoteConnection } from "../stack/remote_socket.ts";
 * import { ConnectionEnd } from "./connection_end.ts";
 * import { ConnectionWriter } from "./connection_writer.ts";
 *
 * const sink = { call() {}, callWithBytes() {}, forget() {}, query: () => Promise.reject() };
 * const host = { address: "10.0.0.1", port: 80 };
 * const socket = new RemoteConnection(sink, 1, host, host, 4);
 * const writer = new ConnectionWriter(socket, new ConnectionEnd(socket));
 * socket.onChange = () => writer.update();
 *
 * const writes = [writer.write(new Uint8Array(5)), writer.write(new Uint8Array(5))];
 * socket.grant(9);
 * assertEquals(await Promise.all(writes), [4, 5]);
 * ```
 */
export class ConnectionWriter {
  /** Of writes. The end of writing has none. */
  readonly deadline: Deadline;
  #socket: RemoteConnection;
  #end: ConnectionEnd;
  readonly #pending: Deque<PendingWrite>;
  #writeClosed: boolean;

  constructor(socket: RemoteConnection, end: ConnectionEnd) {
    this.deadline = new Deadline(() => this.#expire());
    this.#socket = socket;
    this.#end = end;
    this.#pending = new Deque();
    this.#writeClosed = false;
  }

  /** Takes the bytes at once, as far as they are taken at all; resolves to how many. */
  write(bytes: Uint8Array): Promise<number> {
    const refusal = this.#refusal();
    if (refusal) return Promise.reject(networkError(refusal));
    const isNext = this.#pending.length === 0;
    const written = isNext ? this.#socket.write(bytes) : 0;
    if (written > 0 || (isNext && bytes.length === 0)) return Promise.resolve(written);
    // Not slice(), which is no copy in a Buffer of Node.
    return this.#wait(new Uint8Array(bytes.subarray(0, WAITING_WRITE_MAX)), false);
  }

  /** Resolves when all the bytes are taken, which must not change before. */
  async writeAll(bytes: Uint8Array): Promise<void> {
    const refusal = this.#refusal();
    if (refusal) throw networkError(refusal);
    const isNext = this.#pending.length === 0;
    const written = isNext ? this.#socket.write(bytes) : 0;
    if (!isNext || written < bytes.length) await this.#wait(bytes.subarray(written), true);
  }

  /** Ends writing behind the writes that wait. */
  async closeWrite(): Promise<void> {
    const { refusal } = this.#end;
    if (refusal) throw networkError(refusal);
    if (this.#pending.length === 0) this.#closeWrite();
    else await this.#wait(undefined, true);
  }

  /** After the socket has changed. */
  update(): void {
    this.#pending.shiftWhile(this.#settle);
  }

  /** Rejects all writes that wait, and the end of writing behind them. */
  failPending(reason: Reason): void {
    for (const write of this.#pending.drain()) write.reject(reason);
  }

  #refusal(): Reason | undefined {
    const refusal = this.#end.refusal ?? (this.deadline.passed ? "deadline-passed" : undefined);
    return refusal ?? (this.#pending.length === 0 ? this.#problem() : undefined);
  }

  #wait(bytes: Uint8Array | undefined, whole: boolean): Promise<number> {
    const { promise, resolve, reject } = waiting<number>();
    this.#pending.push({ bytes, whole, resolve, reject });
    return promise;
  }

  /** Tries the next one; false while it waits. A function of its own, as one made for each update would cost. */
  readonly #settle = (write: PendingWrite): boolean => {
    if (write.bytes === undefined) {
      this.#closeWrite();
      write.resolve(0);
      return true;
    }
    const problem = this.#problem() ?? (isDetached(write.bytes) ? "buffer-detached" : undefined);
    if (problem) {
      write.reject(problem);
      return true;
    }
    const written = this.#socket.write(write.bytes);
    const enough = write.whole ? write.bytes.length : Math.min(1, write.bytes.length);
    if (written >= enough) write.resolve(written);
    else write.bytes = write.bytes.subarray(written);
    return written >= enough;
  };

  /** What broke the connection comes first, as the kernel reports it. */
  #problem(): Reason | undefined {
    const isBroken = this.#writeClosed || this.#socket.ending !== undefined;
    return isBroken ? this.#end.takeFailure() ?? "broken-pipe" : undefined;
  }

  #closeWrite(): void {
    if (this.#writeClosed || this.#socket.ending !== undefined) return;
    this.#writeClosed = true;
    this.#socket.closeWrite();
  }

  #expire(): void {
    for (const write of this.#pending.drain()) {
      if (write.bytes === undefined) this.#pending.push(write);
      else write.reject("deadline-passed");
    }
    this.update();
  }
}

function isDetached({ buffer }: Uint8Array): boolean {
  return "detached" in buffer && buffer.detached;
}
