// N1: the IPv4 header (RFC 791, RFC 1122 §3.2.1, RFC 6864).
// Some packets here are malformed on purpose.
import { assert, assertEquals } from "@std/assert";
import { Engine } from "../../../stack/engine/engine.ts";
import { checksum } from "../../harness/checksum.ts";
import { buildPacket, readPacket } from "../../harness/packets.ts";
import { Collector } from "../../harness/pair.ts";
import { scenario } from "../../harness/script.ts";
import { seeded } from "../../harness/seeded.ts";

const ECHO = "< icmp echo id 1 seq 2 data 8";
const REPLY = "> icmp echo-reply id 1 seq 2 data 8";

scenario("N1 options are skipped", `${ECHO} ipoptions 4\n${REPLY}\n${ECHO} ipoptions 40\n${REPLY}`, { only: 4 });
scenario("N1 trailing bytes are ignored", `${ECHO} trailing 1\n${REPLY}\n${ECHO} trailing 30\n${REPLY}`);
scenario("N1 any TTL is taken", [0, 1, 255].map((ttl) => `${ECHO} ttl ${ttl}\n${REPLY}`).join("\n"));

for (const [only, host, peer] of [[4, "10.0.0.1", "10.0.0.2"], [6, "2001:db8::1", "2001:db8::2"]] as const) {
  Deno.test(`N1 the TTL of what is sent is 64 (IPv${only})`, () => {
    const engine = new Engine({ addresses: [host], mtu: 1500, random: seeded(1) });
    engine.connect(0, 1, 5000, { address: peer, port: 80 });
    engine.connectDatagram(0, 2, 5000, { address: peer, port: 9 });
    for (const length of [1, 3000]) engine.send(0, 2, new Uint8Array(length), { address: peer, port: 9 });
    const out = new Collector();
    engine.transmit(0, out);
    assertEquals(out.take().map((packet) => packet[only === 4 ? 8 : 7]), [64, 64, 64, 64, 64]);
  });
}

Deno.test("N1 dropped as malformed: a total length that leaves no room for the header, or is more than there is", () => {
  const engine = new Engine({ addresses: ["10.0.0.1"], mtu: 1500, random: seeded(1) });
  const transport = {
    kind: "udp" as const,
    sourcePort: 9,
    destinationPort: 9,
    checksum: 0,
    payload: new Uint8Array(9),
  };
  const fields = { source: "10.0.0.2", destination: "10.0.0.1", ttl: 64, identification: 1, dontFragment: true };
  const lengths = [0, 19, 20, 36, 37, 38, 65535];
  for (const length of lengths) {
    const packet = buildPacket({ ...fields, transport });
    const view = new DataView(packet.buffer);
    view.setUint16(2, length);
    view.setUint16(10, 0);
    view.setUint16(10, checksum(packet.subarray(0, 20)));
    engine.receive(0, view, 0, packet.length);
  }
  const { malformed, noSocket } = engine.counters.dropped;
  // 20 and 36 are packets, though no datagrams; 37 is all that there is.
  assertEquals([malformed, noSocket], [lengths.length - 1, 1]);
});

for (const [what, damage] of [["version", "version 5"], ["version 0", "version 0"], ["a cut end", "cut 1"]]) {
  scenario(`N1 dropped as malformed: ${what}`, `${ECHO} ${damage}\ndropped malformed\nquiet`);
}
for (const [what, damage] of [["IHL 4", "ihl 4"], ["IHL 0", "ihl 0"], ["IHL 15", "ihl 15"], ["checksum", "badipsum"]]) {
  scenario(`N1 dropped as malformed: ${what}`, `${ECHO} ${damage}\ndropped malformed\nquiet`, { only: 4 });
}

Deno.test("N1 empty and tiny packets are dropped, whatever is in them", () => {
  const engine = new Engine({ addresses: ["10.0.0.1", "2001:db8::1"], mtu: 1500, random: seeded(1) });
  let fed = 0;
  for (let length = 0; length < 60; length++) {
    for (const first of [0x00, 0x40, 0x45, 0x4f, 0x60, 0xff]) {
      const bytes = new Uint8Array(length).fill(first);
      engine.receive(0, new DataView(bytes.buffer), 0, length);
      fed++;
    }
  }
  assertEquals(engine.counters.received, fed);
  const out = new Collector();
  engine.transmit(0, out);
  assertEquals(out.take(), []);
});

Deno.test("N1 the identification is not predictable, and packets are not to be fragmented", () => {
  const engine = new Engine({ addresses: ["10.0.0.1"], mtu: 1500, random: seeded(3) });
  const request = buildPacket({
    source: "10.0.0.2",
    destination: "10.0.0.1",
    ttl: 64,
    identification: 1,
    dontFragment: true,
    transport: { kind: "icmp", type: 8, code: 0, rest: 1, payload: new Uint8Array(8) },
  });
  const out = new Collector();
  for (let i = 0; i < 50; i++) engine.receive(0, new DataView(request.buffer), 0, request.length);
  engine.transmit(0, out);
  const replies = out.take().map(readPacket);
  assertEquals(replies.length, 50);
  assert(replies.every(({ dontFragment }) => dontFragment));
  const steps = replies.slice(1).map(({ identification }, i) => identification - replies[i].identification);
  assert(new Set(steps).size > 40, `${steps}`);
});
