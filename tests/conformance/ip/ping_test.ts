// N7: echo requests of this host (RFC 792, RFC 4443 §4, RFC 1122 §3.2.2.6).
import { assert, assertEquals } from "@std/assert";
import type { EchoRequest } from "../../../stack/engine/engine.ts";
import { ADDRESSES } from "../../harness/flow.ts";
import { delay, link, reorder } from "../../harness/link.ts";
import { LoneHost, toHost } from "../../harness/lone_host.ts";
import { type ICMPMessage, readPacket } from "../../harness/packets.ts";
import { Pair } from "../../harness/pair.ts";
import { scenario } from "../../harness/script.ts";
import { OWN_ADDRESSES } from "./own_addresses.ts";

const FAMILIES = [4, 6] as const;
const REPLY = { 4: 0, 6: 129 };
const LARGEST = { 4: 65507, 6: 65527 };

scenario(
  "N7 the reply answers, after the time that it took",
  `
  ping id 0x1234 seq 0xfffe data 56
  > icmp echo id 0x1234 seq 0xfffe data 56
  +3.25 < icmp echo-reply id 0x1234 seq 0xfffe data 56
  event answered 3.25
  idle
`,
);

for (const length of ["0", "1", "MSS+12"]) {
  scenario(
    `N7 ${length} bytes of data`,
    `
    ping data ${length}
    > icmp echo id 1 seq 1 data ${length}
    +1 < icmp echo-reply id 1 seq 1 data ${length}
    event answered 1
  `,
  );
}

scenario(
  "N7 nobody answers in time",
  `
  ping data 56 timeout 250
  > icmp echo id 1 seq 1 data 56
  +249.9 no event failed
  +0.1 event failed timed-out
  idle
  +1 < icmp echo-reply id 1 seq 1 data 56
  dropped noSocket
  no event answered
`,
);

for (
  const [what, reply, reason] of [
    ["another identifier", "id 2 seq 1 data 56", "noSocket"],
    ["another sequence number", "id 1 seq 2 data 56", "noSocket"],
    ["less data", "id 1 seq 1 data 55", "unacceptable"],
    ["more data", "id 1 seq 1 data 57", "unacceptable"],
    ["a bad checksum", "id 1 seq 1 data 56 badsum", "checksum"],
  ]
) {
  scenario(
    `N7 no answer: ${what}`,
    `
    ping data 56
    > icmp echo id 1 seq 1 data 56
    +1 < icmp echo-reply ${reply}
    dropped ${reason}
    no event answered
    +1 < icmp echo-reply id 1 seq 1 data 56
    event answered 2
  `,
  );
}

for (const [only, other] of [[4, "10.0.0.3"], [6, "2001:db8::3"]] as const) {
  scenario(
    "N7 no answer: another host's",
    `
    ping data 8
    > icmp echo id 1 seq 1 data 8
    +1 < icmp echo-reply id 1 seq 1 data 8 src ${other}
    dropped noSocket
    no event answered
    +1 < icmp echo-reply id 1 seq 1 data 8
    event answered 2
  `,
    { only },
  );
}

scenario(
  "N7 a reply that comes twice answers once",
  `
  ping data 8
  > icmp echo id 1 seq 1 data 8
  +1 < icmp echo-reply id 1 seq 1 data 8
  +1 < icmp echo-reply id 1 seq 1 data 8
  dropped noSocket
  event answered 1
  no event answered
`,
);

scenario(
  "N7 of two that are alike, the older is answered first",
  `
  ping data 8
  > icmp echo id 1 seq 1 data 8
  +1 #2 ping data 8
  > icmp echo id 1 seq 1 data 8
  +1 < icmp echo-reply id 1 seq 1 data 8
  event answered 2
  #2 no event answered
  +1 < icmp echo-reply id 1 seq 1 data 8
  #2 event answered 2
  idle
`,
);

scenario(
  "N7 given up: nothing is told any more",
  `
  ping data 8
  > icmp echo id 1 seq 1 data 8
  +1 close
  idle
  +1 < icmp echo-reply id 1 seq 1 data 8
  dropped noSocket
  no event answered
  +1000 no event failed
`,
);

for (
  const [report, reason] of [
    ["unreachable net", "network-unreachable"],
    ["unreachable host", "host-unreachable"],
    ["unreachable admin", "host-unreachable"],
    ["unreachable port", "refused"],
    ["time-exceeded", "host-unreachable"],
    ["time-exceeded reassembly", "host-unreachable"],
    ["parameter pointer 1", "protocol-error"],
    ["too-big mtu 1280", "message-too-long"],
  ]
) {
  scenario(
    `N7 reported: ${report}`,
    `
    ping id 7 seq 8 data 56
    > icmp echo id 7 seq 8 data 56
    +1 < icmp ${report}
    event failed ${reason}
    idle
    +1 < icmp ${report}
    dropped noSocket
  `,
  );
}

scenario(
  "N7 while the wire is full, it waits; the timeout does not",
  `
  room 0
  ping data 8 timeout 100
  quiet
  +50 room free
  > icmp echo id 1 seq 1 data 8
  +2 < icmp echo-reply id 1 seq 1 data 8
  event answered 2
  room 0
  #2 ping data 8 timeout 100
  +100 #2 event failed timed-out
  room free
  quiet
  idle
`,
);

for (const [only, what, address] of OWN_ADDRESSES) {
  scenario(`N7 ${what} answers inside`, `ping data 60000 to ${address}\nevent answered 0\nquiet\nidle`, { only });
}

function request(changes: Partial<EchoRequest> = {}): EchoRequest {
  return { identifier: 1, sequence: 2, data: bytesOf(56), ttl: 64, timeout: 1000, ...changes };
}

function bytesOf(length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, i) => i + (i >> 8));
}

for (const family of FAMILIES) {
  const { peer } = ADDRESSES[family];

  Deno.test(`N7 the TTL of the request is chosen, that of the reply is told (IPv${family})`, () => {
    const host = new LoneHost();
    for (const ttl of [1, 64, 255]) {
      host.engine.ping(0, ttl, peer, request({ ttl }));
      const [sent] = host.sent().map(readPacket);
      assertEquals([sent.ttl, sent.source, sent.destination], [ttl, ADDRESSES[family].host, peer]);
      const reply: ICMPMessage = { ...sent.transport as ICMPMessage, type: REPLY[family] };
      host.receive(toHost(family, reply, { ttl: 256 - ttl }));
      assertEquals(host.events.splice(0), [
        { kind: "answered", id: ttl, reply: { from: peer, ttl: 256 - ttl, time: 0 } },
      ]);
    }
  });

  Deno.test(`N7 every byte of the data is compared (IPv${family})`, () => {
    const host = new LoneHost();
    host.engine.ping(0, 1, peer, request());
    const [sent] = host.sent().map(readPacket);
    const reply: ICMPMessage = { ...sent.transport as ICMPMessage, type: REPLY[family] };
    for (let i = 0; i < 56; i++) {
      const payload = reply.payload.slice();
      payload[i] ^= 1;
      host.receive(toHost(family, { ...reply, payload }));
    }
    assertEquals([host.events, host.dropped], [[], { unacceptable: 56 }]);
    host.receive(toHost(family, reply));
    assertEquals(host.events.length, 1);
  });

  Deno.test(`N7 what is over the MTU goes and comes in fragments (IPv${family})`, () => {
    for (const [mtu, length] of [[1280, 60_000], [1500, 1500], [9000, LARGEST[family]]]) {
      const pair = new Pair({ mtu, wire: link(1, delay(1.5), reorder(0.3, 2)) });
      const to = family === 4 ? "10.0.0.2" : "2001:db8::2";
      pair.a.engine.ping(0, 1, to, request({ data: bytesOf(length) }));
      assert(pair.run(() => pair.a.saw("answered", 1)), `${length} bytes over ${mtu}`);
      assert(pair.trace.length > 2 && pair.trace.every(({ packet }) => packet.length <= mtu));
      assertEquals([pair.a.engine.counters.reassembled, pair.b.engine.counters.reassembled], [1, 1]);
    }
  });

  Deno.test(`N7 after a report of a narrow path, the next one is cut (IPv${family})`, () => {
    const host = new LoneHost();
    host.engine.ping(0, 1, peer, request({ data: bytesOf(1400) }));
    const [whole] = host.sent();
    const [type, code] = family === 4 ? [3, 4] : [2, 0];
    host.receive(toHost(family, { kind: "icmp", type, code, rest: 1280, payload: whole.subarray(0, 100) }));
    const [failed] = host.events;
    assert(failed.kind === "failed");
    assertEquals([failed.reason, failed.report?.kind, failed.report?.mtu], [
      "message-too-long",
      "packet-too-big",
      1280,
    ]);
    host.engine.ping(0, 2, peer, request({ data: bytesOf(1400) }));
    assertEquals(host.sent().map(({ length }) => length), family === 4 ? [1276, 172] : [1280, 224]);
  });

  Deno.test(`N7 the failure carries the report, as it came (IPv${family})`, () => {
    const host = new LoneHost();
    host.engine.ping(0, 1, peer, request());
    const [sent] = host.sent();
    const router = family === 4 ? "10.0.0.254" : "2001:db8::fe";
    const type = family === 4 ? 11 : 3;
    host.receive(toHost(family, { kind: "icmp", type, code: 0, rest: 0, payload: sent }, { source: router }));
    const report = { from: router, type, code: 0, kind: "time-exceeded" as const, packet: sent };
    assertEquals(host.events, [{ kind: "failed", id: 1, reason: "host-unreachable", report }]);
  });

  Deno.test(`N7 of two that are alike but for their data, a report ends the one that it quotes (IPv${family})`, () => {
    const host = new LoneHost();
    host.engine.ping(0, 1, peer, request());
    host.engine.ping(0, 2, peer, request({ data: new Uint8Array(56) }));
    const [, second] = host.sent();
    const [type, code] = family === 4 ? [3, 1] : [1, 3];
    host.receive(toHost(family, { kind: "icmp", type, code, rest: 0, payload: second }));
    assertEquals(host.events.map(({ kind, id }) => [kind, id]), [["failed", 2]]);
  });

  Deno.test(`N7 a report about another message ends nothing (IPv${family})`, () => {
    const host = new LoneHost();
    host.engine.ping(0, 1, peer, request());
    const [sent] = host.sent();
    const [type, code] = family === 4 ? [3, 1] : [1, 3];
    const payload = family === 4 ? 20 : 40;
    for (
      const [what, at] of [["destination", payload - 1], ["type", payload], ["sequence", payload + 7], ["data", -1]]
    ) {
      const quoted = sent.slice();
      quoted[Number(at) < 0 ? quoted.length - 1 : Number(at)] ^= 2;
      host.receive(toHost(family, { kind: "icmp", type, code, rest: 0, payload: quoted }));
      assertEquals(host.events, [], String(what));
    }
    assertEquals(host.dropped, { noSocket: 4 });
  });

  Deno.test(`N7 a report with extensions behind its quote (RFC 4884) is one all the same (IPv${family})`, () => {
    const host = new LoneHost();
    host.engine.ping(0, 1, peer, request({ data: bytesOf(1000) }));
    const [sent] = host.sent();
    const payload = new Uint8Array(140).fill(0xee);
    payload.set(sent.subarray(0, 128));
    const [type, rest] = family === 4 ? [11, 0x0020_0000] : [3, 0x1000_0000];
    host.receive(toHost(family, { kind: "icmp", type, code: 0, rest, payload }));
    assertEquals(host.events.map(({ kind }) => kind), ["failed"]);
  });

  Deno.test(`N7 more than fits a packet, and no address of the family (IPv${family})`, () => {
    const host = new LoneHost();
    host.engine.ping(0, 1, peer, request({ data: bytesOf(LARGEST[family] + 1) }));
    const other = new LoneHost({ addresses: [family === 4 ? "2001:db8::1" : "10.0.0.1"] });
    other.engine.ping(0, 1, peer, request());
    assertEquals([host.sent(), other.sent()], [[], []]);
    assertEquals(host.events, [{ kind: "failed", id: 1, reason: "message-too-long" }]);
    assertEquals(other.events, [{ kind: "failed", id: 1, reason: "network-unreachable" }]);
    assertEquals([host.engine.nextDeadline(), other.engine.nextDeadline()], [Infinity, Infinity]);
  });

  Deno.test(`N7 a thousand at once, each answered by its own reply (IPv${family})`, () => {
    const pair = new Pair({ wire: link(7, delay(1, 20)) });
    const to = family === 4 ? "10.0.0.2" : "2001:db8::2";
    for (let i = 0; i < 1000; i++) {
      pair.a.engine.ping(0, i, to, request({ sequence: i, data: Uint8Array.of(i, i >> 8), timeout: 50 + i }));
    }
    pair.run(() => false, 2000);
    const answered = pair.a.events.filter(({ kind }) => kind === "answered");
    assertEquals(new Set(answered.map(({ id }) => id)).size, 1000);
    for (const event of answered) assert(event.kind === "answered" && event.reply.time >= 2 && event.reply.time <= 42);
    assertEquals(pair.a.events.length, 1000);
    assertEquals(pair.a.engine.nextDeadline(), Infinity);
  });
}
