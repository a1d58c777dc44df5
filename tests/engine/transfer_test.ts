// Two engines over a link that does what links do, in virtual time.
// Some packets here are malformed on purpose.
import { assert, assertEquals } from "@std/assert";
import { bandwidth, burstLoss, corrupt, delay, duplicate, link, loss, reorder, type Stage } from "../harness/link.ts";
import { Pair } from "../harness/pair.ts";
import { countRetransmissions, startTransfer, transferBothWays } from "../harness/transfer.ts";

for (const family of [4, 6] as const) {
  for (const mtu of [1280, 1500, 9000, 65535]) {
    for (const ms of [0, 1, 50]) {
      Deno.test(`a lossless run has no retransmission: IPv${family}, MTU ${mtu}, ${ms} ms`, () => {
        const pair = new Pair({ mtu, wire: link(1, delay(ms)) });
        transferBothWays(pair, family, 1_000_000);
        assertEquals(countRetransmissions(pair), 0);
      });
    }
  }
}

const LINKS: [name: string, stages: Stage[]][] = [
  ["loss of 1 %", [delay(10), loss(0.01)]],
  ["loss of 20 %", [delay(2), loss(0.2)]],
  ["loss in bursts", [delay(10), burstLoss({ toBad: 0.005, toGood: 0.3 })]],
  ["reordering", [delay(5), reorder(0.1, 20)]],
  ["jitter", [delay(5, 5)]],
  ["duplication", [delay(5), duplicate(0.2, 20)]],
  ["corruption", [delay(5), corrupt(0.02)]],
  ["a bottleneck", [bandwidth(10_000_000, 30_000), delay(10)]],
  ["all at once", [delay(2, 1), loss(0.2), duplicate(0.05, 5), reorder(0.1, 10), corrupt(0.01)]],
];

for (const [name, stages] of LINKS) {
  for (const seed of [1, 2, 3]) {
    for (const [family, mtu] of [[4, 1280], [6, 9000]] as const) {
      Deno.test(`bytes arrive as they were sent: ${name}, IPv${family}, MTU ${mtu}, seed ${seed}`, () => {
        transferBothWays(new Pair({ seed, mtu, wire: link(seed, ...stages) }), family, 300_000);
      });
    }
  }
}

Deno.test("a mix of MTUs", () => {
  for (const [a, b] of [[65535, 1500], [1280, 65535], [9000, 1280]]) {
    const pair = new Pair({ wire: link(1, delay(1)), a: { mtu: a }, b: { mtu: b } });
    const ms = transferBothWays(pair, 4, 1_000_000);
    assertEquals(countRetransmissions(pair), 0);
    assert(ms < 1000, `MTUs ${a} and ${b}: 1 MB each way took ${ms} ms at an RTT of 2 ms`);
  }
});

Deno.test("both windows closed at once: what one side reads still opens its window", () => {
  const pair = new Pair({ wire: link(1, delay(5)) });
  const send = 4_000_000;
  const [a, b] = startTransfer(pair, 4, { send, reads: false }, { send, reads: false });
  pair.advance(30_000);
  assertEquals([a.received, b.received], [0, 0]);
  // a reads all that comes, b reads nothing until it has written all: neither may hang.
  a.reads = true;
  a.read();
  pair.run(() => a.received === send, pair.now + 600_000);
  assertEquals(a.failure ?? b.failure, undefined);
  assertEquals(a.received, send);
  b.reads = true;
  b.read();
  pair.run(() => b.received === send, pair.now + 600_000);
  assertEquals(b.received, send);
});

Deno.test("a reader that pauses again and again loses nothing", () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    const pair = new Pair({ seed, wire: link(seed, delay(3, 2), loss(0.05)) });
    const [a, b] = startTransfer(pair, 4, { send: 3_000_000 }, { send: 0, reads: false });
    for (let i = 0; i < 2000 && b.received < 3_000_000; i++) {
      b.reads = i % 2 === 1;
      if (b.reads) b.read();
      pair.advance(200 + 100 * (i % 3));
    }
    assertEquals([seed, a.failure, b.failure, b.received], [seed, undefined, undefined, 3_000_000]);
  }
});

Deno.test("a small buffer at one end", () => {
  for (const max of [1, 100, 1000, 5000, 70_000]) {
    const pair = new Pair({ wire: link(1, delay(1)), b: { tcp: { receiveBuffer: { max } } } });
    const [, b] = startTransfer(pair, 6, { send: 20_000 }, { send: 0 });
    pair.run(() => b.isDone || b.received === 20_000);
    assertEquals([max, b.received], [max, 20_000]);
  }
});

Deno.test("many connections, one after the other, between the same two hosts", () => {
  const pair = new Pair({ wire: link(1, delay(1)) });
  pair.b.engine.listen(0, 1, { address: "0.0.0.0", port: 80 }, 8);
  pair.b.onEvent = (event) => {
    if (event.kind === "accepted") pair.b.engine.accept(pair.now, event.id);
    if (event.kind === "ended") pair.b.engine.close(pair.now, event.id);
  };
  pair.a.onEvent = (event) => {
    if (event.kind === "connected") {
      pair.a.engine.write(pair.now, event.id, new Uint8Array(10));
      pair.a.engine.closeWrite(pair.now, event.id);
    }
    // The server never reads the ten bytes: FIN and RST come back.
    if (event.kind === "ended") pair.a.engine.close(pair.now, event.id);
  };
  for (let i = 0; i < 200; i++) {
    pair.a.engine.connect(pair.now, 10 + i, 50000 + (i % 20), { address: "10.0.0.2", port: 80 });
    pair.run(() => pair.a.saw("released", 10 + i) || pair.a.saw("timeWait", 10 + i));
    pair.advance(5);
  }
  pair.advance(300_000);
  assertEquals(pair.a.engine.nextDeadline(), Infinity);
  assertEquals(pair.b.engine.nextDeadline(), Infinity);
});

Deno.test("a link replays from its seed", () => {
  const run = (seed: number) => {
    const pair = new Pair({ seed: 1, wire: link(seed, delay(2, 2), loss(0.1), duplicate(0.1, 3)) });
    transferBothWays(pair, 4, 100_000);
    return pair.trace.map(({ sentAt, packet }) => `${sentAt} ${packet.length}`).join();
  };
  assertEquals(run(5), run(5));
  assert(run(5) !== run(6));
});
