// What a stack and its connections tell of themselves.
import { assert, assertEquals, assertGreater, assertRejects } from "@std/assert";
import { CLIENT, connect, eachIsolation, Network, readAll, SERVER, writeAll } from "./hosts.ts";

eachIsolation("netstat lists listeners, connections and datagram sockets", async (isolation) => {
  await using network = await Network.create(isolation);
  const { server, client } = network;
  using pair = await connect(client, server);
  using _listener = server.listenTCP("[::]:443", { backlog: 7 });
  using _socket = server.listenUDP(`${SERVER}:53`);
  using peer = await client.dialUDP(`${SERVER}:53`);
  const port = pair.client.localAddr.port;
  assertEquals(await server.netstat(), [
    { protocol: "tcp", state: "LISTEN", local: "[::]:443", remote: "*", receiveQueue: 0, sendQueue: 7 },
    {
      protocol: "tcp",
      state: "ESTABLISHED",
      local: `${SERVER}:80`,
      remote: `${CLIENT}:${port}`,
      receiveQueue: 0,
      sendQueue: 0,
    },
    { protocol: "udp", state: "UNCONNECTED", local: `${SERVER}:53`, remote: "*", receiveQueue: 0, sendQueue: 0 },
  ]);
  const [, udp] = await client.netstat();
  assertEquals([udp.state, udp.local, udp.remote], [
    "ESTABLISHED",
    `${CLIENT}:${peer.localAddr.port}`,
    `${SERVER}:53`,
  ]);
});

eachIsolation("netstat counts what has arrived and was not read, as long as it was not", async (isolation) => {
  await using network = await Network.create(isolation);
  const { server, client } = network;
  using pair = await connect(client, server);
  const unread = async () => (await server.netstat()).map(({ receiveQueue }) => receiveQueue);
  await writeAll(pair.client, new Uint8Array(1000));
  while ((await pair.server.info()).bytesReceived < 1000);
  assertEquals(await unread(), [1000]);
  await pair.server.read(new Uint8Array(400));
  assertEquals(await unread(), [600]);
  // More than is handed to the program ahead of its reads.
  await writeAll(pair.client, new Uint8Array(400_000));
  while ((await pair.server.info()).bytesReceived < 401_000);
  assertEquals(await unread(), [400_600]);

  using socket = server.listenUDP(`${SERVER}:53`);
  using peer = await client.dialUDP(`${SERVER}:53`);
  await peer.write(new Uint8Array(10));
  await peer.write(new Uint8Array(20));
  while ((await unread())[1] < 30 + 2 * 256);
  await socket.receive();
  assertEquals(await unread(), [400_600, 20 + 256]);
});

eachIsolation("netstat shows who waits in TIME-WAIT: the one that closed first", async (isolation) => {
  await using network = await Network.create(isolation);
  const { client, server } = network;
  const pair = await connect(client, server);
  pair.client.close();
  assertEquals((await readAll(pair.server)).length, 0);
  pair.server.close();
  for (;;) {
    const states = [...await client.netstat(), ...await server.netstat()].map(({ state }) => state);
    if (states.length === 1) {
      assertEquals(states, ["TIME-WAIT"]);
      break;
    }
  }
});

eachIsolation("info counts the bytes of both directions, and measures the path", async (isolation) => {
  await using network = await Network.create(isolation);
  using pair = await connect(network.client, network.server);
  const length = 300_000;
  await Promise.all([
    writeAll(pair.client, new Uint8Array(length)).then(() => pair.client.closeWrite()),
    readAll(pair.server),
  ]);
  let sender = await pair.client.info();
  while (sender.unacked > 0) sender = await pair.client.info();
  const receiver = await pair.server.info();
  assertEquals([sender.state, receiver.state], ["FIN-WAIT-2", "CLOSE-WAIT"]);
  assertEquals([sender.bytesAcked, receiver.bytesReceived], [length, length]);
  assertEquals([sender.mss, sender.sacked, sender.lost], [1448, 0, 0]);
  assert(sender.bytesSent >= length && sender.rto >= 200 && sender.cwnd >= 10 * 1448);
  assertGreater(sender.rtt, 0);
  assertGreater(sender.deliveryRate, 0);
});

eachIsolation("info tells of a segment that was sent again", async (isolation) => {
  let lost = false;
  const filter = ({ packet }: { packet: Uint8Array }) => {
    if (lost || packet.length < 1000) return true;
    lost = true;
    return false;
  };
  await using network = await Network.create(isolation, { filter });
  using pair = await connect(network.client, network.server);
  await writeAll(pair.client, new Uint8Array(100_000));
  await pair.client.closeWrite();
  await readAll(pair.server);
  const { retransmits, bytesSent } = await pair.client.info();
  assertGreater(retransmits, 0);
  assertGreater(bytesSent, 100_000);
});

eachIsolation(
  "info of a connection that was reset is all 0, also while there is something to read",
  async (isolation) => {
    await using network = await Network.create(isolation);
    using pair = await connect(network.client, network.server);
    // More than is handed to the program ahead of its reads.
    await writeAll(pair.client, new Uint8Array(400_000));
    while ((await pair.server.info()).bytesReceived < 400_000);
    pair.client.abort();
    let info = await pair.server.info();
    while (info.state !== "CLOSED") info = await pair.server.info();
    const { state, reordering, ...figures } = info;
    assertEquals([state, reordering, new Set(Object.values(figures))], ["CLOSED", false, new Set([0])]);
    // It is the program's own.
    Object.assign(info, { rtt: 1 });
    assertEquals((await pair.server.info()).rtt, 0);
    assertGreater(await pair.server.read(new Uint8Array(1000)) ?? 0, 0);
  },
);

eachIsolation("stats count packets, and what was dropped by its reason", async (isolation) => {
  await using network = await Network.create(isolation);
  const { client, server } = network;
  await assertRejects(() => client.dialTCP(`${SERVER}:81`), Deno.errors.ConnectionRefused);
  const stats = await server.stats();
  assertEquals([stats.received, stats.sent, stats.dropped.noSocket, stats.dropped.checksum], [1, 1, 1, 0]);
});

eachIsolation("after the end: info as a read, netstat and stats as a dial", async (isolation) => {
  const network = await Network.create(isolation);
  using pair = await connect(network.client, network.server);
  pair.client.close();
  await assertRejects(() => pair.client.info(), Deno.errors.BadResource);
  const asked = network.server.netstat();
  const answer = assertRejects(() => asked, Deno.errors.NetworkUnreachable);
  await network.server.close();
  await answer;
  await assertRejects(() => pair.server.info(), Deno.errors.BadResource);
  await assertRejects(() => network.server.netstat(), Deno.errors.NetworkUnreachable);
  await assertRejects(() => network.server.stats(), Deno.errors.NetworkUnreachable);
  await network[Symbol.asyncDispose]();
});
