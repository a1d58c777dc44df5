/**
 * A UDP socket in the shape of Deno's own.
 *
 * Main side.
 *
 * @module
 */
import type { Endpoint, ReceivedDatagram, RemoteDatagramSocket } from "../stack/remote_socket.ts";
import { bytesProblem, fill } from "./bytes_argument.ts";
import { DatagramTransfer } from "./datagram_transfer.ts";
import { type Deadlines, timeOf } from "./deadlines.ts";
import { networkError, type Reason } from "./errors.ts";
import { destination, resolveHost } from "./host_name.ts";
import { netAddr } from "./net_addr.ts";

/**
 * A UDP socket that talks to anybody (RFC 768), in the shape of `Deno.DatagramConn`. It is an async iterable of the
 * datagrams that arrive, which ends when the socket or its stack is closed; leaving a `for await` does not close it.
 *
 * Calls that wait when the program closes the socket reject with `Deno.errors.Interrupted` (EINTR), or with
 * `Deno.errors.ConnectionAborted` (ECONNABORTED) when it closes the stack, or the stack's worker dies. Later calls
 * reject with `Deno.errors.BadResource`; after a worker's death still with `Deno.errors.ConnectionAborted`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Internet } from "@uis/uis";
 *
 * await using internet = new Internet();
 * const one = await internet.newStack(1500, "2001:db8::1");
 * const two = await internet.newStack(1500, "2001:db8::2");
 * void internet.route();
 *
 * using a = one.listenUDP("[2001:db8::1]:1000");
 * using b = two.listenUDP("[::]:2000");
 * await a.send(new Uint8Array([7]), { transport: "udp", hostname: "2001:db8::2", port: 2000 });
 * for await (const [bytes, sender] of b) {
 *   assertEquals(bytes, new Uint8Array([7]));
 *   assertEquals(sender.port, 1000);
 *   break;
 * }
 * ```
 */
export class DatagramConn implements Deno.DatagramConn, Deadlines {
  /** Bytes of a datagram that {@linkcode receive} without a buffer returns, at most; the others are lost. */
  bufSize: number;
  #transfer: DatagramTransfer;
  #addr: Deno.NetAddr;

  /** Sockets come from {@linkcode Stack.listenUDP}. */
  constructor(socket: RemoteDatagramSocket) {
    this.bufSize = 65507;
    this.#transfer = new DatagramTransfer(socket, "datagram-socket-closed");
    this.#addr = netAddr("udp", socket.local);
  }

  /** The address bound to, a wildcard where one was asked for; after the socket's end too. */
  get addr(): Deno.NetAddr {
    return this.#addr;
  }

  /**
   * Resolves to the next datagram and its sender. With a buffer, to the part of it that was filled; what does not fit
   * is lost, and an empty buffer consumes a datagram too. Concurrent calls are served in order. Rejects with
   * `TypeError` when `buffer` is no Uint8Array, with `RangeError` when {@linkcode bufSize} is no length.
   */
  receive(buffer?: Uint8Array): Promise<[Uint8Array<ArrayBuffer>, Deno.NetAddr]> {
    const size = lengthOf(this.bufSize);
    const problem = buffer ? bytesProblem(buffer, "receive into") : sizeProblem(size);
    if (problem) return Promise.reject(problem);
    return this.#transfer.receive((datagram) => received(datagram, buffer, size));
  }

  /**
   * Sends the bytes as one datagram and resolves to their number. They are copied at the call. The host is an IP
   * literal or `localhost`, which is also the default; a socket at `::` sends to IPv4 too, also by IPv4-mapped addresses,
   * as it shows them. That nobody has the port is never told.
   *
   * Rejects with an `Error` of code EMSGSIZE over 65,507 bytes (IPv4) or 65,527 (IPv6), of code EAFNOSUPPORT from IPv4
   * to IPv6, of no code when the host is another name; with `Deno.errors.NetworkUnreachable` (ENETUNREACH) from an IPv6
   * address to IPv4; with `TypeError` (EINVAL) when the port is not 1 to 65535; with `Deno.errors.NotSupported`
   * (EPROTOTYPE) when the address is none of IP.
   */
  async send(bytes: Uint8Array, addr: Deno.Addr): Promise<number> {
    const problem = bytesProblem(bytes, "send");
    if (problem) throw problem;
    this.#transfer.checkOpen();
    return this.#transfer.send(bytes, this.#target(addr));
  }

  /** The datagrams that arrive, as {@linkcode receive} returns them. */
  async *[Symbol.asyncIterator](): AsyncGenerator<[Uint8Array<ArrayBuffer>, Deno.NetAddr], undefined> {
    try {
      while (!this.#transfer.isClosed) yield await this.receive();
    } catch (error) {
      if (!this.#transfer.isClosed) throw error;
    }
  }

  /** Rejects with `Deno.errors.NotSupported` (EPROTOTYPE): there is no multicast here. */
  joinMulticastV4(address: string, _networkInterface: string): Promise<Deno.MulticastV4Membership> {
    return Promise.reject(this.#multicastError(address));
  }

  /** Rejects with `Deno.errors.NotSupported` (EPROTOTYPE): there is no multicast here. */
  joinMulticastV6(address: string, _networkInterface: number): Promise<Deno.MulticastV6Membership> {
    return Promise.reject(this.#multicastError(address));
  }

  /**
   * Closes the socket. What was sent is still delivered.
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

  #target(addr: Deno.Addr): Endpoint {
    if (typeof addr !== "object" || addr === null) {
      throw new TypeError(`Cannot send to ${Deno.inspect(addr)}: expected an address`);
    }
    const { transport = "udp" } = addr;
    if (transport !== "udp" && transport !== "tcp") {
      throw networkError("not-supported", { operation: "send to transport", address: String(transport) });
    }
    const { hostname, port } = addr as Deno.NetAddr;
    const address = destination(resolveHost(hostname ?? "localhost"));
    if (typeof port !== "number") throw new TypeError(`Cannot send to port ${Deno.inspect(port)}: expected a number`);
    if (!Number.isInteger(port) || port < 1 || port > 65535) {
      throw networkError("invalid-state", { operation: "send to port", address: String(port) });
    }
    const problem = this.#familyProblem(hostname ?? address, address);
    if (problem) throw networkError(problem, { operation: "send to", address });
    return { address, port };
  }

  /** An IPv4 socket takes nothing that is written as IPv6; one at :: takes both families, mapped or not. */
  #familyProblem(written: string, address: string): Reason | undefined {
    const own = this.#addr.hostname;
    if (!own.includes(":")) return written.includes(":") ? "wrong-family" : undefined;
    return own === "::" || address.includes(":") ? undefined : "network-unreachable";
  }

  #multicastError(address: string): Error {
    const reason = this.#transfer.refusal ?? "not-supported";
    return networkError(reason, { operation: "join multicast group", address: String(address) });
  }
}

/** A length as a typed array reads it: a fraction is cut off, what is no number is 0. */
function lengthOf(size: unknown): number {
  return Math.trunc(Number(size)) || 0;
}

function sizeProblem(size: number): RangeError | undefined {
  if (size >= 0 && size <= Number.MAX_SAFE_INTEGER) return undefined;
  return new RangeError(`Cannot receive into bufSize ${size}: must be 0 or more, and no more than an array can have`);
}

function received(
  { bytes, from }: ReceivedDatagram,
  buffer: Uint8Array | undefined,
  bufSize: number,
): [Uint8Array<ArrayBuffer>, Deno.NetAddr] {
  const sender = netAddr("udp", from);
  if (!buffer) return [hasOwnMemory(bytes) && bytes.length <= bufSize ? bytes : bytes.slice(0, bufSize), sender];
  const length = fill(buffer, bytes);
  // A detached buffer has no parts.
  if (buffer.length === 0) return [new Uint8Array(0), sender];
  // Deno's interface promises a part of the caller's buffer, whatever memory that has.
  return [buffer.subarray(0, length) as Uint8Array<ArrayBuffer>, sender];
}

function hasOwnMemory({ length, buffer }: Uint8Array): boolean {
  return length === buffer.byteLength;
}
