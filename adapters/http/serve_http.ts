/**
 * An HTTP server on a simulated listener, in the shape of Deno's own.
 *
 * Main side.
 *
 * @module
 */
import type { TCPConn } from "../tcp_conn.ts";
import type { TCPListener } from "../tcp_listener.ts";

/**
 * How {@linkcode serveHttp} serves, with the meaning that these options have for `Deno.serve`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Internet, serveHttp, type ServeHttpOptions } from "@uis/uis";
 *
 * await using internet = new Internet();
 * const stack = await internet.newStack(1500, "10.0.0.1");
 * const ports: number[] = [];
 * const options: ServeHttpOptions = { listener: stack.listenTCP("10.0.0.1:80"), onListen: ({ port }) => ports.push(port) };
 * await using _server = serveHttp(options, () => new Response("Hello"));
 * assertEquals(ports, [80]);
 * ```
 */
export interface ServeHttpOptions {
  /** Where connections come from. It belongs to the server, which closes it. */
  listener: TCPListener;
  /** Ends the server and its connections at once when it aborts. */
  signal?: AbortSignal;
  /** Called with the listener's address before {@linkcode serveHttp} returns. Nothing is printed without it. */
  onListen?: (addr: Deno.NetAddr) => void;
  /**
   * Makes the response when the handler fails; a 500 after the error was printed by default. It is also told when the body
   * of a response fails; that response ends there, with its connection.
   */
  onError?: (error: unknown) => Response | Promise<Response>;
  /** A certificate chain in PEM; with {@linkcode ServeHttpOptions.key} it makes the server one for HTTPS. */
  cert?: string;
  /** The private key of the certificate, in PEM. */
  key?: string;
}

/**
 * Serves HTTP/1.1 on a simulated listener, as `Deno.serve` does on a port of the machine: each request is given to the
 * handler, and what it returns is the response. The handler may be one that is written for `Deno.serve`; it upgrades a
 * request to a WebSocket with {@linkcode upgradeWebSocket}.
 *
 * `shutdown()`, which `await using` calls, waits for the responses under way, and closes what is idle. `finished` resolves
 * when no connection is left, also when the stack was closed; it rejects when certificate and key cannot be used.
 * Bodies are never compressed, and there is no HTTP/2.
 *
 * @throws {TypeError} when there is no listener or no handler, or only one of `cert` and `key`
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Internet, serveHttp, stackFetch } from "@uis/uis";
 *
 * await using internet = new Internet();
 * void internet.route();
 * const server = await internet.newStack(1500, "10.0.0.1");
 * const client = await internet.newStack(1500, "10.0.0.2");
 *
 * await using _site = serveHttp(server.listenTCP("10.0.0.1:80"), (request, info) => {
 *   return new Response(`${info.remoteAddr.hostname} asks for ${new URL(request.url).pathname}`);
 * });
 * await using inside = await stackFetch(client);
 * const response = await inside.fetch("http://10.0.0.1/news");
 * assertEquals(await response.text(), "10.0.0.2 asks for /news");
 * ```
 */
export function serveHttp(
  listener: TCPListener,
  handler: Deno.ServeHandler<Deno.NetAddr>,
): Deno.HttpServer<Deno.NetAddr>;
/** The same, with options. */
export function serveHttp(
  options: ServeHttpOptions,
  handler: Deno.ServeHandler<Deno.NetAddr>,
): Deno.HttpServer<Deno.NetAddr>;
export function serveHttp(
  listenerOrOptions: TCPListener | ServeHttpOptions,
  handler: Deno.ServeHandler<Deno.NetAddr>,
): Deno.HttpServer<Deno.NetAddr> {
  const isListener = typeof (listenerOrOptions as TCPListener)?.accept === "function";
  const options = isListener ? { listener: listenerOrOptions as TCPListener } : listenerOrOptions as ServeHttpOptions;
  checkArguments(options, handler);
  options.onListen?.(options.listener.addr);
  return new SimulatedHttpServer(options, handler);
}

function checkArguments(options: ServeHttpOptions, handler: unknown): void {
  const refuse = (why: string) => new TypeError(`Cannot serve HTTP: ${why}`);
  if (typeof options?.listener?.accept !== "function") throw refuse("listener must be a TCPListener");
  if (typeof handler !== "function") throw refuse("handler must be a function");
  if ((options.cert === undefined) !== (options.key === undefined)) throw refuse("cert and key belong together");
}

class SimulatedHttpServer implements Deno.HttpServer<Deno.NetAddr> {
  readonly addr: Deno.NetAddr;
  readonly finished: Promise<void>;
  readonly #listener: TCPListener;

  constructor(options: ServeHttpOptions, handler: Deno.ServeHandler<Deno.NetAddr>) {
    this.addr = options.listener.addr;
    this.#listener = options.listener;
    this.finished = this.#run(options, handler);
  }

  /** Without effect: the stack keeps the process alive until it is closed. */
  ref(): void {}

  /** Without effect: the stack keeps the process alive until it is closed. */
  unref(): void {}

  shutdown(): Promise<void> {
    this.#listener[Symbol.dispose]();
    return this.finished;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }

  async #run(options: ServeHttpOptions, handler: Deno.ServeHandler<Deno.NetAddr>): Promise<void> {
    using listener = this.#listener;
    // Only who serves HTTP pays for loading Node's HTTP; connections wait for it.
    const { HttpEngine } = await import("./http_engine.ts");
    const engine = new HttpEngine(options, handler);
    const abort = () => {
      listener[Symbol.dispose]();
      engine.abort();
    };
    options.signal?.addEventListener("abort", abort, { once: true });
    if (options.signal?.aborted) abort();
    for (let conn = await nextOf(listener); conn; conn = await nextOf(listener)) engine.take(conn);
    await engine.shutdown();
    options.signal?.removeEventListener("abort", abort);
  }
}

/** The next connection; undefined when there is none any more, also because the stack's worker died. */
async function nextOf(listener: TCPListener): Promise<TCPConn | undefined> {
  try {
    return (await listener.next()).value;
  } catch {
    return undefined;
  }
}
