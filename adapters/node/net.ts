/**
 * Node's `net`, backed by a stack.
 *
 * Main side.
 *
 * @module
 */
import type http from "node:http";
import net from "node:net";
import process from "node:process";
import type { Duplex } from "node:stream";
import type { Stack } from "../../stack/stack.ts";
import { formatEndpoint } from "../address_text.ts";
import { networkError } from "../errors.ts";
import { unmapped } from "../host_name.ts";
import type { TCPListener } from "../tcp_listener.ts";
import { closeOnAbort } from "./abort.ts";
import { listenArguments, type NodeListenOptions } from "./arguments.ts";
import { alreadyListening, nodeListen } from "./listen.ts";
import { ownAddress } from "./lookup.ts";
import { nodeError } from "./node_errors.ts";
import { NodeSocket } from "./socket.ts";

/**
 * `connect` of a {@linkcode NodeNet}: Node's own, which also stands in for `createConnection` in requests of `node:http`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { once } from "node:events";
 * import { Internet } from "@uis/uis";
 * import { type NodeConnect, nodeNet } from "@uis/uis/node";
 *
 * await using internet = new Internet();
 * const connect: NodeConnect = nodeNet(await internet.newStack(1500, "10.0.0.1")).connect;
 * const [error] = await once(connect(80, "10.0.0.1"), "error");
 * assertEquals(error.code, "ECONNREFUSED");
 * ```
 */
export interface NodeConnect {
  /** Connects to a port of a host. */
  (options: net.NetConnectOpts, connectionListener?: () => void): net.Socket;
  /** Connects for a request. */
  (options: http.ClientRequestArgs, oncreate?: (error: Error | null, socket: Duplex) => void): net.Socket;
  /** Connects to a port of a host, by default of the stack's own loopback. */
  (port: number, host?: string, connectionListener?: () => void): net.Socket;
  /** Fails with the code EPROTOTYPE: a stack has no Unix sockets. */
  (path: string, connectionListener?: () => void): net.Socket;
}

/**
 * The module `node:net`, with the network of a stack.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Internet } from "@uis/uis";
 * import { type NodeNet, nodeNet } from "@uis/uis/node";
 *
 * await using internet = new Internet();
 * const net: NodeNet = nodeNet(await internet.newStack(1500, "10.0.0.1"));
 * assertEquals(net.isIPv4("10.0.0.1"), true);
 * ```
 */
export interface NodeNet extends Omit<typeof net, "connect" | "createConnection"> {
  /** As Node's own. */
  connect: NodeConnect;
  /** As {@linkcode NodeNet.connect}. */
  createConnection: NodeConnect;
}

/**
 * The module `node:net` for code that takes it, or parts of it, as parameters: `connect`, `createConnection`,
 * `createServer`, `Socket` and `Server` are those of a stack, the rest is Node's own. They may be taken apart.
 *
 * `localhost` is the stack's own loopback; other names are looked up only by the option `lookup`. There are no Unix
 * sockets, file descriptors and clusters. A server without a host listens at `::` where the stack has an IPv6 address,
 * otherwise at `0.0.0.0`. For servers of `node:http` and its like, see {@linkcode nodeListen}.
 *
 * @throws {TypeError} when `stack` is none.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { once } from "node:events";
 * import { Internet } from "@uis/uis";
 * import { nodeNet } from "@uis/uis/node";
 *
 * await using internet = new Internet();
 * void internet.route();
 * const there = nodeNet(await internet.newStack(1500, "10.0.0.1"));
 * const here = nodeNet(await internet.newStack(1500, "10.0.0.2"));
 *
 * const server = there.createServer((socket) => socket.end("Hello")).listen(80);
 * const [data] = await once(here.connect(80, "10.0.0.1"), "data");
 * assertEquals(String(data), "Hello");
 * server.close();
 * ```
 */
export function nodeNet(stack: Stack): NodeNet {
  if (typeof stack?.dialTCP !== "function") throw new TypeError("Cannot create a node:net: stack must be a Stack");

  class Socket extends NodeSocket {
    constructor(options?: net.SocketConstructorOpts) {
      super(stack, options);
    }

    static override [Symbol.hasInstance](value: unknown): boolean {
      return value instanceof NodeSocket;
    }
  }

  class Server extends StackServer {
    constructor(...args: ServerArguments) {
      super(stack, args);
    }
  }

  const connect = (...args: unknown[]) => {
    const [options] = args;
    const isObject = typeof options === "object" && options !== null;
    const socket = new Socket(isObject ? options : {});
    const timeout = isObject && Reflect.get(options, "timeout");
    if (timeout) socket.setTimeout(timeout);
    return socket.connect(...args as [number]);
  };
  const createServer = (...args: ServerArguments) => new Server(...args);
  return { ...net, connect, createConnection: connect, createServer, Server, Socket };
}

type ConnectionListener = (socket: net.Socket) => void;
type ServerArguments = [options?: net.ServerOpts | ConnectionListener, listener?: ConnectionListener];

/** A server of Node's, except for where it listens. */
class StackServer extends net.Server {
  readonly #stack: Stack;

  constructor(stack: Stack, args: ServerArguments) {
    super(...args as [net.ServerOpts, ConnectionListener]);
    this.#stack = stack;
  }

  override listen(...args: unknown[]): this {
    const { options, callback } = listenArguments(args);
    if (this.listening) throw alreadyListening();
    if (callback) this.once("listening", callback);
    const listener = this.#bind(options);
    if (listener) nodeListen(this, listener);
    if (options.signal) closeOnAbort(this, options.signal, () => this.listening && this.close());
    return this;
  }

  #bind({ port, path, host, backlog, ipv6Only }: NodeListenOptions): TCPListener | undefined {
    let address = host ?? this.#anyAddress();
    try {
      if (path !== undefined) throw unsupported("listen on Unix socket", path);
      address = ownAddress(address, 0);
      if (address === "::" && ipv6Only) throw unsupported("listen for IPv6 alone on", address);
      return this.#stack.listenTCP(formatEndpoint({ address: unmapped(address), port }), { backlog });
    } catch (error) {
      const failure = nodeError(error, "listen", path === undefined ? { address, port } : undefined);
      process.nextTick(() => this.emit("error", failure));
      return undefined;
    }
  }

  #anyAddress(): string {
    return this.#stack.addresses.some((address) => address.includes(":")) ? "::" : "0.0.0.0";
  }
}

function unsupported(operation: string, address: string): Error {
  return networkError("not-supported", { operation, address });
}
