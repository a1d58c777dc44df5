/**
 * Transfers between two workers with next to no round-trip time, one after the other.
 *
 * @module
 */
import { Internet, type Stack, type TCPConn, type TCPListener } from "../../mod.ts";

const SERVER = "10.0.0.1";
const SIZE = 10_000_000;

/** What was seen of one transfer. */
export interface Transfer {
  /** From the dial to the last byte, ms. */
  duration: number;
  /** Segments that the sender sent again. */
  retransmits: number;
}

/** Sends 10 MB `runs` times, each over a connection of its own; throws an Error when bytes are missing. */
export async function transferAgainAndAgain(runs: number): Promise<Transfer[]> {
  await using internet = new Internet();
  void internet.route();
  const [server, client] = await Promise.all([
    internet.newStack(1500, SERVER),
    internet.newStack(1500, "10.0.0.2"),
  ]);
  using listener = server.listenTCP(`${SERVER}:80`);
  const transfers: Transfer[] = [];
  for (let run = 0; run < runs; run++) transfers.push(await transferOnce(client, listener));
  if (internet.dropped > 0) throw new Error(`${internet.dropped} packets found the queue full`);
  return transfers;
}

async function transferOnce(client: Stack, listener: TCPListener): Promise<Transfer> {
  const start = performance.now();
  const [conn, accepted] = await Promise.all([client.dialTCP(`${SERVER}:80`), listener.accept()]);
  using reading = conn;
  const [received, retransmits] = await Promise.all([countBytes(reading), send(accepted)]);
  if (received !== SIZE) throw new Error(`${received} of ${SIZE} bytes arrived`);
  return { duration: performance.now() - start, retransmits };
}

async function send(conn: TCPConn): Promise<number> {
  using _ = conn;
  const data = new Uint8Array(SIZE);
  for (let sent = 0; sent < SIZE;) sent += await conn.write(data.subarray(sent));
  return (await conn.info()).retransmits;
}

async function countBytes(conn: TCPConn): Promise<number> {
  const buffer = new Uint8Array(1 << 20);
  let received = 0;
  for (let n = await conn.read(buffer); n !== null; n = await conn.read(buffer)) received += n;
  return received;
}
