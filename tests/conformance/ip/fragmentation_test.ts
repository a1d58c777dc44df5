// N3 and N9: datagrams that are larger than the MTU (RFC 791 §3.2, RFC 6864, RFC 8200 §4.5 and §5).
import { assert, assertEquals } from "@std/assert";
import { ADDRESSES } from "../../harness/flow.ts";
import { LoneHost } from "../../harness/lone_host.ts";
import { Pair } from "../../harness/pair.ts";
import { checkPCAP, countMatches, countPackets, requireTshark } from "../../harness/tshark.ts";
import { PCAPTrace } from "../../../pcap/mod.ts";

const FAMILIES = [4, 6] as const;
const LARGEST = { 4: 65507, 6: 65527 };

/** What the headers of a fragment say. */
function read(bytes: Uint8Array) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes[0] >> 4 === 4) {
    const word = view.getUint16(6);
    return { id: view.getUint16(4), flags: word >> 13, offset: (word & 0x1fff) * 8, data: bytes.length - 20 };
  }
  const isFragment = bytes[6] === 44;
  const word = isFragment ? view.getUint16(42) : 0;
  return {
    id: isFragment ? view.getUint32(44) : 0,
    flags: word & 1,
    offset: word & 0xfff8,
    data: bytes.length - (isFragment ? 48 : 40),
  };
}

function bytesOf(length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, i) => i + (i >> 8));
}

/** A host whose socket 1 sends to port 9 of the peer. */
function sender(family: 4 | 6, mtu: number): { host: LoneHost; send: (bytes: Uint8Array) => void } {
  const host = new LoneHost({ mtu });
  const to = { address: ADDRESSES[family].peer, port: 9 };
  host.engine.connectDatagram(0, 1, 7, to);
  return { host, send: (bytes) => host.engine.send(host.now, 1, bytes, to) };
}

for (const family of FAMILIES) {
  const headers = family === 4 ? 28 : 48;

  Deno.test(`N3 a datagram that fits is whole, one byte more makes two fragments (IPv${family})`, () => {
    const { host, send } = sender(family, 1500);
    send(bytesOf(1500 - headers));
    const [whole, ...none] = host.sent();
    assertEquals([whole.length, none.length], [1500, 0]);
    assertEquals(read(whole).flags, family === 4 ? 2 : 0, "not to be fragmented");
    send(bytesOf(1501 - headers));
    const [first, second] = host.sent().map(read);
    const step = family === 4 ? 1480 : 1448;
    const size = 1501 - headers + 8;
    assertEquals([first.offset, first.data, first.flags], [0, step, 1]);
    assertEquals([second.offset, second.data, second.flags], [step, size - step, 0]);
    assertEquals(first.id, second.id);
    assertEquals(host.engine.counters.sent, 3);
    assertEquals(host.engine.counters.fragmented, 1);
  });

  Deno.test(`N3 no fragment is larger than the MTU, and all but the last are full (IPv${family})`, () => {
    for (
      const mtu of family === 4 ? [68, 69, 75, 76, 576, 1279, 1280, 1500, 9000, 65535] : [1280, 1281, 1500, 9000, 65535]
    ) {
      const { host, send } = sender(family, mtu);
      send(bytesOf(LARGEST[family]));
      const fragments = host.sent();
      assert(
        fragments.every(({ length }) => length <= mtu && (length > mtu - 8 || length === fragments.at(-1)!.length)),
      );
      let end = 0;
      for (const { offset, data } of fragments.map(read)) {
        assertEquals(offset, fragments.length === 1 ? 0 : end);
        end += data;
      }
      assertEquals(end, LARGEST[family] + 8);
    }
  });

  Deno.test(`N3 identifications differ and are not predictable (IPv${family})`, () => {
    const { host, send } = sender(family, 1500);
    for (let i = 0; i < 200; i++) send(bytesOf(1500));
    const ids = host.sent().map(read).filter(({ offset }) => offset === 0).map(({ id }) => id);
    assertEquals(new Set(ids).size, 200);
    assert(new Set(ids.slice(1).map((id, i) => id - ids[i])).size > 190);
  });

  Deno.test(`N3 when the wire is full, the rest of the fragments waits, before everything else (IPv${family})`, () => {
    const { host, send } = sender(family, 1500);
    const seen: Uint8Array[] = [];
    send(bytesOf(10_000));
    send(bytesOf(10));
    send(bytesOf(3000));
    let turns = 0;
    for (let all = false; !all; turns++) {
      host.out.room = 2;
      all = host.engine.transmit(0, host.out);
      seen.push(...host.out.take());
    }
    assertEquals(turns, 6);
    const fragments = seen.map(read);
    const last = seen.findIndex((bytes) => bytes.length === 10 + headers);
    assertEquals(last, 7);
    assertEquals(new Set(fragments.slice(0, last).map(({ id }) => id)).size, 1);
    assertEquals(fragments.slice(0, last).reduce((sum, { data }) => sum + data, 0), 10_008);
    assertEquals(fragments.slice(last + 1).reduce((sum, { data }) => sum + data, 0), 3008);
  });

  Deno.test(`N3 a socket that is closed with fragments on the way still sends them (IPv${family})`, () => {
    const { host, send } = sender(family, 1500);
    send(bytesOf(10_000));
    host.engine.close(0, 1);
    host.out.room = 3;
    const first = host.sent();
    host.out.room = Infinity;
    assertEquals(first.length + host.sent().length, 7);
    assert(host.events.some(({ kind }) => kind === "released"));
  });

  Deno.test(`N9 60,000 bytes over an MTU of 1280, and the largest datagram (IPv${family})`, () => {
    for (const length of [60_000, LARGEST[family]]) {
      const pair = new Pair({ mtu: 1280 });
      const received = exchange(pair, family, length);
      assertEquals(received, [bytesOf(length)]);
      assertEquals(pair.b.engine.holdings().reassembly, 0);
      assertEquals(pair.b.engine.nextDeadline(), Infinity);
    }
  });

  Deno.test(`N9 a datagram that is larger than any packet is dropped (IPv${family})`, () => {
    const { host, send } = sender(family, 1280);
    send(bytesOf(LARGEST[family] + 1));
    assertEquals(host.sent(), []);
    assertEquals(host.dropped, { tooBig: 1 });
  });

  Deno.test(`N9 one lost fragment loses the datagram, and its memory comes back (IPv${family})`, () => {
    for (const lost of [0, 20, 47]) {
      let index = 0;
      const pair = new Pair({ mtu: 1280, wire: ({ packet }) => index++ === lost ? [] : [{ after: 1, packet }] });
      assertEquals(exchange(pair, family, 60_000), []);
      assert(pair.b.engine.holdings().reassembly > 50_000);
      assert(pair.b.engine.holdings().reassembly < 80_000);
      const messages = pair.trace.length;
      pair.advance(family === 4 ? 30_000 : 60_000);
      assertEquals(pair.b.engine.holdings().reassembly, 0);
      assertEquals(pair.b.engine.nextDeadline(), Infinity);
      assertEquals(pair.trace.length - messages, lost === 0 ? 0 : 1, "the first fragment is reported");
    }
  });

  Deno.test(`N9 over loopback the largest datagram is not cut (IPv${family})`, () => {
    const host = new LoneHost({ mtu: 1280 });
    host.bind(1, 7);
    host.engine.send(0, 1, bytesOf(LARGEST[family]), { address: ADDRESSES[family].loopback, port: 7 });
    assertEquals(host.sent(), []);
    assertEquals(host.datagrams(1).map(({ bytes }) => bytes), [bytesOf(LARGEST[family])]);
    assertEquals(host.engine.counters.fragmented, 0);
  });

  Deno.test(`N3 TCP is never cut (IPv${family})`, () => {
    const pair = new Pair({ mtu: 1280 });
    pair.b.engine.listen(0, 1, { address: ADDRESSES[family].any, port: 80 }, 10);
    pair.a.engine.connect(0, 1, 5000, { address: family === 4 ? "10.0.0.2" : "2001:db8::2", port: 80 });
    pair.run(() => pair.a.saw("connected"));
    pair.a.engine.write(pair.now, 1, bytesOf(60_000));
    pair.advance(1000);
    assert(pair.trace.some(({ packet }) => packet.length === 1280));
    assertEquals(pair.a.engine.counters.fragmented, 0);
  });
}

Deno.test("N3 tshark puts the fragments together, and finds nothing wrong with them", async () => {
  if (!await requireTshark()) return;
  const pair = new Pair({ mtu: 1280, seed: 5 });
  for (const family of FAMILIES) exchange(pair, family, 60_000, 10 + family);
  const path = await Deno.makeTempFile({ suffix: ".pcap" });
  try {
    const trace = await PCAPTrace.open(path, 65_535);
    for (const { packet } of pair.trace) trace.dump(packet);
    await trace.close();
    assertEquals(await checkPCAP(path), []);
    assertEquals(await countPackets(path), pair.trace.length);
    assertEquals(await countMatches(path, "udp.length == 60008"), 2);
  } finally {
    await Deno.remove(path);
  }
});

/** Sends one datagram from a to b; what arrived there before all was quiet, or a second has passed. */
function exchange(pair: Pair, family: 4 | 6, length: number, id = 1): Uint8Array[] {
  const address = family === 4 ? "10.0.0.2" : "2001:db8::2";
  pair.b.engine.bind(pair.now, id, { address: "::", port: id });
  pair.a.engine.connectDatagram(pair.now, id, 7, { address, port: id });
  pair.a.engine.send(pair.now, id, bytesOf(length), { address, port: id });
  pair.advance(1000);
  const received = [];
  for (let next; (next = pair.b.engine.readDatagram(pair.now, id));) received.push(next.bytes);
  return received;
}
