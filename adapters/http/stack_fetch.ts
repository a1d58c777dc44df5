/**
 * `fetch` inside the simulated internet.
 *
 * Main side.
 *
 * @module
 */
import type { Stack } from "../../stack/stack.ts";
import { proxy } from "../gateway/proxy.ts";
import { ifOpen } from "../if_open.ts";

/**
 * Names and certificates for a {@linkcode StackFetch}, and what else `Deno.createHttpClient` takes.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import type { StackFetchOptions } from "@uis/uis";
 *
 * const options: StackFetchOptions = { hosts: { "www.example": "10.0.0.1" }, http2: false };
 * assertEquals(Object.keys(options), ["hosts", "http2"]);
 * ```
 */
export interface StackFetchOptions extends Omit<Deno.CreateHttpClientOptions, "proxy"> {
  /** IP literals by name. Nobody is asked for other names. */
  hosts?: Record<string, string>;
  /** Certificates in PEM that a site's certificate may be signed by, besides those that Deno trusts. */
  caCerts?: string[];
}

/**
 * A way to fetch that leads into the simulated internet; {@linkcode stackFetch} makes one. It is open, and keeps the process
 * alive, until it or its stack is closed.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Internet, type StackFetch, stackFetch } from "@uis/uis";
 *
 * await using internet = new Internet();
 * const stack = await internet.newStack(1500, "10.0.0.1");
 * await using inside: StackFetch = await stackFetch(stack);
 * assertEquals(typeof inside.fetch, "function");
 * ```
 */
export interface StackFetch extends AsyncDisposable {
  /** As the global `fetch`; it may be taken apart and passed around. */
  fetch: typeof globalThis.fetch;
  /** For the global `fetch`, or for a `WebSocket`, as their option `client`. */
  client: Deno.HttpClient;
  /** Ends the requests under way. */
  close(): Promise<void>;
}

/**
 * `fetch` as a simulated host does it. It is Deno's own `fetch`, through a {@linkcode proxy} on a port of the loopback
 * interface, and not one over Node's HTTP: so unmodified programs meet what they know, with redirects, compression,
 * streams, HTTP/2, TLS and the errors of the real one, and a `WebSocket` can use the same way.
 *
 * It needs `--allow-net` for 127.0.0.1, and for the hosts that are fetched from, as any `fetch` does. Where `NO_PROXY` is
 * set in the environment, Deno goes around every proxy to the hosts in it; with `--allow-env=NO_PROXY,no_proxy` it is kept
 * from that here. Rejects as {@linkcode proxy}, and as `Deno.createHttpClient` throws.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Internet, serveHttp, stackFetch } from "@uis/uis";
 *
 * async function titleOf(fetch: typeof globalThis.fetch): Promise<string> {
 *   return (await (await fetch("http://www.example/")).json()).title;
 * }
 *
 * await using internet = new Internet();
 * void internet.route();
 * const server = await internet.newStack(1500, "10.0.0.1");
 * const client = await internet.newStack(1500, "10.0.0.2");
 * await using _site = serveHttp(server.listenTCP("10.0.0.1:80"), () => Response.json({ title: "News" }));
 *
 * await using inside = await stackFetch(client, { hosts: { "www.example": "10.0.0.1" } });
 * assertEquals(await titleOf(inside.fetch), "News");
 * ```
 */
export async function stackFetch(stack: Stack, options: StackFetchOptions = {}): Promise<StackFetch> {
  const { hosts, ...clientOptions } = options;
  const gateway = await proxy(stack, { hosts });
  let client: Deno.HttpClient;
  try {
    const url = `socks5h://${gateway.addr.hostname}:${gateway.addr.port}`;
    client = ignoringNoProxy(() => {
      return Deno.createHttpClient({ ...clientOptions, proxy: { transport: "socks5", url } });
    });
  } catch (error) {
    await gateway.close();
    throw error;
  }
  let closing: Promise<void> | undefined;
  const close = () => {
    // Its user may have closed the client too.
    if (!closing) ifOpen(() => client.close());
    return closing ??= gateway.close();
  };
  stack.closed.then(close, close);
  return {
    fetch: (input, init) => globalThis.fetch(input, { ...init, client }),
    client,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Deno reads the variables when a client is made. */
function ignoringNoProxy<T>(make: () => T): T {
  const saved = ["NO_PROXY", "no_proxy"]
    .filter((variable) => Deno.permissions.querySync({ name: "env", variable }).state === "granted")
    .map((variable) => ({ variable, value: Deno.env.get(variable) }));
  try {
    for (const { variable } of saved) Deno.env.delete(variable);
    return make();
  } finally {
    for (const { variable, value } of saved) if (value !== undefined) Deno.env.set(variable, value);
  }
}
