/**
 * A proxy into the simulated internet, for programs that know nothing of it.
 *
 * Main side.
 *
 * @module
 */
import type { Stack } from "../../stack/stack.ts";
import { formatEndpoint } from "../address_text.ts";
import { networkError } from "../errors.ts";
import type { TCPConn } from "../tcp_conn.ts";
import { type End, simulatedEnd } from "./end.ts";
import { Crossings, type Gateway } from "./gateway.ts";
import { Greeting } from "./greeting.ts";
import { HostTable } from "./host_table.ts";
import { readHTTPProxyRequest } from "./http_proxy.ts";
import { listenLocal, type LocalPort, type LocalSocket, type TCPAddr } from "./local.ts";
import { ProxyRefusal, type ProxyRequest } from "./proxy_request.ts";
import { readSOCKS5, SOCKS_VERSION } from "./socks5.ts";

const DEFAULT_TIMEOUT = 10_000;

/**
 * Where a proxy listens, and which names it knows.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import type { ProxyOptions } from "@uis/uis";
 *
 * const options: ProxyOptions = { listen: { port: 1080 }, hosts: { "www.example": "10.0.0.1" }, timeout: 2000 };
 * assertEquals(Object.keys(options), ["listen", "hosts", "timeout"]);
 * ```
 */
export interface ProxyOptions {
  /** A free port of the loopback interface by default. */
  listen?: LocalPort | LocalSocket;
  /** IP literals by name. Other names are refused, except `localhost`, which is the stack itself. */
  hosts?: Record<string, string>;
  /** How long, in ms, a client may take to say where it wants to go, and then the host to answer; 10,000 by default. */
  timeout?: number;
}

/**
 * Starts a proxy on the machine whose connections lead into the simulated internet, dialled by `stack`: SOCKS5
 * (RFC 1928) and HTTP, both CONNECT and requests for `http://` URLs, on one port. So `fetch`, curl, browsers and whatever
 * else takes a proxy talks to simulated hosts without a change.
 *
 * Names are those in `hosts`; what is neither there nor an IP literal is refused, and nothing ever goes to the real
 * network. Everybody on the machine may use a proxy on a port; a Unix socket has the permissions of its file.
 *
 * Rejects with a TypeError for a bad address in `hosts`, with a RangeError for a bad timeout, and otherwise as
 * {@linkcode expose}.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Internet, proxy } from "@uis/uis";
 *
 * await using internet = new Internet();
 * void internet.route();
 * const server = await internet.newStack(1500, "10.0.0.1");
 * const client = await internet.newStack(1500, "10.0.0.2");
 * using listener = server.listenTCP("10.0.0.1:80");
 *
 * await using gateway = await proxy(client, { hosts: { "www.example": "10.0.0.1" } });
 * const url = `socks5h://127.0.0.1:${gateway.addr.port}`;
 * using httpClient = Deno.createHttpClient({ proxy: { transport: "socks5", url } });
 * const response = fetch("http://www.example/", { client: httpClient });
 * using conn = await listener.accept();
 * await conn.read(new Uint8Array(1024));
 * await conn.write(new TextEncoder().encode("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nHello"));
 * assertEquals(await (await response).text(), "Hello");
 * ```
 */
export async function proxy(stack: Stack, options?: ProxyOptions & { listen?: LocalPort }): Promise<Gateway<TCPAddr>>;
/** The same, on a Unix socket. */
export async function proxy(
  stack: Stack,
  options: ProxyOptions & { listen: LocalSocket },
): Promise<Gateway<Deno.UnixAddr>>;
export async function proxy(stack: Stack, options: ProxyOptions = {}): Promise<Gateway<TCPAddr | Deno.UnixAddr>> {
  const { listen = { port: 0 }, hosts = {}, timeout = DEFAULT_TIMEOUT } = options;
  if (!(timeout > 0 && timeout < 2 ** 31)) throw new RangeError(`Timeout ${timeout} must be a positive number of ms`);
  const entrance = new Entrance(stack, new HostTable(hosts), timeout);
  const listener = await listenLocal(listen, (end) => entrance.enter(end));
  return entrance.crossings.gateway(stack, listener);
}

/** What the connections of one proxy share. */
class Entrance {
  readonly crossings: Crossings;
  readonly #stack: Stack;
  readonly #hosts: HostTable;
  readonly #timeout: number;

  constructor(stack: Stack, hosts: HostTable, timeout: number) {
    this.crossings = new Crossings();
    this.#stack = stack;
    this.#hosts = hosts;
    this.#timeout = timeout;
  }

  enter(end: End): void {
    const client = new Greeting(end);
    this.crossings.cross(client, () => this.#serve(client));
  }

  async #serve(client: Greeting): Promise<End | undefined> {
    try {
      const request = await this.#inTime(client, () => readRequest(client));
      return await this.#connect(client, request);
    } catch (error) {
      // Not every client that connects has something to say.
      if (error instanceof Deno.errors.UnexpectedEof) return undefined;
      if (!(error instanceof ProxyRefusal)) throw error;
      await this.#inTime(client, () => dismiss(client, error.answer));
      return undefined;
    }
  }

  /** Closes the client's connection when it takes too long. */
  async #inTime<T>(client: Greeting, work: () => Promise<T>): Promise<T> {
    const timer = setTimeout(() => client.close(), this.#timeout);
    try {
      return await work();
    } finally {
      clearTimeout(timer);
    }
  }

  async #connect(client: Greeting, request: ProxyRequest): Promise<End> {
    const conn = await this.#dial(request.host, request.port).catch((error) => {
      throw new ProxyRefusal(request.refused(error));
    });
    const host = simulatedEnd(conn);
    try {
      await client.write(request.accepted(conn.localAddr));
      return host;
    } catch (error) {
      host.abort();
      throw error;
    }
  }

  async #dial(host: string, port: number): Promise<TCPConn> {
    const address = formatEndpoint({ address: this.#hosts.lookUp(host), port });
    const late = new AbortController();
    const expire = () => late.abort(networkError("timed-out", { operation: "dial", address }));
    const timer = setTimeout(expire, this.#timeout);
    try {
      return await this.#stack.dialTCP(address, { signal: AbortSignal.any([late.signal, this.crossings.signal]) });
    } finally {
      clearTimeout(timer);
    }
  }
}

async function readRequest(client: Greeting): Promise<ProxyRequest> {
  return await client.peek() === SOCKS_VERSION ? await readSOCKS5(client) : await readHTTPProxyRequest(client);
}

/** Reads on until the client ends: to close before would reset the connection, and with that take the answer back. */
async function dismiss(client: Greeting, answer: Uint8Array): Promise<void> {
  await client.write(answer);
  await client.closeWrite();
  while (await client.read() !== null);
}
