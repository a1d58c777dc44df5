// A web site inside the internet, by Deno's own server, and a proxy that leads there.
import { proxy, type ProxyOptions, reach, type TCPAddr } from "../../mod.ts";
import { type Isolation, Network, SERVER } from "../scenarios/hosts.ts";

/** The only name in this internet. */
export const NAME = "www.example";

/** What the site says of a request. */
export interface Seen {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: string;
}

/** A site at {@link NAME} and the server's address, and a proxy on the client's stack. */
export interface Site extends AsyncDisposable {
  net: Network;
  proxy: TCPAddr;
}

/** Starts a site that answers with what it has seen, and at /bytes?n with n bytes. */
export async function site(isolation: Isolation, options: ProxyOptions & { listen?: undefined } = {}): Promise<Site> {
  await using stack = new AsyncDisposableStack();
  const service = stack.use(Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, answer));
  const net = stack.use(await Network.create(isolation));
  stack.use(await reach(net.server, `${SERVER}:80`, { to: service.addr }));
  const gateway = stack.use(await proxy(net.client, { hosts: { [NAME]: SERVER }, ...options }));
  const rest = stack.move();
  return { net, proxy: gateway.addr, [Symbol.asyncDispose]: () => rest.disposeAsync() };
}

async function answer(request: Request): Promise<Response> {
  const { pathname, search } = new URL(request.url);
  if (pathname === "/bytes") return new Response(new Uint8Array(Number(search.slice(1))).fill(97));
  if (pathname === "/socket") return echoSocket(request);
  const { method, url, headers } = request;
  return Response.json(
    { method, url, headers: Object.fromEntries(headers), body: await request.text() } satisfies Seen,
  );
}

function echoSocket(request: Request): Response {
  const { socket, response } = Deno.upgradeWebSocket(request);
  socket.onmessage = ({ data }) => socket.send(data);
  return response;
}

// Deno goes around a proxy to the hosts in these, and a developer's machine may well have set them.
for (const variable of ["NO_PROXY", "no_proxy"]) Deno.env.delete(variable);

/** A client for `fetch` that goes through the proxy, by SOCKS or by HTTP. */
export function clientThrough({ hostname, port }: TCPAddr, transport: "socks5" | "http"): Deno.HttpClient {
  const scheme = transport === "socks5" ? "socks5h" : "http";
  return Deno.createHttpClient({ proxy: { transport, url: `${scheme}://${hostname}:${port}` } });
}

/** What curl printed, and how it ended. */
export interface CurlRun {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs curl, which sees no proxy in the environment; undefined, with a line that says so, where there is none. */
export async function curl(...args: string[]): Promise<CurlRun | undefined> {
  const command = new Deno.Command("curl", {
    args: ["--silent", "--show-error", ...args],
    clearEnv: true,
    stdin: "null",
  });
  try {
    const { code, stdout, stderr } = await command.output();
    const decoder = new TextDecoder();
    return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    console.log("curl is not installed: what it would show is not tested");
    return undefined;
  }
}
