// Listeners: what waits in the backlog, who gets it, and what becomes of the port.
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import type { TCPConn } from "../../mod.ts";
import * as failure from "./failures.ts";
import { later, rejects, throws } from "./failures.ts";
import {
  assertTalks,
  bytes,
  CLIENT,
  connectTo,
  eachIsolation,
  Network,
  readExactly,
  SERVER,
  SERVER6,
  text,
} from "./hosts.ts";
import { ACK, summarize, SYN, tcpPacket } from "./packets.ts";

const ADDRESS = `${SERVER}:80`;

eachIsolation("an accepted connection's local address is the real one", async (isolation) => {
  await using net = await Network.create(isolation);
  using listener = net.server.listenTCP("0.0.0.0:80");
  assertEquals(listener.addr.hostname, "0.0.0.0");
  using pair = await connectTo(net.client, listener, ADDRESS);
  assertEquals(pair.server.localAddr, { transport: "tcp", hostname: SERVER, port: 80 });
  assertEquals(pair.server.remoteAddr, { ...pair.client.localAddr });
  assertEquals(pair.client.localAddr.hostname, CLIENT);
  using inside = await connectTo(net.server, listener, "127.0.0.1:80");
  assertEquals(inside.server.localAddr.hostname, "127.0.0.1");
});

eachIsolation("port 0 is a free ephemeral one, for listeners, datagram sockets and dials", async (isolation) => {
  await using net = await Network.create(isolation);
  const { server } = net;
  const sockets = [
    ...Array.from({ length: 50 }, () => server.listenTCP(`${SERVER}:0`)),
    ...Array.from({ length: 50 }, () => server.listenUDP(`[${SERVER6}]:0`)),
  ];
  const ports = sockets.map((socket) => socket.addr.port);
  for (const port of ports) assert(port >= 32768 && port <= 60999, `${port}`);
  assertEquals(new Set(ports.slice(0, 50)).size, 50);
  assertEquals(new Set(ports.slice(50)).size, 50);
  using pair = await connectTo(net.client, sockets[0] as ReturnType<typeof server.listenTCP>, `${SERVER}:${ports[0]}`);
  assert(pair.client.localAddr.port >= 32768 && pair.client.localAddr.port <= 60999);
  for (const socket of sockets) socket.close();
});

eachIsolation(
  "ephemeral ports stay in the range of the limits, and are refused when all are taken",
  async (isolation) => {
    const limits = { ephemeralPorts: [50000, 50002] as const };
    await using net = await Network.create(isolation, { server: { limits } });
    const { server } = net;
    for (let round = 0; round < 3; round++) {
      const listeners = [0, 1, 2].map(() => server.listenTCP("0.0.0.0:0"));
      assertEquals(listeners.map(({ addr }) => addr.port).sort(), [50000, 50001, 50002]);
      throws(() => server.listenTCP("0.0.0.0:0"), failure.IN_USE);
      const sockets = [0, 1, 2].map(() => server.listenUDP("0.0.0.0:0"));
      throws(() => server.listenUDP("0.0.0.0:0"), failure.IN_USE);
      await rejects(server.dialUDP(`${CLIENT}:53`), failure.NOT_AVAILABLE);
      for (const socket of [...listeners, ...sockets]) socket.close();
    }
  },
);

eachIsolation("a port can be listened on again at once, also beside connections accepted before", async (isolation) => {
  await using net = await Network.create(isolation);
  const pairs = [];
  for (let round = 0; round < 5; round++) {
    using listener = net.server.listenTCP(round % 2 === 0 ? ADDRESS : "0.0.0.0:80");
    pairs.push(await connectTo(net.client, listener, ADDRESS));
    listener.close();
    // In the same turn: the dial meets the new listener, never the gap.
    using next = net.server.listenTCP(ADDRESS);
    pairs.push(await connectTo(net.client, next, ADDRESS));
  }
  for (const pair of pairs) await assertTalks(pair);
  for (const pair of pairs) pair[Symbol.dispose]();
});

eachIsolation("a dial straight after listen() finds the listener", async (isolation) => {
  await using net = await Network.create(isolation);
  for (let port = 1000; port < 1100; port++) {
    using listener = net.server.listenTCP(`${SERVER}:${port}`);
    using pair = await connectTo(net.client, listener, `${SERVER}:${port}`);
    assertNotEquals(pair.client.localAddr.port, port);
  }
});

eachIsolation(
  "backlog: no more connections wait than it says, and one more for each that is accepted",
  async (isolation) => {
    const synAcks = new Set<number>();
    await using net = await Network.create(isolation, {
      filter: ({ packet }) => {
        const { flags, destinationPort } = summarize(packet);
        if (flags === (SYN | ACK)) synAcks.add(destinationPort);
        return true;
      },
    });
    using listener = net.server.listenTCP(ADDRESS, { backlog: 3 });
    const clients: TCPConn[] = [];
    for (let i = 0; i < 3; i++) clients.push(await net.client.dialTCP(ADDRESS));
    const controller = new AbortController();
    const fourth = later(net.client.dialTCP(ADDRESS, { signal: controller.signal }));
    // A dial to a closed port is answered after the fourth's SYN was, if it was.
    await rejects(net.client.dialTCP(`${SERVER}:81`), failure.REFUSED);
    assertEquals(synAcks.size, 3);
    // The SYN is repeated after a second, and meets the room that the accept made.
    for (const client of clients) {
      using server = await listener.accept();
      await assertTalks({ client, server });
      client.close();
    }
    using client = await fourth;
    using server = await listener.accept();
    await assertTalks({ client, server });
  },
);

eachIsolation("backlog: it must be a positive integer", async (isolation) => {
  await using net = await Network.create(isolation);
  for (const backlog of [0, -1, 1.5, NaN, Infinity]) {
    throws(() => net.server.listenTCP(ADDRESS, { backlog }), { type: RangeError }, `Backlog ${backlog}`);
  }
  net.server.listenTCP(ADDRESS, { backlog: 1 }).close();
});

eachIsolation("a SYN that nobody follows up is no connection", async (isolation) => {
  const answered = Promise.withResolvers<number>();
  await using net = await Network.create(isolation, {
    filter: ({ packet }) => {
      const { flags, destinationPort } = summarize(packet);
      if (destinationPort === 7777 && flags & SYN) answered.resolve(flags);
      return destinationPort !== 7777;
    },
  });
  const listener = net.server.listenTCP(ADDRESS);
  const way = { source: CLIENT, sourcePort: 7777, destination: SERVER, destinationPort: 80 };
  assert(net.internet.deliver({ packet: tcpPacket(way, { seq: 1, flags: SYN }) }));
  assertEquals(await answered.promise, SYN | ACK);
  using pair = await connectTo(net.client, listener, ADDRESS);
  assertNotEquals(pair.server.remoteAddr.port, 7777);
  await assertTalks(pair);
  listener.close();
});

eachIsolation("what waits in a backlog and dies there is not lost without a word", async (isolation) => {
  const dataSent = Promise.withResolvers<void>();
  await using net = await Network.create(isolation, {
    filter: ({ packet }) => {
      if (summarize(packet).length > 0) dataSent.resolve();
      return true;
    },
  });
  using listener = net.server.listenTCP(ADDRESS);
  const dialled = await net.client.dialTCP(ADDRESS);
  await dialled.write(bytes("gone"));
  await dataSent.promise;
  dialled.abort();
  // Of a connection that was reset before the accept, the accept still tells.
  using next = await net.client.dialTCP(ADDRESS);
  using first = await listener.accept();
  assertEquals(text(await readExactly(first, 4)), "gone");
  await rejects(first.read(new Uint8Array(1)), failure.RESET);
  using second = await listener.accept();
  await assertTalks({ client: next, server: second });
});
