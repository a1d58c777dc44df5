// Packets in one line each: what we promise to say, and where it can be asked, what tcpdump says.
import { assert, assertEquals } from "@std/assert";
import { describePacket } from "../../../mod.ts";
import { cut } from "../../harness/fragments.ts";
import { withExtensions } from "../../harness/lone_host.ts";
import { requireTcpdump, tcpdumpLines } from "../../harness/tcpdump.ts";
import * as samples from "./samples.ts";

const { CLIENT, datagram, HELLO, message, other, packet, segment, SERVER } = samples;

const back = (family: samples.Family) => ({ source: SERVER[family], destination: CLIENT[family] });
const whole = (family: samples.Family) => packet(family, datagram(new Uint8Array(1500)));
const quoted = packet(4, datagram());
const quoted6 = packet(6, segment({ flags: "S" }));
const chain = [samples.HOP_BY_HOP, samples.ROUTING, samples.DESTINATION_OPTIONS];

const LINES: [line: string, packet: Uint8Array][] = [
  [
    "IP 10.0.0.2.50000 > 10.0.0.1.8000: Flags [S], seq 4000000123, win 65535, " +
    "options [mss 1460,sackOK,TS val 7 ecr 0,wscale 7,nop], length 0",
    packet(
      4,
      segment({
        flags: "S",
        options: [{ name: "mss", value: 1460 }, { name: "sackok" }, { name: "ts", value: 7, echo: 0 }, {
          name: "ws",
          value: 7,
        }],
      }),
    ),
  ],
  [
    "IP6 2001:db8::2.50000 > 2001:db8::1.8000: Flags [P.], seq 4000000123:4000000135, ack 3000000077, win 65535, length 12",
    packet(6, segment({ flags: "P.", payload: HELLO })),
  ],
  [
    "IP 10.0.0.2.50000 > 10.0.0.1.8000: Flags [.], ack 3000000077, win 65535, options [sack 1 {1:9},nop,nop], length 0",
    packet(4, segment({ options: [{ name: "sack", blocks: [[1, 9]] }] })),
  ],
  [
    "IP 10.0.0.2.50000 > 10.0.0.1.8000: Flags [none], win 65535, options [mss[len 3],unknown-99 0x01,nop,nop], length 0",
    packet(4, segment({ flags: "", options: [{ name: "raw", bytes: [2, 3, 0, 99, 3, 1] }] })),
  ],
  [
    "IP 10.0.0.2.50000 > 10.0.0.1.8000: Flags [U], win 65535, urg 9, options [[bad opt]], length 0",
    packet(4, segment({ flags: "U", urgent: 9, options: [{ name: "raw", bytes: [8, 10] }] })),
  ],
  ["IP 10.0.0.2.50000 > 10.0.0.1.7: UDP, length 12", packet(4, datagram())],
  ["IP6 2001:db8::2.50000 > 2001:db8::1.7: UDP, length 12", packet(6, datagram())],
  ["IP 10.0.0.2 > 10.0.0.1: ICMP echo request, id 1, seq 2, length 20", packet(4, message(8, 0, 0x10002))],
  ["IP6 2001:db8::2 > 2001:db8::1: ICMP6, echo reply, id 1, seq 2, length 20", packet(6, message(129, 0, 0x10002))],
  [
    "IP 10.0.0.1 > 10.0.0.2: ICMP 10.0.0.1 unreachable - need to frag (mtu 1280), length 48 " +
    "(about IP 10.0.0.2.50000 > 10.0.0.1.7: UDP, length 12)",
    packet(4, message(3, 4, 1280, quoted), {}, back(4)),
  ],
  [
    "IP 10.0.0.1 > 10.0.0.2: ICMP 10.0.0.1 udp port 7 unreachable, length 36 " +
    "(about IP 10.0.0.2.50000 > 10.0.0.1.7: UDP, length 12)",
    packet(4, message(3, 3, 0, quoted.subarray(0, 28)), {}, back(4)),
  ],
  [
    "IP6 2001:db8::1 > 2001:db8::2: ICMP6, packet too big, mtu 1280, length 56 " +
    "(about IP6 2001:db8::2.50000 > 2001:db8::1.8000: [|tcp])",
    packet(6, message(2, 0, 1280, quoted6.subarray(0, 48)), {}, back(6)),
  ],
  [
    "IP6 2001:db8::1 > 2001:db8::2: ICMP6, destination unreachable, unreachable port, 2001:db8::1 tcp port 8000, length 68 " +
    "(about IP6 2001:db8::2.50000 > 2001:db8::1.8000: Flags [S], seq 4000000123, win 65535, length 0)",
    packet(6, message(1, 4, 0, quoted6), {}, back(6)),
  ],
  // An error about an error about a packet: one is told.
  [
    "IP 10.0.0.2 > 10.0.0.1: ICMP time exceeded in-transit, length 64 " +
    "(about IP 10.0.0.2 > 10.0.0.1: ICMP host 10.0.0.1 unreachable, length 36)",
    packet(4, message(11, 0, 0, packet(4, message(3, 1, 0, quoted.subarray(0, 28))))),
  ],
  ["IP 10.0.0.2.50000 > 10.0.0.1.7: UDP, length 1500 (frag 7:1200@0+)", cut(whole(4), 1200)[0]],
  ["IP 10.0.0.2 > 10.0.0.1: ip-proto-17 (frag 7:308@1200)", cut(whole(4), 1200)[1]],
  ["IP6 2001:db8::2 > 2001:db8::1: frag (0|1200) 50000 > 7: UDP, length 1500", cut(whole(6), 1200)[0]],
  ["IP6 2001:db8::2 > 2001:db8::1: frag (1200|308)", cut(whole(6), 1200)[1]],
  [
    "IP6 2001:db8::2 > 2001:db8::1: HBH RT6 (len=2, type=4, segleft=0) DSTOPT 50000 > 7: UDP, length 12",
    withExtensions(packet(6, datagram()), chain),
  ],
  ["IP6 2001:db8::2 > 2001:db8::1: no next header", packet(6, other(59))],
  ["IP 10.0.0.2 > 10.0.0.1: ip-proto-99 12", packet(4, other(99))],
  ["IP 10.0.0.2.50000 > 10.0.0.1.7: UDP, length 12 (bad checksum)", packet(4, datagram(), { badChecksum: true })],
  ["IP 10.0.0.2.50000 > 10.0.0.1.7: UDP, bad length 92 > 12 (bad checksum)", packet(4, datagram(), { udpLength: 100 })],
  ["IP 10.0.0.2.50000 > 10.0.0.1.7: truncated-udplength 7 (bad checksum)", packet(4, datagram(), { udpLength: 7 })],
  [
    "IP6 2001:db8::2.50000 > 2001:db8::1.8000: tcp 16 [bad hdr length 16 - too short, < 20] (bad checksum)",
    packet(6, segment({ payload: HELLO }), { dataOffset: 4 }),
  ],
  [
    "IP 10.0.0.2.50000 > 10.0.0.1.8000: Flags [.] [bad hdr length 60 - too long, > 32] (bad checksum)",
    packet(4, segment({ payload: HELLO }), { dataOffset: 15 }),
  ],
  ["IP truncated-ip - 1 bytes missing! 10.0.0.2.50000 > 10.0.0.1.8000: [|tcp]", packet(4, segment(), { cut: 1 })],
  [
    "IP6 truncated-ip6 - 13 bytes missing! 2001:db8::2.50000 > 2001:db8::1.7: [|udp]",
    packet(6, datagram(), { cut: 13 }),
  ],
  ["IP truncated-ip - 20 bytes missing! 10.0.0.2 > 10.0.0.1: [|udp]", packet(4, datagram(), { cut: 20 })],
  [
    "IP6 truncated-ip6 - 16 bytes missing! 2001:db8::2 > 2001:db8::1: [|icmp6]",
    packet(6, message(128, 0), { cut: 16 }),
  ],
  ["IP [|ip]", packet(4, datagram(), { cut: 21 })],
  ["IP6 [|ip6]", packet(6, datagram(), { cut: 21 })],
  ["IP bad-hlen 16", packet(4, datagram(), { headerWords: 4 })],
  ["IP bad-len 0", Uint8Array.of(0x45, ...new Uint8Array(30))],
  ["unknown ip 5", packet(4, datagram(), { version: 5 })],
  ["[|ip]", new Uint8Array()],
];

for (const [line, bytes] of LINES) Deno.test(line, () => assertEquals(describePacket(bytes), line));

/** A line without what we say beyond tcpdump, and tcpdump's without its stray spaces and details of routing headers. */
function comparable(line: string): string {
  return line.replace(/( \((frag \d|about |bad checksum).*\))+$/, "").replaceAll(/ +/g, " ")
    .replace(/(segleft=\d+), [^)]*/, "$1");
}

Deno.test("tcpdump says the same, of what is well-formed and of what two hosts sent each other", async () => {
  if (!await requireTcpdump()) return;
  const packets = [...samples.wellFormed(4), ...samples.wellFormed(6), ...await samples.traffic()];
  assert(packets.length > 300, `${packets.length} packets`);
  const expected = (await tcpdumpLines(packets)).map(comparable);
  assertEquals(packets.map((bytes) => comparable(describePacket(bytes))), expected);
});
