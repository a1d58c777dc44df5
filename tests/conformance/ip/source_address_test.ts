// N10: a host with addresses of both families, and which of them its packets come from (RFC 6724 §5).
import { assertEquals } from "@std/assert";
import { LoneHost } from "../../harness/lone_host.ts";
import { buildPacket, readPacket, type Transport } from "../../harness/packets.ts";

/** Why an address is chosen: the rule, the host's addresses, a destination, the address. */
const CHOICES: [why: string, addresses: string[], destination: string, source: string][] = [
  ["the family: IPv4", ["2001:db8::1", "10.0.0.1"], "10.0.0.2", "10.0.0.1"],
  ["the family: IPv6", ["10.0.0.1", "2001:db8::1"], "2001:db8::2", "2001:db8::1"],
  ["rule 2: a link-local address does not reach far", ["fe80::1", "2001:db8::1"], "2001:db8:1::2", "2001:db8::1"],
  ["rule 2: nor does it when it is all that resembles", ["fe80::1", "2001:db8::1"], "fc00::2", "2001:db8::1"],
  ["rule 2: on the link, a link-local address is enough", ["2001:db8::1", "fe80::1"], "fe80::2", "fe80::1"],
  ["rule 2: site-local is wider than link-local", ["fe80::1", "fec0::1"], "2001:db8::2", "fec0::1"],
  ["rule 2: the least that is enough", ["2001:db8::1", "fec0::1", "fe80::1"], "fec0::2", "fec0::1"],
  ["rule 2: a multicast group's scope", ["2001:db8::1", "fe80::1"], "ff02::1", "fe80::1"],
  ["rule 2: a global group's", ["fe80::1", "2001:db8::1"], "ff0e::1", "2001:db8::1"],
  ["rule 2: IPv4 has link-local addresses too", ["169.254.0.1", "10.0.0.1"], "192.0.2.1", "10.0.0.1"],
  ["rule 2: and uses them on the link", ["10.0.0.1", "169.254.0.1"], "169.254.0.2", "169.254.0.1"],
  ["rule 2: all that there is will do", ["fe80::1"], "2001:db8::2", "fe80::1"],
  ["rule 6: unique local to unique local", ["2001:db8::1", "fd00::1"], "fcff::2", "fd00::1"],
  ["rule 6: and not beyond", ["fd00::1", "2001:db8::1"], "2001:db9::2", "2001:db8::1"],
  ["rule 6: even if the prefix is longer", ["2001:db8::1", "fd00::1"], "fc00::2", "fd00::1"],
  ["rule 6: 6to4 to 6to4", ["2003:db8::1", "2002:c000:201::1"], "2002:c000:202::2", "2002:c000:201::1"],
  ["rule 6: not 6to4 elsewhere", ["2002:c000:201::1", "2800:db8::1"], "2003:db8::2", "2800:db8::1"],
  ["rule 6: Teredo to Teredo", ["2001:1::1", "2001:0:a::1"], "2001:0:b::2", "2001:0:a::1"],
  ["rule 8: the longest prefix", ["2001:db8:1::1", "2001:db8:2::1"], "2001:db8:2::2", "2001:db8:2::1"],
  ["rule 8: by single bits", ["2001:db8:8::1", "2001:db8:c::1"], "2001:db8:f::2", "2001:db8:c::1"],
  ["rule 8: an interface's identifier says nothing", ["2001:db8::1", "2001:db8::fe"], "2001:db8::ff", "2001:db8::1"],
  ["rule 8, for IPv4 too", ["10.0.0.1", "10.0.1.1"], "10.0.1.2", "10.0.1.1"],
  ["rule 8: private networks", ["192.168.0.1", "10.0.0.1", "172.16.0.1"], "172.16.9.9", "172.16.0.1"],
  ["no rule: the first that was given", ["10.0.0.1", "10.0.0.2"], "192.0.2.1", "10.0.0.1"],
  ["no rule: the first of IPv6", ["2001:db8::2", "2001:db8::1"], "2a00::1", "2001:db8::2"],
  ["loopback comes from loopback", ["10.0.0.1"], "127.0.0.9", "127.0.0.1"],
  ["IPv6's too", ["2001:db8::1"], "::1", "::1"],
];

for (const [why, addresses, destination, source] of CHOICES) {
  Deno.test(`N10 ${why}: from ${addresses} to ${destination}`, () => {
    const host = new LoneHost({ addresses });
    host.engine.connectDatagram(0, 1, 5000, { address: destination, port: 9 });
    const [bound] = host.sent().length === 0 ? host.events : [];
    assertEquals(bound, { kind: "bound", id: 1, local: { address: source, port: 5000 } });
    if (destination.startsWith("127.") || destination === "::1") return;
    host.bind(2, 7);
    host.engine.send(0, 2, new Uint8Array(1), { address: destination, port: 9 });
    host.engine.connect(0, 3, 5001, { address: destination, port: 80 });
    host.engine.ping(0, 4, destination, {
      identifier: 1,
      sequence: 1,
      data: new Uint8Array(8),
      ttl: 64,
      timeout: 1000,
    });
    const sent = host.sent().map(readPacket);
    // TCP connects to no group.
    const kinds = destination.startsWith("ff") ? ["icmp", "udp"] : ["icmp", "tcp", "udp"];
    assertEquals(sent.map((packet) => packet.transport.kind).toSorted(), kinds);
    for (const packet of sent) assertEquals([packet.source, packet.destination], [source, destination]);
  });
}

const OWN = ["10.0.0.1", "10.0.0.2", "2001:db8::1", "2001:db8:1::1", "fd00::1", "fe80::1"];

for (const own of OWN) {
  Deno.test(`N10 rule 1: to itself, ${own} of many`, () => {
    const host = new LoneHost({ addresses: OWN });
    host.engine.connectDatagram(0, 1, 5000, { address: own, port: 9 });
    assertEquals(host.sent(), []);
    assertEquals(host.events, [{ kind: "bound", id: 1, local: { address: own, port: 5000 } }]);
  });

  Deno.test(`N10 ${own} answers for itself, whichever address a rule would choose`, () => {
    const host = new LoneHost({ addresses: OWN });
    host.engine.listen(0, 1, { address: own.includes(":") ? "::" : "0.0.0.0", port: 80 }, 10);
    const peer = own.includes(":") ? "2001:db8::9" : "10.0.0.9";
    const echo = own.includes(":") ? 128 : 8;
    const asked: Transport[] = [
      { kind: "icmp", type: echo, code: 0, rest: 1, payload: new Uint8Array(8) },
      { kind: "udp", sourcePort: 9, destinationPort: 9, checksum: 0, payload: new Uint8Array(1) },
      {
        kind: "tcp",
        sourcePort: 9,
        destinationPort: 80,
        seq: 0,
        ack: 0,
        flags: "S",
        window: 1000,
        urgent: 0,
        options: [],
        payload: new Uint8Array(),
      },
    ];
    for (const transport of asked) {
      const packet = { source: peer, destination: own, ttl: 64, identification: 1, dontFragment: true, transport };
      const [answer] = host.receive(buildPacket(packet)).map(readPacket);
      assertEquals([answer.source, answer.destination], [own, peer], transport.kind);
    }
  });
}

Deno.test("N10 one host talks both families at once", () => {
  const host = new LoneHost();
  host.bind(1, 7);
  for (const address of ["10.0.0.2", "2001:db8::2"]) host.engine.send(0, 1, new Uint8Array(1), { address, port: 9 });
  assertEquals(host.sent().map(readPacket).map(({ source }) => source), ["10.0.0.1", "2001:db8::1"]);
});

for (const [own, destination] of [["10.0.0.1", "2001:db8::2"], ["2001:db8::1", "10.0.0.2"]]) {
  Deno.test(`N10 a host with ${own} alone has no way to ${destination}`, () => {
    const host = new LoneHost({ addresses: [own] });
    host.engine.connect(0, 1, 5000, { address: destination, port: 80 });
    host.engine.connectDatagram(0, 2, 5000, { address: destination, port: 9 });
    host.bind(3, 7);
    host.engine.send(0, 3, new Uint8Array(1), { address: destination, port: 9 });
    assertEquals(host.sent(), []);
    const failed = host.events.filter((event) => event.kind === "failed");
    assertEquals(failed.map(({ id, reason }) => [id, reason]), [[1, "network-unreachable"], [
      2,
      "network-unreachable",
    ]]);
    assertEquals(host.dropped, { noRoute: 1 });
  });
}

for (const [what, loopback] of [["0.0.0.0", "127.0.0.1"], ["::", "::1"]]) {
  Deno.test(`N10 ${what} as a destination is the host itself, for datagrams as for connections`, () => {
    const host = new LoneHost();
    host.bind(1, 7);
    host.engine.connectDatagram(0, 2, 5000, { address: what, port: 7 });
    host.engine.send(0, 2, new Uint8Array(3), { address: what, port: 7 });
    host.engine.send(0, 1, new Uint8Array(4), { address: what, port: 5000 });
    assertEquals(host.sent(), []);
    const from = loopback === "::1" ? loopback : `::ffff:${loopback}`;
    assertEquals(host.datagrams(1).map(({ from }) => from), [{ address: from, port: 5000 }]);
    assertEquals(host.datagrams(2).map(({ from }) => from), [{ address: loopback, port: 7 }]);
  });
}

Deno.test("N10 a socket that is bound in one family sends nothing to the other", () => {
  for (
    const [local, to] of [
      ["10.0.0.1", "2001:db8::2"],
      ["0.0.0.0", "2001:db8::2"],
      ["127.0.0.1", "::1"],
      ["2001:db8::1", "10.0.0.2"],
      ["::1", "127.0.0.1"],
    ]
  ) {
    const host = new LoneHost();
    host.engine.bind(0, 1, { address: local, port: 7 });
    host.engine.send(0, 1, new Uint8Array(10), { address: to, port: 9 });
    assertEquals([host.sent(), host.dropped], [[], { noRoute: 1 }], `${local} to ${to}`);
  }
});
