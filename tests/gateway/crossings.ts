// Connections through a gateway, near end and far end, for tests that hold in each direction.
import { expose, type Gateway, reach, type TCPConn } from "../../mod.ts";
import { eachIsolation, type Isolation, Network, type NetworkOptions, SERVER } from "../scenarios/hosts.ts";

const ADDRESS = `${SERVER}:80`;

/** Both ends of a connection that went through a gateway. */
export interface Crossing extends AsyncDisposable {
  net: Network;
  gateway: Gateway;
  /** The end that connected. */
  near: Deno.Conn;
  /** The end that accepted. */
  far: Deno.Conn;
}

/** From where to where. */
export const DIRECTIONS = [
  "port to simulated",
  "socket to simulated",
  "simulated to port",
  "simulated to socket",
] as const;

export type Direction = typeof DIRECTIONS[number];

/** The same test in each direction, over stacks in workers and over inline ones. */
export function eachDirection(name: string, body: (direction: Direction, isolation: Isolation) => Promise<void>): void {
  for (const direction of DIRECTIONS) eachIsolation(`${name}: ${direction}`, (isolation) => body(direction, isolation));
}

/** A folder for a Unix socket, and the path of one. */
export async function socketFolder(): Promise<AsyncDisposable & { path: string }> {
  const folder = await Deno.makeTempDir({ prefix: "uis-" });
  return { path: `${folder}/socket`, [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }) };
}

/** Connects through a gateway of its own. */
export async function cross(direction: Direction, isolation: Isolation, options?: NetworkOptions): Promise<Crossing> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await socketFolder());
  const net = stack.use(await Network.create(isolation, options));
  const crossing = direction.endsWith("simulated")
    ? await crossIn(net, stack, direction.startsWith("socket") ? folder.path : undefined)
    : await crossOut(net, stack, direction.endsWith("socket") ? folder.path : undefined);
  stack.defer(() => closeQuietly(crossing.near, crossing.far));
  const rest = stack.move();
  return { ...crossing, net, [Symbol.asyncDispose]: () => rest.disposeAsync() };
}

async function crossIn(
  { client, server }: Network,
  stack: AsyncDisposableStack,
  path: string | undefined,
): Promise<{ near: Deno.Conn; far: TCPConn; gateway: Gateway }> {
  using listener = server.listenTCP(ADDRESS);
  if (path !== undefined) {
    const gateway = stack.use(await expose(client, ADDRESS, { to: { path } }));
    return { near: await Deno.connect({ transport: "unix", path }), far: await listener.accept(), gateway };
  }
  const gateway = stack.use(await expose(client, ADDRESS, { to: { port: 0 } }));
  return { near: await Deno.connect(gateway.addr), far: await listener.accept(), gateway };
}

async function crossOut(
  { client, server }: Network,
  stack: AsyncDisposableStack,
  path: string | undefined,
): Promise<{ near: TCPConn; far: Deno.Conn; gateway: Gateway }> {
  if (path !== undefined) {
    using listener = Deno.listen({ transport: "unix", path });
    const gateway = stack.use(await reach(server, ADDRESS, { to: { path } }));
    return { near: await client.dialTCP(ADDRESS), far: await listener.accept(), gateway };
  }
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const gateway = stack.use(await reach(server, ADDRESS, { to: listener.addr }));
  return { near: await client.dialTCP(ADDRESS), far: await listener.accept(), gateway };
}

function closeQuietly(...conns: Deno.Conn[]): void {
  for (const conn of conns) conn[Symbol.dispose]();
}
