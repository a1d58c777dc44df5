/**
 * Deno's own network functions, backed by a stack.
 *
 * Main side.
 *
 * @module
 */
import type { Stack } from "../stack/stack.ts";
import { formatEndpoint } from "./address_text.ts";
import { dialUDP } from "./connector.ts";
import type { DatagramConn } from "./datagram_conn.ts";
import { networkError } from "./errors.ts";
import { destination, parsePort, resolveHost } from "./host_name.ts";
import type { TCPConn } from "./tcp_conn.ts";
import type { TCPListener } from "./tcp_listener.ts";
import type { UDPConn } from "./udp_conn.ts";

/** Options of a connected UDP socket, which Deno's own `connect` does not have. */
export interface ConnectUDPOptions {
  /** Selects UDP. */
  transport: "udp";
  /** The port of the peer, 1 to 65535. */
  port: number;
  /** An IP literal or `localhost`; `127.0.0.1` by default. */
  hostname?: string;
  /** Gives up while the socket is not connected. */
  signal?: AbortSignal;
}

/** `connect` of a {@linkcode DenoNet}, assignable to `typeof Deno.connect`. */
export interface DenoNetConnect {
  /** A TCP connection. */
  (options: Deno.ConnectOptions): Promise<TCPConn>;
  /** A connected UDP socket. */
  (options: ConnectUDPOptions): Promise<UDPConn>;
  /** Rejects with `Deno.errors.NotSupported` (EPROTOTYPE). */
  (options: Deno.UnixConnectOptions | Deno.VsockConnectOptions): Promise<never>;
}

/** `listen` of a {@linkcode DenoNet}, assignable to `typeof Deno.listen`. */
export interface DenoNetListen {
  /** A TCP listener. */
  (options: Deno.TcpListenOptions & { transport?: "tcp" }): TCPListener;
  /** Throws `Deno.errors.NotSupported` (EPROTOTYPE). */
  (
    options: (Deno.UnixListenOptions & { transport: "unix" }) | (Deno.VsockListenOptions & { transport: "vsock" }),
  ): never;
}

/** `listenDatagram` of a {@linkcode DenoNet}, assignable to `typeof Deno.listenDatagram`. */
export interface DenoNetListenDatagram {
  /** A UDP socket. */
  (options: Deno.UdpListenOptions & { transport: "udp" }): DatagramConn;
  /** Throws `Deno.errors.NotSupported` (EPROTOTYPE). */
  (options: Deno.UnixListenDatagramOptions & { transport: "unixpacket" }): never;
}

/** Deno's own network functions, backed by a stack. They are bound: they may be taken apart and passed around. */
export interface DenoNet {
  /**
   * As `Deno.connect`, and with `transport: "udp"` a connected UDP socket. Rejects with `TypeError` or `RangeError` for
   * a bad port, `URIError` for a bad host, an `Error` for a name, `Deno.errors.NotSupported` (EPROTOTYPE) for another
   * transport, the signal's reason, and otherwise as {@linkcode Stack.dialTCP}.
   */
  connect: DenoNetConnect;
  /** As `Deno.listen`. Throws as {@linkcode DenoNet.connect} rejects, and otherwise as {@linkcode Stack.listenTCP}. */
  listen: DenoNetListen;
  /** As `Deno.listenDatagram`. Throws as {@linkcode DenoNet.listen}, and otherwise as {@linkcode Stack.listenUDP}. */
  listenDatagram: DenoNetListenDatagram;
}

/**
 * `Deno.connect`, `Deno.listen` and `Deno.listenDatagram` for code that takes them as parameters. `localhost` is the
 * stack's own loopback; nobody looks up other names. Options that only the kernel has a use for (`loopback`,
 * `autoSelectFamily`) are accepted.
 *
 * @throws {TypeError} when `stack` is none.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { denoNet, Internet } from "@uis/uis";
 *
 * async function greet(connect: typeof Deno.connect) {
 *   using conn = await connect({ hostname: "10.0.0.1", port: 80 });
 *   await conn.write(new TextEncoder().encode("Hello"));
 * }
 *
 * await using internet = new Internet();
 * const server = await internet.newStack(1500, "10.0.0.1");
 * const client = await internet.newStack(1500, "10.0.0.2");
 * void internet.route();
 *
 * using listener = denoNet(server).listen({ port: 80 });
 * await greet(denoNet(client).connect);
 * using accepted = await listener.accept();
 * assertEquals(await accepted.read(new Uint8Array(16)), 5);
 * ```
 */
export function denoNet(stack: Stack): DenoNet {
  if (typeof stack?.dialTCP !== "function") throw new TypeError("Cannot create a DenoNet: stack must be a Stack");
  return {
    connect: ((options: Options) => connect(stack, options)) as DenoNetConnect,
    listen: ((options: Options) => listen(stack, options)) as DenoNetListen,
    listenDatagram: ((options: Options) => listenDatagram(stack, options)) as DenoNetListenDatagram,
  };
}

/** What the functions look at, of all their options. */
interface Options {
  transport?: string;
  hostname?: string;
  port?: number;
  signal?: AbortSignal;
  tcpBacklog?: number;
  reusePort?: boolean;
  reuseAddress?: boolean;
}

async function connect(stack: Stack, options: Options): Promise<TCPConn | UDPConn> {
  checkOptions(options, "connect");
  const { transport, signal } = options;
  if (transport === "udp") return await dialUDP(stack, peerOf(options), signal);
  if ((transport ?? "tcp") !== "tcp") throw unsupported("connect", transport);
  return await stack.dialTCP(peerOf(options), { signal });
}

function listen(stack: Stack, options: Options): TCPListener {
  checkOptions(options, "listen");
  const { transport } = options;
  if ((transport ?? "tcp") !== "tcp") throw unsupported("listen", transport);
  const reusePort = Boolean(options.reusePort);
  return stack.listenTCP(localOf(options), { backlog: backlogOf(options.tcpBacklog), reusePort });
}

function listenDatagram(stack: Stack, options: Options): DatagramConn {
  checkOptions(options, "listen");
  if (options.transport !== "udp") throw unsupported("listen", options.transport);
  return stack.listenUDP(localOf(options), { reuseAddress: Boolean(options.reuseAddress) });
}

function checkOptions(options: Options, operation: string): void {
  if (typeof options === "object" && options !== null) return;
  throw new TypeError(`Cannot ${operation} with ${Deno.inspect(options)}: expected options`);
}

function peerOf(options: Options): string {
  options.signal?.throwIfAborted();
  const port = parsePort(options.port, 1);
  return formatEndpoint({ address: destination(resolveHost(options.hostname ?? "127.0.0.1")), port });
}

function localOf(options: Options): string {
  const port = parsePort(options.port ?? 0, 0);
  return formatEndpoint({ address: resolveHost(options.hostname ?? "0.0.0.0"), port });
}

/** As the kernel takes a number: a negative one is unlimited, and it never goes below one. */
function backlogOf(backlog: unknown): number | undefined {
  if (backlog === undefined || backlog === null) return undefined;
  if (typeof backlog !== "number") {
    throw new TypeError(`Invalid tcpBacklog (expected number): ${Deno.inspect(backlog)}`);
  }
  return backlog < 0 ? undefined : Math.max(1, backlog | 0);
}

function unsupported(operation: string, transport: unknown): Error {
  return networkError("not-supported", { operation: `${operation} over transport`, address: String(transport) });
}
