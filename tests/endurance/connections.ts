/**
 * Many connections between two inline stacks, as a program uses them. Run as a program, it prints what is left in memory:
 *
 *     deno run -A --v8-flags=--expose-gc tests/endurance/connections.ts 10000 100000 15000
 *
 * @module
 */
import { Internet, type Stack, type TCPConn, type TCPListener } from "../../mod.ts";
import { liveBytes } from "../virtual/memory.ts";

const SERVER = "10.0.0.1";
const WIDTH = 64;

/** Live bytes before and after, and how long the connections in turn took, ms. */
export interface Endurance {
  before: number;
  after: number;
  duration: number;
}

/** TIME-WAIT lasts `timeWait` ms: shorter than by default, because the measurement waits for its end. */
async function measure(together: number, inTurn: number, timeWait: number): Promise<Endurance> {
  await using internet = new Internet({ isolation: "inline", maxInflight: 65_536 });
  void internet.route();
  const tcp = { timeWait };
  const [server, client] = await Promise.all([
    internet.newStack({ addresses: [SERVER], tcp }),
    internet.newStack({ addresses: ["10.0.0.2"], tcp }),
  ]);
  using listener = server.listenTCP(`${SERVER}:80`, { backlog: 4096 });
  const serving = echo(listener);
  await openTogether(client, 1000);
  await openInTurn(client, 1000);
  const before = await rest(timeWait);
  await openTogether(client, together);
  const start = performance.now();
  await openInTurn(client, inTurn);
  const duration = performance.now() - start;
  const after = await rest(timeWait);
  listener.close();
  await serving;
  return { before, after, duration };
}

async function rest(timeWait: number): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, timeWait + 1000));
  return liveBytes();
}

async function echo(listener: TCPListener): Promise<void> {
  for await (const conn of listener) void answer(conn);
}

async function answer(conn: TCPConn): Promise<void> {
  using _ = conn;
  const buffer = new Uint8Array(1000);
  for (let n = await conn.read(buffer); n !== null; n = await conn.read(buffer)) {
    await conn.write(buffer.subarray(0, n));
  }
}

/** All are open at once, and each is used before the first is closed. */
async function openTogether(client: Stack, count: number): Promise<void> {
  const conns: TCPConn[] = [];
  while (conns.length < count) {
    const batch = Array.from({ length: Math.min(WIDTH, count - conns.length) }, () => client.dialTCP(`${SERVER}:80`));
    conns.push(...await Promise.all(batch));
  }
  for (const conn of conns) await use(conn);
  for (const conn of conns) conn.close();
}

/** Each is closed as soon as it was used, and another takes its place. */
async function openInTurn(client: Stack, count: number): Promise<void> {
  let left = count;
  const one = async () => {
    while (left-- > 0) {
      using conn = await client.dialTCP(`${SERVER}:80`);
      await use(conn);
    }
  };
  await Promise.all(Array.from({ length: WIDTH }, one));
}

async function use(conn: TCPConn): Promise<void> {
  const message = new Uint8Array(100).fill(7);
  await conn.write(message);
  let received = 0;
  const buffer = new Uint8Array(1000);
  while (received < message.length) {
    const n = await conn.read(buffer);
    if (n === null) throw new Error(`the echo ended after ${received} bytes`);
    received += n;
  }
}

if (import.meta.main) {
  const [together, inTurn, timeWait] = Deno.args.map(Number);
  console.log(JSON.stringify(await measure(together, inTurn, timeWait)));
}
