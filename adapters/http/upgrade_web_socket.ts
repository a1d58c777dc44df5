/**
 * From a request to a WebSocket (RFC 6455 §4.2).
 *
 * Main side.
 *
 * @module
 */
import type { Duplex } from "node:stream";
import { ServerWebSocket } from "./server_web_socket.ts";

const DEFAULT_IDLE_TIMEOUT = 30;

/** §1.3. */
const ACCEPT_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** What a connection is upgraded to, by a response. */
export interface Upgrade {
  /** The request whose connection it is. */
  readonly request: Request;
  /** Takes the connection over; `head` is what came after the request. */
  start(socket: Duplex, head: Uint8Array | undefined): void;
  /** Closes the WebSocket, as its server ends. */
  shutDown(): void;
}

const upgradable = new WeakSet<Request>();
const upgrades = new WeakMap<Response, Upgrade>();

/**
 * Says that a request's connection can be upgraded.
 *
 * @example
 * ```ts
 * import { assertThrows } from "@std/assert";
 * import { allowUpgrade, upgradeWebSocket } from "./upgrade_web_socket.ts";
 *
 * const request = new Request("http://example/");
 * allowUpgrade(request);
 * assertThrows(() => upgradeWebSocket(request), TypeError, "Invalid Header: 'upgrade'");
 * ```
 */
export function allowUpgrade(request: Request): void {
  upgradable.add(request);
}

/**
 * What a response upgrades its connection to, if anything.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { upgradeOf } from "./upgrade_web_socket.ts";
 *
 * assertEquals(upgradeOf(new Response("Hello")), undefined);
 * ```
 */
export function upgradeOf(response: Response): Upgrade | undefined {
  return upgrades.get(response);
}

/**
 * Upgrades a request that a handler of {@linkcode serveHttp} was given to a WebSocket, as `Deno.upgradeWebSocket` does with
 * those of `Deno.serve`. The socket opens when the handler has returned the response.
 *
 * The socket has the shape of a `WebSocket`; its `binaryType` is `"arraybuffer"`, as that of Deno's. A message that is
 * larger than 64 MiB closes it. `idleTimeout` is in seconds, 30 by default: a client that was silent for so long is sent a
 * ping, and given up when it is silent for as long again; 0 switches that off.
 *
 * @throws {TypeError} when the request does not ask for a WebSocket, or is not the one that the handler was given
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Internet, serveHttp, stackFetch, upgradeWebSocket } from "@uis/uis";
 *
 * await using internet = new Internet();
 * void internet.route();
 * const server = await internet.newStack(1500, "10.0.0.1");
 * const client = await internet.newStack(1500, "10.0.0.2");
 * await using _site = serveHttp(server.listenTCP("10.0.0.1:80"), (request) => {
 *   const { socket, response } = upgradeWebSocket(request);
 *   socket.onmessage = ({ data }) => socket.send(`${data}, and hello to you`);
 *   return response;
 * });
 *
 * await using inside = await stackFetch(client);
 * const socket = new WebSocket("ws://10.0.0.1/", { client: inside.client });
 * socket.onopen = () => socket.send("Hello");
 * const answer = await new Promise((resolve) => socket.onmessage = ({ data }) => resolve(data));
 * assertEquals(answer, "Hello, and hello to you");
 * socket.close();
 * await new Promise((resolve) => socket.onclose = resolve);
 * ```
 */
export function upgradeWebSocket(
  request: Request,
  options: { protocol?: string; idleTimeout?: number } = {},
): Deno.WebSocketUpgrade {
  const { protocol = "", idleTimeout = DEFAULT_IDLE_TIMEOUT } = options;
  const key = checkedKey(request);
  if (!(idleTimeout >= 0 && idleTimeout < 2 ** 31 / 1000)) {
    throw new RangeError(`Cannot upgrade: idleTimeout ${idleTimeout} must be a number of seconds`);
  }
  const headers = new Headers({ upgrade: "websocket", connection: "Upgrade" });
  if (protocol !== "") headers.set("sec-websocket-protocol", protocol);
  const response = new Response(null, { headers });
  // No program may construct it with this status.
  Object.defineProperty(response, "status", { value: 101 });
  const socket = new ServerWebSocket(protocol, idleTimeout * 1000);
  upgrades.set(response, {
    request,
    start: (stream, head) => void accept(stream, head, key, response.headers, socket),
    shutDown: () => socket.shutDown(),
  });
  return { response, socket };
}

/** §4.2.1. */
function checkedKey(request: Request): string {
  const tokens = (name: string) => (request.headers.get(name) ?? "").toLowerCase().split(/\s*,\s*/);
  const refuse = (why: string) => new TypeError(`Invalid Header: ${why}`);
  if (!tokens("upgrade").includes("websocket")) throw refuse("'upgrade' header must contain 'websocket'");
  if (!tokens("connection").includes("upgrade")) throw refuse("'connection' header must contain 'Upgrade'");
  const key = request.headers.get("sec-websocket-key");
  if (!key) throw refuse("'sec-websocket-key' header must be set");
  if (request.headers.get("sec-websocket-version") !== "13") {
    throw refuse("'sec-websocket-version' header must be '13'");
  }
  if (upgradable.has(request)) return key;
  throw new TypeError("Cannot upgrade: it must be the very request that a handler of serveHttp was given");
}

async function accept(
  stream: Duplex,
  head: Uint8Array | undefined,
  key: string,
  headers: Headers,
  socket: ServerWebSocket,
): Promise<void> {
  const digest = await crypto.subtle.digest("SHA-1", new TextEncoder().encode(key + ACCEPT_GUID));
  headers.set("sec-websocket-accept", new Uint8Array(digest).toBase64());
  const lines = Array.from(headers, ([name, value]) => `${name}: ${value}\r\n`);
  stream.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join("")}\r\n`);
  socket.open(stream, head);
}
