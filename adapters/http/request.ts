/**
 * A request as a handler gets it, made of what Node's HTTP has parsed.
 *
 * Main side.
 *
 * @module
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { TLSSocket } from "node:tls";

/** Bytes of a body that wait for the handler before the connection is read no more. */
const BODY_AHEAD = 64 * 1024;

/** The bodies that handlers were given, but for those that they cancelled. */
const bodies = new WeakMap<IncomingMessage, ReadableStream>();

/**
 * The web's form of a request; undefined when it has none, as TRACE does not, or no URL, or more than one host.
 *
 * @param target its response: when that is sent, a body that nobody reads makes way for the connection's next request.
 * @param signal what the request's own signal follows.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { IncomingMessage, ServerResponse } from "node:http";
 * import { Socket } from "node:net";
 * import { webRequest } from "./request.ts";
 *
 * const message = new IncomingMessage(new Socket());
 * Object.assign(message, { method: "GET", url: "/a?b", headers: { host: "example" }, rawHeaders: ["Host", "example"] });
 * const request = webRequest(message, new ServerResponse(message), new AbortController().signal);
 * assertEquals(request?.url, "http://example/a?b");
 * ```
 */
export function webRequest(
  message: IncomingMessage,
  target: ServerResponse,
  signal: AbortSignal,
): Request | undefined {
  const { method } = message;
  const headers = headersOf(message);
  if (headers.filter(([name]) => name === "host").length > 1) return undefined;
  const hasBody = method !== "GET" && method !== "HEAD" && framesBody(message);
  const body = hasBody ? webBody(message, target) : undefined;
  try {
    return new Request(urlOf(message), { method, headers, signal, body });
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/**
 * Whether a handler holds a body that has not come to its end. The connection's next request waits behind it, perhaps
 * for ever.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { IncomingMessage, ServerResponse } from "node:http";
 * import { Socket } from "node:net";
 * import { holdsBody, webRequest } from "./request.ts";
 *
 * const message = new IncomingMessage(new Socket());
 * const headers = { host: "example", "content-length": "1000" };
 * Object.assign(message, { method: "POST", headers, rawHeaders: Object.entries(headers).flat() });
 * const request = webRequest(message, new ServerResponse(message), new AbortController().signal);
 * assertEquals(holdsBody(message), false);
 * request?.clone();
 * assertEquals(holdsBody(message), true);
 * ```
 */
export function holdsBody(message: IncomingMessage): boolean {
  return !message.readableEnded && bodies.get(message)?.locked === true;
}

/** As they came, but for the fields of cookies, which are one (RFC 9113 §8.2.3). */
function headersOf({ rawHeaders, headers: { cookie } }: IncomingMessage): [string, string][] {
  const headers: [string, string][] = cookie === undefined ? [] : [["cookie", cookie]];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i].toLowerCase();
    if (name !== "cookie") headers.push([name, rawHeaders[i + 1]]);
  }
  return headers;
}

/** RFC 9112 §6.3: a request without these has no body. */
function framesBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

/** RFC 9112 §3.3; §3.2.2 has the absolute form. */
function urlOf({ socket, url = "/", headers }: IncomingMessage): string {
  if (/^https?:\/\//i.test(url)) return url;
  const scheme = (socket as TLSSocket).encrypted ? "https" : "http";
  const host = headers.host || hostOf(socket.localAddress ?? "localhost", socket.localPort);
  return `${scheme}://${host}${url.startsWith("/") ? url : `/${url}`}`;
}

function hostOf(address: string, port: number | undefined): string {
  return `${address.includes(":") ? `[${address}]` : address}:${port}`;
}

/** A body that is read only as far as its reader goes. One that is cancelled is thrown away as it comes. */
function webBody(message: IncomingMessage, target: ServerResponse): ReadableStream<Uint8Array<ArrayBuffer>> {
  const throwAway = () => {
    bodies.delete(message);
    message.removeAllListeners("data");
    message.removeAllListeners("end");
    message.resume();
  };
  const body: ReadableStream<Uint8Array<ArrayBuffer>> = new ReadableStream({
    type: "bytes",
    start(controller): void {
      message.pause();
      message.on("data", (chunk: Uint8Array) => {
        controller.enqueue(new Uint8Array(chunk));
        if ((controller.desiredSize ?? 0) <= 0) message.pause();
      });
      message.on("end", () => {
        controller.close();
        controller.byobRequest?.respond(0);
      });
      message.on("error", (error) => controller.error(error));
      message.on("close", () => {
        if (!message.complete) {
          controller.error(new Deno.errors.UnexpectedEof("The client left in the middle of its request"));
        }
      });
      target.once("close", () => {
        if (body.locked || message.readableEnded || !target.writableFinished) return;
        controller.error(new TypeError("Request closed"));
        throwAway();
      });
    },
    pull: () => void message.resume(),
    cancel: throwAway,
  }, { highWaterMark: BODY_AHEAD });
  bodies.set(message, body);
  return body;
}
