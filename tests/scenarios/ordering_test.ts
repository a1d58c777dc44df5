// Calls and packets reach the engine in the order in which the program made them, and come back so, however busy its thread is.
import { assertEquals } from "@std/assert";
import type { DatagramConn, Stack, TCPListener } from "../../mod.ts";
import { CLIENT, type Isolation, Network, scenario, SERVER } from "./hosts.ts";
import { fixture, OtherWorkers } from "./other_workers.ts";
import { ACK, ICMP, RST, summarize, SYN, TCP, tcpPacket, UDP, udpPacket } from "./packets.ts";

const TIMES = 10_000;
/** How many are under way at once: a turn of the engine has one, some or all of them. */
const ROUND = 50;

/** Workers that waste half of each millisecond; inline, the engine is busy anyhow. */
function onBusyThread(name: string, body: (isolation: Isolation) => Promise<void>): void {
  scenario(`${name} (busy worker)`, async () => {
    using _ = new OtherWorkers(fixture("busy_worker.ts"), { spin: 0.2, turns: Infinity });
    await body("worker");
  });
  scenario(`${name} (inline)`, () => body("inline"));
}

/** Lets what was collected be posted, on every other call only: turns are of one call, and of many. */
async function sometimesPost(i: number): Promise<void> {
  if (i % 2 === 0) return;
  for (let microtask = 0; microtask < 8; microtask++) await null;
}

onBusyThread("a SYN behind its listen() is never refused", async (isolation) => {
  const answers = new Map<number, number>();
  let round = Promise.withResolvers<void>();
  await using net = await Network.create(isolation, {
    maxInflight: 10_000,
    filter: ({ packet }) => {
      const { protocol, flags, destinationPort } = summarize(packet);
      // The first answer counts: those that follow are resets, as the listener closes.
      if (protocol === TCP && !answers.has(destinationPort)) {
        answers.set(destinationPort, flags);
        if (answers.size % ROUND === 0) round.resolve();
      }
      return false;
    },
  });
  for (let sourcePort = 1; sourcePort <= TIMES;) {
    const listeners: TCPListener[] = [];
    for (let i = 0; i < ROUND; i++, sourcePort++) {
      const way = { source: CLIENT, sourcePort, destination: SERVER, destinationPort: 1000 + i };
      listeners.push(net.server.listenTCP(`${SERVER}:${1000 + i}`));
      net.internet.deliver({ packet: tcpPacket(way, { seq: sourcePort, flags: SYN }) });
      await sometimesPost(i);
    }
    await round.promise;
    round = Promise.withResolvers();
    for (const listener of listeners) listener.close();
  }
  assertEquals(answers.size, TIMES);
  assertEquals([...answers.values()].filter((flags) => flags !== (SYN | ACK)), []);
});

onBusyThread("a SYN behind a listener's close() is always refused", async (isolation) => {
  const answers = new Map<number, number>();
  let round = Promise.withResolvers<void>();
  await using net = await Network.create(isolation, {
    maxInflight: 10_000,
    filter: ({ packet }) => {
      const { protocol, flags, destinationPort } = summarize(packet);
      if (protocol === TCP) {
        answers.set(destinationPort, flags);
        if (answers.size % ROUND === 0) round.resolve();
      }
      return false;
    },
  });
  for (let sourcePort = 1; sourcePort <= TIMES;) {
    for (let i = 0; i < ROUND; i++, sourcePort++) {
      const way = { source: CLIENT, sourcePort, destination: SERVER, destinationPort: 1000 + i };
      const listener = net.server.listenTCP(`${SERVER}:${1000 + i}`);
      await sometimesPost(i);
      listener.close();
      net.internet.deliver({ packet: tcpPacket(way, { seq: sourcePort, flags: SYN }) });
      await sometimesPost(i + 1);
    }
    await round.promise;
    round = Promise.withResolvers();
  }
  assertEquals(answers.size, TIMES);
  assertEquals([...answers.values()].filter((flags) => flags !== (RST | ACK)), []);
});

onBusyThread("a datagram before a socket's close() finds it, one behind finds nobody", async (isolation) => {
  const refused: number[] = [];
  let round = Promise.withResolvers<void>();
  await using net = await Network.create(isolation, {
    maxInflight: 10_000,
    server: { limits: { icmpRate: 1e9 } },
    filter: ({ packet }) => {
      if (summarize(packet).protocol !== ICMP) return false;
      // The datagram's source port, as the error quotes it.
      refused.push((packet[48] << 8) | packet[49]);
      if (refused.length % ROUND === 0) round.resolve();
      return false;
    },
  });
  const expected: number[] = [];
  for (let sourcePort = 1; sourcePort <= 2 * TIMES;) {
    for (let i = 0; i < ROUND; i++, sourcePort += 2) {
      const way = { source: CLIENT, sourcePort, destination: SERVER, destinationPort: 1000 + i };
      const socket = net.server.listenUDP(`${SERVER}:${1000 + i}`);
      net.internet.deliver({ packet: udpPacket(way, Uint8Array.of(i)) });
      await sometimesPost(i);
      socket.close();
      net.internet.deliver({ packet: udpPacket({ ...way, sourcePort: sourcePort + 1 }, Uint8Array.of(i)) });
      expected.push(sourcePort + 1);
    }
    await round.promise;
    round = Promise.withResolvers();
  }
  assertEquals(refused, expected);
});

onBusyThread("what a socket sent before its close() goes out, in order", async (isolation) => {
  const seen: number[] = [];
  const all = Promise.withResolvers<void>();
  await using net = await Network.create(isolation, {
    maxInflight: 2 * TIMES,
    filter: ({ packet }) => {
      const { protocol, destinationPort } = summarize(packet);
      if (protocol === UDP && destinationPort === 7) seen.push((packet[28] << 8) | packet[29]);
      if (seen.length === TIMES) all.resolve();
      return false;
    },
  });
  for (let i = 0; i < TIMES; i++) {
    await sendAndClose(net.client, i);
    await sometimesPost(i);
  }
  await all.promise;
  assertEquals(seen, Array.from({ length: TIMES }, (_, i) => i));
});

async function sendAndClose(stack: Stack, i: number): Promise<void> {
  const socket: DatagramConn = stack.listenUDP("0.0.0.0:5000");
  const sending = socket.send(Uint8Array.of(i >> 8, i & 0xff), { transport: "udp", hostname: SERVER, port: 7 });
  socket.close();
  await sending;
}
