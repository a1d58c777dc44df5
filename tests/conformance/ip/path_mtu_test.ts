// N3 and N6: datagrams on paths whose MTU is smaller than the link's (RFC 1191, RFC 8201).
import { assertEquals } from "@std/assert";
import { ADDRESSES } from "../../harness/flow.ts";
import { LoneHost, toHost } from "../../harness/lone_host.ts";

const ROW = { 4: "N3", 6: "N6" };
const ROUTER = { 4: "10.0.0.254", 6: "2001:db8::fe" };

/** A router's report that a packet was too large. */
function tooBig(family: 4 | 6, mtu: number, quoted: Uint8Array): Uint8Array<ArrayBuffer> {
  const [type, code] = family === 4 ? [3, 4] : [2, 0];
  const payload = quoted.subarray(0, 48);
  return toHost(family, { kind: "icmp", type, code, rest: mtu, payload }, { source: ROUTER[family] });
}

/** The sizes of the packets that a datagram of 1400 bytes makes. */
function sizes(host: LoneHost, family: 4 | 6, address: string = ADDRESSES[family].peer): number[] {
  host.engine.send(host.now, 1, new Uint8Array(1400), { address, port: 9 });
  return host.sent().map(({ length }) => length);
}

function open(family: 4 | 6): { host: LoneHost; sent: Uint8Array<ArrayBuffer> } {
  const host = new LoneHost();
  host.bind(1, 7);
  host.engine.send(0, 1, new Uint8Array(1400), { address: ADDRESSES[family].peer, port: 9 });
  return { host, sent: host.sent()[0] };
}

for (const family of [4, 6] as const) {
  const whole = [family === 4 ? 1428 : 1448];
  const cut = family === 4 ? [1276, 172] : [1280, 224];

  Deno.test(`${ROW[family]} after a report, datagrams to that destination fit the path, for ten minutes (IPv${family})`, () => {
    const { host, sent } = open(family);
    host.receive(tooBig(family, 1280, sent));
    assertEquals(sizes(host, family), cut);
    assertEquals(sizes(host, family, family === 4 ? "10.0.0.3" : "2001:db8::3"), whole);
    host.receive(tooBig(family, 1400, sent));
    assertEquals(sizes(host, family), cut, "a report of more changes nothing");
    host.now += 599_999;
    assertEquals(sizes(host, family), cut);
    host.now += 1;
    assertEquals(sizes(host, family), whole);
    assertEquals(host.engine.nextDeadline(), Infinity);
  });

  Deno.test(`${ROW[family]} a report about what no socket has sent is ignored (IPv${family})`, () => {
    const { host, sent } = open(family);
    const port = (family === 4 ? 20 : 40) + 1;
    sent[port] ^= 1;
    host.receive(tooBig(family, 1280, sent));
    sent[port] ^= 1;
    sent[family === 4 ? 15 : 23] ^= 1;
    host.receive(tooBig(family, 1280, sent));
    assertEquals(sizes(host, family), whole);
  });

  Deno.test(`${ROW[family]} after a report about an echo reply, replies fit the path, too (IPv${family})`, () => {
    const host = new LoneHost();
    const type = family === 4 ? 8 : 128;
    const echo = toHost(family, { kind: "icmp", type, code: 0, rest: 9, payload: new Uint8Array(1400) });
    const [reply] = host.receive(echo);
    assertEquals(reply.length, whole[0]);
    const other = reply.slice();
    other[family === 4 ? 20 : 40] ^= 0x20;
    host.receive(tooBig(family, 1280, other));
    assertEquals(host.receive(echo).map(({ length }) => length), whole, "no message of this host's");
    host.receive(tooBig(family, 1280, reply));
    assertEquals(host.receive(echo).map(({ length }) => length), cut);
    assertEquals(host.dropped, { noSocket: 1 });
  });

  Deno.test(`${ROW[family]} reports about many destinations take bounded memory (IPv${family})`, () => {
    const { host, sent } = open(family);
    for (let i = 0; i < 3000; i++) {
      sent[family === 4 ? 18 : 38] = i >> 8;
      sent[family === 4 ? 19 : 39] = i;
      host.receive(tooBig(family, 1280, sent));
    }
    assertEquals(sizes(host, family, family === 4 ? "10.0.11.183" : "2001:db8::bb7"), cut);
    assertEquals(sizes(host, family, family === 4 ? "10.0.1.0" : "2001:db8::100"), whole);
  });
}

Deno.test("N3 a report of less than usual paths have, which may be forged: 552 bytes with IPv4, nothing with IPv6", () => {
  const ipv4 = open(4);
  ipv4.host.receive(tooBig(4, 68, ipv4.sent));
  assertEquals(sizes(ipv4.host, 4), [548, 548, 372]);
  const ipv6 = open(6);
  ipv6.host.receive(tooBig(6, 1279, ipv6.sent));
  assertEquals(sizes(ipv6.host, 6), [1448]);
});

Deno.test("N3 on a path that may carry less than 552 bytes, routers may cut what fits in them", () => {
  const { host, sent } = open(4);
  const mayBeCut = (packet: Uint8Array) => (packet[6] & 0x40) === 0;
  host.engine.send(host.now, 1, new Uint8Array(500), { address: ADDRESSES[4].peer, port: 9 });
  assertEquals(host.sent().map(mayBeCut), [false]);
  host.receive(tooBig(4, 300, sent));
  host.engine.send(host.now, 1, new Uint8Array(500), { address: ADDRESSES[4].peer, port: 9 });
  host.engine.send(host.now, 1, new Uint8Array(500), { address: "10.0.0.3", port: 9 });
  assertEquals(host.sent().map(mayBeCut), [true, false]);
});

Deno.test("N3 what routers may cut has an identification that does not come again soon (RFC 6864 §4)", () => {
  const { host, sent } = open(4);
  host.receive(tooBig(4, 300, sent));
  const ids = new Set<number>();
  for (let i = 0; i < 3000; i++) {
    // Every third is cut here, too.
    host.engine.send(host.now, 1, new Uint8Array(i % 3 === 0 ? 700 : 500), { address: ADDRESSES[4].peer, port: 9 });
    for (const packet of host.sent()) ids.add(packet[4] * 0x100 + packet[5]);
  }
  assertEquals(ids.size, 3000);
});

Deno.test("N3 a report that names no size: the next lower plateau", () => {
  const { host, sent } = open(4);
  host.receive(tooBig(4, 0, sent));
  assertEquals(sizes(host, 4)[0], 1004);
});
