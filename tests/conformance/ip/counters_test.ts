// N11: every reason for a drop has a counter, which stats() reads beside the others; netstat() reads the sockets.
// Some packets here are malformed on purpose.
import { assertEquals, assertRejects } from "@std/assert";
import { type DropReason, Internet } from "../../../mod.ts";
import { Counters } from "../../../stack/engine/counters.ts";
import { ADDRESSES } from "../../harness/flow.ts";
import { cut, fragmentOf } from "../../harness/fragments.ts";
import { datagram, LoneHost, toHost, withExtensions } from "../../harness/lone_host.ts";
import type { Damage, IPPacket, TCPSegment, Transport } from "../../harness/packets.ts";

const FAMILIES = [4, 6] as const;
type Family = 4 | 6;

/** What provokes a drop: of one packet, unless it says of how many, and what else is dropped. */
type Provocation = [
  what: string,
  provoke: (host: LoneHost, family: Family) => void,
  drops?: number,
  others?: Partial<Record<DropReason, number>>,
];

/** One packet from the peer. */
function packet(transport: Transport, changes: Partial<IPPacket> = {}, damage: Damage = {}) {
  return (host: LoneHost, family: Family) => void host.receive(toHost(family, transport, changes, damage));
}

/** A segment to port 80. */
function segment(changes: Partial<TCPSegment>): TCPSegment {
  return {
    kind: "tcp",
    sourcePort: 9,
    destinationPort: 80,
    seq: 1000,
    ack: 0,
    flags: "",
    window: 1000,
    urgent: 0,
    options: [],
    payload: new Uint8Array(),
    ...changes,
  };
}

/** An ICMP message by the type of each family. */
function icmp(ipv4: number, ipv6: number, payload = new Uint8Array(8)) {
  return (host: LoneHost, family: Family) => {
    host.receive(toHost(family, { kind: "icmp", type: family === 4 ? ipv4 : ipv6, code: 0, rest: 0, payload }));
  };
}

function listen(host: LoneHost, family: Family, backlog = 10): void {
  host.engine.listen(host.now, 1, { address: ADDRESSES[family].any, port: 80 }, backlog);
}

/** A connection from the peer's port 9 that the host has accepted; the peer's numbers go on at 1001, the host's as returned. */
function accepted(host: LoneHost, family: Family): number {
  listen(host, family);
  const [answer] = host.receive(toHost(family, segment({ flags: "S" })));
  const ack = (new DataView(answer.buffer).getUint32((family === 4 ? 20 : 40) + 4) + 1) >>> 0;
  host.receive(toHost(family, segment({ flags: ".", seq: 1001, ack })));
  return ack;
}

function send(host: LoneHost, length: number, address: string): void {
  host.bind(1, 7);
  host.engine.send(host.now, 1, new Uint8Array(length), { address, port: 9 });
  host.sent();
}

const OPTION_TO_DROP = [0, 0, 0x5e, 4, 0, 0, 0, 0];

const PROVOCATIONS: Record<DropReason, Provocation[]> = {
  malformed: [
    ["no packet at all", (host) => void host.receive(new Uint8Array(3))],
    ["a cut end", packet(datagram(10), {}, { cut: 1 })],
    ["another version", packet(datagram(10), {}, { version: 5 })],
    ["a UDP length that cannot be", packet(datagram(10), {}, { udpLength: 7 })],
    ["a TCP header that cannot be", packet(segment({ flags: "S" }), {}, { dataOffset: 4 })],
    ["an ICMP error without a quote", icmp(3, 1)],
    ["half an ICMP message", (host, family) => {
      const protocol = family === 4 ? 1 : 58;
      host.receive(toHost(family, { kind: "other", protocol, payload: Uint8Array.of(8, 0, 0xf7, 0xff) }));
    }],
    ["an empty fragment", (host, family) => {
      host.receive(fragmentOf(toHost(family, datagram(100)), { from: 8, to: 8, more: true }));
    }],
  ],
  checksum: [
    ["of UDP", packet(datagram(10), {}, { badChecksum: true })],
    ["of TCP", packet(segment({ flags: "S" }), {}, { badChecksum: true })],
    [
      "of ICMP",
      packet({ kind: "icmp", type: 3, code: 0, rest: 0, payload: new Uint8Array(8) }, {}, {
        badChecksum: true,
      }),
    ],
  ],
  notForUs: [["another host's", (host, family) => {
    host.receive(toHost(family, datagram(10), { destination: family === 4 ? "10.0.0.9" : "2001:db8::9" }));
  }]],
  martian: [["from loopback", (host, family) => {
    host.receive(toHost(family, datagram(10), { source: ADDRESSES[family].loopback }));
  }]],
  extensionHeader: [["an option that says so", (host) => {
    host.receive(withExtensions(toHost(6, datagram(10)), [[60, OPTION_TO_DROP]]));
  }]],
  sourceRoute: [["segments left", (host) => {
    host.receive(withExtensions(toHost(6, datagram(10)), [[43, [0, 2, 0, 1, ...new Array(20).fill(0)]]]));
  }]],
  fragmentOverlap: [["all that came, and what comes", (host, family) => {
    const whole = toHost(family, datagram(100));
    host.receive(fragmentOf(whole, { from: 0, to: 48 }), fragmentOf(whole, { from: 40, to: 80 }));
    host.receive(fragmentOf(whole, { from: 80, to: 96 }));
  }, 3]],
  fragmentLimit: [["the oldest datagram makes way", (host, family) => {
    const [first] = cut(toHost(family, datagram(3000)), 1000, 1);
    const [next] = cut(toHost(family, datagram(3000)), 1000, 2);
    host.receive(first, next);
  }]],
  fragmentTimeout: [["two of three", (host, family) => {
    host.receive(...cut(toHost(family, datagram(100)), 40).slice(1));
    host.advance(60_000);
  }, 2]],
  unknownProtocol: [
    ["of IP", packet({ kind: "other", protocol: 99, payload: new Uint8Array(10) })],
    ["an ICMP message", icmp(13, 133)],
  ],
  noSocket: [
    ["a datagram", packet(datagram(10))],
    ["a segment", packet(segment({ flags: "S" }))],
    ["an echo reply", icmp(0, 129)],
    ...([["a datagram", datagram(10)], ["a segment", segment({ flags: "S" })], [
      "another protocol",
      { kind: "other", protocol: 99, payload: new Uint8Array(8) },
    ]] as [string, Transport][]).map(([what, transport]): Provocation => [
      `an ICMP error about ${what}`,
      (host, family) => {
        const { host: source, peer: destination } = ADDRESSES[family];
        icmp(3, 1, toHost(family, transport, { source, destination }))(host, family);
      },
    ]),
  ],
  noRoute: [["a datagram to a family without an address", (host, family) => {
    send(host, 10, ADDRESSES[family === 4 ? 6 : 4].peer);
  }]],
  queueFull: [
    ["of a datagram socket", (host, family) => {
      host.bind(1, 7);
      host.receive(toHost(family, datagram(600)), toHost(family, datagram(600)));
    }],
    ["of a listener", (host, family) => {
      listen(host, family, 1);
      for (const sourcePort of [9, 10]) {
        const [answer] = host.receive(toHost(family, segment({ sourcePort, flags: "S" })));
        if (!answer) continue;
        const ack = (new DataView(answer.buffer).getUint32((family === 4 ? 20 : 40) + 4) + 1) >>> 0;
        host.receive(toHost(family, segment({ sourcePort, flags: ".", seq: 1001, ack })));
      }
    }],
  ],
  tooBig: [["a datagram", (host, family) => send(host, 65_530, ADDRESSES[family].peer)]],
  rateLimited: [[
    "an ICMP error",
    (host, family) => {
      for (let i = 0; i < 3; i++) {
        host.receive(toHost(family, { kind: "other", protocol: 99, payload: new Uint8Array(8) }));
      }
    },
    2,
    { unknownProtocol: 3 },
  ]],
  connectionLimit: [["a SYN too many", (host, family) => {
    listen(host, family);
    for (const sourcePort of [9, 10, 11]) host.receive(toHost(family, segment({ sourcePort, flags: "S" })));
  }]],
  memoryLimit: [["data far beyond a gap", (host, family) => {
    const ack = accepted(host, family);
    host.receive(toHost(family, segment({ seq: 10_000, ack, flags: ".", payload: new Uint8Array(1) })));
  }]],
  unacceptable: [
    ...([
      ["a segment out of the window", { seq: 900, flags: "." }],
      ["a segment without ACK", { seq: 1001, flags: "P" }],
      ["a RST out of the window", { seq: 900, flags: "R" }],
      ["a RST that may be blind", { seq: 1002, flags: "R" }],
      ["a SYN on an open connection", { seq: 1001, flags: "S" }],
      ["an ACK of what was not sent", { seq: 1001, flags: ".", ack: 7 }],
    ] as [string, Partial<TCPSegment>][]).map(([what, changes]): Provocation => [what, (host, family) => {
      accepted(host, family);
      host.receive(toHost(family, segment(changes)));
    }]),
    ...(["R", ".", "F"].map((flags): Provocation => [`${flags} to a listener`, (host, family) => {
      listen(host, family);
      host.receive(toHost(family, segment({ flags })));
    }])),
    ...(["R", ".", "F", "R."].map((flags): Provocation => [`${flags} in answer to a SYN`, (host, family) => {
      host.engine.connect(0, 1, 80, { address: ADDRESSES[family].peer, port: 9 });
      host.sent();
      host.receive(toHost(family, segment({ flags, ack: 7 })));
    }])),
    ["an ICMP error about what is not under way", (host, family) => {
      accepted(host, family);
      const { host: source, peer: destination } = ADDRESSES[family];
      const sent = segment({ sourcePort: 80, destinationPort: 9, seq: 7, flags: "." });
      icmp(3, 1, toHost(family, sent, { source, destination }))(host, family);
    }],
    ["an echo reply with other data", (host, family) => {
      const data = Uint8Array.of(1);
      host.engine.ping(0, 1, ADDRESSES[family].peer, { identifier: 0, sequence: 0, data, ttl: 64, timeout: 1000 });
      host.sent();
      icmp(0, 129)(host, family);
    }],
  ],
};

/** Reasons that only IPv6 has, or that IPv4 has otherwise. */
const ONLY_IPV6: string[] = ["extensionHeader", "sourceRoute"];

for (const [reason, provocations] of Object.entries(PROVOCATIONS)) {
  for (const [what, provoke, drops = 1, others] of provocations) {
    for (const family of ONLY_IPV6.includes(reason) ? [6] as const : FAMILIES) {
      Deno.test(`N11 ${reason}: ${what} (IPv${family})`, () => {
        const limits = { reassembly: 3000, udpQueue: 1000, icmpRate: 1, connections: 2, receiveMemory: 20_000 };
        const addresses = reason === "noRoute" ? [ADDRESSES[family].host] : undefined;
        const host = new LoneHost({ limits, ...(addresses && { addresses }) });
        provoke(host, family);
        assertEquals(host.dropped, { ...others, [reason]: drops });
      });
    }
  }
}

Deno.test("N11 sourceRoute: a route in IPv4 options (IPv4)", () => {
  const host = new LoneHost();
  const packet = toHost(4, datagram(10), {}, { ipOptions: 8 });
  packet.set([131, 7, 4, 10, 0, 0, 9, 0], 20);
  const view = new DataView(packet.buffer);
  view.setUint16(10, 0);
  let sum = 0;
  for (let at = 0; at < 28; at += 2) sum += view.getUint16(at);
  view.setUint16(10, ~(sum % 0xffff));
  host.receive(packet);
  assertEquals(host.dropped, { sourceRoute: 1 });
});

Deno.test("N11 what is taken is counted, and nothing of it as dropped", () => {
  const host = new LoneHost();
  for (const family of FAMILIES) host.receive(toHost(family, echoRequest(family)));
  assertEquals([host.engine.counters.received, host.engine.counters.sent], [2, 2]);
  assertEquals(host.dropped, {});
});

function echoRequest(family: Family): Transport {
  return { kind: "icmp", type: family === 4 ? 8 : 128, code: 0, rest: 0, payload: new Uint8Array() };
}

Deno.test("N11 stats() and netstat() of a stack read what its engine counts", async () => {
  await using internet = new Internet({ isolation: "inline" });
  void internet.route();
  const stack = await internet.newStack(1500, "10.0.0.1");
  const peer = await internet.newStack(1500, "10.0.0.2");
  using _socket = stack.listenUDP("10.0.0.1:7");
  await assertRejects(() => peer.dialTCP("10.0.0.1:80"), Deno.errors.ConnectionRefused);
  const { dropped, ...rest } = await stack.stats();
  assertEquals(rest, { received: 1, sent: 1, reassembled: 0, fragmented: 0 });
  assertEquals(dropped, { ...new Counters().dropped, noSocket: 1 });
  assertEquals((await stack.netstat()).map(({ protocol, local }) => `${protocol} ${local}`), ["udp 10.0.0.1:7"]);
});
