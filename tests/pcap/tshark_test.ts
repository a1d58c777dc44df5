import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { PCAPTrace } from "../../pcap/mod.ts";
import { checkPCAP, countPackets, reorderings, requireTshark, retransmissions } from "../harness/tshark.ts";
import { pcapFile } from "./pcap_file.ts";
import * as packets from "./packets.ts";

async function withTrace(dumped: Uint8Array[], check: (path: string) => Promise<void>): Promise<void> {
  if (!await requireTshark()) return;
  const path = await Deno.makeTempFile({ suffix: ".pcap" });
  try {
    const trace = await PCAPTrace.open(path, 65_535);
    for (const packet of dumped) trace.dump(packet);
    await trace.close();
    await check(path);
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("tshark: finds nothing wrong with valid packets", async () => {
  const { tcpIPv4, tcpIPv6, udpIPv4, udpIPv6, echoIPv4, echoIPv6 } = packets;
  const valid = [tcpIPv4(1, "Hello"), tcpIPv6(1, "Hello"), udpIPv4("Hi"), udpIPv6("Hi"), echoIPv4(), echoIPv6()];
  await withTrace(valid, async (path) => {
    assertEquals(await checkPCAP(path), []);
    assertEquals(await countPackets(path), 6);
    assertEquals(await retransmissions(path), 0);
  });
});

Deno.test("tshark: finds nothing wrong with an empty trace", async () => {
  await withTrace([], async (path) => {
    assertEquals(await checkPCAP(path), []);
    assertEquals(await countPackets(path), 0);
  });
});

const DAMAGED: { name: string; packet: Uint8Array; problem: RegExp }[] = [
  { name: "IPv4 header", packet: packets.damaged(packets.udpIPv4("Hi"), 8), problem: /^packet 2: bad ip checksum: / },
  {
    name: "TCP over IPv4",
    packet: packets.damaged(packets.tcpIPv4(1, "Hi"), -1),
    problem: /^packet 2: bad tcp checksum: /,
  },
  {
    name: "TCP over IPv6",
    packet: packets.damaged(packets.tcpIPv6(1, "Hi"), -1),
    problem: /^packet 2: bad tcp checksum: /,
  },
  {
    name: "UDP over IPv4",
    packet: packets.damaged(packets.udpIPv4("Hi"), -1),
    problem: /^packet 2: bad udp checksum: /,
  },
  {
    name: "UDP over IPv6",
    packet: packets.damaged(packets.udpIPv6("Hi"), -1),
    problem: /^packet 2: bad udp checksum: /,
  },
  { name: "ICMP", packet: packets.damaged(packets.echoIPv4(), -1), problem: /^packet 2: bad icmp checksum: / },
  { name: "ICMPv6", packet: packets.damaged(packets.echoIPv6(), -1), problem: /^packet 2: bad icmpv6 checksum: / },
  { name: "short TCP header", packet: packets.malformedTCP(), problem: /^packet 2: malformed: / },
];

for (const { name, packet, problem } of DAMAGED) {
  Deno.test(`tshark: finds the damage: ${name}`, async () => {
    await withTrace([packets.echoIPv4(), packet, packets.echoIPv6()], async (path) => {
      const problems = await checkPCAP(path);
      assertEquals(problems.length, 1);
      assertMatch(problems[0], problem);
    });
  });
}

Deno.test("tshark: finds a file cut short", async () => {
  await withTrace([packets.echoIPv4()], async (path) => {
    await Deno.truncate(path, 24 + 16 + 5);
    const problems = await checkPCAP(path);
    assertEquals(problems.length, 1);
    assertMatch(problems[0], /^tshark: .*cut short/);
    await assertRejects(() => countPackets(path), Error, "cut short");
  });
});

Deno.test("tshark: finds a file that is no pcap, and one that is missing", async () => {
  await withTrace([], async (path) => {
    await Deno.writeTextFile(path, "This is a text, and a text is not a capture file.");
    assertMatch((await checkPCAP(path))[0], /^tshark: /);
    assertMatch((await checkPCAP(`${path}.missing`))[0], /^tshark: /);
  });
});

for (const { pause, repeated, late } of [{ pause: 200, repeated: 1, late: 0 }, { pause: 0, repeated: 0, late: 1 }]) {
  Deno.test(`tshark: a segment repeated after ${pause} ms`, async () => {
    await withTrace([], async (path) => {
      const segments = [packets.tcpIPv4(1, "Hello"), packets.tcpIPv4(6, "world"), packets.tcpIPv4(1, "Hello")];
      const records = segments.map((bytes, i) => ({ seconds: 1, fraction: i === 2 ? pause * 1000 : 0, bytes }));
      await Deno.writeFile(path, pcapFile(records));
      assertEquals(await checkPCAP(path), []);
      assertEquals(await retransmissions(path), repeated);
      assertEquals(await reorderings(path), late);
    });
  });
}
