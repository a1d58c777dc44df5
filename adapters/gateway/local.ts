/**
 * Ports and Unix sockets of the machine itself.
 *
 * Main side.
 *
 * @module
 */
import type { ListenOptions, Server, Socket } from "node:net";
import { formatEndpoint } from "../address_text.ts";
import { networkError } from "../errors.ts";
import { netAddr } from "../net_addr.ts";
import { type End, realEnd } from "./end.ts";

const LOOPBACK = "127.0.0.1";

/**
 * A TCP port of the machine, of its loopback interface unless another address is named.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import type { LocalPort } from "@uis/uis";
 *
 * const anyFreePort: LocalPort = { port: 0 };
 * assertEquals(anyFreePort.hostname ?? "127.0.0.1", "127.0.0.1");
 * ```
 */
export interface LocalPort {
  /** `127.0.0.1` by default. */
  hostname?: string;
  /** 0 to 65535; to listen on 0 is to listen on a free one. */
  port: number;
}

/**
 * A Unix socket of the machine.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import type { LocalSocket } from "@uis/uis";
 *
 * const socket: LocalSocket = { path: "/tmp/web.sock" };
 * assertEquals(socket.path, "/tmp/web.sock");
 * ```
 */
export interface LocalSocket {
  /** Made by listening and removed by closing, which needs the permissions to read and to write it. */
  path: string;
}

/**
 * The address of a TCP listener, which `Deno.connect` takes.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import type { TCPAddr } from "@uis/uis";
 *
 * const addr: TCPAddr = { transport: "tcp", hostname: "127.0.0.1", port: 8080 };
 * const options: Deno.ConnectOptions = addr;
 * assertEquals(options.port, 8080);
 * ```
 */
export type TCPAddr = Deno.NetAddr & { transport: "tcp" };

/** A listener of the machine. */
export interface LocalListener {
  /** What it listens on. */
  readonly addr: TCPAddr | Deno.UnixAddr;
  /** Resolves when it listens no more; its connections go on. */
  close(): Promise<void>;
}

/**
 * Listens on the machine, and hands over each connection.
 *
 * Rejects with Deno.errors.AddrInUse (EADDRINUSE), with Deno.errors.NotCapable without the permission, and with what else
 * the system says.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { listenLocal } from "./local.ts";
 *
 * const listener = await listenLocal({ port: 0 }, (end) => end.close());
 * const { port } = listener.addr as Deno.NetAddr;
 * using conn = await Deno.connect({ hostname: "127.0.0.1", port });
 * assertEquals(await conn.read(new Uint8Array(1)), null);
 * await listener.close();
 * ```
 */
export async function listenLocal(at: LocalPort | LocalSocket, accept: (end: End) => void): Promise<LocalListener> {
  const { createServer } = await import("node:net");
  const options = await permitted(at, "listen on");
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => accept(realEnd(socket)));
  await listening(server, options).catch((error) => {
    throw codeOf(error) === "EADDRINUSE" ? networkError("address-in-use", detail(at, "listen on")) : error;
  });
  // A failure to accept one connection, as when there are too many open files, leaves the others alone.
  server.on("error", () => {});
  return { addr: addrOf(server, at), close: () => new Promise((resolve) => server.close(() => resolve())) };
}

/**
 * Connects to a port or a Unix socket of the machine.
 *
 * Rejects with Deno.errors.ConnectionRefused (ECONNREFUSED), with Deno.errors.NotCapable without the permission, with the
 * signal's reason, and with what else the system says.
 *
 * @example
 * ```ts
 * import { assertRejects } from "@std/assert";
 * import { connectLocal } from "./local.ts";
 *
 * const unused = Deno.listen({ hostname: "127.0.0.1", port: 0 });
 * unused.close();
 * const { port } = unused.addr;
 * await assertRejects(() => connectLocal({ port }, new AbortController().signal), Deno.errors.ConnectionRefused);
 * ```
 */
export async function connectLocal(to: LocalPort | LocalSocket, signal: AbortSignal): Promise<End> {
  const { connect } = await import("node:net");
  const options = await permitted(to, "connect to");
  signal.throwIfAborted();
  const socket = connect({ ...options, allowHalfOpen: true, noDelay: true });
  const onAbort = () => socket.destroy(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    await connected(socket);
  } catch (error) {
    throw codeOf(error) === "ECONNREFUSED" ? networkError("refused", detail(to, "connect to")) : error;
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
  return realEnd(socket);
}

/**
 * Checks where to listen or connect, before anything is done for it.
 *
 * @throws {RangeError} for what is no port.
 *
 * @example
 * ```ts
 * import { assertThrows } from "@std/assert";
 * import { checkLocal } from "./local.ts";
 *
 * checkLocal({ path: "/tmp/web.sock" }, "connect to");
 * assertThrows(() => checkLocal({ port: 70000 }, "connect to"), RangeError, "Cannot connect to port 70000");
 * ```
 */
export function checkLocal(local: LocalPort | LocalSocket, operation: string): void {
  if ("path" in local) return;
  const { port } = local;
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new RangeError(`Cannot ${operation} port ${Deno.inspect(port)}: it must be an integer from 0 to 65535`);
  }
}

/** Options for node:net. It does not report a missing permission to its caller, so it must be asked for here. */
async function permitted(
  local: LocalPort | LocalSocket,
  operation: string,
): Promise<ListenOptions & { path: string } | ListenOptions & { host: string; port: number }> {
  checkLocal(local, operation);
  if ("path" in local) return { path: local.path };
  const { hostname = LOOPBACK, port } = local;
  const host = formatEndpoint({ address: hostname, port });
  const { state } = await Deno.permissions.request({ name: "net", host });
  if (state === "granted") return { host: hostname, port };
  throw new Deno.errors.NotCapable(`Cannot ${operation} "${host}": it needs --allow-net`);
}

function listening(server: Server, options: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(options, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function connected(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.off("error", reject);
      resolve();
    });
  });
}

function addrOf(server: Server, at: LocalPort | LocalSocket): TCPAddr | Deno.UnixAddr {
  const address = server.address();
  if (address !== null && typeof address === "object") return netAddr("tcp", address) as TCPAddr;
  if ("path" in at) return { transport: "unix", path: at.path };
  throw new TypeError("The listener has no address");
}

function detail(local: LocalPort | LocalSocket, operation: string): { operation: string; address: string } {
  if ("path" in local) return { operation, address: local.path };
  return { operation, address: formatEndpoint({ address: local.hostname ?? LOOPBACK, port: local.port }) };
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
