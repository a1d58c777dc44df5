// T15: what routers say of the path's MTU, and what is done when they are silent (RFC 1191, RFC 8201, RFC 5927 §7,
// RFC 4821).
import { assert, assertEquals } from "@std/assert";
import { cut } from "../../harness/fragments.ts";
import { buildPacket, readPacket } from "../../harness/packets.ts";
import { Pair, type Wire } from "../../harness/pair.ts";
import { scenario } from "../../harness/script.ts";
import { startTransfer, transferBothWays } from "../../harness/transfer.ts";
import { out, plain, selective } from "./lines.ts";

const THREE = `
  ${plain(50)}
  +1 write 3*MSS
  ${out(0, 3)}
`;

/** Full segments again, by their place among all, in full ones of 200 bytes less and one with the rest. */
function divided(from: number, to: number): string {
  const full = Array.from(
    { length: to - from },
    (_, i) => `> . 1+${from}*MSS+${i}*MSS-${200 * i}:1+${from}*MSS+${i + 1}*MSS-${200 * (i + 1)} ack 1`,
  );
  // For up to six segments the rest is less than one.
  return [...full, `> . 1+${to}*MSS-${200 * (to - from)}:1+${to}*MSS ack 1`].join("\n");
}

scenario(
  "T15 what was too big goes out again in parts, and all that follows fits",
  `
  ${THREE}
  +10 < icmp too-big mtu 1300 quoted-seq 1
  ${divided(0, 3)}
  +50 < . 1 ack 1+3*MSS win 8000
  write MSS
  > . 1+3*MSS:1+4*MSS-200 ack 1
  > . 1+4*MSS-200:1+4*MSS ack 1
`,
);

scenario(
  "T15 the network, which lost nothing, is not blamed: the window stays",
  `
  ${THREE}
  +10 < icmp too-big mtu 1300 quoted-seq 1
  ${divided(0, 3)}
  +50 < . 1 ack 1+3*MSS win 8000
  write 20*MSS
  ${
    Array.from({ length: 9 }, (_, i) => `> . 1+3*MSS+${i}*MSS-${200 * i}:1+3*MSS+${i + 1}*MSS-${200 * (i + 1)} ack 1`)
      .join("\n")
  }
`,
  // The window counts bytes: nine of the smaller size fit.
  { tcp: { initialWindow: 8 } },
);

scenario(
  "T15 what was sent before the segment that is quoted is not sent again",
  `
  ${THREE}
  +10 < icmp too-big mtu 1300 quoted-seq 1+MSS
  ${divided(1, 3)}
  -- The report of the next segment is no news.
  +1 < icmp too-big mtu 1300 quoted-seq 1+2*MSS
  +38 < . 1 ack 1+MSS win 8000
  +10 < . 1 ack 1+3*MSS win 8000
  idle
`,
);

scenario(
  "T15 no tail loss probe goes out beside it (RFC 8985 §7.2)",
  `
  ${selective(50)}
  +1 write 9*MSS
  ${out(0, 6)}
  +10 < icmp too-big mtu 1300 quoted-seq 1
  ${divided(0, 6)}
  +150 quiet
  +50 > . 1:1+MSS-200 ack 1
`,
  { tcp: { initialWindow: 6 } },
);

scenario(
  "T15 a report of no smaller MTU changes nothing",
  `
  ${THREE}
  +10 < icmp too-big mtu 1500
  +10 < icmp too-big mtu 9000
  +10 quiet
  +20 < . 1 ack 1+3*MSS win 8000
  write MSS
  ${out(3, 4)}
`,
);

scenario(
  "T15 a report about a sequence number that is not in flight is ignored",
  `
  ${THREE}
  +1 < icmp too-big mtu 1300 quoted-seq 0
  +1 < icmp too-big mtu 1300 quoted-seq 1+3*MSS
  +1 < icmp too-big mtu 1300 quoted-seq 1+4*MSS
  +1 < icmp too-big mtu 1300 quoted-seq 0x40000000
  +1 quiet
  +45 < . 1 ack 1+3*MSS win 8000
  +1 < icmp too-big mtu 1300 quoted-seq 1+2*MSS
  write MSS
  ${out(3, 4)}
`,
);

scenario(
  "T15 a report that quotes too little, or is damaged, is ignored",
  `
  ${THREE}
  +1 < icmp too-big mtu 1300 quoted 27
  +1 < icmp too-big mtu 1300 quoted 19
  +1 < icmp too-big mtu 1300 quoted 0
  +1 < icmp too-big mtu 1300 badsum
  +1 quiet
`,
);

scenario(
  "T15 a report for a segment that was acknowledged meanwhile is ignored",
  `
  ${THREE}
  +50 < . 1 ack 1+3*MSS win 8000
  +1 < icmp too-big mtu 1300
  write MSS
  ${out(3, 4)}
`,
);

scenario(
  "T15 IPv4: a report of less than any path has is taken for the least",
  `
  ${plain(50)}
  +1 write 1460
  > . 1:1461 ack 1
  +10 < icmp too-big mtu 68
  > . 1:513 ack 1
  > . 513:1025 ack 1
  > . 1025:1461 ack 1
`,
  { only: 4 },
);

scenario(
  "T15 IPv6: a report of less than 1280 is discarded (RFC 8201 §4)",
  `
  ${plain(50)}
  +1 write 1440
  > . 1:1441 ack 1
  +10 < icmp too-big mtu 1279
  < icmp too-big mtu 576
  < icmp too-big mtu 0
  +10 quiet
  < icmp too-big mtu 1280
  > . 1:1221 ack 1
  > . 1221:1441 ack 1
`,
  { only: 6 },
);

scenario(
  "T15 IPv4: a router that names no MTU brings the next plateau",
  `
  ${plain(50)}
  +1 write 1460
  > . 1:1461 ack 1
  +10 < icmp too-big mtu 0
  > . 1:1453 ack 1
  > . 1453:1461 ack 1
  +50 < . 1 ack 1461 win 8000
  write 1460
  > . 1461:2913 ack 1
  > . 2913:2921 ack 1
  +10 < icmp too-big mtu 0 quoted-seq 1461 quoted-length 1492
  > . 1461:2427 ack 1
  > . 2427:2913 ack 1
`,
  { only: 4 },
);

scenario(
  "T15 IPv4: the reports of a burst that name no MTU are one step down, not many (RFC 1191 §6.4)",
  `
  ${plain(50)}
  +1 write 3*1460
  > . 1:1461 ack 1
  > . 1461:2921 ack 1
  > . 2921:4381 ack 1
  +10 < icmp too-big mtu 0 quoted-seq 1 quoted-length 1500
  > . 1:1453 ack 1
  > . 1453:2905 ack 1
  > . 2905:4357 ack 1
  > . 4357:4381 ack 1
  < icmp too-big mtu 0 quoted-seq 1461 quoted-length 1500
  < icmp too-big mtu 0 quoted-seq 2921 quoted-length 1500
  +10 quiet
`,
  { only: 4 },
);

for (const [family, part] of [[4, 1024], [6, 1220]] as const) {
  scenario(
    "T15 a black hole: when large segments vanish in silence, smaller ones are tried",
    `
    ${plain(50)}
    +1 write MSS
    ${out(0, 1)}
    +200 ${out(0, 1)}
    +400 ${out(0, 1)}
    +800 ${out(0, 1)}
    +1600 > . 1:${1 + part} ack 1
    > . ${1 + part}:1+MSS ack 1
    +50 < . 1 ack 1+MSS win 8000
    write MSS
    > . 1+MSS:${1 + part}+MSS ack 1
    > . ${1 + part}+MSS:1+2*MSS ack 1
  `,
    { only: family },
  );
}

scenario(
  "T15 small segments that vanish do not make a black hole",
  `
  ${plain(50)}
  +1 write 100
  > . 1:101 ack 1
  +200 > . 1:101 ack 1
  +400 > . 1:101 ack 1
  +800 > . 1:101 ack 1
  +1600 > . 1:101 ack 1
  +50 < . 1 ack 101 win 8000
  write MSS
  > . 101:101+MSS ack 1
`,
);

/** A link that carries 1500 bytes, and less from 100 ms on; its router reports what does not fit, or is silent. */
function narrowing(pair: Pair, family: 4 | 6, reports: boolean, mtu = 1300): Wire {
  return ({ from, sentAt, packet }) => {
    if (sentAt < 100 || packet.length <= mtu) return [{ after: 10, packet }];
    const report = tooBig(family, from, packet, mtu);
    if (reports) pair[from].engine.receive(pair.now, new DataView(report.buffer), 0, report.length);
    return [];
  };
}

function tooBig(family: 4 | 6, to: "a" | "b", packet: Uint8Array, mtu: number): Uint8Array<ArrayBuffer> {
  const [router, a, b] = family === 4
    ? ["10.0.0.99", "10.0.0.1", "10.0.0.2"]
    : ["2001:db8::99", "2001:db8::1", "2001:db8::2"];
  return buildPacket({
    source: router,
    destination: to === "a" ? a : b,
    ttl: 60,
    identification: 1,
    dontFragment: false,
    transport: family === 4
      ? { kind: "icmp", type: 3, code: 4, rest: mtu, payload: packet.slice(0, 28) }
      : { kind: "icmp", type: 2, code: 0, rest: mtu, payload: packet.slice(0, 1232) },
  });
}

for (const family of [4, 6] as const) {
  for (const reports of [true, false]) {
    const name = reports ? "with reports" : "in silence";
    Deno.test(`T15 the path becomes narrow in the middle of a transfer, ${name} (IPv${family})`, () => {
      const pair = new Pair();
      pair.wire = narrowing(pair, family, reports);
      const ms = transferBothWays(pair, family, 2_000_000);
      assert(ms < (reports ? 2000 : 20_000), `it took ${ms} ms`);
      const tooLarge = pair.trace.filter(({ sentAt, packet }) => sentAt > 10_000 && packet.length > 1300);
      assertEquals(tooLarge, []);
    });
  }
}

Deno.test("T15 IPv4: on a path of less than 552 bytes routers may cut what is sent (RFC 791 §3.2)", () => {
  const pair = new Pair();
  const reports = narrowing(pair, 4, true, 296);
  pair.wire = (flight) => {
    const { transport, dontFragment, identification } = readPacket(flight.packet);
    if (dontFragment || flight.packet.length <= 296) return reports(flight);
    assertEquals(transport.kind, "tcp");
    return cut(flight.packet, 272, identification).map((packet) => ({ after: 10, packet }));
  };
  const ms = transferBothWays(pair, 4, 500_000);
  assert(ms < 2000, `it took ${ms} ms`);
});

/** When the last guess is made at the latest, in ms. */
for (const [family, mtu, guessed] of [[4, 1000, 6400], [4, 576, 6400], [6, 1280, 3200]] as const) {
  Deno.test(`T15 a black hole for more than ${mtu} bytes: three trials, and nobody is blamed (IPv${family})`, () => {
    const pair = new Pair();
    pair.wire = narrowing(pair, family, false, mtu);
    const [a, b] = startTransfer(pair, family, { send: 1_000_000 }, { send: 0 });
    const ssthresh = () => pair.a.engine.info(a.id)!.ssthresh;
    pair.run(() => pair.now > guessed);
    const before = ssthresh();
    pair.run(() => b.received === 1_000_000);
    assertEquals(b.received, 1_000_000);
    const trials = pair.trace.filter(({ sentAt, packet }) => sentAt > guessed && packet.length > mtu);
    assertEquals([trials.length, ssthresh()], [3, before]);
  });
}

for (const family of [4, 6] as const) {
  Deno.test(`T15 when nothing at all arrived for a while, segments become as large as before (IPv${family})`, () => {
    const pair = new Pair();
    pair.wire = ({ sentAt, packet }) => sentAt > 100 && sentAt < 10_000 ? [] : [{ after: 10, packet }];
    const [a, b] = startTransfer(pair, family, { send: 2_000_000 }, { send: 0 });
    pair.run(() => b.received === 2_000_000);
    assertEquals(pair.a.engine.info(a.id)!.mss, family === 4 ? 1448 : 1428);
  });
}
