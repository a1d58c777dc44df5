/**
 * HTTP/1.1 over simulated connections, by Node's HTTP server.
 *
 * Main side.
 *
 * @module
 */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { createServer, type IncomingMessage, type Server, ServerResponse, validateHeaderValue } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { createSecureContext, type SecureContext, TLSSocket, type TLSSocketOptions } from "node:tls";
import { nodeDuplex } from "../node/duplex.ts";
import type { TCPConn } from "../tcp_conn.ts";
import { webRequest } from "./request.ts";
import { sendResponse } from "./response.ts";
import type { ServeHttpOptions } from "./serve_http.ts";
import { allowUpgrade, type Upgrade, upgradeOf } from "./upgrade_web_socket.ts";

type Handler = Deno.ServeHandler<Deno.NetAddr>;

/** One connection: its requests that are not answered yet, or what it was upgraded to. */
interface HttpConnection {
  remoteAddr: Deno.NetAddr;
  pending: Set<ServerResponse>;
  upgrade: Upgrade | undefined;
}

/**
 * The connections of one server.
 *
 * @example
 * ```ts
 * import { assertStringIncludes } from "@std/assert";
 * import { Internet } from "@uis/uis";
 * import { HttpEngine } from "./http_engine.ts";
 *
 * await using internet = new Internet();
 * void internet.route();
 * const stack = await internet.newStack(1500, "10.0.0.1");
 * using listener = stack.listenTCP("10.0.0.1:80");
 * using conn = await stack.dialTCP("10.0.0.1:80");
 *
 * const engine = new HttpEngine({ listener }, () => new Response("Hello"));
 * engine.take(await listener.accept());
 * await conn.write(new TextEncoder().encode("GET / HTTP/1.1\r\nHost: 10.0.0.1\r\nConnection: close\r\n\r\n"));
 * assertStringIncludes(await new Response(conn.readable).text(), "Hello");
 * await engine.shutdown();
 * ```
 */
export class HttpEngine {
  readonly #options: ServeHttpOptions;
  readonly #handler: Handler;
  readonly #secureContext: SecureContext | undefined;
  readonly #server: Server;
  readonly #connections: Map<Duplex, HttpConnection>;
  readonly #ended: PromiseWithResolvers<void>;
  #isEnding: boolean;

  /** @throws {TypeError} when the certificate and the key of the options cannot be used, or not together. */
  constructor(options: ServeHttpOptions, handler: Handler) {
    this.#options = options;
    this.#handler = handler;
    this.#secureContext = secureContext(options);
    this.#connections = new Map();
    this.#ended = Promise.withResolvers();
    this.#isEnding = false;
    // Idle connections stay, as those of Deno's own server do.
    const isWebSocket = ({ headers }: IncomingMessage) => headers.upgrade?.toLowerCase() === "websocket";
    this.#server = createServer({ keepAliveTimeout: 0, shouldUpgradeCallback: isWebSocket } as object);
    // A server that does not listen ends each connection after one response.
    Object.defineProperty(this.#server, "listening", { value: true });
    this.#server.on("request", (message, target) => void this.#answer(message, target));
    this.#server.on("upgrade", (message, socket, head) => void this.#answerUpgrade(message, socket as Socket, head));
    this.#server.on("clientError", (error, socket) => {
      refuse(socket, this.#connections.get(socket), Reflect.get(error, "code"));
    });
  }

  /** Serves a connection, which is the engine's from now on. */
  take(conn: TCPConn): void {
    const plain = nodeDuplex(conn, { allowHalfOpen: true });
    const socket = this.#secureContext ? new TLSSocket(plain, tlsOptions(this.#secureContext)) : plain;
    this.#connections.set(socket, { remoteAddr: conn.remoteAddr, pending: new Set(), upgrade: undefined });
    socket.on("error", () => {});
    plain.on("close", () => socket.destroy());
    socket.on("close", () => {
      plain.destroy();
      this.#dismiss(socket);
      this.#endIfEmpty();
    });
    this.#server.emit("connection", socket);
  }

  /** Closes what is idle now, and the rest when it is answered. Resolves when no connection is left. */
  shutdown(): Promise<void> {
    this.#isEnding = true;
    for (const [socket, { pending, upgrade }] of this.#connections) {
      if (upgrade) upgrade.shutDown();
      else if (pending.size === 0) socket.destroy();
    }
    this.#endIfEmpty();
    return this.#ended.promise;
  }

  /** Closes everything. */
  abort(): void {
    this.#isEnding = true;
    for (const socket of this.#connections.keys()) socket.destroy();
    this.#endIfEmpty();
  }

  /** `head` is what came after a request to upgrade the connection. */
  async #answer(message: IncomingMessage, target: ServerResponse, head?: Uint8Array): Promise<void> {
    const { socket } = message;
    const connection = this.#connections.get(socket);
    if (!connection) return;
    const { completed, signal } = track(target);
    connection.pending.add(target);
    target.once("close", () => this.#answered(socket, connection, target));
    const request = webRequest(message, target, signal);
    if (!request) {
      target.writeHead(400, { Connection: "close" }).end();
      return;
    }
    if (head) allowUpgrade(request);
    const info = { remoteAddr: connection.remoteAddr, completed: completed.promise };
    const response = await this.#respond(() => this.#handler(request, info), request);
    const upgrade = upgradeOf(response);
    if (!upgrade) return await sendResponse(response, target, (error) => this.#respond(() => Promise.reject(error)));
    connection.upgrade = upgrade;
    connection.pending.delete(target);
    target.detachSocket(socket);
    completed.resolve();
    upgrade.start(socket, head);
    if (this.#isEnding) upgrade.shutDown();
  }

  /** After the responses to the requests before it, for which Node does not wait. */
  async #answerUpgrade(message: IncomingMessage, socket: Socket, head: Uint8Array): Promise<void> {
    const connection = this.#connections.get(socket);
    if (!connection) return;
    const target = new ServerResponse(message);
    const earlier = [...connection.pending];
    connection.pending.add(target);
    await allClosed(earlier, socket);
    if (!socket.writable) return;
    target.assignSocket(socket);
    // What comes after the request is no HTTP that anybody reads.
    target.shouldKeepAlive = false;
    target.once("finish", () => socket.destroySoon());
    await this.#answer(message, target, head);
  }

  /** What the handler says; when it fails, what `onError` says; when that fails too, a 500. */
  async #respond(respond: () => Response | Promise<Response>, request?: Request): Promise<Response> {
    try {
      return checked(await respond(), request);
    } catch (error) {
      try {
        return checked(await (this.#options.onError ?? printError)(error), undefined);
      } catch (error) {
        return printError(error);
      }
    }
  }

  #answered(socket: Socket, { pending }: HttpConnection, target: ServerResponse): void {
    pending.delete(target);
    if (this.#isEnding && pending.size === 0) socket.destroySoon();
  }

  /** Tells the responses of a connection that is gone. Node tells that whose turn it is, but not those behind it. */
  #dismiss(socket: Duplex): void {
    const { pending = [] } = this.#connections.get(socket) ?? {};
    this.#connections.delete(socket);
    for (const target of pending) if (!target.socket) target.destroy().emit("close");
  }

  #endIfEmpty(): void {
    if (!this.#isEnding || this.#connections.size > 0) return;
    this.#server.close();
    this.#ended.resolve();
  }
}

/** What a server for HTTPS has. Deno looks at it no earlier than in a handshake, and then it tells only the client. */
function secureContext({ cert, key }: ServeHttpOptions): SecureContext | undefined {
  if (cert === undefined || key === undefined) return undefined;
  try {
    if (new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) return createSecureContext({ cert, key });
  } catch (cause) {
    throw new TypeError("Cannot serve HTTPS: cert and key must be a certificate and its key, in PEM", { cause });
  }
  throw new TypeError("Cannot serve HTTPS: key is not that of the certificate");
}

function tlsOptions(secureContext: SecureContext): TLSSocketOptions {
  return { isServer: true, secureContext, ALPNProtocols: ["http/1.1"] };
}

/** Resolves when the responses before an upgrade are closed. Node tells them no more when the socket takes more. */
async function allClosed(targets: ServerResponse[], socket: Socket): Promise<void> {
  const onDrain = () => void targets.find((target) => target.socket)?.emit("drain");
  socket.on("drain", onDrain);
  await Promise.all(targets.map((target) => new Promise((resolve) => target.once("close", resolve))));
  socket.off("drain", onDrain);
}

/** Tells a handler what becomes of its response: the signal aborts when nobody waits for it any more. */
function track(target: ServerResponse): { signal: AbortSignal; completed: PromiseWithResolvers<void> } {
  const controller = new AbortController();
  const completed = Promise.withResolvers<void>();
  // Nobody need wait for it.
  completed.promise.catch(() => {});
  target.once("close", () => {
    if (target.writableFinished) return completed.resolve();
    controller.abort(new DOMException("The request has been cancelled.", "AbortError"));
    completed.reject(new Deno.errors.Interrupted("The connection ended before the response was sent"));
  });
  return { signal: controller.signal, completed };
}

function checked(response: Response, request: Request | undefined): Response {
  if (!(response instanceof Response)) {
    throw new TypeError("Return value from serve handler must be a response or a promise resolving to a response");
  }
  if (response.bodyUsed || response.body?.locked) {
    throw new TypeError("The body of the Response returned from the serve handler has already been consumed");
  }
  if (response.type === "error") throw new TypeError("The response of a serve handler must not be a network error");
  // Fetch allows control characters, which Node refuses.
  for (const [name, value] of response.headers) validateHeaderValue(name, value);
  const upgrade = upgradeOf(response);
  if (upgrade && upgrade.request !== request) throw new TypeError("The response upgrades another request");
  return response;
}

function printError(error: unknown): Response {
  console.error(error);
  return new Response("Internal Server Error", { status: 500 });
}

/** Answers what is no HTTP, unless that comes in the middle of a response. */
function refuse(socket: Duplex, connection: HttpConnection | undefined, code: unknown): void {
  if (!socket.writable || connection?.pending.size !== 0) return void socket.destroy();
  const status = code === "HPE_HEADER_OVERFLOW" ? "431 Request Header Fields Too Large" : "400 Bad Request";
  socket.end(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`, () => socket.destroy());
}
