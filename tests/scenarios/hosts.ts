// Hosts for the scenarios: a server and a client in one internet that is routed, in workers or inline, and nothing left behind.
import { deadline } from "@std/async";
import { assertEquals } from "@std/assert";
import {
  Internet,
  type RouteOptions,
  type Stack,
  type StackOptions,
  type TCPConn,
  type TCPListener,
} from "../../mod.ts";

/** Where the stacks of an internet run. */
export type Isolation = "worker" | "inline";

export const SERVER = "10.0.0.1";
export const CLIENT = "10.0.0.2";
export const SERVER6 = "2001:db8::1";
export const CLIENT6 = "2001:db8::2";

/** So long may a scenario take, in ms, before it counts as hung: no measure of anything. */
const HUNG = 180_000;

/** A test that fails instead of hanging. */
export function scenario(name: string, body: () => Promise<void>): void {
  Deno.test(name, () => deadline(body(), HUNG));
}

/** The same test over stacks in workers and over inline ones. */
export function eachIsolation(name: string, body: (isolation: Isolation) => Promise<void>): void {
  for (const isolation of ["worker", "inline"] as const) scenario(`${name} (${isolation})`, () => body(isolation));
}

/** How two hosts differ from two default ones. */
export interface NetworkOptions {
  mtu?: number;
  maxInflight?: number;
  server?: Partial<StackOptions>;
  client?: Partial<StackOptions>;
  filter?: RouteOptions["filter"];
}

/** A server and a client with an address of each family, in an internet that is routed until it is disposed of. */
export class Network implements AsyncDisposable {
  readonly internet: Internet;
  readonly server: Stack;
  readonly client: Stack;
  readonly #routing: Promise<void>;

  private constructor(internet: Internet, server: Stack, client: Stack, routing: Promise<void>) {
    this.internet = internet;
    this.server = server;
    this.client = client;
    this.#routing = routing;
  }

  static async create(isolation: Isolation, options: NetworkOptions = {}): Promise<Network> {
    const { mtu = 1500, maxInflight, filter } = options;
    const internet = new Internet({ isolation, maxInflight });
    const routing = internet.route({ filter });
    try {
      const [server, client] = await Promise.all([
        internet.newStack({ addresses: [SERVER, SERVER6], mtu, ...options.server }),
        internet.newStack({ addresses: [CLIENT, CLIENT6], mtu, ...options.client }),
      ]);
      return new Network(internet, server, client, routing);
    } catch (error) {
      await internet.close();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.internet.close();
    await this.#routing;
  }
}

/** Both ends of one connection. */
export interface Ends {
  client: TCPConn;
  server: TCPConn;
}

/** Both ends, closed together. */
export interface Connection extends Ends, Disposable {}

/** Connects two stacks, without leaving a listener. */
export async function connect(client: Stack, server: Stack, address = `${SERVER}:80`): Promise<Connection> {
  using listener = server.listenTCP(address);
  return await connectTo(client, listener, address);
}

/** A connection to a listener, and its accepted end. */
export async function connectTo(client: Stack, listener: TCPListener, address: string): Promise<Connection> {
  const accepting = listener.accept();
  const dialled = await client.dialTCP(address);
  const accepted = await accepting;
  return {
    client: dialled,
    server: accepted,
    [Symbol.dispose]() {
      dialled[Symbol.dispose]();
      accepted[Symbol.dispose]();
    },
  };
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function bytes(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text);
}

export function text(data: Uint8Array): string {
  return decoder.decode(data);
}

/** Writes all of it, in as many writes as it takes. */
export async function writeAll(conn: Deno.Conn, data: Uint8Array): Promise<void> {
  for (let written = 0; written < data.length;) written += await conn.write(data.subarray(written));
}

/** Reads until the peer ends, into one array. */
export async function readAll(conn: Deno.Conn): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  const buffer = new Uint8Array(64 * 1024);
  for (let n = await conn.read(buffer); n !== null; n = await conn.read(buffer)) parts.push(buffer.slice(0, n));
  const all = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all;
}

/** Reads `length` bytes, no more. */
export async function readExactly(conn: Deno.Conn, length: number): Promise<Uint8Array<ArrayBuffer>> {
  const data = new Uint8Array(length);
  for (let have = 0; have < length;) {
    const n = await conn.read(data.subarray(have));
    if (n === null) throw new Error(`The stream ended after ${have} of ${length} bytes`);
    have += n;
  }
  return data;
}

/** That a connection carries a message each way. */
export async function assertTalks({ client, server }: Record<keyof Ends, Deno.Conn>): Promise<void> {
  await writeAll(client, bytes("question"));
  assertEquals(text(await readExactly(server, 8)), "question");
  await writeAll(server, bytes("answer"));
  assertEquals(text(await readExactly(client, 6)), "answer");
}
