// A flood that nobody takes: it is refused and counted, and memory stays bounded.
import { assert, assertEquals } from "@std/assert";
import { Internet, Stack } from "../../mod.ts";
import { patternDigest, receiveDigest, sendPattern } from "./data.ts";
import {
  assertTalks,
  bytes,
  CLIENT,
  connect,
  connectTo,
  eachIsolation,
  Network,
  scenario,
  SERVER,
  text,
} from "./hosts.ts";
import { fixture, Gate, OtherWorkers } from "./other_workers.ts";
import { summarize, SYN, tcpPacket, UDP, udpPacket } from "./packets.ts";

const MiB = 1024 * 1024;
const FLOOD = 320 * MiB;
/**
 * What memory may grow by. What is not kept is garbage, which the collectors of several threads let lie for a while (up to
 * 70 MiB were seen); what is kept would be all of the flood.
 */
const BOUND = FLOOD / 2;

/** SYNs of a flood, and what each would keep at the least if it were remembered. */
const SYNS = 100_000;
const HALF_OPEN = 2048;

/** How much the process holds more than `before`. */
function growth(before: Deno.MemoryUsage): number {
  return Deno.memoryUsage().rss - before.rss;
}

scenario("a worker that stands still is sent 16 MiB of packets and no more, and works afterwards", async () => {
  const gate = new Gate();
  using _ = new OtherWorkers(fixture("gated_worker.ts"), { gate: gate.shared });
  await using internet = new Internet();
  const routing = internet.route();
  const vnic = internet.newVNIC(1500);
  await using stack = await Stack.create(vnic, SERVER);
  internet.addRoute(vnic, SERVER);
  const client = await internet.newStack(1500, CLIENT);
  using before = await connect(client, stack);
  await assertTalks(before);

  gate.shut();
  const way = { source: "10.0.0.9", sourcePort: 9, destination: SERVER, destinationPort: 9 };
  const packet = udpPacket(way, new Uint8Array(1472));
  const memory = Deno.memoryUsage();
  let taken = 0;
  for (let sent = 0; sent < FLOOD; sent += packet.length) {
    if (internet.deliver({ packet })) taken += packet.length;
    if (sent % (100 * packet.length) === 0) await Promise.resolve();
  }
  await gate.halted();
  assert(taken > 15 * MiB && taken <= 16 * MiB, `${taken} bytes were taken`);
  assert(vnic.stats.refused > 100_000, `${vnic.stats.refused} were refused`);
  assert(growth(memory) < BOUND, `memory grew by ${growth(memory)} bytes`);

  gate.open();
  await assertTalks(before);
  using after = await connect(client, stack);
  await assertTalks(after);
  await internet.close();
  await routing;
});

eachIsolation("a flood beside a connection: both are served", async (isolation) => {
  await using net = await Network.create(isolation, { maxInflight: 64 });
  using pair = await connect(net.client, net.server);
  const way = { source: "10.0.0.9", sourcePort: 9, destination: SERVER, destinationPort: 9 };
  const packet = udpPacket(way, new Uint8Array(1472));
  const memory = Deno.memoryUsage();
  for (let sent = 0; sent < FLOOD; sent += 100 * packet.length) {
    for (let i = 0; i < 100; i++) net.internet.deliver({ packet });
    if (sent % (1000 * packet.length) === 0) await assertTalks(pair);
  }
  await assertTalks(pair);
  assert(growth(memory) < BOUND, `memory grew by ${growth(memory)} bytes`);
});

eachIsolation("a flood of SYNs: memory is bounded, and who is connected talks on", async (isolation) => {
  await using net = await Network.create(isolation, {
    filter: ({ packet }) => summarize(packet).destinationPort < 60_000,
    server: { limits: { synQueue: 100 } },
    client: { limits: { ephemeralPorts: [40000, 50000] } },
  });
  using listener = net.server.listenTCP(`${SERVER}:80`);
  using pair = await connectTo(net.client, listener, `${SERVER}:80`);
  const memory = Deno.memoryUsage();
  for (let i = 0; i < SYNS; i++) {
    const way = {
      source: `10.1.${(i >> 8) & 255}.${i & 255}`,
      sourcePort: 60_000 + (i >> 16) * 1000 + i % 1000,
      destination: SERVER,
      destinationPort: 80,
    };
    net.internet.deliver({ packet: tcpPacket(way, { seq: i, flags: SYN }) });
    if (i % 5000 === 0) await assertTalks(pair);
  }
  await assertTalks(pair);
  assert(growth(memory) < SYNS * HALF_OPEN / 2, `memory grew by ${growth(memory)} bytes`);
});

eachIsolation(
  "memory used up by what nobody reads: other connections still carry all their data",
  async (isolation) => {
    const limits = { receiveMemory: 64 * 1024, sendMemory: 64 * 1024 };
    await using net = await Network.create(isolation, { server: { limits } });
    using unread = await connect(net.client, net.server);
    const sending = sendPattern(unread.client, MiB, 1);
    for (const seed of [2, 3]) {
      using pair = await connect(net.client, net.server);
      const length = MiB / 4;
      const [received, echoed] = await Promise.all([
        receiveDigest(pair.server),
        receiveDigest(pair.client),
        sendPattern(pair.client, length, seed),
        sendPattern(pair.server, length, seed + 2),
      ]);
      assertEquals([received, echoed], [patternDigest(length, seed), patternDigest(length, seed + 2)]);
    }
    assertEquals(await receiveDigest(unread.server), patternDigest(MiB, 1));
    await sending;
  },
);

eachIsolation(
  "a program that does not take its packets: the queue is full, the rest is dropped and counted",
  async (isolation) => {
    await using internet = new Internet({ isolation, maxInflight: 100 });
    const stack = await internet.newStack(1500, CLIENT);
    using conn = await stack.dialUDP(`${SERVER}:7`);
    const memory = Deno.memoryUsage();
    for (let sent = 0; sent < FLOOD; sent += 1400) await conn.write(new Uint8Array(1400));
    // Every datagram has left the socket when the last one can be told from the others.
    await conn.write(bytes("last"));
    using own = stack.listenUDP("127.0.0.1:9");
    using inside = await stack.dialUDP("127.0.0.1:9");
    await inside.write(bytes("done"));
    assertEquals(text((await own.receive())[0]), "done");
    assert(internet.dropped > 100_000, `${internet.dropped} were dropped`);
    assert(growth(memory) < BOUND, `memory grew by ${growth(memory)} bytes`);
    let queued = 0;
    const reading = internet.inFlight();
    for await (const { packet } of reading) {
      assertEquals([summarize(packet).protocol, packet.length], [UDP, 1428]);
      if (++queued === 100) break;
    }
    // Now there is room again.
    const next = internet.inFlight().next();
    await conn.write(bytes("heard"));
    assertEquals((await next).value?.packet.length, 28 + 5);
  },
);
