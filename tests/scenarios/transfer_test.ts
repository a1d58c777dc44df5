// 64 MiB each way at once, between two stacks in workers.
import { assertEquals } from "@std/assert";
import { type Digest, patternDigest, receiveDigest, sendPattern } from "./data.ts";
import { connect, eachIsolation, Network, scenario, SERVER, SERVER6 } from "./hosts.ts";

const LENGTH = 64 * 1024 * 1024;
const UP = 1;
const DOWN = 2;
/** So that lost packets cost little time. */
const FAST = { tcp: { minRto: 20 } };

const expected: Promise<[Digest, Digest]> = Promise.resolve().then(() => [
  patternDigest(LENGTH, UP),
  patternDigest(LENGTH, DOWN),
]);

for (const [mtu, address] of [[1280, `[${SERVER6}]:80`], [1500, `${SERVER}:80`], [9000, `[${SERVER6}]:80`]] as const) {
  scenario(`64 MiB each way at once, MTU ${mtu}`, () => transferBothWays(mtu, address));
}
scenario("64 MiB each way at once, MTU 65535", () => transferBothWays(65535, `${SERVER}:80`));

async function transferBothWays(mtu: number, address: string): Promise<void> {
  await using net = await Network.create("worker", { mtu });
  using pair = await connect(net.client, net.server, address);
  const [up, down] = await Promise.all([
    receiveDigest(pair.server),
    receiveDigest(pair.client),
    sendPattern(pair.client, LENGTH, UP),
    sendPattern(pair.server, LENGTH, DOWN),
  ]);
  assertEquals([up, down], await expected);
}

eachIsolation("1 MiB each way at once, through a network that loses every 50th packet", async (isolation) => {
  const length = 1024 * 1024;
  let count = 0;
  await using net = await Network.create(isolation, { filter: () => ++count % 50 !== 0, client: FAST, server: FAST });
  using pair = await connect(net.client, net.server);
  const [up, down] = await Promise.all([
    receiveDigest(pair.server),
    receiveDigest(pair.client),
    sendPattern(pair.client, length, UP),
    sendPattern(pair.server, length, DOWN),
  ]);
  assertEquals([up, down], [patternDigest(length, UP), patternDigest(length, DOWN)]);
});
