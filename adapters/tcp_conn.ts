/**
 * A TCP connection in the shape of Deno's own.
 *
 * Main side.
 *
 * @module
 */
import { type ConnectionInfo, endsStack, type RemoteConnection } from "../stack/remote_socket.ts";
import { bytesProblem } from "./bytes_argument.ts";
import { byteStream, chunkStream } from "./conn_streams.ts";
import { ConnectionEnd } from "./connection_end.ts";
import { ConnectionReader } from "./connection_reader.ts";
import { ConnectionWriter } from "./connection_writer.ts";
import { type Deadlines, timeOf } from "./deadlines.ts";
import { networkError, type Reason } from "./errors.ts";
import { netAddr } from "./net_addr.ts";

/**
 * A TCP connection between two stacks, in the shape of `Deno.TcpConn` (RFC 9293).
 *
 * A connection that the peer resets tells so to one call, with `Deno.errors.ConnectionReset` (ECONNRESET); later reads
 * find the end, later writes a `Deno.errors.BrokenPipe` (EPIPE). One whose retransmissions were exhausted does the
 * same with `Deno.errors.TimedOut` (ETIMEDOUT). Calls that wait when the program closes the connection reject with
 * `Deno.errors.Interrupted` (EINTR), or with `Deno.errors.ConnectionAborted` (ECONNABORTED) when it aborts the
 * connection, closes the stack, or the stack's worker dies. Later calls reject with `Deno.errors.BadResource`; after
 * a worker's death still with `Deno.errors.ConnectionAborted`.
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
 * using listener = server.listenTCP("10.0.0.1:80");
 * using conn = await client.dialTCP("10.0.0.1:80");
 * using accepted = await listener.accept();
 *
 * await accepted.write(new TextEncoder().encode("Hello"));
 * const buffer = new Uint8Array(16);
 * const length = await conn.read(buffer);
 * assertEquals(new TextDecoder().decode(buffer.subarray(0, length ?? 0)), "Hello");
 * ```
 */
export class TCPConn implements Deno.TcpConn, Deadlines {
  #socket: RemoteConnection;
  #end: ConnectionEnd;
  #reader: ConnectionReader;
  #writer: ConnectionWriter;
  #localAddr: Deno.NetAddr;
  #remoteAddr: Deno.NetAddr;
  #readable: ReadableStream<Uint8Array<ArrayBuffer>> | undefined;
  #writable: WritableStream<Uint8Array<ArrayBufferLike>> | undefined;

  /** Connections come from {@linkcode Stack.dialTCP} and {@linkcode TCPListener.accept}. */
  constructor(socket: RemoteConnection) {
    this.#socket = socket;
    this.#end = new ConnectionEnd(socket);
    this.#reader = new ConnectionReader(socket, this.#end);
    this.#writer = new ConnectionWriter(socket, this.#end);
    this.#localAddr = netAddr("tcp", socket.local);
    this.#remoteAddr = netAddr("tcp", socket.remote);
    this.#readable = undefined;
    this.#writable = undefined;
    socket.onChange = () => this.#update();
  }

  /** The address on this side; after the connection's end too. */
  get localAddr(): Deno.NetAddr {
    return this.#localAddr;
  }

  /** The address of the peer; after the connection's end too. */
  get remoteAddr(): Deno.NetAddr {
    return this.#remoteAddr;
  }

  /**
   * What the peer sends, as a byte stream with chunks of at most 65,536 bytes; nothing is read before it is asked for.
   * Its end, cancellation or failure closes the connection.
   */
  get readable(): ReadableStream<Uint8Array<ArrayBuffer>> {
    this.#readable ??= byteStream({
      readChunk: (max) => this.#reader.readChunk(max),
      dispose: () => this[Symbol.dispose](),
    });
    return this.#readable;
  }

  /** A stream to the peer; a write completes when all of its bytes are taken. Its end or failure closes the connection. */
  get writable(): WritableStream<Uint8Array<ArrayBufferLike>> {
    this.#writable ??= chunkStream({
      writeChunk: (chunk) => this.#writer.writeAll(chunk),
      dispose: () => this[Symbol.dispose](),
    });
    return this.#writable;
  }

  /**
   * Reads 1 to `buffer.length` bytes and resolves to how many; to `null` once the peer has ended its side, to 0 when
   * the buffer is empty. Concurrent reads are served in order. Rejects with `TypeError` when `buffer` is no Uint8Array.
   */
  read(buffer: Uint8Array): Promise<number | null> {
    const problem = bytesProblem(buffer, "read into");
    if (problem) return Promise.reject(problem);
    return buffer.length === 0 ? Promise.resolve(0) : this.#reader.read(buffer);
  }

  /**
   * Writes some of the bytes, at least one, and resolves to how many. They are copied at the call. Concurrent writes
   * are served in order. Rejects with `Deno.errors.BrokenPipe` (EPIPE) after {@linkcode closeWrite}, with `TypeError`
   * when `bytes` is no Uint8Array.
   */
  write(bytes: Uint8Array): Promise<number> {
    const problem = bytesProblem(bytes, "write");
    return problem ? Promise.reject(problem) : this.#writer.write(bytes);
  }

  /**
   * What the connection's engine knows of it: round-trip time, windows, what is under way; as Linux's TCP_INFO. Rejects
   * as a read does once the connection was closed, or its stack is gone.
   */
  async info(): Promise<ConnectionInfo> {
    const refusal = this.#end.refusal;
    if (refusal) throw networkError(refusal);
    try {
      return await this.#socket.info();
    } catch (ending) {
      throw networkError(ending as Reason);
    }
  }

  /** Sends FIN after the writes so far; reading goes on. Further calls are no-ops. */
  closeWrite(): Promise<void> {
    return this.#writer.closeWrite();
  }

  /**
   * Ends both directions. What was written is still delivered; bytes that arrived unread make it a reset.
   *
   * @throws {Deno.errors.BadResource} when the connection was closed before.
   */
  close(): void {
    if (this.#end.refusal === "connection-closed") throw networkError("connection-closed");
    this.#finish("interrupted");
    this.#socket.close();
  }

  /**
   * Ends the connection with a reset (RST): the peer's calls reject with `Deno.errors.ConnectionReset`, and what was
   * written may be lost.
   *
   * @throws {Deno.errors.BadResource} when the connection was closed before.
   *
   * @example
   * ```ts
   * import { assertRejects } from "@std/assert";
   * import { Internet } from "@uis/uis";
   *
   * await using internet = new Internet();
   * const server = await internet.newStack(1500, "10.0.0.1");
   * const client = await internet.newStack(1500, "10.0.0.2");
   * void internet.route();
   *
   * using listener = server.listenTCP("10.0.0.1:80");
   * using conn = await client.dialTCP("10.0.0.1:80");
   * const accepted = await listener.accept();
   *
   * accepted.abort();
   * await assertRejects(() => conn.read(new Uint8Array(1)), Deno.errors.ConnectionReset);
   * ```
   */
  abort(): void {
    if (this.#end.refusal === "connection-closed") throw networkError("connection-closed");
    this.#finish("aborted");
    this.#socket.abort();
  }

  /** Closes the connection, if it is open. */
  [Symbol.dispose](): void {
    if (this.#end.refusal !== "connection-closed") this.close();
  }

  /**
   * Whether small writes are sent at once (the default) or wait for the peer's acknowledgement of earlier ones (Nagle,
   * RFC 9293 §3.7.4).
   *
   * @throws {Deno.errors.BadResource} once the connection is closed.
   */
  setNoDelay(noDelay = true): void {
    this.#checkOpen();
    this.#socket.setNoDelay(Boolean(noDelay));
  }

  /**
   * Whether an idle connection probes its peer (RFC 9293 §3.8.4).
   *
   * @throws {Deno.errors.BadResource} once the connection is closed.
   */
  setKeepAlive(keepAlive = true): void {
    this.#checkOpen();
    this.#socket.setKeepAlive(Boolean(keepAlive));
  }

  /** As {@linkcode Deadlines.setDeadline}. */
  setDeadline(at: Date | number | null): void {
    const time = timeOf(at);
    this.setReadDeadline(time);
    this.setWriteDeadline(time);
  }

  /** As {@linkcode Deadlines.setReadDeadline}. */
  setReadDeadline(at: Date | number | null): void {
    this.#checkOpen();
    this.#reader.deadline.set(at);
  }

  /** As {@linkcode Deadlines.setWriteDeadline}. */
  setWriteDeadline(at: Date | number | null): void {
    this.#checkOpen();
    this.#writer.deadline.set(at);
  }

  /** Without effect: the stack keeps the process alive until it is closed. */
  ref(): void {}

  /** Without effect: the stack keeps the process alive until it is closed. */
  unref(): void {}

  #update(): void {
    const { ending } = this.#socket;
    if (endsStack(ending)) return this.#settlePending(ending);
    this.#reader.update();
    this.#writer.update();
  }

  #finish(pending: Reason): void {
    this.#end.close();
    this.#settlePending(pending);
  }

  #settlePending(reason: Reason): void {
    this.#reader.deadline.clear();
    this.#writer.deadline.clear();
    this.#reader.failPending(reason);
    this.#writer.failPending(reason);
  }

  #checkOpen(): void {
    const { refusal } = this.#end;
    if (refusal) throw networkError(refusal);
  }
}
