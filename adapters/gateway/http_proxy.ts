/**
 * What a client asks of an HTTP proxy: a tunnel by CONNECT (RFC 9110 §9.3.6), or one request in absolute form
 * (RFC 9112 §3.2.2).
 *
 * Main side.
 *
 * @module
 */
import { joined } from "../joined.ts";
import type { Greeting } from "./greeting.ts";
import { ProxyRefusal, type ProxyRequest } from "./proxy_request.ts";

/** Bytes of the head of a request. */
const HEAD_MAX = 16 * 1024;

const REASONS: Record<number, string> = {
  200: "Connection established",
  400: "Bad Request",
  431: "Request Header Fields Too Large",
  502: "Bad Gateway",
  504: "Gateway Timeout",
};

/** Fields between the client and the proxy, not for the host (RFC 9110 §7.6.1). */
const HOP_BY_HOP = ["connection", "keep-alive", "proxy-connection", "proxy-authorization", "te", "host"];

/**
 * Reads the head of a client's request, which is not answered yet. One in absolute form is put back in front of what the
 * client sends, in the form that a host gets.
 *
 * Rejects with {@linkcode ProxyRefusal} when it is none, and with `Deno.errors.UnexpectedEof` when it ends before that.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Greeting } from "./greeting.ts";
 * import { readHTTPProxyRequest } from "./http_proxy.ts";
 *
 * const sent = new TextEncoder().encode("GET http://web/a?b HTTP/1.1\r\nHost: web\r\nProxy-Connection: keep-alive\r\n\r\n");
 * const client = new Greeting({
 *   read: () => Promise.resolve(sent),
 *   write: () => Promise.resolve(),
 *   closeWrite: () => Promise.resolve(),
 *   close() {},
 *   abort() {},
 * });
 * const { host, port } = await readHTTPProxyRequest(client);
 * assertEquals({ host, port }, { host: "web", port: 80 });
 * assertEquals(new TextDecoder().decode(await client.read() ?? undefined), "GET /a?b HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n");
 * ```
 */
export async function readHTTPProxyRequest(client: Greeting): Promise<ProxyRequest> {
  const head = await client.takeHead(HEAD_MAX);
  if (head === undefined) throw refusal(431, `The head of a request must not be longer than ${HEAD_MAX} bytes.`);
  const [requestLine, ...fields] = head.split("\r\n");
  const [, method, target, version] = /^([\w!#$%&'*+.^`|~-]+) (\S+) (HTTP\/1\.[01])$/.exec(requestLine) ?? [];
  if (method === undefined || !fields.every((field) => /^[\w!#$%&'*+.^`|~-]+:/.test(field))) {
    throw refusal(400, "This is no HTTP/1.1 request.");
  }
  return method === "CONNECT" ? tunnel(target) : absolute(client, [method, target, version], fields);
}

/** The client's bytes go to the host as they are, and so do the host's. */
function tunnel(authority: string): ProxyRequest {
  const { host, port } = split(authority, undefined);
  return {
    host,
    port,
    accepted: () => encode(`HTTP/1.1 200 ${REASONS[200]}\r\n\r\n`),
    refused: failure,
  };
}

/** The request as the host's own, the only one on its connection: who goes to another host next, connects again. */
function absolute(client: Greeting, [method, target, version]: string[], fields: string[]): ProxyRequest {
  const [, authority, path] = /^http:\/\/(?:[^/?#@]*@)?([^/?#]+)([^#]*)$/i.exec(target) ?? [];
  if (authority === undefined) {
    throw refusal(
      400,
      `This is a proxy: a request must be CONNECT, or for a URL such as http://example/, not ${target}`,
    );
  }
  const { host, port } = split(authority, 80);
  const asked = tokens(fields, "connection");
  const dropped = [...HOP_BY_HOP, ...asked.filter((name) => name !== "upgrade")];
  const head = [
    `${method} ${path.startsWith("/") ? path : method === "OPTIONS" && path === "" ? "*" : `/${path}`} ${version}`,
    `Host: ${authority}`,
    ...fields.filter((field) => !dropped.includes(nameOf(field))),
    `Connection: ${asked.includes("upgrade") ? "upgrade" : "close"}`,
  ];
  client.prepend(encode(`${head.join("\r\n")}\r\n\r\n`));
  return {
    host,
    port,
    accepted: () => new Uint8Array(0),
    refused: failure,
  };
}

/** Host and port of an authority (RFC 3986 §3.2); an IPv6 address loses its brackets. */
function split(authority: string, defaultPort: number | undefined): { host: string; port: number } {
  const [, bracketed, name, digits] = /^(?:\[([\da-f:.]+)\]|([^:[\]]+))(?::(\d*))?$/i.exec(authority) ?? [];
  const port = digits ? Number(digits) : defaultPort;
  const host = bracketed ?? name;
  if (host !== undefined && port !== undefined && port > 0 && port <= 65535) return { host, port };
  throw refusal(400, `${authority} must be a host and a port, such as example:80.`);
}

function tokens(fields: string[], name: string): string[] {
  return fields.filter((field) => nameOf(field) === name)
    .flatMap((field) => field.slice(name.length + 1).split(","))
    .map((token) => token.trim().toLowerCase());
}

function nameOf(field: string): string {
  return field.slice(0, field.indexOf(":")).toLowerCase();
}

function failure(error: unknown): Uint8Array {
  const text = error instanceof Error ? error.message : String(error);
  return response(error instanceof Deno.errors.TimedOut ? 504 : 502, text);
}

function refusal(status: number, text: string): ProxyRefusal {
  return new ProxyRefusal(response(status, text));
}

function response(status: number, text: string): Uint8Array {
  const body = encode(`${text}\n`);
  const head = [
    `HTTP/1.1 ${status} ${REASONS[status]}`,
    "Content-Type: text/plain; charset=utf-8",
    `Content-Length: ${body.length}`,
    "Connection: close",
  ];
  return joined([encode(`${head.join("\r\n")}\r\n\r\n`), body]);
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
