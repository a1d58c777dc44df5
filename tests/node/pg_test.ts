// npm:pg on a simulated host, and a real PostgreSQL server that other simulated hosts reach.
import { assertEquals, assertRejects } from "@std/assert";
import type { EventEmitter } from "node:events";
import { once } from "node:events";
import type { Duplex } from "node:stream";
import { nodeDuplex, type NodeNet } from "../../adapters/node.ts";
import { reach, type Stack } from "../../mod.ts";
import { SERVER } from "../scenarios/hosts.ts";
import { eachNodeNet } from "./nets.ts";
import { fromNPM } from "./npm.ts";
import { Postgres, postgresPrograms } from "./postgres.ts";

/** What is used of pg here. */
interface PG {
  default: { Client: new (options: Options) => Client };
}

interface Options {
  host: string;
  port: number;
  user: string;
  password: string;
  stream: () => Duplex;
}

interface Client extends EventEmitter {
  connect(): Promise<unknown>;
  query(text: string, values?: unknown[]): Promise<{ rows: Record<string, unknown>[] }>;
  end(): Promise<void>;
}

const PASSWORD = "correct horse";
const ADDRESS = `${SERVER}:5432`;

const programs = await postgresPrograms();
if (programs === undefined) {
  // There it should have been installed, and a check must not be skipped unseen.
  if (Deno.env.get("CI")) throw new Error("Cannot test with a database: not installed: postgresql");
  console.log("Skipped: tests with npm:pg: not installed: postgresql");
}
const pg = programs === undefined ? undefined : await fromNPM<PG>("pg");

let postgres: Postgres | undefined;

/** The same test, with a simulated server that leads to the database. */
function eachDatabase(name: string, body: (net: NodeNet, client: Stack) => Promise<void>): void {
  if (pg === undefined) {
    Deno.test({ name: `${name} (skipped: see above)`, ignore: true, fn: () => {} });
    return;
  }
  eachNodeNet(name, async ({ client }, network) => {
    await using _gateway = await reach(network.server, ADDRESS, { to: { port: postgres!.port } });
    await body(client, network.client);
  });
}

if (programs !== undefined && pg !== undefined) {
  Deno.test.beforeAll(async () => void (postgres = await Postgres.start(programs, PASSWORD)));
  Deno.test.afterAll(() => postgres?.[Symbol.asyncDispose]());
}

function clientOver(stream: () => Duplex, password = PASSWORD): Client {
  return new pg!.default.Client({ host: SERVER, port: 5432, user: "postgres", password, stream });
}

eachDatabase("pg: a socket that pg connects, and a connection that stands already", async (net, stack) => {
  const conn = await stack.dialTCP(ADDRESS);
  for (const stream of [() => new net.Socket(), () => nodeDuplex(conn)]) {
    const client = clientOver(stream);
    await client.connect();
    const { rows } = await client.query("select $1::text as greeting, 6 * 7 as answer", ["Grüße"]);
    assertEquals(rows, [{ greeting: "Grüße", answer: 42 }]);
    await client.end();
  }
});

eachDatabase("pg: many rows, large values, errors and notifications", async (net) => {
  const client = clientOver(() => new net.Socket());
  await client.connect();
  const { rows } = await client.query("select n, repeat(n::text, 10) as text from generate_series(1, 20000) as n");
  assertEquals([rows.length, rows[19999]], [20000, { n: 20000, text: "20000".repeat(10) }]);
  const large = "x".repeat(1_000_000);
  const echo = await client.query("select $1::text as large, length($1) as length", [large]);
  assertEquals([echo.rows[0].large === large, echo.rows[0].length], [true, 1_000_000]);
  const mistake = await assertRejects(() => client.query("select nonsense"), Error);
  assertEquals(Reflect.get(mistake, "code"), "42703");
  const heard = once(client, "notification");
  await client.query("listen news");
  await client.query("notify news, 'it rains'");
  assertEquals((await heard)[0].payload, "it rains");
  await client.end();
});

eachDatabase("pg: a wrong password, nobody listening, and a server that hangs up", async (net) => {
  const stranger = clientOver(() => new net.Socket(), "a guess");
  const refused = await assertRejects(() => stranger.connect(), Error);
  assertEquals(Reflect.get(refused, "code"), "28P01");
  await stranger.end();

  const lost = new pg!.default.Client({
    host: SERVER,
    port: 5433,
    user: "postgres",
    password: PASSWORD,
    stream: () => new net.Socket(),
  });
  const nobody = await assertRejects(() => lost.connect(), Error);
  assertEquals(nobody.message, `connect ECONNREFUSED ${SERVER}:5433`);

  const client = clientOver(() => new net.Socket());
  client.on("error", () => {});
  await client.connect();
  const over = new Promise((resolve) => client.once("end", resolve));
  const ended = await assertRejects(() => client.query("select pg_terminate_backend(pg_backend_pid())"), Error);
  assertEquals(Reflect.get(ended, "code"), "57P01");
  await over;
});
