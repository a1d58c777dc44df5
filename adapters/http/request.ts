/**
 * A request as a handler gets it, made of what Node's HTTP has parsed.
 *
 * Main side.
 *
 * @module
 */
import type { IncomingMessage } from "node:http";
import type { TLSSocket } from "node:tls";

/** Bytes of a body that wait for the handler before the connection is read no more. */
const BODY_AHEAD = 64 * 1024;

/**
 * The web's form of a request; undefined when it has none, as TRACE does not, or no URL.
 *
 * @param signal what the request's own signal follows.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { IncomingMessage } from "node:http";
 * import { Socket } from "node:net";
 * import { webRequest } from "./request.ts";
 *
 * const message = new IncomingMessage(new Socket());
 * Object.assign(message, { method: "GET", url: "/a?b", headers: { host: "example" }, rawHeaders: ["Host", "example"] });
 * const request = webRequest(message, new AbortController().signal);
 * assertEquals(request?.url, "http://example/a?b");
 * ```
 */
export function webRequest(message: IncomingMessage, signal: AbortSignal): Request | undefined {
  const { method, rawHeaders } = message;
  const headers: [string, string][] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) headers.push([rawHeaders[i], rawHeaders[i + 1]]);
  const hasBody = method !== "GET" && method !== "HEAD" && framesBody(message);
  try {
    return new Request(urlOf(message), { method, headers, signal, body: hasBody ? webBody(message) : undefined });
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** RFC 9112 §6.3: a request without these has no body. */
function framesBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

/** RFC 9112 §3.3; §3.2.2 has the absolute form. */
function urlOf({ socket, url = "/", headers }: IncomingMessage): string {
  if (/^https?:\/\//i.test(url)) return url;
  const scheme = (socket as TLSSocket).encrypted ? "https" : "http";
  const host = headers.host ?? hostOf(socket.localAddress ?? "localhost", socket.localPort);
  return `${scheme}://${host}${url.startsWith("/") ? url : `/${url}`}`;
}

function hostOf(address: string, port: number | undefined): string {
  return `${address.includes(":") ? `[${address}]` : address}:${port}`;
}

/** A body that is read only as far as its reader goes. One that is cancelled is thrown away as it comes. */
function webBody(message: IncomingMessage): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
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
    },
    pull: () => void message.resume(),
    cancel(): void {
      message.removeAllListeners("data");
      message.removeAllListeners("end");
      message.resume();
    },
  }, { highWaterMark: BODY_AHEAD });
}
