/**
 * A host, as the program holds it.
 *
 * Main side.
 *
 * @module
 */
import { formatEndpoint, parseEndpoint } from "../adapters/address_text.ts";
import { DatagramConn } from "../adapters/datagram_conn.ts";
import { networkError } from "../adapters/errors.ts";
import { TCPConn } from "../adapters/tcp_conn.ts";
import { TCPListener } from "../adapters/tcp_listener.ts";
import { UDPConn } from "../adapters/udp_conn.ts";
import type { LinkEndpoint } from "../vnic/dispatcher.ts";
import { isVNICClosed, onVNICClosed, VNIC } from "../vnic/vnic.ts";
import { isLoopback, isWildcard } from "./addresses.ts";
import { stackLimits } from "./engine/config.ts";
import { type EngineThread, startInline, startWorker } from "./engine_thread.ts";
import type { Answer, EchoReply, Endpoint, ICMPReport, SocketEntry, StackConfig, StackStats } from "./messages.ts";
import { checkStackMTU, stackConfig, type StackOptions } from "./options.ts";
import { Ports } from "./ports.ts";
import { queueMicrotask, within } from "./real_time.ts";
import { type Ending, type RemoteConnection, RemoteDatagramSocket, RemoteListener } from "./remote_socket.ts";
import { type Dial, type PingRequest, type Question, RemoteStack } from "./remote_stack.ts";

/** Deno's own default. */
const DEFAULT_BACKLOG = 511;
/** How long `close()` waits, in ms, for an engine to reset its connections and answer. */
const STOP_TIMEOUT = 2000;

/** Starts a ping from a stack, and returns how to give it up. Throws Deno.errors.NetworkUnreachable (ENETDOWN) once closed. */
export let startPing: (stack: Stack, request: PingRequest, question: Question<EchoReply>) => () => void;

const ORIGIN = Symbol("made by Stack.create");

/**
 * A host: a TCP/IP engine behind a link, and the sockets on it.
 *
 * While it is open its worker keeps the process alive; inline only its timers do. Close it, or hold it by `await using`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Internet, MTU_ETHERNET } from "@uis/uis";
 *
 * await using internet = new Internet();
 * void internet.route();
 * const server = await internet.newStack(MTU_ETHERNET, "10.0.0.1");
 * const client = await internet.newStack(MTU_ETHERNET, "10.0.0.2");
 *
 * using listener = server.listenTCP("10.0.0.1:80");
 * using conn = await client.dialTCP("10.0.0.1:80");
 * using accepted = await listener.accept();
 * assertEquals(accepted.remoteAddr.hostname, "10.0.0.2");
 * assertEquals(conn.remoteAddr.port, 80);
 * ```
 */
export class Stack implements AsyncDisposable {
  /** Canonical text (RFC 5952), in the order given. Loopback, which every stack has, is not among them. */
  readonly addresses: readonly string[];
  /** Resolves when the stack has been closed; rejects when its worker died. Nobody has to await it. */
  readonly closed: Promise<void>;
  readonly #link: LinkEndpoint;
  readonly #thread: EngineThread;
  readonly #remote: RemoteStack;
  readonly #ports: { tcp: Ports; udp: Ports };
  readonly #closed: PromiseWithResolvers<void>;
  #closing: Promise<void> | undefined;
  #dead: boolean;

  static {
    // What adapters/ping.ts needs of a stack, and a program does not.
    startPing = (stack, request, question) => {
      stack.#requireOpen("ping", request.to);
      const id = stack.#remote.ping(request, question);
      return () => stack.#remote.cancelPing(id);
    };
  }

  /** Stacks come from {@link Stack.create}. */
  constructor(origin: typeof ORIGIN, link: LinkEndpoint, config: StackConfig, thread: EngineThread) {
    if (origin !== ORIGIN) throw new TypeError("Cannot construct a Stack: use Stack.create()");
    const { ephemeralPorts } = stackLimits(config.limits);
    this.addresses = Object.freeze([...config.addresses]);
    this.#link = link;
    this.#thread = thread;
    this.#ports = { tcp: new Ports(ephemeralPorts, Math.random), udp: new Ports(ephemeralPorts, Math.random) };
    this.#remote = new RemoteStack(thread.cable, link, this.#ports, (mtu) => checkStackMTU(config.addresses, mtu));
    this.#closed = Promise.withResolvers();
    this.closed = this.#closed.promise;
    this.closed.catch(() => {});
    this.#closing = undefined;
    this.#dead = false;
    thread.died.then((error) => this.#die(error)).catch(reportError);
  }

  /**
   * Starts a stack in a worker of its own, with addresses as IP literals. `link` is attached, and closed with the stack.
   *
   * Rejects with a TypeError for a bad address, with a RangeError for an MTU under 1280 bytes beside an IPv6 address
   * (RFC 8200 §5), and with Deno.errors.NotCapable without permission to read the worker's module.
   */
  static create(link: LinkEndpoint, ...addrs: string[]): Promise<Stack>;
  /** Starts a stack with options; its MTU is the link's. */
  static create(link: LinkEndpoint, options: StackOptions): Promise<Stack>;
  static async create(link: LinkEndpoint, ...rest: string[] | [StackOptions]): Promise<Stack> {
    const options = typeof rest[0] === "object" && rest[0] !== null ? rest[0] : { addresses: rest as string[] };
    const config = stackConfig(options, requireLink(link).mtu);
    return await Stack.#start(link, config, await startWorker(config));
  }

  /** As {@link Stack.create}, with the engine on this thread: no worker, and all that a worker isolates is shared. */
  static async createInline(link: LinkEndpoint, options: StackOptions): Promise<Stack> {
    const config = stackConfig(options, requireLink(link).mtu);
    return await Stack.#start(link, config, startInline(config));
  }

  static async #start(link: LinkEndpoint, config: StackConfig, thread: EngineThread): Promise<Stack> {
    const stack = new Stack(ORIGIN, link, config, thread);
    try {
      link.attach(stack.#remote);
    } catch (error) {
      stack.#cut();
      throw error;
    }
    stack.#followLink(config);
    const died = thread.died.then((error) => Promise.reject(error));
    await Promise.race([stack.#remote.started, died, stack.closed]);
    if (stack.#closing !== undefined) {
      await stack.#closing;
      throw networkError("stack-down", { operation: "start a stack with", address: config.addresses.join(" ") });
    }
    return stack;
  }

  /**
   * Connects to `address`, such as "10.0.0.1:80" or "[2001:db8::1]:80".
   *
   * Rejects with a TypeError when the text is no such address, with the signal's reason when it aborts before the
   * connection stands, and with Deno.errors.ConnectionRefused, TimedOut or NetworkUnreachable, or an Error with code
   * EHOSTUNREACH or EPROTO, as the network says.
   */
  async dialTCP(address: string, options: { signal?: AbortSignal } = {}): Promise<TCPConn> {
    const remote = parseEndpoint(address, "dial");
    options.signal?.throwIfAborted();
    this.#requireOpen("dial", address);
    const socket = await this.#dial(remote, options.signal);
    return new TCPConn(socket);
  }

  /**
   * Opens a datagram socket that is connected to `address`: it sends nowhere else and receives from nobody else.
   *
   * Rejects with a TypeError for a bad address and with Deno.errors.NetworkUnreachable when the stack has no address of
   * its family.
   */
  async dialUDP(address: string): Promise<UDPConn> {
    const remote = parseEndpoint(address, "dial");
    this.#requireOpen("dial", address);
    const { promise, ...dial } = this.#newDial<RemoteDatagramSocket>(remote);
    // Its own address is not known yet: the port must be free on all of the family's.
    const anywhere = { address: remote.address.includes(":") ? "::" : "0.0.0.0", port: 0 };
    const port = this.#ports.udp.bind(dial.id, anywhere);
    if (port === undefined) throw networkError("address-not-available", { operation: "dial", address });
    this.#remote.dialDatagram(dial, port, remote);
    return new UDPConn(await promise);
  }

  /**
   * Listens for connections to `address`; 0.0.0.0 is every IPv4 address, :: every address, port 0 a free one.
   * `backlog` is how many connections wait to be accepted, 511 by default. Listeners share a port when all of them say
   * `reusePort`; each connection goes to one of them.
   *
   * @throws {TypeError} when the text is no such address
   * @throws {Deno.errors.AddrInUse} when the port is taken, code EADDRINUSE
   * @throws {Deno.errors.AddrNotAvailable} when the address is not this stack's, code EADDRNOTAVAIL
   * @throws {Deno.errors.NetworkUnreachable} once closed, code ENETDOWN
   */
  listenTCP(address: string, options: { backlog?: number; reusePort?: boolean } = {}): TCPListener {
    const { backlog = DEFAULT_BACKLOG, reusePort = false } = options;
    if (!Number.isInteger(backlog) || backlog < 1) {
      throw new RangeError(`Backlog ${backlog} must be a positive integer`);
    }
    const { id, local } = this.#bind("tcp", address, reusePort);
    this.#remote.call({ op: "listen", id, ...local, backlog });
    return new TCPListener(this.#remote.add(new RemoteListener(this.#remote, id, local)));
  }

  /**
   * Opens a datagram socket at `address`, as {@link Stack.listenTCP} does for connections. Sockets share a port when
   * all of them say `reuseAddress`; the last one gets what comes.
   *
   * @throws as {@link Stack.listenTCP}
   */
  listenUDP(address: string, options: { reuseAddress?: boolean } = {}): DatagramConn {
    const { id, local } = this.#bind("udp", address, options.reuseAddress ?? false);
    this.#remote.call({ op: "bind", id, local });
    return new DatagramConn(this.#remote.add(new RemoteDatagramSocket(this.#remote, id, local)));
  }

  /**
   * Called for every ICMP error that the stack receives, whether one of its sockets was the cause or not; `null` by
   * default. What it throws goes to `reportError()`, as what a listener of an event throws.
   */
  get onIcmp(): ((report: ICMPReport) => void) | null {
    return this.#remote.onIcmp;
  }

  set onIcmp(listener: ((report: ICMPReport) => void) | null) {
    this.#remote.onIcmp = listener;
  }

  /**
   * The stack's sockets at this moment, listeners and those in TIME-WAIT included.
   *
   * Rejects with Deno.errors.NetworkUnreachable (ENETDOWN) once closed.
   */
  async netstat(): Promise<SocketEntry[]> {
    return await this.#ask("netstat") as SocketEntry[];
  }

  /**
   * What the stack has counted since it started: packets in, out and dropped, by reason (RFC 4293).
   *
   * Rejects with Deno.errors.NetworkUnreachable (ENETDOWN) once closed.
   */
  async stats(): Promise<StackStats> {
    return await this.#ask("stats") as StackStats;
  }

  /** Resets what is open, ends the worker and closes the link. Later calls return the same promise. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** {@link Stack.close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #ask(query: "netstat" | "stats"): Promise<Answer> {
    const detail = { operation: "read", address: query };
    this.#requireOpen(detail.operation, detail.address);
    try {
      return await this.#remote.query(query);
    } catch {
      throw networkError("stack-down", detail);
    }
  }

  async #close(): Promise<void> {
    this.#remote.fail("stack-closed");
    if (!this.#dead) {
      this.#remote.call({ op: "stop" });
      this.#remote.postTurn();
      await within(Promise.race([this.#remote.stopped, this.#thread.died]), STOP_TIMEOUT);
    }
    try {
      this.#tearDown();
      this.#link.close();
      await this.#link.wait?.();
    } finally {
      this.#closed.resolve();
    }
  }

  /** Catches up with what became of the link while the engine started, and hears of what becomes of it. */
  #followLink({ mtu }: StackConfig): void {
    const link = this.#link;
    try {
      if (link.mtu !== mtu) this.#remote.mtuChanged(link.mtu);
    } catch (error) {
      this.#tearDown();
      throw error;
    }
    if (!(link instanceof VNIC)) return;
    // Not before all that happens as it closes.
    const abandonSoon = () => queueMicrotask(() => this.#abandon());
    if (isVNICClosed(link)) abandonSoon();
    else onVNICClosed(link, abandonSoon);
  }

  /** The NIC was closed before the stack: nothing can be sent any more. */
  #abandon(): void {
    if (this.#closing === undefined) this.close().catch(() => {});
  }

  #die(error: Error): void {
    if (this.#dead) return;
    this.#dead = true;
    this.#remote.fail("worker-died");
    if (this.#closing === undefined) this.#closed.reject(error);
    this.#tearDown();
  }

  #tearDown(): void {
    this.#cut();
    this.#link.attach(null);
  }

  #cut(): void {
    this.#remote.cut();
    this.#thread.terminate();
  }

  #requireOpen(operation: string, address: string): void {
    if (this.#closing !== undefined || this.#dead) throw networkError("stack-down", { operation, address });
  }

  #bind(protocol: "tcp" | "udp", address: string, shared: boolean): { id: number; local: Endpoint } {
    const at = parseEndpoint(address, "listen on");
    const detail = { operation: "listen on", address };
    this.#requireOpen(detail.operation, address);
    const own = isWildcard(at.address) || isLoopback(at.address) || this.addresses.includes(at.address);
    if (!own) throw networkError("address-not-available", detail);
    const id = this.#remote.nextId();
    const port = this.#ports[protocol].bind(id, at, shared);
    if (port === undefined) throw networkError("address-in-use", detail);
    return { id, local: { address: at.address, port } };
  }

  async #dial(remote: Endpoint, signal: AbortSignal | undefined): Promise<RemoteConnection> {
    const { promise, ...dial } = this.#newDial<RemoteConnection>(remote);
    const port = this.#ports.tcp.dial(dial.id, remote);
    if (port === undefined) {
      throw networkError("address-not-available", { operation: "dial", address: formatEndpoint(remote) });
    }
    this.#remote.dial(dial, port, remote);
    if (!signal) return await promise;
    const aborted = Promise.withResolvers<never>();
    const onAbort = () => {
      if (this.#remote.cancelDial(dial.id)) aborted.reject(signal.reason);
    };
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      return await Promise.race([promise, aborted.promise]);
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  #newDial<Socket>(remote: Endpoint): Dial<Socket> & { promise: Promise<Socket> } {
    const { promise, resolve, reject } = Promise.withResolvers<Socket>();
    // Made here and not by who tells of the failure, so that its stack trace leads to who dialled.
    const explained = promise.catch((reason: Ending) => {
      throw networkError(reason, { operation: "dial", address: formatEndpoint(remote) });
    });
    return { id: this.#remote.nextId(), connected: resolve, failed: reject, promise: explained };
  }
}

function requireLink(link: LinkEndpoint): LinkEndpoint {
  const methods = [link?.attach, link?.writePackets, link?.close];
  if (methods.every((method) => typeof method === "function")) return link;
  throw new TypeError("Cannot create a stack: its link must have attach(), writePackets() and close(), as a VNIC has");
}
