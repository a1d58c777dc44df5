/**
 * A TCP connection in the shape of Node's own socket.
 *
 * Main side.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type net from "node:net";
import process from "node:process";
import { addAbortSignal, Duplex } from "node:stream";
import type { Stack } from "../../stack/stack.ts";
import { networkError } from "../errors.ts";
import { ifOpen } from "../if_open.ts";
import type { TCPConn } from "../tcp_conn.ts";
import { connectArguments, type NodeConnectOptions } from "./arguments.ts";
import { dial } from "./dial.ts";
import { familyOf } from "./family.ts";
import { checkTimeout, NodeIdleTimer } from "./idle_timer.ts";
import { callError, isOfClosedStack, isTold, nodeError, type NodeSystemError } from "./node_errors.ts";
import type { NodeSocketOptions } from "./socket_options.ts";
import { gathered, NodeChunkReader, writeWhole } from "./transfer.ts";

/**
 * A TCP connection as a `net.Socket` of Node: a duplex stream with addresses, an idle timeout, and Node's events and
 * errors. It is no instance of Node's class.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { once } from "node:events";
 * import { Internet } from "@uis/uis";
 * import { nodeDuplex } from "@uis/uis/node";
 *
 * await using internet = new Internet();
 * const stack = await internet.newStack(1500, "10.0.0.1");
 * using listener = stack.listenTCP("10.0.0.1:80");
 * const socket = nodeDuplex(await stack.dialTCP("10.0.0.1:80"));
 * using accepted = await listener.accept();
 * await accepted.write(new TextEncoder().encode("Hello"));
 * const [data] = await once(socket, "data");
 * assertEquals(String(data), "Hello");
 * assertEquals([socket.remoteAddress, socket.bytesRead], ["10.0.0.1", 5]);
 * socket.destroy();
 * ```
 */
export class NodeSocket extends Duplex implements net.Socket {
  /** The idle time in ms after which `timeout` is emitted, if one was set. */
  timeout: number | undefined;
  readonly #stack: Stack | undefined;
  readonly #idle: NodeIdleTimer;
  #conn: TCPConn | undefined;
  #reader: NodeChunkReader | undefined;
  #dialling: AbortController | undefined;
  #noDelay: boolean | undefined;
  #keepAlive: boolean | undefined;
  #bytesRead: number;
  #bytesSent: number;
  #resets: boolean;
  #isOver: boolean;

  /** Over a connection that stands, or for {@linkcode connect} to make one from a stack. */
  constructor(source: TCPConn | Stack, options: NodeSocketOptions = {}) {
    const { allowHalfOpen = false, highWaterMark, pauseOnCreate = false, signal } = options;
    // Node's sockets emit "close" themselves, with an argument.
    super({ allowHalfOpen, highWaterMark, emitClose: false, autoDestroy: true });
    this.timeout = undefined;
    this.#stack = "dialTCP" in source ? source : undefined;
    this.#idle = new NodeIdleTimer(() => this.emit("timeout"));
    this.#conn = undefined;
    this.#reader = undefined;
    this.#dialling = undefined;
    this.#noDelay = undefined;
    this.#keepAlive = undefined;
    this.#bytesRead = 0;
    this.#bytesSent = 0;
    this.#resets = false;
    this.#isOver = false;
    if (!("dialTCP" in source)) this.#open(source);
    if (pauseOnCreate) this.pause();
    else if (this.#conn) this.read(0);
    if (signal) addAbortSignal(signal, this);
  }

  /** Whether {@linkcode connect} is under way. */
  get connecting(): boolean {
    return this.#dialling !== undefined;
  }

  /** Whether there is no connection yet, or any more. */
  get pending(): boolean {
    return this.#conn === undefined || this.destroyed;
  }

  /** The state as one word. */
  get readyState(): net.SocketReadyState {
    if (this.connecting) return "opening";
    if (this.readable) return this.writable ? "open" : "readOnly";
    return this.writable ? "writeOnly" : "closed";
  }

  /** Bytes that have arrived. */
  get bytesRead(): number {
    return this.#bytesRead;
  }

  /** Bytes that were written, those included that still wait. */
  get bytesWritten(): number {
    return this.#bytesSent + this.writableLength;
  }

  /** Bytes that were written and wait. */
  get bufferSize(): number {
    return this.writableLength;
  }

  /** The address on this side, until the socket is closed. */
  get localAddress(): string | undefined {
    return this.destroyed ? undefined : this.#conn?.localAddr.hostname;
  }

  /** The port on this side, until the socket is closed. */
  get localPort(): number | undefined {
    return this.destroyed ? undefined : this.#conn?.localAddr.port;
  }

  /** `IPv4` or `IPv6`. */
  get localFamily(): string | undefined {
    return this.localAddress && familyOf(this.localAddress);
  }

  /** The address of the peer; as the others of the peer, it stays when the socket is closed. */
  get remoteAddress(): string | undefined {
    return this.#conn?.remoteAddr.hostname;
  }

  /** The port of the peer. */
  get remotePort(): number | undefined {
    return this.#conn?.remoteAddr.port;
  }

  /** `IPv4` or `IPv6`. */
  get remoteFamily(): string | undefined {
    return this.remoteAddress && familyOf(this.remoteAddress);
  }

  /** None: one address is tried, the first. */
  get autoSelectFamilyAttemptedAddresses(): string[] {
    return [];
  }

  /** The address on this side; empty without a connection. */
  address(): net.AddressInfo | Record<string, never> {
    const { localAddress: address, localPort: port, localFamily: family } = this;
    return address === undefined || port === undefined || family === undefined ? {} : { address, family, port };
  }

  /**
   * Connects, and emits `connect` and `ready`, or `error` and `close`. A socket that was closed connects anew. One made
   * over a connection that stands only emits the events.
   *
   * @throws {TypeError} without a port (code ERR_MISSING_ARGS).
   * @throws {RangeError} when the port is no port (code ERR_SOCKET_BAD_PORT).
   */
  connect(options: net.SocketConnectOpts, connectionListener?: () => void): this;
  /** As above. */
  connect(port: number, host: string, connectionListener?: () => void): this;
  /** As above, to the stack's loopback. */
  connect(port: number, connectionListener?: () => void): this;
  /** Fails with the code EPROTOTYPE: a stack has no Unix sockets. */
  connect(path: string, connectionListener?: () => void): this;
  connect(...args: unknown[]): this {
    const { options, callback } = connectArguments(args);
    if (callback) this.once("connect", callback);
    if (this.#stack) this.#connect(this.#stack, options);
    else process.nextTick(() => this.#announce());
    return this;
  }

  /** Ends writing, then closes. */
  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once("finish", () => this.destroy());
  }

  /** Closes with a reset (RST), at once or as soon as the connection stands. */
  resetAndDestroy(): this {
    if (this.connecting) return this.once("connect", () => this.resetAndDestroy());
    if (this.pending) return this.destroy(callError(Error, "ERR_SOCKET_CLOSED", "Socket is closed"));
    this.#resets = true;
    return this.destroy();
  }

  /**
   * Emits `timeout` once nothing has happened for `timeout` ms; 0 is never. The socket stays open.
   *
   * @throws {TypeError} when it is no number (code ERR_INVALID_ARG_TYPE).
   * @throws {RangeError} when it is no time (code ERR_OUT_OF_RANGE).
   */
  setTimeout(timeout: number, callback?: () => void): this {
    checkTimeout(timeout);
    this.timeout = timeout;
    if (!this.destroyed) this.#idle.set(timeout);
    if (callback && timeout > 0) this.once("timeout", callback);
    else if (callback) this.off("timeout", callback);
    return this;
  }

  /** Whether small writes go out at once; they do, unless told otherwise (Nagle, RFC 9293 §3.7.4). */
  setNoDelay(noDelay = true): this {
    this.#noDelay = noDelay;
    if (!this.pending) ifOpen(() => this.#conn?.setNoDelay(noDelay));
    return this;
  }

  /** Whether an idle connection probes its peer (RFC 9293 §3.8.4); how often is an option of the stack. */
  setKeepAlive(enable?: boolean, _initialDelay?: number): this {
    const keepAlive = enable === true;
    this.#keepAlive = keepAlive;
    if (!this.pending) ifOpen(() => this.#conn?.setKeepAlive(keepAlive));
    return this;
  }

  /** Without effect: the stack keeps the process alive until it is closed. */
  ref(): this {
    return this;
  }

  /** Without effect: the stack keeps the process alive until it is closed. */
  unref(): this {
    return this;
  }

  /** As any stream's. When this side has ended because the peer did, it fails with the code EPIPE. */
  override write(chunk: unknown, callback?: (error: Error | null | undefined) => void): boolean;
  /** As above. */
  override write(
    chunk: unknown,
    encoding?: BufferEncoding,
    callback?: (error: Error | null | undefined) => void,
  ): boolean;
  override write(chunk: unknown, ...rest: unknown[]): boolean {
    if (!this.writableEnded || !this.readableEnded || this.allowHalfOpen) {
      return super.write(chunk, ...rest as [BufferEncoding]);
    }
    const error = callError(Error, "EPIPE", "This socket has been ended by the other party");
    const callback = rest.at(-1);
    if (typeof callback === "function") process.nextTick(callback, error);
    this.destroy(error);
    return false;
  }

  /** For the stream: reads on. */
  override _read(): void {
    const reader = this.#reader;
    if (reader === undefined) return void this.once("connect", () => this._read());
    // Whatever a program's listener throws is its own affair: an uncaught error, no failure of this read.
    reader.read().then(
      (chunk) => process.nextTick(() => this.#reader === reader && this.#take(chunk)),
      (error) => this.#reader === reader && this.#fail(nodeError(error, "read")),
    );
  }

  /** For the stream: writes one chunk. */
  override _write(chunk: Uint8Array, _encoding: string, callback: (error?: Error | null) => void): void {
    this._writev([{ chunk }], callback);
  }

  /** For the stream: writes what has come together meanwhile. */
  override _writev(chunks: { chunk: Uint8Array }[], callback: (error?: Error | null) => void): void {
    const parts = gathered(chunks.map(({ chunk }) => chunk));
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    const done = (error?: Error) => (this.#bytesSent += error ? 0 : length, callback(error));
    this.#whenOpen(callback, (conn) => {
      this.#settle(conn, writeWhole(conn, parts, () => this.#idle.touch()), "write", done);
    });
  }

  /** For the stream: ends writing. */
  override _final(callback: (error?: Error | null) => void): void {
    if (this.#conn === undefined && !this.connecting) return callback();
    this.#whenOpen(callback, (conn) => this.#settle(conn, conn.closeWrite(), "shutdown", callback));
  }

  /** For the stream: closes the connection, and gives up one that is under way. */
  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#idle.set(0);
    this.#dialling?.abort();
    this.#dialling = undefined;
    if (this.#resets) ifOpen(() => this.#conn?.abort());
    else this.#conn?.[Symbol.dispose]();
    callback(error);
    // The callbacks of writes that this ends come first.
    setImmediate(() => {
      this.#isOver = true;
      this.emit("close", error !== null);
    });
  }

  #connect(stack: Stack, options: NodeConnectOptions): void {
    if (this.#isOver) this.#renew();
    if (this.destroyed) return;
    if (this.connecting || this.#conn) {
      this.destroy(nodeError(networkError("invalid-state"), "connect"));
      return;
    }
    const dialling = this.#dialling = new AbortController();
    const tell = (event: string, ...args: unknown[]) => process.nextTick(() => this.emit(event, ...args));
    if (options.noDelay !== undefined) this.#noDelay = options.noDelay;
    if (options.keepAlive !== undefined) this.#keepAlive = options.keepAlive;
    this.#idle.touch();
    dial(stack, options, tell, dialling.signal).then(
      (conn) => process.nextTick(() => this.#connected(conn, dialling)),
      (error) => dialling.signal.aborted || this.#fail(error),
    );
  }

  /** As Node's own sockets do it, which may connect again after their end. */
  #renew(): void {
    (this as unknown as { _undestroy(): void })._undestroy();
    this.#conn = undefined;
    this.#reader = undefined;
    this.#resets = false;
    this.#isOver = false;
    this.#bytesRead = 0;
    this.#bytesSent = 0;
  }

  #connected(conn: TCPConn, dialling: AbortController): void {
    if (this.#dialling !== dialling) return conn[Symbol.dispose]();
    this.#dialling = undefined;
    this.#open(conn);
    this.#announce();
    if (this.readable && !this.isPaused()) this.read(0);
  }

  #open(conn: TCPConn): void {
    this.#conn = conn;
    this.#reader = new NodeChunkReader(conn);
    ifOpen(() => {
      if (this.#noDelay !== undefined) conn.setNoDelay(this.#noDelay);
      if (this.#keepAlive !== undefined) conn.setKeepAlive(this.#keepAlive);
    });
    this.#idle.touch();
  }

  #announce(): void {
    if (this.destroyed) return;
    this.emit("connect");
    this.emit("ready");
  }

  #take(chunk: Uint8Array<ArrayBuffer> | null): void {
    if (this.destroyed) return;
    this.#idle.touch();
    this.#bytesRead += chunk?.length ?? 0;
    if (chunk) return this.#push(Buffer.from(chunk.buffer));
    this.push(null);
    // The end is told also where nobody reads.
    this.read(0);
  }

  #push(chunk: Buffer): void {
    try {
      this.push(chunk);
    } catch (error) {
      // The stream forgets to read on when a program's listener throws; Node's own sockets go on.
      process.nextTick(() => this.read(0));
      throw error;
    }
  }

  /** Tells the stream how a step on a connection went, unless the socket has another connection by now. */
  #settle(conn: TCPConn, step: Promise<void>, syscall: string, callback: (error?: Error) => void): void {
    const fail = (error: NodeSystemError) => {
      // Who waits for the step hears of it first; then the stream destroys the socket with the error.
      if (!this.#tells(error)) this.#fail(error);
      callback(error);
    };
    step.then(
      () => process.nextTick(() => this.#conn === conn && callback()),
      (error) => this.#conn === conn && process.nextTick(fail, nodeError(error, syscall)),
    );
  }

  #fail(error: NodeSystemError): void {
    if (!this.destroyed) this.destroy(this.#tells(error) ? error : undefined);
  }

  /** Whether anybody is told of an error; of that of a closed stack, who listens may have left until it is emitted. */
  #tells(error: NodeSystemError): boolean {
    const tells = isTold(error, this);
    if (tells && isOfClosedStack(error)) this.once("error", () => {});
    return tells;
  }

  #whenOpen(callback: (error: Error) => void, act: (conn: TCPConn) => void): void {
    if (this.#conn) return act(this.#conn);
    if (!this.connecting) return callback(callError(Error, "ERR_SOCKET_CLOSED", "Socket is closed"));
    const onClose = () =>
      callback(
        callError(Error, "ERR_SOCKET_CLOSED_BEFORE_CONNECTION", "Socket closed before the connection was established"),
      );
    this.once("close", onClose);
    this.once("connect", () => {
      this.off("close", onClose);
      if (this.#conn) act(this.#conn);
    });
  }
}
