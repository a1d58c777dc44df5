/**
 * What the two kinds of UDP sockets have in common: receives and sends, each first in, first out.
 *
 * Main side.
 *
 * @module
 */
import { Deque } from "../stack/engine/deque.ts";
import type { Endpoint, ReceivedDatagram, RemoteDatagramSocket } from "../stack/remote_socket.ts";
import { Deadline } from "./deadlines.ts";
import { networkError, type Reason, waiting } from "./errors.ts";

/** The largest payload over IPv4: 65,535 less the headers of IPv4 (20) and UDP (8). */
const PAYLOAD_MAX_IPV4 = 65507;

/** The largest payload over IPv6, whose own header does not count: 65,535 less the header of UDP (8). */
const PAYLOAD_MAX_IPV6 = 65527;

interface PendingReceive {
  deliver(datagram: ReceivedDatagram): void;
  reject(reason: Reason): void;
}

interface PendingSend {
  bytes: Uint8Array;
  to: Endpoint;
  resolve(length: number): void;
  reject(reason: Reason): void;
}

/**
 * The calls on one UDP socket.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { RemoteDatagramSocket } from "../stack/remote_socket.ts";
 * import { DatagramTransfer } from "./datagram_transfer.ts";
 *
 * const sink = { call() {}, callWithBytes() {}, forget() {}, query: () => Promise.reject() };
 * const from = { address: "10.0.0.1", port: 53 };
 * const socket = new RemoteDatagramSocket(sink, 1, from);
 * const transfer = new DatagramTransfer(socket, "datagram-socket-closed");
 *
 * const length = transfer.receive(({ bytes }) => bytes.length);
 * socket.receive({ bytes: new Uint8Array(3), from });
 * assertEquals(await length, 3);
 * ```
 */
export class DatagramTransfer {
  /** Of receives. */
  readonly readDeadline: Deadline;
  /** Of sends. */
  readonly writeDeadline: Deadline;
  #socket: RemoteDatagramSocket;
  #closedReason: Reason;
  #closed: boolean;
  readonly #receives: Deque<PendingReceive>;
  readonly #sends: Deque<PendingSend>;

  /** `closedReason` is what calls are told after {@link close}. */
  constructor(socket: RemoteDatagramSocket, closedReason: Reason) {
    this.readDeadline = new Deadline(() => this.#failReceives("deadline-passed"));
    this.writeDeadline = new Deadline(() => this.#failSends("deadline-passed"));
    this.#socket = socket;
    this.#closedReason = closedReason;
    this.#closed = false;
    this.#receives = new Deque();
    this.#sends = new Deque();
    socket.onChange = () => this.#update();
  }

  /** Why no call may start any more, if it may not. */
  get refusal(): Reason | undefined {
    return this.isClosed ? this.#closedReason : this.#socket.ending;
  }

  /** Whether the program closed the socket, or its stack. */
  get isClosed(): boolean {
    return this.#closed || this.#socket.ending === "stack-closed";
  }

  /** Resolves to what `take` makes of the next datagram, at its arrival. */
  receive<T>(take: (datagram: ReceivedDatagram) => T): Promise<T> {
    const refusal = this.#refusal(this.readDeadline);
    if (refusal) return Promise.reject(networkError(refusal));
    const datagram = this.#socket.take();
    if (datagram) return Promise.resolve(take(datagram));
    const { promise, resolve, reject } = waiting<T>();
    this.#receives.push({ deliver: (datagram) => resolve(take(datagram)), reject });
    return promise;
  }

  /** Sends one datagram; resolves to its length. The bytes are taken at the call. */
  send(bytes: Uint8Array, to: Endpoint): Promise<number> {
    const tooLong = bytes.length > (to.address.includes(":") ? PAYLOAD_MAX_IPV6 : PAYLOAD_MAX_IPV4);
    const refusal = this.#refusal(this.writeDeadline) ?? (tooLong ? "message-too-long" : undefined);
    if (refusal) return Promise.reject(networkError(refusal));
    if (this.#socket.send(bytes, to)) return Promise.resolve(bytes.length);
    const { promise, resolve, reject } = waiting<number>();
    // Not slice(), which is no copy in a Buffer of Node.
    this.#sends.push({ bytes: new Uint8Array(bytes), to, resolve, reject });
    return promise;
  }

  /**
   * Closes the socket.
   *
   * @throws {Deno.errors.BadResource} when it was closed before.
   */
  close(): void {
    if (this.isClosed) throw networkError("connection-closed");
    this.#closed = true;
    this.#failPending("interrupted");
    this.#socket.close();
  }

  /** Closes the socket, if it is open. */
  dispose(): void {
    if (!this.isClosed) this.close();
  }

  /**
   * Checks that the socket may be changed.
   *
   * @throws {Deno.errors.BadResource} once it is closed.
   */
  checkOpen(): void {
    const { refusal } = this;
    if (refusal) throw networkError(refusal);
  }

  #refusal(deadline: Deadline): Reason | undefined {
    return this.refusal ?? (deadline.passed ? "deadline-passed" : this.#takeFailure());
  }

  // Nobody can tell which datagram of an unconnected socket met the error (RFC 1122 §4.1.3.3).
  #takeFailure(): Reason | undefined {
    return this.#socket.remote && this.#socket.takeFailure();
  }

  #update(): void {
    const { ending } = this.#socket;
    if (ending !== undefined) return this.#failPending(ending);
    this.#reportFailure();
    // A receive that throws, as into a buffer of the program's own class, waits on, as a read of TCP does.
    this.#receives.shiftWhile((receive) => this.#deliver(receive));
    this.#sends.shiftWhile((send) => this.#send(send));
  }

  #deliver(receive: PendingReceive): boolean {
    const datagram = this.#socket.take();
    if (datagram) receive.deliver(datagram);
    return datagram !== undefined;
  }

  #send({ bytes, to, resolve }: PendingSend): boolean {
    const isSent = this.#socket.send(bytes, to);
    if (isSent) resolve(bytes.length);
    return isSent;
  }

  #reportFailure(): void {
    const calls = this.#receives.length > 0 ? this.#receives : this.#sends;
    const failure = calls.length > 0 ? this.#takeFailure() : undefined;
    if (failure) calls.shift()?.reject(failure);
  }

  #failPending(reason: Reason): void {
    this.readDeadline.clear();
    this.writeDeadline.clear();
    this.#failReceives(reason);
    this.#failSends(reason);
  }

  #failReceives(reason: Reason): void {
    for (const receive of this.#receives.drain()) receive.reject(reason);
  }

  #failSends(reason: Reason): void {
    for (const send of this.#sends.drain()) send.reject(reason);
  }
}
