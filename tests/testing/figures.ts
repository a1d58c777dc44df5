// What withInternet() costs: a test of two hosts, one TCP echo and the close of both sides. `deno run -A tests/testing/figures.ts`
import { type TestInternet, withInternet } from "../../mod.ts";
import { median } from "../harness/statistics.ts";

const ROUNDS = 30;

/** The time that starting the hosts took, in ms. */
async function echo(net: TestInternet): Promise<number> {
  const start = performance.now();
  const [server, client] = [await net.stack("10.0.0.1"), await net.stack("10.0.0.2")];
  const started = performance.now() - start;
  const listener = server.listenTCP("10.0.0.1:7");
  const conn = await client.dialTCP("10.0.0.1:7");
  const accepted = await listener.accept();
  await conn.write(new Uint8Array(64));
  const buffer = new Uint8Array(64);
  await accepted.write(buffer.subarray(0, await accepted.read(buffer) ?? 0));
  await conn.read(buffer);
  conn.close();
  if (await accepted.read(buffer) !== null) throw new Error("The connection did not end");
  accepted.close();
  return started;
}

for (const isolation of ["worker", "inline"] as const) {
  const [starts, rests]: number[][] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    const started = await withInternet({ isolation }, echo);
    starts.push(started);
    rests.push(performance.now() - start - started);
  }
  console.log(
    `${isolation}: starting two hosts ${median(starts).toFixed(2)} ms, all else ${
      median(rests).toFixed(2)
    } ms (median of ${ROUNDS})`,
  );
}
