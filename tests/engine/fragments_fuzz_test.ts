// Fragments and extension headers that were changed at random: no exception, bounds kept, few answers, and honest
// datagrams still arrive.
import { assert, assertEquals } from "@std/assert";
import { checksum } from "../harness/checksum.ts";
import { cut, fragmentOf } from "../harness/fragments.ts";
import { datagram, LoneHost, toHost, withExtensions } from "../harness/lone_host.ts";
import { seeded } from "../harness/seeded.ts";

const PACKETS = 20_000;
const LIMIT = 100_000;
const OPTIONS = [0, 1, 1, 4, 0, 0, 0, 0, 0x1e, 2, 0, 0, 1, 2, 0, 0];

Deno.test("N2 N3 mutated fragments never throw, and never take more than their bounds", () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  const random = seeded(seed);
  const below = (bound: number) => Math.floor(random() * bound);
  const host = new LoneHost({ limits: { reassembly: LIMIT } });
  host.bind(1, 7);
  try {
    for (let i = 0; i < PACKETS; i++) {
      const sent = host.receive(mutate(makeFragment(below), below));
      assert(sent.length <= 1, `${sent.length} answers`);
      assert(host.engine.reassemblyBytes <= LIMIT, `${host.engine.reassemblyBytes} bytes are held`);
      if (i % 100 === 0) host.advance(below(2000));
      if (i % 500 === 0) assertHonest(host, i);
    }
    host.advance(60_000);
    assertEquals(host.engine.reassemblyBytes, 0);
    assertEquals(host.engine.nextDeadline(), Infinity);
  } catch (error) {
    throw new Error(`seed ${seed}`, { cause: error });
  }
});

/** A fragment of one of few datagrams, so that many meet. */
function makeFragment(below: (bound: number) => number): Uint8Array<ArrayBuffer> {
  const family = below(2) === 0 ? 4 : 6;
  const length = 8 * below(40);
  let whole = toHost(family, datagram(length, below(2)));
  const chain: [number, number[]][] = [];
  if (family === 6) {
    if (below(4) === 0) chain.push([0, OPTIONS]);
    if (below(4) === 0) chain.push([60, OPTIONS]);
    if (below(8) === 0) chain.push([43, [0, 0, 0, 0, 0, 0, 0, 0]]);
    whole = withExtensions(whole, chain);
  }
  const before = below(2) * chain.reduce((sum, [, bytes]) => sum + bytes.length, 0);
  const end = whole.length - (family === 4 ? 20 : 40 + before);
  const from = 8 * below(end / 8 + 1);
  const to = Math.min(end, from + 8 * below(20));
  return fragmentOf(whole, { from, to, id: below(20), before });
}

/** Changes up to four bytes, mostly of the headers, and makes the IPv4 checksum right again most of the time. */
function mutate(bytes: Uint8Array<ArrayBuffer>, below: (bound: number) => number): Uint8Array<ArrayBuffer> {
  for (let changes = below(5); changes > 0; changes--) {
    // Addresses are left alone: another host's packets are not looked into.
    const places = bytes[0] >> 4 === 4
      ? [0, 1, 2, 3, 4, 5, 6, 6, 7, 7, 8, 9]
      : [0, 4, 5, 6, 40, 41, 42, 43, 44, 47, 48, 49, 50];
    const place = below(3) > 0 ? places[below(places.length)] : (bytes[0] >> 4 === 4 ? 20 : 40) + below(bytes.length);
    if (place < bytes.length) bytes[place] = below(3) === 0 ? below(256) : bytes[place] ^ (1 << below(8));
  }
  if (bytes[0] >> 4 === 4 && below(10) > 0) {
    const header = Math.min(bytes.length, (bytes[0] & 15) * 4);
    bytes[10] = bytes[11] = 0;
    const right = checksum(bytes.subarray(0, header));
    bytes[10] = right >> 8;
    bytes[11] = right;
  }
  return below(20) === 0 ? bytes.slice(0, below(bytes.length)) : bytes;
}

/** A datagram in fragments arrives, unless one made up before had the same identification. */
function assertHonest(host: LoneHost, index: number): void {
  host.datagrams(1);
  for (const family of [4, 6] as const) {
    const source = family === 4 ? "10.0.0.99" : "2001:db8::99";
    const whole = toHost(family, datagram(500), { source });
    host.receive(...cut(whole, 64, index).toReversed());
    const datagrams = host.datagrams(1);
    assertEquals(datagrams.map(({ bytes }) => bytes.length), [500]);
  }
}
