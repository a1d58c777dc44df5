// Node's own net over the kernel's loopback, and that of two stacks: tests that hold for both say what Node does.
import { assertEquals } from "@std/assert";
import { once } from "node:events";
import net from "node:net";
import { type NodeNet, nodeNet } from "../../adapters/node.ts";
import type { SocketEntry, Stack } from "../../mod.ts";
import { type Isolation, Network, scenario, SERVER } from "../scenarios/hosts.ts";

/** Two programs that reach each other. */
export interface Nets<Net> {
  server: Net;
  client: Net;
  /** Where the server listens. */
  host: string;
}

/** Whether Node's own is asked too: once is enough to know what it does, and Linux is what the stacks follow. */
export const ASKS_NODE = Deno.build.os === "linux";

/** The same test with Node's own net, and with that of stacks inline and in workers. */
export function eachNet(name: string, body: (nets: Nets<typeof net>) => Promise<void>): void {
  if (ASKS_NODE) scenario(`${name} (node:net)`, () => body({ server: net, client: net, host: "127.0.0.1" }));
  eachNodeNet(name, body);
}

/** The same test with the net of stacks inline and in workers, which have nothing open afterwards. */
export function eachNodeNet(name: string, body: NodeNetBody): void {
  for (const isolation of ["inline", "worker"] as const) {
    scenario(`${name} (nodeNet, ${isolation})`, () => onNetwork(isolation, body));
  }
}

/** A test over two stacks. */
export type NodeNetBody = (nets: Nets<NodeNet>, network: Network) => Promise<void>;

async function onNetwork(isolation: Isolation, body: NodeNetBody): Promise<void> {
  await using network = await Network.create(isolation);
  const { server, client } = network;
  await body({ server: nodeNet(server), client: nodeNet(client), host: SERVER }, network);
  await assertNothingOpen(server, client);
}

/** That the stacks have nothing but TIME-WAIT, once the packets under way have arrived. */
export async function assertNothingOpen(...stacks: Stack[]): Promise<void> {
  const open = async () => (await Promise.all(stacks.map(openSockets))).flat();
  // Each answer takes a turn of the engines, in which packets move.
  for (let turns = 0; turns < 1000 && (await open()).length > 0; turns++);
  assertEquals(await open(), []);
}

async function openSockets(stack: Stack): Promise<SocketEntry[]> {
  try {
    return (await stack.netstat()).filter(({ state }) => state !== "TIME-WAIT");
  } catch (error) {
    // A test closed it.
    if (error instanceof Deno.errors.NetworkUnreachable) return [];
    throw error;
  }
}

/** A server that listens, at a free port. */
export async function listening<Server extends net.Server>(server: Server, host: string): Promise<number> {
  server.listen(0, host);
  await once(server, "listening");
  return (server.address() as net.AddressInfo).port;
}

/** A client, and the socket that the server has for it. */
export interface Ends {
  client: net.Socket;
  server: net.Socket;
}

/** One connection, to a server that is closed by the time; both ends end it. */
export async function connected(
  nets: Nets<typeof net>,
  options: { server?: net.ServerOpts; client?: Partial<net.TcpNetConnectOpts> } = {},
): Promise<Ends> {
  const server = nets.server.createServer(options.server ?? {});
  const port = await listening(server, nets.host);
  const accepting = once(server, "connection");
  const client = nets.client.connect({ port, host: nets.host, ...options.client });
  const [accepted] = await accepting as [net.Socket];
  if (client.connecting) await once(client, "connect");
  server.close();
  return { client, server: accepted };
}

/** The names of some events, as they are emitted, with the first argument of those that have one. */
export function eventsOf(emitter: net.Socket | net.Server, ...names: string[]): unknown[] {
  const events: unknown[] = [];
  for (const name of names) {
    emitter.on(name, (...args: unknown[]) => {
      const [first] = args;
      const value = first instanceof Error ? Reflect.get(first, "code") : first;
      events.push(value === undefined ? name : `${name} ${value}`);
    });
  }
  return events;
}

/** Waits until a socket is closed. Its errors are expected, or listened for elsewhere. */
export async function closed(...sockets: net.Socket[]): Promise<void> {
  await Promise.all(sockets.map((socket) => {
    if (socket.closed) return;
    socket.on("error", () => {});
    const { promise, resolve } = Promise.withResolvers<void>();
    socket.once("close", () => resolve());
    return promise;
  }));
}

/** The code of what a call throws. */
export function codeOf(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return Reflect.get(error as Error, "code");
  }
  return "nothing thrown";
}
