// N3: fragments that arrive (RFC 791 §3.2, RFC 815, RFC 5722, RFC 6946, RFC 7112, RFC 8200 §4.5).
// Some packets here are malformed on purpose.
import { assert, assertEquals } from "@std/assert";
import { checksum } from "../../harness/checksum.ts";
import { cut, fragmentOf } from "../../harness/fragments.ts";
import { datagram, LoneHost, toHost } from "../../harness/lone_host.ts";

const FAMILIES = [4, 6] as const;
const PATIENCE = { 4: 30_000, 6: 60_000 };
const SIZE = 100;
/** Bytes of the fragments together. */
const WHOLE = SIZE + 8;

function each(name: string, test: (family: 4 | 6, host: LoneHost, whole: Uint8Array<ArrayBuffer>) => void): void {
  for (const family of FAMILIES) {
    Deno.test(`N3 ${name} (IPv${family})`, () => {
      const host = new LoneHost();
      host.bind(1, 7);
      test(family, host, toHost(family, datagram(SIZE)));
    });
  }
}

function assertDelivered(host: LoneHost, count = 1): void {
  const wanted = datagram(SIZE);
  assert(wanted.kind === "udp");
  assertEquals(host.datagrams(1).map(({ bytes }) => bytes), Array(count).fill(wanted.payload));
  assertEquals(host.engine.holdings().reassembly, 0);
  assertEquals(host.engine.nextDeadline(), Infinity);
}

each("fragments in any order are put together", (_family, host, whole) => {
  const [a, b, c] = cut(whole, 40);
  for (const order of [[a, b, c], [a, c, b], [b, a, c], [b, c, a], [c, a, b], [c, b, a]]) {
    assertEquals(host.receive(...order), []);
    assertDelivered(host);
  }
  assertEquals(host.engine.counters.reassembled, 6);
  assertEquals(host.dropped, {});
});

each("fragments of 8 bytes, and bytes after them", (family, host, whole) => {
  const first = family === 4 ? 8 : 16;
  const parts = [fragmentOf(whole, { from: 0, to: first })];
  for (let from = first; from < WHOLE; from += 8) {
    const fragment = fragmentOf(whole, { from, to: Math.min(from + 8, WHOLE) });
    parts.push(Uint8Array.from([...fragment, 1, 2, 3]));
  }
  host.receive(...parts.toReversed());
  assertDelivered(host);
});

each("datagrams under way at the same time do not mix", (family, host, whole) => {
  const other = toHost(family, datagram(SIZE, 1));
  const third = toHost(family, datagram(SIZE, 2), { source: family === 4 ? "10.0.0.3" : "2001:db8::3" });
  const lists = [cut(whole, 40, 1), cut(other, 40, 2), cut(third, 40, 1)];
  for (let i = 0; i < 3; i++) for (const list of lists) host.receive(list[i]);
  assertEquals(host.datagrams(1).map(({ bytes }) => bytes[0]), [0, 1, 2]);
});

each("exact duplicates are ignored", (_family, host, whole) => {
  const [a, b, c] = cut(whole, 40);
  host.receive(a, a, c, c, a, b);
  assertDelivered(host);
  assertEquals(host.dropped, {});
});

each("a doubled datagram is delivered twice, half a one not", (_family, host, whole) => {
  const [a, b, c] = cut(whole, 40);
  host.receive(a, b, c, a, b, c, a, b);
  assertEquals(host.datagrams(1).length, 2);
  assert(host.engine.holdings().reassembly > 0);
});

const OVERLAPS: [what: string, from: number, to: number, more?: boolean][] = [
  ["the end of the one before", 32, 80],
  ["the start of the one after", 40, 88],
  ["the start of the first", 0, 48],
  ["all of another", 0, 80],
  ["a part of another", 8, 16],
  ["the same place, cut shorter", 0, 32],
  ["an end before the end of another", 16, 24, false],
];
for (const [what, from, to, more] of OVERLAPS) {
  each(`an overlap with ${what} discards the whole datagram, with what comes later`, (family, host, whole) => {
    const [a, b, c] = cut(whole, 40);
    assertEquals(host.receive(a, c, fragmentOf(whole, { from, to, more })), []);
    assertEquals(host.dropped, { fragmentOverlap: 3 });
    assertEquals(host.receive(a, b, c), []);
    assertEquals(host.dropped, { fragmentOverlap: 6 });
    assertEquals(host.datagrams(1), []);
    assert(host.engine.holdings().reassembly <= 512);
    assertEquals(host.advance(PATIENCE[family]), [], "no answer to what was discarded");
    assertEquals(host.engine.holdings().reassembly, 0);
    host.receive(a, b, c);
    assertDelivered(host);
  });
}

each("the same place with other bytes is an overlap", (_family, host, whole) => {
  const [a, b, c] = cut(whole, 40);
  const other = b.slice();
  other[other.length - 1] ^= 1;
  host.receive(a, b, other, c);
  assertEquals(host.dropped, { fragmentOverlap: 4 });
  assertEquals(host.datagrams(1), []);
});

each("two ends, or data after the end, discard it", (_family, host, whole) => {
  const [a, , c] = cut(whole, 40, 1);
  host.receive(a, c, fragmentOf(whole, { from: 40, to: 48, offset: 40, more: false, id: 1 }));
  assertEquals(host.dropped, { fragmentOverlap: 3 });
  host.receive(cut(whole, 40, 2)[2], fragmentOf(whole, { from: 0, to: 40, offset: 240, more: true, id: 2 }));
  assertEquals(host.dropped, { fragmentOverlap: 5 });
  host.receive(cut(whole, 40, 3)[2], fragmentOf(whole, { from: 0, to: 8, offset: WHOLE + 4, more: false, id: 3 }));
  assertEquals(host.dropped, { fragmentOverlap: 7 });
});

for (const family of FAMILIES) {
  Deno.test(`N3 after ${PATIENCE[family]} ms all is forgotten, and the first fragment reported (IPv${family})`, () => {
    const host = new LoneHost();
    const whole = toHost(family, datagram(1000));
    const [a, b] = cut(whole, 400);
    assertEquals(host.receive(b, a), []);
    assertEquals(host.engine.nextDeadline(), PATIENCE[family]);
    assertEquals(host.advance(PATIENCE[family] - 1), []);
    const [message] = host.messages(host.advance(1));
    assertEquals([message.type, message.code, message.rest], [family === 4 ? 11 : 3, 1, 0]);
    assertEquals(message.payload, a.subarray(0, message.payload.length));
    assertEquals(message.payload.length, a.length);
    assertEquals(host.engine.holdings().reassembly, 0);
    assertEquals(host.dropped, { fragmentTimeout: 2 });
    assertEquals(host.advance(100_000), []);
  });

  Deno.test(`N3 no report without the first fragment (IPv${family})`, () => {
    const host = new LoneHost();
    const [, b, c] = cut(toHost(family, datagram(SIZE)), 40);
    host.receive(b, c);
    assertEquals(host.advance(100_000), []);
    assertEquals(host.dropped, { fragmentTimeout: 2 });
    assertEquals(host.engine.holdings().reassembly, 0);
  });

  Deno.test(`N3 no report about an ICMP error (IPv${family})`, () => {
    const host = new LoneHost();
    const type = family === 4 ? 3 : 1;
    const error = toHost(family, { kind: "icmp", type, code: 1, rest: 0, payload: new Uint8Array(100) });
    host.receive(cut(error, 40)[0]);
    assertEquals(host.advance(100_000), []);
    assertEquals(host.dropped, { fragmentTimeout: 1 });
  });

  Deno.test(`N3 a datagram that takes its time, but not too long (IPv${family})`, () => {
    const host = new LoneHost();
    host.bind(1, 7);
    const [a, b, c] = cut(toHost(family, datagram(SIZE)), 40);
    host.receive(a);
    host.advance(PATIENCE[family] / 2);
    host.receive(b);
    host.advance(PATIENCE[family] / 2 - 1);
    host.receive(c);
    assertDelivered(host);
  });

  Deno.test(`N3 the oldest give way when the bytes are used up (IPv${family})`, () => {
    const limit = 20_000;
    const host = new LoneHost({ limits: { reassembly: limit } });
    host.bind(1, 7);
    const starts = Array.from({ length: 100 }, (_, i) => cut(toHost(family, datagram(1000, i)), 504, i));
    for (const [first] of starts) {
      host.receive(first);
      assert(host.engine.holdings().reassembly <= limit);
    }
    const kept = Math.floor(limit / (768 + starts[0][0].length));
    assertEquals(host.dropped, { fragmentLimit: 100 - kept });
    for (const [, second] of starts.slice(-kept).toReversed()) host.receive(second);
    assertEquals(host.datagrams(1).length, kept);
  });

  Deno.test(`N3 with no bytes allowed, fragments are refused and nothing is kept (IPv${family})`, () => {
    const host = new LoneHost({ limits: { reassembly: 0 } });
    assertEquals(host.receive(...cut(toHost(family, datagram(SIZE)), 40)), []);
    assertEquals(host.engine.holdings().reassembly, 0);
    assertEquals(host.dropped, { fragmentLimit: 3 });
  });

  Deno.test(`N3 more fragments than any datagram needs discard it (IPv${family})`, () => {
    const host = new LoneHost();
    const whole = toHost(family, datagram(40_000));
    for (const fragment of cut(whole, 16).slice(1, 2051)) host.receive(fragment);
    assertEquals(host.dropped, { fragmentLimit: 2049, fragmentOverlap: 1 });
    assert(host.engine.holdings().reassembly <= 512);
  });

  Deno.test(`N3 the largest datagram, in fragments of the smallest MTU (IPv${family})`, () => {
    const host = new LoneHost();
    host.bind(1, 7);
    const largest = family === 4 ? 65507 : 65527;
    host.receive(...cut(toHost(family, datagram(largest)), 48).toReversed());
    assertEquals(host.datagrams(1).map(({ bytes }) => bytes.length), [largest]);
    assertEquals(host.dropped, {});
  });

  Deno.test(`N3 an echo request in fragments is answered, in fragments (IPv${family})`, () => {
    const host = new LoneHost();
    const payload = new Uint8Array(5000).fill(5);
    const type = family === 4 ? 8 : 128;
    const sent = host.receive(...cut(toHost(family, { kind: "icmp", type, code: 0, rest: 9, payload }), 1024));
    assertEquals(sent.map(({ length }) => length).toSorted((a, b) => b - a)[0], family === 4 ? 1500 : 1496);
    assertEquals(sent.length, 4);
  });

  Deno.test(`N3 a report about a datagram put together quotes it whole (IPv${family})`, () => {
    const host = new LoneHost();
    const whole = toHost(family, datagram(200), { identification: 7 });
    const [message] = host.messages(host.receive(...cut(whole, 40)));
    assertEquals([message.type, message.code], family === 4 ? [3, 3] : [1, 4]);
    assertEquals(message.payload, whole);
  });
}

/** The ECN codepoints of three fragments, and that of the datagram; undefined when there is none (RFC 3168 §5.3). */
const MARKS: [what: string, fragments: [number, number, number], whole: number | undefined][] = [
  ["one is marked", [2, 2, 3], 3],
  ["the first is marked", [3, 1, 1], 3],
  ["all are marked", [3, 3, 3], 3],
  ["none is marked", [2, 2, 2], 2],
  ["one is marked, and one cannot be", [2, 0, 3], undefined],
  ["the first is marked, and the others cannot be", [3, 0, 0], undefined],
];
for (const family of FAMILIES) {
  for (const [what, codepoints, expected] of MARKS) {
    Deno.test(`N3 marks of congestion are not lost: ${what} (IPv${family})`, () => {
      const host = new LoneHost();
      const whole = (ecn: number) => toHost(family, datagram(SIZE), { ecn });
      const sent = host.receive(...codepoints.map((ecn, i) => cut(whole(ecn), 40)[i]).toReversed());
      // Nobody listens: the report quotes the datagram.
      const quotes = host.messages(sent).map(({ payload }) => payload);
      assertEquals(quotes.map(([, second]) => family === 4 ? second & 3 : second >> 4), [expected ?? []].flat());
      assertEquals(host.dropped, expected === undefined ? { malformed: 1 } : { noSocket: 1 });
      assertEquals(host.engine.counters.reassembled, expected === undefined ? 0 : 1);
      if (family === 4) { for (const quote of quotes) assertEquals(checksum(quote.subarray(0, 20)), 0); }
    });
  }
}

Deno.test("N3 dropped: empty, misaligned and too long fragments (IPv4)", () => {
  const host = new LoneHost();
  const whole = toHost(4, datagram(SIZE));
  for (
    const part of [
      { from: 0, to: 0, more: true },
      { from: 0, to: 0, offset: 64, more: false },
      { from: 0, to: 41, more: true },
      { from: 0, to: 7, more: true },
      { from: 0, to: 16, offset: 65_528, more: false },
      { from: 0, to: 8, offset: 65_528, more: false },
      { from: 0, to: 104, offset: 65_432, more: true },
    ]
  ) assertEquals(host.receive(fragmentOf(whole, part)), []);
  assertEquals(host.dropped, { malformed: 7 });
  assertEquals(host.engine.holdings().reassembly, 0);
});

Deno.test("N3 a misaligned fragment is reported at its payload length (IPv6)", () => {
  const host = new LoneHost();
  const fragment = fragmentOf(toHost(6, datagram(SIZE)), { from: 0, to: 41, more: true });
  const [message] = host.messages(host.receive(fragment));
  assertEquals([message.type, message.code, message.rest], [4, 0, 4]);
  assertEquals(message.payload, fragment);
  assertEquals(host.dropped, { malformed: 1 });
});

Deno.test("N3 a fragment that makes the packet too long is reported at its offset (IPv6)", () => {
  const host = new LoneHost();
  const whole = toHost(6, datagram(SIZE));
  for (const part of [{ from: 0, to: 16, offset: 65_528 }, { from: 0, to: 8, offset: 65_528, more: false }]) {
    const [message] = host.messages(host.receive(fragmentOf(whole, part)));
    assertEquals([message.type, message.code, message.rest], [4, 0, 42]);
  }
  assertEquals(host.dropped, { malformed: 2 });
  assertEquals(host.receive(fragmentOf(whole, { from: 0, to: 7, offset: 65_528, more: false })), []);
  assert(host.engine.holdings().reassembly > 0);
});

Deno.test("N3 empty fragments are dropped (IPv6)", () => {
  const host = new LoneHost();
  const whole = toHost(6, datagram(SIZE));
  assertEquals(host.receive(fragmentOf(whole, { from: 0, to: 0, more: true })), []);
  assertEquals(host.receive(fragmentOf(whole, { from: 0, to: 0, offset: 8, more: false })), []);
  assertEquals(host.dropped, { malformed: 2 });
});

Deno.test("N3 a first fragment without the whole header is reported (IPv6)", () => {
  const host = new LoneHost();
  const segment = toHost(6, { kind: "other", protocol: 6, payload: new Uint8Array(40) });
  const [message] = host.messages(host.receive(fragmentOf(segment, { from: 0, to: 16 })));
  assertEquals([message.type, message.code, message.rest], [4, 3, 0]);
  assertEquals(host.receive(fragmentOf(segment, { from: 0, to: 24, id: 8 })), []);
  assertEquals(host.dropped, { malformed: 1 });
});

Deno.test("N3 an atomic fragment is taken for itself (IPv6)", () => {
  const host = new LoneHost();
  host.bind(1, 7);
  const whole = toHost(6, datagram(SIZE));
  const [a, b, c] = cut(whole, 40);
  host.receive(a, b, fragmentOf(whole, { from: 0, to: WHOLE }));
  assertEquals(host.datagrams(1).length, 1);
  host.receive(c);
  assertEquals(host.datagrams(1).length, 1);
  assertEquals(host.dropped, {});
});

Deno.test("N3 the reserved flag does not matter (IPv4)", () => {
  const host = new LoneHost();
  host.bind(1, 7);
  const [a, b, c] = cut(toHost(4, datagram(SIZE)), 40);
  for (const fragment of [a, b, c]) {
    fragment[6] |= 0x80;
    const view = new DataView(fragment.buffer);
    view.setUint16(10, 0);
    view.setUint16(10, checksum(fragment.subarray(0, 20)));
  }
  host.receive(a, b, c);
  assertEquals(host.dropped, {});
  assertDelivered(host);
});
