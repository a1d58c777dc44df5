/**
 * A UDP socket in the shape of Node's own.
 *
 * Main side.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type dgram from "node:dgram";
import type { AddressInfo } from "node:net";
import process from "node:process";
import type { Stack } from "../../stack/stack.ts";
import { unmapped } from "../host_name.ts";
import { closeOnAbort } from "./abort.ts";
import {
  bindArguments,
  type DatagramToSend,
  isConnectedError,
  peerArguments,
  sendArguments,
} from "./datagram_arguments.ts";
import { boundChannel, connectedChannel, type DatagramPeer, type NodeDatagramChannel } from "./datagram_channel.ts";
import { NodeDatagramSettings } from "./datagram_settings.ts";
import { familyOf } from "./family.ts";
import { lookUp } from "./lookup.ts";
import { callError, isOfClosedStack, isTold, nodeError, type NodeSystemError } from "./node_errors.ts";

/**
 * A UDP socket as a `dgram.Socket` of Node. It is no instance of Node's class.
 *
 * One that was bound before it connects hears of no errors that come back.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { once } from "node:events";
 * import { Internet } from "@uis/uis";
 * import { NodeDatagramSocket } from "@uis/uis/node";
 *
 * await using internet = new Internet();
 * const stack = await internet.newStack(1500, "10.0.0.1");
 * const socket = new NodeDatagramSocket(stack, { type: "udp4" });
 * socket.bind(53);
 * await once(socket, "listening");
 * socket.send("to myself", 53, "10.0.0.1");
 * const [message, { port, size }] = await once(socket, "message");
 * assertEquals([String(message), port, size], ["to myself", 53, 9]);
 * socket.close();
 * ```
 */
export class NodeDatagramSocket extends NodeDatagramSettings implements dgram.Socket {
  /** `udp4` or `udp6`. */
  readonly type: dgram.SocketType;
  readonly #stack: Stack;
  readonly #family: 4 | 6;
  readonly #lookup: dgram.SocketOptions["lookup"];
  /** From the bind on; undefined before it, and when it failed. */
  #opening: Promise<NodeDatagramChannel> | undefined;
  #channel: NodeDatagramChannel | undefined;
  #connecting: boolean;
  #peer: DatagramPeer | undefined;
  #wasBound: boolean;
  #sends: Set<Promise<void>>;
  #closed: boolean;

  /**
   * A socket that is not bound yet.
   *
   * @throws {TypeError} when the type is neither `udp4` nor `udp6` (code ERR_SOCKET_BAD_TYPE).
   */
  constructor(stack: Stack, options: dgram.SocketOptions) {
    super();
    const { type, lookup, signal } = options;
    if (type !== "udp4" && type !== "udp6") {
      throw callError(TypeError, "ERR_SOCKET_BAD_TYPE", `Bad socket type ${Deno.inspect(type)}: must be udp4 or udp6`);
    }
    this.type = type;
    this.#stack = stack;
    this.#family = type === "udp4" ? 4 : 6;
    this.#lookup = lookup;
    this.#opening = undefined;
    this.#channel = undefined;
    this.#connecting = false;
    this.#peer = undefined;
    this.#wasBound = false;
    this.#sends = new Set();
    this.#closed = false;
    if (signal) closeOnAbort(this, signal, () => this.#closed || this.close());
  }

  /**
   * Binds to an address and a port of the stack, by default all of its addresses and a free port, and emits `listening`;
   * or `error`, with the codes of {@linkcode Stack.listenUDP}.
   *
   * @throws {RangeError} when the port is no port (code ERR_SOCKET_BAD_PORT).
   * @throws {Error} when it is bound already (code ERR_SOCKET_ALREADY_BOUND), or closed (ERR_SOCKET_DGRAM_NOT_RUNNING).
   */
  bind(port?: number, address?: string, callback?: () => void): this;
  /** As above. */
  bind(port?: number, callback?: () => void): this;
  /** As above. */
  bind(callback?: () => void): this;
  /** As above. */
  bind(options: dgram.BindOptions, callback?: () => void): this;
  bind(...args: unknown[]): this {
    this.#requireOpen();
    if (this.#opening) throw callError(Error, "ERR_SOCKET_ALREADY_BOUND", "Socket is already bound");
    const { port, address = this.#anyAddress(), callback } = bindArguments(args);
    if (callback) this.once("listening", callback);
    this.#bind(address, port);
    return this;
  }

  /**
   * Has one peer from now on: datagrams go there and come from there. Emits `connect`, or calls `callback` with an
   * error, or without one emits it.
   *
   * @throws {RangeError} when the port is no port, or 0 (code ERR_SOCKET_BAD_PORT).
   * @throws {Error} when it has a peer (code ERR_SOCKET_DGRAM_IS_CONNECTED), or is closed.
   */
  connect(port: number, address?: string, callback?: () => void): void;
  /** As above; to the stack's loopback. */
  connect(port: number, callback: () => void): void;
  connect(...args: unknown[]): void {
    const { port, address = this.#loopback(), callback } = peerArguments(args);
    this.#requireOpen();
    if (this.#connecting || this.#peer) throw isConnectedError();
    if (callback) this.once("connect", callback);
    this.#connecting = true;
    this.#connect(address, port).catch((error) => {
      this.#connecting = false;
      if (callback) this.off("connect", callback);
      process.nextTick(() => callback ? callback(error) : this.#closed || this.emit("error", error));
    });
  }

  /**
   * Has no peer any more.
   *
   * @throws {Error} when it had none (code ERR_SOCKET_DGRAM_NOT_CONNECTED).
   */
  disconnect(): void {
    this.#requirePeer();
    this.#peer = undefined;
    const local = this.#channel?.local;
    if (!local || !this.#channel?.isConnected) return;
    this.#channel.close();
    this.#bind(this.#anyAddress(), local.port);
  }

  /**
   * Sends a datagram, from a free port if it is not bound. `callback` gets the error or the number of bytes; without one
   * only a name that nobody can look up is told, as `error`. The bytes are taken at the call.
   *
   * @throws {TypeError} when the message is none (code ERR_INVALID_ARG_TYPE).
   * @throws {RangeError} when offset and length are not in it (code ERR_BUFFER_OUT_OF_BOUNDS), or the port is no port.
   * @throws {Error} when it has a peer and is given another (code ERR_SOCKET_DGRAM_IS_CONNECTED), or is closed.
   */
  send(
    message: string | NodeJS.ArrayBufferView | readonly unknown[],
    port?: number,
    address?: string,
    callback?: (error: Error | null, bytes: number) => void,
  ): void;
  /** As above. */
  send(
    message: string | NodeJS.ArrayBufferView | readonly unknown[],
    port?: number,
    callback?: (error: Error | null, bytes: number) => void,
  ): void;
  /** As above, to the peer. */
  send(
    message: string | NodeJS.ArrayBufferView | readonly unknown[],
    callback?: (error: Error | null, bytes: number) => void,
  ): void;
  /** As above, `length` bytes of the message from `offset`. */
  send(
    message: string | NodeJS.ArrayBufferView,
    offset: number,
    length: number,
    port?: number,
    address?: string,
    callback?: (error: Error | null, bytes: number) => void,
  ): void;
  /** As above. */
  send(
    message: string | NodeJS.ArrayBufferView,
    offset: number,
    length: number,
    port?: number,
    callback?: (error: Error | null, bytes: number) => void,
  ): void;
  /** As above, to the peer. */
  send(
    message: string | NodeJS.ArrayBufferView,
    offset: number,
    length: number,
    callback?: (error: Error | null, bytes: number) => void,
  ): void;
  send(...args: unknown[]): void {
    const datagram = sendArguments(args, this.#peer !== undefined);
    this.#requireOpen();
    const opening = this.#opening ?? this.#bind(this.#anyAddress(), 0);
    const sent = this.#send(opening, { ...datagram, bytes: new Uint8Array(datagram.bytes) });
    this.#sends.add(sent);
    sent.finally(() => this.#sends.delete(sent));
  }

  /**
   * Closes the socket when what was sent is on its way, and emits `close`.
   *
   * @throws {Error} when it is closed (code ERR_SOCKET_DGRAM_NOT_RUNNING).
   */
  close(callback?: () => void): this {
    this.#requireOpen();
    if (callback) this.once("close", callback);
    this.#closed = true;
    this.#finish();
    return this;
  }

  /** Closes the socket, if it is open. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.close(resolve);
    await promise;
  }

  /**
   * Where it is bound.
   *
   * @throws {Error} when it is not (code EBADF), or is closed.
   */
  address(): AddressInfo {
    this.#requireOpen();
    if (!this.#channel) throw nodeError(undefined, "getsockname");
    return infoOf(this.#channel.local);
  }

  /**
   * Its peer.
   *
   * @throws {Error} when it has none (code ERR_SOCKET_DGRAM_NOT_CONNECTED).
   */
  remoteAddress(): AddressInfo {
    return infoOf(this.#requirePeer());
  }

  /** Bytes that wait to be sent: none are counted. */
  getSendQueueSize(): number {
    return 0;
  }

  /** Datagrams that wait to be sent. */
  getSendQueueCount(): number {
    return this.#sends.size;
  }

  #bind(address: string, port: number): Promise<NodeDatagramChannel> {
    const opening = this.#openAt(address, port);
    this.#opening = opening;
    opening.catch((error) => {
      if (this.#opening === opening) this.#opening = undefined;
      process.nextTick(() => this.#closed || this.emit("error", error));
    });
    return opening;
  }

  async #openAt(host: string, port: number): Promise<NodeDatagramChannel> {
    const address = await this.#find(host);
    try {
      return this.#use(boundChannel(this.#stack, { address, port }));
    } catch (error) {
      throw nodeError(error, "bind", { address, port });
    }
  }

  async #connect(host: string, port: number): Promise<void> {
    const peer = { address: await this.#find(host), port };
    // Whoever opened it meanwhile comes first; when that has failed, there may be another.
    let isBound = false;
    while (!isBound && this.#opening !== undefined) isBound = await this.#opening.then(() => true, () => false);
    if (this.#closed) return;
    try {
      if (!isBound) {
        this.#opening = connectedChannel(this.#stack, peer).then((channel) => this.#use(channel));
        this.#opening.catch(() => this.#opening = undefined);
        await this.#opening;
      }
    } catch (error) {
      throw nodeError(error, "connect", peer);
    }
    if (this.#closed) return;
    this.#connecting = false;
    this.#peer = peer;
    process.nextTick(() => this.#closed || this.emit("connect"));
  }

  #use(channel: NodeDatagramChannel): NodeDatagramChannel {
    this.#channel = channel;
    if (!this.#wasBound) process.nextTick(() => this.#closed || this.emit("listening"));
    this.#wasBound = true;
    void this.#receiveAll(channel);
    return channel;
  }

  async #receiveAll(channel: NodeDatagramChannel): Promise<void> {
    while (this.#channel === channel && !this.#closed) {
      try {
        const [bytes, from] = await channel.receive();
        // Whatever a program's listener throws is its own affair: an uncaught error, not the end of the socket.
        process.nextTick(() => this.#deliver(bytes, from));
      } catch (error) {
        if (this.#channel === channel && !this.#closed) this.#failed(nodeError(error, "recvmsg"));
      }
    }
  }

  #deliver(bytes: Uint8Array<ArrayBuffer>, from: DatagramPeer): void {
    if (this.#closed || (this.#peer && !isFrom(this.#peer, from))) return;
    this.emit("message", Buffer.from(bytes.buffer), { ...infoOf(from), size: bytes.length });
  }

  #failed(error: NodeSystemError): void {
    process.nextTick(() => isTold(error, this) && this.emit("error", error));
    if (!isOfClosedStack(error)) return;
    this.#closed = true;
    this.#finish();
  }

  async #send(opening: Promise<NodeDatagramChannel>, datagram: DatagramToSend): Promise<void> {
    const { bytes, callback, port, address: host = this.#loopback() } = datagram;
    try {
      const to = this.#peer ?? { address: await this.#find(host), port: port ?? 0 };
      const channel = await opening;
      try {
        await channel.send(bytes, to);
      } catch (error) {
        throw nodeError(error, "send", to);
      }
      if (callback) process.nextTick(callback, null, bytes.length);
    } catch (error) {
      const isUnheard = !callback && Reflect.get(error as Error, "syscall") === "getaddrinfo";
      if (callback) process.nextTick(callback, error);
      else if (isUnheard) process.nextTick(() => this.#closed || this.emit("error", error));
    }
  }

  async #finish(): Promise<void> {
    await Promise.allSettled(this.#sends);
    await this.#opening?.catch(() => {});
    this.#channel?.close();
    process.nextTick(() => this.emit("close"));
  }

  #find(host: string): Promise<string> {
    return lookUp({ host, family: this.#family, lookup: this.#lookup }, () => {});
  }

  #anyAddress(): string {
    return this.#family === 6 ? "::" : "0.0.0.0";
  }

  #loopback(): string {
    return this.#family === 6 ? "::1" : "127.0.0.1";
  }

  #requireOpen(): void {
    if (this.#closed) throw callError(Error, "ERR_SOCKET_DGRAM_NOT_RUNNING", "Not running");
  }

  #requirePeer(): DatagramPeer {
    this.#requireOpen();
    if (!this.#peer) throw callError(Error, "ERR_SOCKET_DGRAM_NOT_CONNECTED", "Not connected");
    return this.#peer;
  }
}

function infoOf({ address, port }: DatagramPeer): AddressInfo {
  return { address, family: familyOf(address), port };
}

function isFrom(peer: DatagramPeer, from: DatagramPeer): boolean {
  return peer.port === from.port &&
    unmapped(peer.address) === unmapped(from.address);
}
