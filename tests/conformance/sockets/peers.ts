// Both ends of things, on any platform.
import { createServer } from "node:net";
import { once } from "node:events";
import { TCPConn } from "../../../mod.ts";
import type { Host, Platform } from "./platform.ts";

/** Both ends of a connection, closed together. */
export interface Pair extends Disposable {
  readonly client: Deno.TcpConn;
  readonly server: Deno.TcpConn;
}

/** A connection from the client to the server. */
export async function connected({ client, server }: Platform, hostname: string = server.ipv4): Promise<Pair> {
  using listener = server.listen({ hostname, port: 0 });
  const { port } = listener.addr;
  const [dialled, accepted] = await Promise.all([client.connect({ hostname, port }), listener.accept()]);
  return {
    client: dialled,
    server: accepted,
    [Symbol.dispose]() {
      dialled[Symbol.dispose]();
      accepted[Symbol.dispose]();
    },
  };
}

/** A connection that the server did not accept yet: closing the listener resets it. */
export interface Unaccepted extends Disposable {
  readonly conn: Deno.TcpConn;
  readonly listener: Deno.TcpListener;
}

export async function unaccepted({ client, server }: Platform): Promise<Unaccepted> {
  const hostname = server.ipv4;
  const listener = server.listen({ hostname, port: 0 });
  const conn = await client.connect({ hostname, port: listener.addr.port });
  return {
    conn,
    listener,
    [Symbol.dispose]() {
      conn[Symbol.dispose]();
      listener[Symbol.dispose]();
    },
  };
}

/** A connection that the server has reset, as the client's kernel knows by now. */
export async function reset(platform: Platform): Promise<Unaccepted> {
  const pair = await unaccepted(platform);
  pair.listener.close();
  await arrival(platform);
  return pair;
}

/** A connection whose server sent bytes and then reset it; all of that has arrived. */
export async function resetAfter(platform: Platform, bytes: Uint8Array): Promise<Deno.TcpConn> {
  const pair = await connected(platform);
  if (!(pair.server instanceof TCPConn)) {
    pair[Symbol.dispose]();
    return await resetByNode(bytes);
  }
  await pair.server.write(bytes);
  await arrival(platform);
  pair.server.abort();
  await arrival(platform);
  return pair.client;
}

/** Deno's own connections cannot reset, those of node:net can. */
async function resetByNode(bytes: Uint8Array): Promise<Deno.TcpConn> {
  const server = createServer((socket) => {
    socket.write(bytes, () => socket.resetAndDestroy());
    server.close();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const closed = once(server, "close");
  const { port } = server.address() as { port: number };
  const conn = await Deno.connect({ port });
  await closed;
  return conn;
}

/** What was sent before has arrived: this makes a round trip behind it. */
export async function arrival({ client, server }: Platform): Promise<void> {
  const address = { hostname: server.ipv4, port: closedPort(server) };
  await client.connect(address).then((conn) => conn.close(), () => {});
}

/** A port that nobody listens on. */
export function closedPort({ listen, ipv4 }: Host): number {
  using listener = listen({ hostname: ipv4, port: 0 });
  return listener.addr.port;
}

/** A datagram socket of the client and one of the server, closed together. */
export interface Sockets extends Disposable {
  readonly client: Deno.DatagramConn;
  readonly server: Deno.DatagramConn;
  /** Where the client reaches the server. */
  readonly to: Deno.NetAddr;
}

export function datagrams({ client, server }: Platform): Sockets {
  const near = client.listenDatagram({ port: 0, transport: "udp" });
  const far = server.listenDatagram({ hostname: server.ipv4, port: 0, transport: "udp" });
  return {
    client: near,
    server: far,
    to: far.addr as Deno.NetAddr,
    [Symbol.dispose]() {
      closeQuietly(near);
      closeQuietly(far);
    },
  };
}

/** Closes a socket that may have been closed, and has no dispose. */
export function closeQuietly(socket: { close(): void }): void {
  try {
    socket.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}
