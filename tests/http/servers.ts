// Servers for tests that hold for Deno's own and for the simulated one, and clients that speak to them byte by byte.
import { Internet, serveHttp, type ServeHttpOptions } from "../../mod.ts";
import { bytes, readAll, scenario, text, writeAll } from "../scenarios/hosts.ts";

export type Handler = Deno.ServeHandler<Deno.NetAddr>;
export type ServerOptions = Omit<ServeHttpOptions, "listener" | "cert" | "key">;

/** A server, and a way to it. */
export interface Served extends AsyncDisposable {
  server: Deno.HttpServer<Deno.NetAddr>;
  dial(): Promise<Deno.Conn>;
}

/** Starts a server. */
export type Serve = (handler: Handler, options?: ServerOptions) => Promise<Served>;

const SERVERS: Record<string, Serve> = {
  "Deno.serve": serveReal,
  "serveHttp, worker": (handler, options) => serveSimulated("worker", handler, options),
  "serveHttp, inline": (handler, options) => serveSimulated("inline", handler, options),
};

/** The same test with Deno's own server and with the simulated one. */
export function eachServer(name: string, body: (serve: Serve) => Promise<void>): void {
  for (const [server, serve] of Object.entries(SERVERS)) scenario(`${name} (${server})`, () => body(serve));
}

/** The same test with the simulated server, in workers and inline. */
export function eachSimulated(name: string, body: (serve: Serve) => Promise<void>): void {
  for (const [server, serve] of Object.entries(SERVERS).slice(1)) scenario(`${name} (${server})`, () => body(serve));
}

async function serveReal(handler: Handler, options: ServerOptions = {}): Promise<Served> {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {}, ...options }, handler);
  const { port } = server.addr;
  const dial = () => Deno.connect({ hostname: "127.0.0.1", port });
  return { server, dial, [Symbol.asyncDispose]: () => server.shutdown() };
}

async function serveSimulated(
  isolation: "worker" | "inline",
  handler: Handler,
  options?: ServerOptions,
): Promise<Served> {
  const internet = new Internet({ isolation });
  const routing = internet.route();
  const host = await internet.newStack(1500, "10.0.0.1");
  const client = await internet.newStack(1500, "10.0.0.2");
  const server = serveHttp({ listener: host.listenTCP("10.0.0.1:80"), ...options }, handler);
  return {
    server,
    dial: () => client.dialTCP("10.0.0.1:80"),
    async [Symbol.asyncDispose]() {
      await server.shutdown();
      await internet.close();
      await routing;
    },
  };
}

/** What a server says to this, until it closes. */
export async function say(served: Served, request: string): Promise<string> {
  using conn = await served.dial();
  await writeAll(conn, bytes(request));
  return text(await readAll(conn));
}

/** Reads until it has seen `end`, and gives everything up to there. */
export async function readUntil(conn: Deno.Conn, end: string): Promise<string> {
  let seen = "";
  const buffer = new Uint8Array(1);
  while (!seen.endsWith(end)) {
    if (await conn.read(buffer) === null) throw new Error(`The stream ended after ${JSON.stringify(seen)}`);
    seen += String.fromCharCode(buffer[0]);
  }
  return seen;
}

/** A response taken apart. */
export interface Parsed {
  status: string;
  headers: Headers;
  body: string;
}

/** Takes one response apart; its body is as it was sent, in chunks or not. */
export function parse(response: string): Parsed {
  const end = response.indexOf("\r\n\r\n");
  const [status, ...fields] = response.slice(0, end).split("\r\n");
  const pairs = fields.map((field): [string, string] => {
    const colon = field.indexOf(":");
    return [field.slice(0, colon), field.slice(colon + 1).trim()];
  });
  return { status, headers: new Headers(pairs), body: response.slice(end + 4) };
}
