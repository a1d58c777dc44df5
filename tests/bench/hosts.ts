/**
 * Two hosts for a figure, in an internet that is routed, and the work that most figures share.
 *
 * @module
 */
import {
  Internet,
  type InternetOptions,
  type RouteOptions,
  type Stack,
  type TCPConn,
  type TCPListener,
} from "../../mod.ts";

/** Where the stacks run. */
export type Isolation = NonNullable<InternetOptions["isolation"]>;

const SERVER = "10.0.0.1";
const PORT = 80;
/** Until most code is compiled, windows have grown and buffers are there, ms. Peers have as long. */
export const WARM_UP = 1000;

/** How a figure's hosts differ from two default ones. */
export interface HostOptions {
  isolation: Isolation;
  mtu?: number;
  route?: RouteOptions;
}

/** A server with a listener, and a client. */
export class Hosts implements AsyncDisposable {
  readonly internet: Internet;
  readonly server: Stack;
  readonly client: Stack;
  readonly address: string;
  readonly #listener: TCPListener;

  private constructor(internet: Internet, server: Stack, client: Stack) {
    this.internet = internet;
    this.server = server;
    this.client = client;
    this.address = `${SERVER}:${PORT}`;
    this.#listener = server.listenTCP(this.address, { backlog: 4096 });
  }

  static async create({ isolation, mtu = 1500, route }: HostOptions): Promise<Hosts> {
    const internet = new Internet({ isolation });
    void internet.route(route);
    const [server, client] = await Promise.all([
      internet.newStack(mtu, SERVER),
      internet.newStack(mtu, "10.0.0.2"),
    ]);
    return new Hosts(internet, server, client);
  }

  /** Both ends of a new connection. */
  async open(): Promise<[dialled: TCPConn, accepted: TCPConn]> {
    return await Promise.all([this.client.dialTCP(this.address), this.#listener.accept()]);
  }

  /** Both ends of `count` new connections. */
  async openMany(count: number): Promise<[dialled: TCPConn, accepted: TCPConn][]> {
    const ends: [TCPConn, TCPConn][] = [];
    while (ends.length < count) ends.push(await this.open());
    return ends;
  }

  /** Every connection that is dialled from now on. */
  accepted(): AsyncIterable<TCPConn> {
    return this.#listener;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.internet.close();
  }
}

/** Bytes that a program gives or takes at once, over all its flows. */
const CHUNK = 256 * 1024;
const LEAST_CHUNK = 8 * 1024;

/** Counts the bytes of streams. */
export class Counter {
  bytes = 0;
  readonly #chunk: number;

  /** For `flows` flows. */
  constructor(flows = 1) {
    this.#chunk = Math.max(LEAST_CHUNK, Math.floor(CHUNK / flows));
  }

  /** Writes to one end as fast as it takes, and counts what the other reads; ends with the connection. */
  stream(from: Deno.Conn, to: Deno.Conn): void {
    void this.#write(from).catch(ignoreEnd);
    void this.#read(to).catch(ignoreEnd);
  }

  /** Mbit/s over `seconds`, once warm. */
  async rate(seconds: number): Promise<number> {
    await sleep(WARM_UP);
    const before = this.bytes;
    const start = performance.now();
    await sleep(1000 * seconds);
    return (this.bytes - before) * 8 / 1000 / (performance.now() - start);
  }

  async #write(conn: Deno.Conn): Promise<void> {
    const data = new Uint8Array(this.#chunk);
    for (;;) await conn.write(data);
  }

  async #read(conn: Deno.Conn): Promise<void> {
    const data = new Uint8Array(this.#chunk);
    for (let n = await conn.read(data); n !== null; n = await conn.read(data)) this.bytes += n;
  }
}

/** Streams are cut when their internet is closed. */
export function ignoreEnd(error: unknown): void {
  const { ConnectionAborted, BadResource, Interrupted } = Deno.errors;
  if ([ConnectionAborted, BadResource, Interrupted].some((ended) => error instanceof ended)) return;
  throw error;
}

/** Lets `ms` pass. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Does `work` again and again for `seconds`, once warm, and gives the times that it took in µs. */
export async function timesOf(seconds: number, work: () => Promise<void>): Promise<number[]> {
  const times: number[] = [];
  const warm = performance.now() + WARM_UP;
  const end = warm + 1000 * seconds;
  for (let start = performance.now(); start < end;) {
    await work();
    const now = performance.now();
    if (start >= warm) times.push(1000 * (now - start));
    start = now;
  }
  return times;
}

/** How often `work` can be done in a second, one after the other, once warm. */
export async function rateOf(seconds: number, work: () => Promise<void>): Promise<number> {
  const times = await timesOf(seconds, work);
  return 1e6 * times.length / times.reduce((sum, time) => sum + time, 0);
}

/** Sends 64 bytes there and back for `seconds`, once warm, and gives the times in µs. */
export async function roundTrips(conn: Deno.Conn, seconds: number): Promise<number[]> {
  const message = new Uint8Array(64);
  return await timesOf(seconds, async () => {
    await conn.write(message);
    for (let n = 0; n < message.length;) n += (await conn.read(message))!;
  });
}

/** Sends everything back. */
export async function echo(conn: Deno.Conn): Promise<void> {
  const data = new Uint8Array(64 * 1024);
  for (let n = await conn.read(data); n !== null; n = await conn.read(data)) await conn.write(data.subarray(0, n));
}
