/**
 * Servers of Node, on listeners of a stack.
 *
 * Main side.
 *
 * @module
 */
import type net from "node:net";
import process from "node:process";
import { ifOpen } from "../if_open.ts";
import type { TCPConn } from "../tcp_conn.ts";
import type { TCPListener } from "../tcp_listener.ts";
import { familyOf } from "./family.ts";
import { callError, isTold, nodeError } from "./node_errors.ts";
import { NodeSocket } from "./socket.ts";

/**
 * What a server of Node holds of its own listening socket. It asks everything of this handle, and counts its
 * connections: with both it knows that it listens, where, and when its `close` is done.
 */
interface ServerParts {
  emit(event: string, ...args: unknown[]): boolean;
  listenerCount(event: string): number;
  close(): void;
  _handle: Handle | null;
  _connections: number;
  _emitCloseIfDrained(): void;
  maxConnections: number;
  allowHalfOpen?: boolean;
  highWaterMark?: number;
  pauseOnConnect?: boolean;
  noDelay?: boolean;
  keepAlive?: boolean;
}

interface Handle {
  close(): void;
  getsockname(out: Partial<net.AddressInfo>): number;
  ref(): void;
  unref(): void;
}

/**
 * Lets a server of `node:net`, `node:http`, `node:https`, `node:tls` or `node:http2` serve the connections of a
 * listener, which it owns from now on: `server.close()` closes it. The server emits `listening` soon, and knows its
 * address. When the listener or its stack is closed, the server closes.
 *
 * @returns the server.
 * @throws {Error} when the server listens already (code ERR_SERVER_ALREADY_LISTEN).
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { once } from "node:events";
 * import { createServer, get } from "node:http";
 * import { text } from "node:stream/consumers";
 * import { Internet } from "@uis/uis";
 * import { nodeListen, nodeNet } from "@uis/uis/node";
 *
 * await using internet = new Internet();
 * void internet.route();
 * const there = await internet.newStack(1500, "10.0.0.1");
 * const here = await internet.newStack(1500, "10.0.0.2");
 *
 * const server = createServer((_request, response) => response.end("Hello"));
 * nodeListen(server, there.listenTCP("10.0.0.1:80"));
 * const [response] = await once(get("http://10.0.0.1/", { createConnection: nodeNet(here).connect }), "response");
 * assertEquals(await text(response), "Hello");
 * server.close();
 * ```
 */
export function nodeListen<Server extends net.Server>(server: Server, listener: TCPListener): Server {
  if (server.listening) throw alreadyListening();
  const parts = server as unknown as ServerParts;
  const { hostname: address, port } = listener.addr;
  const family = familyOf(address);
  const handle: Handle = {
    close: () => listener[Symbol.dispose](),
    getsockname: (out) => (Object.assign(out, { address, family, port }), 0),
    ref() {},
    unref() {},
  };
  parts._handle = handle;
  process.nextTick(() => {
    if (parts._handle !== handle) return;
    server.emit("listening");
    void acceptAll(parts, listener, handle);
  });
  return server;
}

/**
 * What a server says that is told to listen twice.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { alreadyListening } from "./listen.ts";
 *
 * assertEquals(alreadyListening().code, "ERR_SERVER_ALREADY_LISTEN");
 * ```
 */
export function alreadyListening(): Error & { code: string } {
  return callError(Error, "ERR_SERVER_ALREADY_LISTEN", "Cannot listen: the server listens already");
}

/** Serves connections until the listener is closed, by the server or without it. */
async function acceptAll(server: ServerParts, listener: TCPListener, handle: Handle): Promise<void> {
  try {
    // Whatever a program's listener throws is its own affair: an uncaught error, not the end of the server.
    for await (const conn of listener) process.nextTick(() => serve(server, conn, handle));
  } catch (cause) {
    const error = nodeError(cause, "accept");
    if (isTold(error, server)) process.nextTick(() => server.emit("error", error));
  }
  if (server._handle === handle) server.close();
}

function serve(server: ServerParts, conn: TCPConn, handle: Handle): void {
  // The server was closed meanwhile; if its stack was too, there is nothing to reset.
  if (server._handle !== handle) return ifOpen(() => conn.abort());
  if (server.maxConnections > 0 && server._connections >= server.maxConnections) {
    conn[Symbol.dispose]();
    server.emit("drop", dropArgument(conn));
    return;
  }
  const { allowHalfOpen, highWaterMark, pauseOnConnect: pauseOnCreate, noDelay, keepAlive } = server;
  const socket = new NodeSocket(conn, { allowHalfOpen, highWaterMark, pauseOnCreate });
  if (noDelay) socket.setNoDelay();
  if (keepAlive) socket.setKeepAlive();
  server._connections++;
  socket.once("close", () => {
    server._connections--;
    server._emitCloseIfDrained();
  });
  server.emit("connection", socket);
}

function dropArgument({ localAddr, remoteAddr }: TCPConn): net.DropArgument {
  return {
    localAddress: localAddr.hostname,
    localPort: localAddr.port,
    localFamily: familyOf(localAddr.hostname),
    remoteAddress: remoteAddr.hostname,
    remotePort: remoteAddr.port,
    remoteFamily: familyOf(remoteAddr.hostname),
  };
}
