/**
 * A TCP listener in the shape of Deno's own.
 *
 * Main side.
 *
 * @module
 */
import type { RemoteListener } from "../stack/remote_socket.ts";
import { Deadline } from "./deadlines.ts";
import { networkError, type Reason, waiting } from "./errors.ts";
import { netAddr } from "./net_addr.ts";
import { TCPConn } from "./tcp_conn.ts";

interface PendingAccept {
  resolve(conn: TCPConn): void;
  reject(reason: Reason): void;
}

/**
 * A TCP listener of a stack, in the shape of `Deno.TcpListener`. It is an async iterator of the connections it accepts;
 * the iteration ends when the listener or its stack is closed, and leaving a `for await` closes the listener.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Internet } from "@uis/uis";
 *
 * await using internet = new Internet();
 * const server = await internet.newStack(1500, "10.0.0.1");
 * const client = await internet.newStack(1500, "10.0.0.2");
 * void internet.route();
 *
 * const listener = server.listenTCP("0.0.0.0:80");
 * using conn = await client.dialTCP("10.0.0.1:80");
 * for await (const accepted of listener) {
 *   assertEquals(accepted.localAddr.hostname, "10.0.0.1");
 *   assertEquals(accepted.remoteAddr.port, conn.localAddr.port);
 *   accepted.close();
 *   break;
 * }
 * ```
 */
export class TCPListener implements Deno.TcpListener {
  #socket: RemoteListener;
  #addr: Deno.NetAddr;
  #deadline: Deadline;
  #pending: PendingAccept | undefined;
  #closed: boolean;

  /** Listeners come from {@linkcode Stack.listenTCP}. */
  constructor(socket: RemoteListener) {
    this.#socket = socket;
    this.#addr = netAddr("tcp", socket.local);
    this.#deadline = new Deadline(() => this.#failPending("deadline-passed"));
    this.#pending = undefined;
    this.#closed = false;
    socket.onChange = () => this.#update();
  }

  /** The address listened on, a wildcard where one was asked for; after the listener's end too. */
  get addr(): Deno.NetAddr {
    return this.#addr;
  }

  /**
   * Resolves to the oldest connection that nobody accepted yet, waiting for one if need be.
   *
   * Rejects with `Deno.errors.Busy` while another accept waits, with `Deno.errors.BadResource` when the listener is or
   * gets closed, with `Deno.errors.ConnectionAborted` (ECONNABORTED) when it waits and its stack is closed, or when the
   * stack's worker died, with `Deno.errors.TimedOut` (ETIMEDOUT) when the deadline passes.
   */
  accept(): Promise<TCPConn> {
    const refusal = this.#refusal() ?? (this.#pending ? "accept-pending" : undefined);
    if (refusal) return Promise.reject(networkError(refusal));
    const connection = this.#socket.take();
    if (connection) return Promise.resolve(new TCPConn(connection));
    const { promise, resolve, reject } = waiting<TCPConn>();
    this.#pending = { resolve, reject };
    return promise;
  }

  /** As {@linkcode accept}, but done when the listener or its stack is or gets closed. */
  async next(): Promise<IteratorResult<TCPConn, undefined>> {
    try {
      return { value: await this.accept(), done: false };
    } catch (error) {
      if (this.#isClosed()) return { value: undefined, done: true };
      throw error;
    }
  }

  /**
   * Closes the listener, and resolves to the end of the iteration with the value given.
   *
   * @throws {Deno.errors.BadResource} when the listener was closed before.
   */
  return<T>(value?: T): Promise<IteratorReturnResult<T | undefined>> {
    this.close();
    return Promise.resolve({ value, done: true });
  }

  /** The listener itself. */
  [Symbol.asyncIterator](): this {
    return this;
  }

  /**
   * Frees the port and resets the connections that nobody accepted; accepted ones go on.
   *
   * @throws {Deno.errors.BadResource} when the listener was closed before.
   */
  close(): void {
    this.#checkOpen();
    this.#closed = true;
    this.#deadline.clear();
    this.#failPending("listener-closed");
    this.#socket.close();
  }

  /** Closes the listener, if it is open. */
  [Symbol.dispose](): void {
    if (!this.#isClosed()) this.close();
  }

  /**
   * The time after which {@linkcode accept} rejects with `Deno.errors.TimedOut` (ETIMEDOUT): a `Date`, or milliseconds
   * since the epoch; `null` clears. The listener stays open.
   *
   * @throws {TypeError} on anything that is no time.
   * @throws {Deno.errors.BadResource} once the listener is closed.
   *
   * @example
   * ```ts
   * import { assertRejects } from "@std/assert";
   * import { Internet } from "@uis/uis";
   *
   * await using internet = new Internet();
   * const stack = await internet.newStack(1500, "10.0.0.1");
   * using listener = stack.listenTCP("10.0.0.1:80");
   *
   * listener.setDeadline(Date.now() + 20);
   * await assertRejects(() => listener.accept(), Deno.errors.TimedOut);
   * ```
   */
  setDeadline(at: Date | number | null): void {
    this.#checkOpen();
    this.#deadline.set(at);
  }

  /** Without effect: the stack keeps the process alive until it is closed. */
  ref(): void {}

  /** Without effect: the stack keeps the process alive until it is closed. */
  unref(): void {}

  #update(): void {
    const { ending } = this.#socket;
    if (ending !== undefined) {
      this.#deadline.clear();
      this.#failPending(ending);
      return;
    }
    const connection = this.#pending && this.#socket.take();
    if (!connection) return;
    this.#pending?.resolve(new TCPConn(connection));
    this.#pending = undefined;
  }

  #failPending(reason: Reason): void {
    this.#pending?.reject(reason);
    this.#pending = undefined;
  }

  #refusal(): Reason | undefined {
    if (this.#isClosed()) return "listener-closed";
    return this.#socket.ending ?? (this.#deadline.passed ? "deadline-passed" : undefined);
  }

  #isClosed(): boolean {
    return this.#closed || this.#socket.ending === "stack-closed";
  }

  #checkOpen(): void {
    if (this.#isClosed()) throw networkError("connection-closed");
  }
}
