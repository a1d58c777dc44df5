import { assert, assertEquals } from "@std/assert";
import { bandwidth, burstLoss, corrupt, delay, duplicate, link, loss, reorder, type Stage } from "./link.ts";

/** Sends `count` packets of 100 bytes, one each ms, and gives the times at which copies arrive, in the order sent. */
function arrivals(count: number, ...stages: Stage[]): number[][] {
  const wire = link(7, ...stages);
  return Array.from({ length: count }, (_, i) => {
    const copies = wire({ from: "a", sentAt: i, packet: new Uint8Array(100) });
    return copies.map(({ after }) => i + after);
  });
}

function share(times: number[][]): number {
  return times.filter((copies) => copies.length === 0).length / times.length;
}

Deno.test("delay, with jitter, in order or not", () => {
  assertEquals(arrivals(3, delay(10)), [[10], [11], [12]]);
  const loose = arrivals(1000, delay(10, 5)).map(([at], i) => at - i);
  assert(loose.every((ms) => ms >= 10 && ms < 15) && new Set(loose).size > 900);
  const ordered = arrivals(1000, delay(10, 5, true)).flat();
  assert(ordered.every((at, i) => i === 0 || at >= ordered[i - 1]));
  const unordered = arrivals(1000, delay(10, 5)).flat();
  assert(unordered.some((at, i) => i > 0 && at < unordered[i - 1]));
});

Deno.test("loss, alone and in bursts", () => {
  const uniform = share(arrivals(20_000, loss(0.1)));
  assert(Math.abs(uniform - 0.1) < 0.01, `${uniform}`);
  const times = arrivals(50_000, burstLoss({ toBad: 0.01, toGood: 0.25 }));
  // The chain is bad for 0.01 / (0.01 + 0.25) of the time, 4 packets in a row.
  assert(Math.abs(share(times) - 0.0385) < 0.008, `${share(times)}`);
  let bursts = 0;
  times.forEach((copies, i) => {
    if (copies.length === 0 && times[i - 1]?.length !== 0) bursts++;
  });
  const length = share(times) * times.length / bursts;
  assert(Math.abs(length - 4) < 0.7, `bursts of ${length}`);
});

Deno.test("reordering, duplication, corruption", () => {
  const late = arrivals(10_000, reorder(0.2, 10)).filter(([at], i) => at > i).length;
  assert(Math.abs(late - 2000) < 200, `${late}`);
  const twice = arrivals(10_000, duplicate(0.1, 5)).filter((copies) => copies.length === 2).length;
  assert(Math.abs(twice - 1000) < 150, `${twice}`);
  const wire = link(1, corrupt(0.5));
  let changed = 0;
  for (let i = 0; i < 1000; i++) {
    const packet = new Uint8Array(100);
    const [copy] = wire({ from: "a", sentAt: 0, packet });
    assertEquals(packet, new Uint8Array(100));
    const bits = copy.packet.reduce((sum, byte) => sum + byte.toString(2).replaceAll("0", "").length, 0);
    assert(bits <= 1);
    changed += bits;
  }
  assert(Math.abs(changed - 500) < 60, `${changed}`);
});

Deno.test("a bottleneck delays what waits, and drops what finds no room", () => {
  // 100 bytes take 1 ms.
  const wire = link(1, bandwidth(800_000, 250));
  const send = (sentAt: number, from: "a" | "b" = "a") => wire({ from, sentAt, packet: new Uint8Array(100) });
  assertEquals(send(0)[0].after, 1);
  assertEquals(send(0)[0].after, 2);
  assertEquals(send(0), []);
  assertEquals(send(0, "b")[0].after, 1);
  assertEquals(send(1)[0].after, 2);
  assertEquals(send(100)[0].after, 1);
});

Deno.test("a stage does the same whatever stages stand behind it", () => {
  const lost = (times: number[][]) => times.map((copies) => copies.length === 0);
  assertEquals(lost(arrivals(1000, loss(0.3))), lost(arrivals(1000, loss(0.3), delay(5, 5))));
});
