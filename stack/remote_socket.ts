/**
 * The main thread's stand-ins for sockets that live in a stack's engine: what has arrived, what may be written, and
 * the calls that cross. The adapters give them Deno's shape.
 *
 * Main side.
 *
 * @module
 */
import {
  type Answer,
  type Call,
  type ConnectionInfo,
  DATAGRAM_CREDIT,
  DATAGRAM_OVERHEAD,
  type Endpoint,
  type FailureReason,
  type Query,
  STREAM_RECORD,
} from "./messages.ts";
import { ReceivedBytes } from "./received_bytes.ts";

export type { ConnectionInfo, Endpoint, FailureReason } from "./messages.ts";

/** Where a socket's calls go: the turn that is being collected. */
export interface CallSink {
  call(call: Call): void;
  /** Copies the bytes. */
  callWithBytes(call: Call, bytes: Uint8Array): void;
  /** Asks the engine; rejects with the ending when there is none to answer. */
  query(query: Query): Promise<Answer>;
  /** The program let go of a socket; its id is kept until the engine has released it. */
  forget(id: number): void;
}

/** Why a socket will carry nothing more, as the adapters tell it to their callers. */
export type Ending =
  /** The engine reported it: reset, timed out, … */
  | FailureReason
  /** The program closed the stack or the internet. */
  | "stack-closed"
  /** The stack's worker died. */
  | "worker-died";

/** Whether the whole stack has ended, and with it every socket that the program holds. */
export function endsStack(ending: Ending | undefined): ending is "stack-closed" | "worker-died" {
  return ending === "stack-closed" || ending === "worker-died";
}

/** A TCP connection in the engine. */
export class RemoteConnection {
  readonly id: number;
  readonly local: Endpoint;
  readonly remote: Endpoint;
  /** Called after anything below has changed. */
  onChange: (() => void) | null;
  #sink: CallSink;
  readonly #received: ReceivedBytes;
  #writable: number;
  #ended: boolean;
  #ending: Ending | undefined;
  #open: boolean;

  constructor(sink: CallSink, id: number, local: Endpoint, remote: Endpoint, sendBuffer: number) {
    this.id = id;
    this.local = local;
    this.remote = remote;
    this.onChange = null;
    this.#sink = sink;
    this.#received = new ReceivedBytes();
    this.#writable = sendBuffer;
    this.#ended = false;
    this.#ending = undefined;
    this.#open = true;
  }

  /** Bytes that have arrived and were not taken. */
  get readable(): number {
    return this.#received.length;
  }

  /** Whether the peer's FIN follows the readable bytes. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Bytes that {@link write} would take now. */
  get writable(): number {
    return this.#ending === undefined ? this.#writable : 0;
  }

  /** What broke the connection, if anything did. */
  get ending(): Ending | undefined {
    return this.#ending;
  }

  /** Moves up to `target.length` bytes out; 0 when none wait. */
  take(target: Uint8Array): number {
    const taken = this.#received.take(target);
    if (taken > 0 && this.#open) this.#sink.call({ op: "consumed", id: this.id, bytes: taken });
    return taken;
  }

  /** Copies as many of the bytes as may be written now, and returns how many. */
  write(bytes: Uint8Array): number {
    const length = Math.min(bytes.length, this.writable);
    this.#writable -= length;
    for (let from = 0; from < length; from += STREAM_RECORD) {
      const end = Math.min(length, from + STREAM_RECORD);
      const part = end - from === bytes.length ? bytes : bytes.subarray(from, end);
      this.#sink.callWithBytes({ op: "write", id: this.id }, part);
    }
    return length;
  }

  /** FIN after all that was written. */
  closeWrite(): void {
    if (this.#open) this.#sink.call({ op: "closeWrite", id: this.id });
  }

  /** Both directions; what was written is still delivered. Nothing is reported any more. */
  close(): void {
    this.#release({ op: "close", id: this.id });
  }

  /** RST. Nothing is reported any more. */
  abort(): void {
    this.#release({ op: "abort", id: this.id });
  }

  setNoDelay(on: boolean): void {
    if (this.#open) this.#sink.call({ op: "setNoDelay", id: this.id, on });
  }

  setKeepAlive(on: boolean): void {
    if (this.#open) this.#sink.call({ op: "setKeepAlive", id: this.id, on });
  }

  /** What the engine says of the connection. */
  async info(): Promise<ConnectionInfo> {
    return await this.#sink.query({ connection: this.id }) as ConnectionInfo;
  }

  /** The listener's program accepted this connection. */
  accept(): void {
    this.#sink.call({ op: "accept", id: this.id });
  }

  /** The stack: bytes arrived, which may have been alone in their buffer. */
  receive(bytes: Uint8Array<ArrayBuffer>, isAlone = false): void {
    this.#received.push(bytes, isAlone);
    this.onChange?.();
    this.#received.compact();
  }

  /** The stack: the peer sends no more. */
  end(): void {
    this.#ended = true;
    this.onChange?.();
  }

  /** The stack: room for more to write. */
  grant(bytes: number): void {
    this.#writable += bytes;
    this.onChange?.();
  }

  /** The stack: the connection is broken, or its stack is gone, which comes last. */
  fail(ending: Ending): void {
    if (this.#ending !== undefined && !endsStack(ending)) return;
    this.#ending = ending;
    this.onChange?.();
  }

  #release(call: Call): void {
    if (!this.#open) return;
    this.#open = false;
    this.#received.clear();
    this.onChange = null;
    this.#sink.call(call);
    this.#sink.forget(this.id);
  }
}

/** A TCP listener in the engine, and its backlog of connections that the program has not accepted. */
export class RemoteListener {
  readonly id: number;
  readonly local: Endpoint;
  /** Called after anything below has changed. */
  onChange: (() => void) | null;
  #sink: CallSink;
  #backlog: RemoteConnection[];
  #ending: Ending | undefined;
  #open: boolean;

  constructor(sink: CallSink, id: number, local: Endpoint) {
    this.id = id;
    this.local = local;
    this.onChange = null;
    this.#sink = sink;
    this.#backlog = [];
    this.#ending = undefined;
    this.#open = true;
  }

  /** What ended the listener, if anything but its program did. */
  get ending(): Ending | undefined {
    return this.#ending;
  }

  /** The oldest connection of the backlog. */
  take(): RemoteConnection | undefined {
    const connection = this.#backlog.shift();
    connection?.accept();
    return connection;
  }

  /** Connections that were not taken are reset. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    for (const connection of this.#backlog) connection.abort();
    this.#backlog = [];
    this.onChange = null;
    this.#sink.call({ op: "close", id: this.id });
    this.#sink.forget(this.id);
  }

  /** The stack: a connection was established. */
  push(connection: RemoteConnection): void {
    this.#backlog.push(connection);
    this.onChange?.();
  }

  /** The stack: the listener is gone. */
  fail(ending: Ending): void {
    if (this.#ending !== undefined) return;
    this.#ending = ending;
    this.onChange?.();
  }
}

/** A datagram that has arrived, in memory of its own. */
export interface ReceivedDatagram {
  bytes: Uint8Array<ArrayBuffer>;
  from: Endpoint;
}

/** A UDP socket in the engine, connected to one remote endpoint or to none. */
export class RemoteDatagramSocket {
  readonly id: number;
  readonly local: Endpoint;
  /** The peer of a connected socket. */
  readonly remote: Endpoint | undefined;
  /** Called after anything below has changed. */
  onChange: (() => void) | null;
  #sink: CallSink;
  #queue: ReceivedDatagram[];
  #credit: number;
  #failure: FailureReason | undefined;
  #ending: Ending | undefined;
  #open: boolean;

  constructor(sink: CallSink, id: number, local: Endpoint, remote?: Endpoint) {
    this.id = id;
    this.local = local;
    this.remote = remote;
    this.onChange = null;
    this.#sink = sink;
    this.#queue = [];
    this.#credit = DATAGRAM_CREDIT;
    this.#failure = undefined;
    this.#ending = undefined;
    this.#open = true;
  }

  /** What ended the socket, if anything but its program did. */
  get ending(): Ending | undefined {
    return this.#ending;
  }

  /** Whether {@link send} would take a datagram now. */
  get writable(): boolean {
    return this.#credit > 0 && this.#ending === undefined;
  }

  /** The error that came back since the last call, once. */
  takeFailure(): FailureReason | undefined {
    const failure = this.#failure;
    this.#failure = undefined;
    return failure;
  }

  /** The oldest datagram that waits. */
  take(): ReceivedDatagram | undefined {
    const datagram = this.#queue.shift();
    if (datagram && this.#open) {
      this.#sink.call({ op: "consumed", id: this.id, bytes: datagram.bytes.length + DATAGRAM_OVERHEAD });
    }
    return datagram;
  }

  /** Copies and sends one datagram; false when the socket has too many under way. */
  send(bytes: Uint8Array, to: Endpoint): boolean {
    if (!this.writable) return false;
    this.#credit -= bytes.length + DATAGRAM_OVERHEAD;
    this.#sink.callWithBytes({ op: "send", id: this.id, to }, bytes);
    return true;
  }

  /** What was sent is still delivered. Nothing is reported any more. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#queue = [];
    this.onChange = null;
    this.#sink.call({ op: "close", id: this.id });
    this.#sink.forget(this.id);
  }

  /** The stack: a datagram arrived. */
  receive(datagram: ReceivedDatagram): void {
    this.#queue.push(datagram);
    this.onChange?.();
  }

  /** The stack: room for more to send. */
  grant(bytes: number): void {
    this.#credit += bytes;
    this.onChange?.();
  }

  /** The stack: an ICMP error came back. */
  report(reason: FailureReason): void {
    this.#failure = reason;
    this.onChange?.();
  }

  /** The stack: the socket is gone. */
  fail(ending: Ending): void {
    if (this.#ending !== undefined) return;
    this.#ending = ending;
    this.onChange?.();
  }
}

/** A socket of any kind. */
export type RemoteSocket = RemoteConnection | RemoteListener | RemoteDatagramSocket;
