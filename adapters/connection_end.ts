/**
 * What the calls on a TCP connection are told once it has ended.
 *
 * Main side.
 *
 * @module
 */
import type { RemoteConnection } from "../stack/remote_socket.ts";
import type { Reason } from "./errors.ts";

/**
 * One for both directions of a connection, because a failure is told to one call only, as the kernel's SO_ERROR.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { RemoteConnection } from "../stack/remote_socket.ts";
 * import { ConnectionEnd } from "./connection_end.ts";
 *
 * const sink = { call() {}, callWithBytes() {}, forget() {}, query: () => Promise.reject() };
 * const host = { address: "10.0.0.1", port: 80 };
 * const socket = new RemoteConnection(sink, 1, host, host, 100);
 * const end = new ConnectionEnd(socket);
 * socket.fail("reset");
 * assertEquals([end.takeFailure(), end.takeFailure()], ["reset", undefined]);
 * ```
 */
export class ConnectionEnd {
  #socket: RemoteConnection;
  #closed: boolean;
  #told: boolean;

  constructor(socket: RemoteConnection) {
    this.#socket = socket;
    this.#closed = false;
    this.#told = false;
  }

  /** Why no call may start any more, if it may not. */
  get refusal(): Reason | undefined {
    const { ending } = this.#socket;
    if (this.#closed || ending === "stack-closed") return "connection-closed";
    return ending === "worker-died" ? ending : undefined;
  }

  /** The program let go of the connection. */
  close(): void {
    this.#closed = true;
  }

  /** The failure that the next call must report, once. */
  takeFailure(): Reason | undefined {
    const { ending, ended } = this.#socket;
    if (ending === undefined || this.#told) return undefined;
    this.#told = true;
    // After the peer's FIN its reset is no news: reads end, writes find a broken pipe.
    return ending === "reset" && ended ? undefined : ending;
  }
}
