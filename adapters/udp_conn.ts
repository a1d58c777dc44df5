/**
 * A UDP socket that is connected to one peer, in the shape of Deno's connections.
 *
 * Main side.
 *
 * @module
 */
import type { Endpoint, RemoteDatagramSocket } from "../stack/remote_socket.ts";
import { formatEndpoint } from "./address_text.ts";
import { bytesProblem, fill } from "./bytes_argument.ts";
import { chunkStream, datagramStream } from "./conn_streams.ts";
import { DatagramTransfer } from "./datagram_transfer.ts";
import { type Deadlines, timeOf } from "./deadlines.ts";
import { networkError } from "./errors.ts";
import { netAddr } from "./net_addr.ts";

/**
 * A UDP socket connected to one peer (RFC 768), in the shape of `Deno.Conn`: each read and each write moves one
 * datagram, and datagrams from others never arrive.
 *
 * An ICMP error that comes back is told to the next call, as `Deno.errors.ConnectionRefused` (ECONNREFUSED) when
 * nobody has the port; the socket stays open. Calls that wait when the program closes the socket reject with
 * `Deno.errors.Interrupted` (EINTR), or with `Deno.errors.ConnectionAborted` (ECONNABORTED) when it closes the stack,
 * or the stack's worker dies. Later calls reject with `Deno.errors.BadResource`; after a worker's death still with
 * `Deno.errors.ConnectionAborted`.
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
 * using socket = server.listenUDP("10.0.0.1:53");
 * using conn = await client.dialUDP("10.0.0.1:53");
 *
 * await conn.write(new Uint8Array([1, 2, 3]));
 * const [question, sender] = await socket.receive();
 * await socket.send(question, sender);
 *
 * const answer = new Uint8Array(2);
 * assertEquals(await conn.read(answer), 2); // the rest of the datagram is lost
 * assertEquals(answer, new Uint8Array([1, 2]));
 * ```
 */
export class UDPConn implements Deno.Conn<Deno.NetAddr>, Deadlines {
  #transfer: DatagramTransfer;
  #remote: Endpoint;
  #localAddr: Deno.NetAddr;
  #remoteAddr: Deno.NetAddr;
  #readable: ReadableStream<Uint8Array<ArrayBuffer>> | undefined;
  #writable: WritableStream<Uint8Array<ArrayBufferLike>> | undefined;

  /**
   * Connected sockets come from {@linkcode Stack.dialUDP}.
   *
   * @throws {TypeError} when the socket is connected to nobody.
   */
  constructor(socket: RemoteDatagramSocket) {
    if (!socket.remote) throw new TypeError("Cannot create a UDPConn: the socket is not connected");
    this.#transfer = new DatagramTransfer(socket, "connection-closed");
    this.#remote = socket.remote;
    this.#localAddr = netAddr("udp", socket.local);
    this.#remoteAddr = netAddr("udp", socket.remote);
    this.#readable = undefined;
    this.#writable = undefined;
  }

  /** The address on this side; after the socket's end too. */
  get localAddr(): Deno.NetAddr {
    return this.#localAddr;
  }

  /** The address of the peer; after the socket's end too. */
  get remoteAddr(): Deno.NetAddr {
    return this.#remoteAddr;
  }

  /** A chunk for each datagram, read when it is asked for. Cancellation or failure closes the socket. */
  get readable(): ReadableStream<Uint8Array<ArrayBuffer>> {
    this.#readable ??= datagramStream({
      readChunk: () => this.#transfer.receive(({ bytes }) => bytes.slice()),
      dispose: () => this[Symbol.dispose](),
    });
    return this.#readable;
  }

  /** Sends a datagram for each chunk. Its end or failure closes the socket. */
  get writable(): WritableStream<Uint8Array<ArrayBufferLike>> {
    this.#writable ??= chunkStream({
      writeChunk: async (chunk) => void await this.#transfer.send(chunk, this.#remote),
      dispose: () => this[Symbol.dispose](),
    });
    return this.#writable;
  }

  /**
   * Reads one datagram and resolves to how many of its bytes fit into the buffer; the others are lost. An empty buffer
   * consumes a datagram too, and 0 is also the length of an empty one. Concurrent reads are served in order. Rejects
   * with `TypeError` when `buffer` is no Uint8Array.
   */
  read(buffer: Uint8Array): Promise<number> {
    const problem = bytesProblem(buffer, "read into");
    if (problem) return Promise.reject(problem);
    return this.#transfer.receive(({ bytes }) => fill(buffer, bytes));
  }

  /**
   * Sends the bytes as one datagram, also when there are none, and resolves to their number. They are copied at the
   * call. Rejects with an `Error` of code EMSGSIZE over 65,507 bytes (IPv4) or 65,527 (IPv6), with `TypeError` when
   * `bytes` is no Uint8Array.
   */
  write(bytes: Uint8Array): Promise<number> {
    const problem = bytesProblem(bytes, "write");
    return problem ? Promise.reject(problem) : this.#transfer.send(bytes, this.#remote);
  }

  /** Rejects with `TypeError` (EINVAL): a datagram socket has no end of writing. */
  closeWrite(): Promise<void> {
    const address = formatEndpoint(this.#remote);
    const reason = this.#transfer.refusal ?? "invalid-state";
    return Promise.reject(networkError(reason, { operation: "close the write side of the UDP socket to", address }));
  }

  /**
   * Closes the socket. What was written is still sent.
   *
   * @throws {Deno.errors.BadResource} when the socket was closed before.
   */
  close(): void {
    this.#transfer.close();
  }

  /** Closes the socket, if it is open. */
  [Symbol.dispose](): void {
    this.#transfer.dispose();
  }

  /** As {@linkcode Deadlines.setDeadline}. */
  setDeadline(at: Date | number | null): void {
    const time = timeOf(at);
    this.setReadDeadline(time);
    this.setWriteDeadline(time);
  }

  /** As {@linkcode Deadlines.setReadDeadline}. */
  setReadDeadline(at: Date | number | null): void {
    this.#transfer.checkOpen();
    this.#transfer.readDeadline.set(at);
  }

  /** As {@linkcode Deadlines.setWriteDeadline}. */
  setWriteDeadline(at: Date | number | null): void {
    this.#transfer.checkOpen();
    this.#transfer.writeDeadline.set(at);
  }

  /** Without effect: the stack keeps the process alive until it is closed. */
  ref(): void {}

  /** Without effect: the stack keeps the process alive until it is closed. */
  unref(): void {}
}
