// T8: CUBIC's window against the formulas of RFC 9438, and HyStart++'s exit from slow start (RFC 9406 §4).
import { assert, assertEquals } from "@std/assert";
import { initialWindow } from "../../../stack/engine/tcp/congestion.ts";
import { Cubic } from "../../../stack/engine/tcp/cubic.ts";
import { HyStart } from "../../../stack/engine/tcp/hystart.ts";
import { NewReno } from "../../../stack/engine/tcp/newreno.ts";
import { RTTEstimator } from "../../../stack/engine/tcp/rtt.ts";

const MSS = 1000;
const C = 0.4;
const BETA = 0.7;
/** α of the Reno-friendly region, segments for each window. */
const ALPHA = 3 * (1 - BETA) / (1 + BETA);

/** W_cubic(t), in segments, `t` in seconds. */
function wCubic(t: number, wMax: number, start: number): number {
  const k = Math.cbrt((wMax - start) / C);
  return C * (t - k) ** 3 + wMax;
}

function estimator(rtt: number): RTTEstimator {
  const estimator = new RTTEstimator(200);
  for (let i = 0; i < 50; i++) estimator.sample(rtt);
  return estimator;
}

/** Acknowledges whole windows, segment by segment spread over the round trip, from `now` until `until` ms. */
function run(cubic: Cubic, rtt: number, now: number, until: number): void {
  const measured = estimator(rtt);
  for (let at = now; at < until;) {
    const segments = Math.round(cubic.cwnd / MSS);
    for (let i = 0; i < segments && at < until; i++) {
      cubic.acknowledged(MSS, at, measured, 0, 0);
      at += rtt / segments;
    }
  }
}

/** A window of so many segments, in congestion avoidance after a loss. */
function afterLoss(segments: number): Cubic {
  const cubic = new Cubic(segments * MSS, MSS);
  cubic.lossDetected(segments * MSS, 0);
  return cubic;
}

function assertNear(actual: number, expected: number, share: number, what: string): void {
  assert(Math.abs(actual - expected) <= share * expected, `${what}: expected ${expected}, was ${actual}`);
}

Deno.test("T8 the initial window of RFC 6928", () => {
  assertEquals([536, 1220, 1460, 2190, 4380, 8960, 65495].map((mss) => initialWindow(10, mss)), [
    5360,
    12_200,
    14_600,
    14_600,
    14_600,
    17_920,
    130_990,
  ]);
});

Deno.test("T8 CUBIC: a loss leaves seven tenths, two segments at least (§4.6)", () => {
  const cubic = afterLoss(100);
  assertEquals([cubic.cwnd, cubic.ssthresh], [70_000, 70_000]);
  assertEquals(afterLoss(2).cwnd, 2 * MSS);
  const idle = new Cubic(100 * MSS, MSS);
  idle.lossDetected(10 * MSS, 0);
  assertEquals(idle.cwnd, 7 * MSS, "what was not used does not count");
});

for (const rtt of [50, 100, 200]) {
  Deno.test(`T8 CUBIC: the window follows the cubic function, concave and convex, ${rtt} ms (§4.2, §4.4, §4.5)`, () => {
    const cubic = afterLoss(1000);
    const k = Math.cbrt(300 / C);
    let now = 0;
    for (const share of [0.25, 0.5, 0.75, 1, 1.25, 1.5]) {
      const until = share * k * 1000;
      run(cubic, rtt, now, until);
      now = until;
      assertNear(cubic.cwnd / MSS, wCubic(now / 1000, 1000, 700), 0.01, `after ${now} ms`);
    }
  });
}

Deno.test("T8 CUBIC: in a round trip the window grows by half of itself at most (§4.2)", () => {
  const cubic = afterLoss(10);
  run(cubic, 100, 0, 100);
  const before = cubic.cwnd;
  // So late, the function is far ahead.
  cubic.acknowledged(before, 100_000, estimator(100), 0, 0);
  assert(cubic.cwnd <= 1.5 * before, `from ${before} to ${cubic.cwnd}`);
});

Deno.test("T8 CUBIC: on a short path it grows as Reno would, 0.53 segments a window, then one (§4.3)", () => {
  const cubic = afterLoss(20);
  const rtt = 1;
  let now = 0;
  const windows = (count: number) => {
    const before = cubic.cwnd;
    for (let i = 0; i < count; i++) cubic.acknowledged(cubic.cwnd, now += rtt, estimator(rtt), 0, 0);
    return (cubic.cwnd - before) / MSS / count;
  };
  assertNear(windows(10), ALPHA, 0.02, "growth below the window of the loss");
  cubic.acknowledged(cubic.cwnd, now += rtt, estimator(rtt), 0, 0);
  while (cubic.cwnd < 20 * MSS) windows(1);
  assertNear(windows(10), 1, 0.02, "growth beyond it");
});

Deno.test("T8 CUBIC: fast convergence, when the window has not come back to what it was (§4.7)", () => {
  // 1000, then 800 < 1000: the next plateau is at 800 * 0.85.
  const cubic = new Cubic(1000 * MSS, MSS);
  cubic.lossDetected(1000 * MSS, 0);
  cubic.cwnd = 800 * MSS;
  cubic.lossDetected(800 * MSS, 0);
  run(cubic, 100, 0, 3000);
  assertNear(cubic.cwnd / MSS, wCubic(3, 680, 560), 0.01, "after 3 s");
});

Deno.test("T8 CUBIC: fast convergence compares with the plateau that the last loss has left (§4.7)", () => {
  const cubic = new Cubic(1000 * MSS, MSS);
  cubic.lossDetected(1000 * MSS, 0);
  cubic.cwnd = 800 * MSS;
  cubic.lossDetected(800 * MSS, 0);
  // 700 is beyond the 680 of the plateau: the share has grown again.
  cubic.cwnd = 700 * MSS;
  cubic.lossDetected(700 * MSS, 0);
  run(cubic, 100, 0, 3000);
  assertNear(cubic.cwnd / MSS, wCubic(3, 700, 490), 0.01, "after 3 s");
});

Deno.test("T8 CUBIC: after a timeout it starts from one segment, and convex from ssthresh on (§4.8)", () => {
  const cubic = new Cubic(1000 * MSS, MSS);
  cubic.timedOut(1000 * MSS, 0);
  assertEquals([cubic.cwnd, cubic.ssthresh], [MSS, 700 * MSS]);
  const measured = estimator(100);
  while (cubic.cwnd < cubic.ssthresh) cubic.acknowledged(cubic.cwnd, 0, measured, 0, 0);
  assertEquals(cubic.cwnd, 700 * MSS);
  run(cubic, 100, 0, 4000);
  assertNear(cubic.cwnd / MSS, wCubic(4, 700, 700), 0.01, "after 4 s");
});

Deno.test("T8 CUBIC: time in which the window is not used does not count (§5.8)", () => {
  const cubic = afterLoss(1000);
  run(cubic, 100, 0, 2000);
  for (let at = 2000; at <= 60_000; at += 100) cubic.unused(at);
  run(cubic, 100, 60_000, 62_000);
  assertNear(cubic.cwnd / MSS, wCubic(4, 1000, 700), 0.01, "after 4 s of use");
});

Deno.test("T8 CUBIC: a loss that was none gives the window back (§4.9)", () => {
  const cubic = new Cubic(100 * MSS, MSS);
  const before = [cubic.cwnd, cubic.ssthresh];
  cubic.timedOut(100 * MSS, 0);
  cubic.restore(before[0], before[1]);
  assertEquals([cubic.cwnd, cubic.ssthresh], before);
});

Deno.test("T8 NewReno: half of the flight, then a segment for each window (RFC 5681 §3.1)", () => {
  const reno = new NewReno(10 * MSS, MSS);
  reno.acknowledged(10 * MSS);
  assertEquals(reno.cwnd, 20 * MSS);
  reno.lossDetected(20 * MSS);
  assertEquals([reno.cwnd, reno.ssthresh], [10 * MSS, 10 * MSS]);
  reno.acknowledged(9 * MSS);
  assertEquals(reno.cwnd, 10 * MSS);
  reno.acknowledged(MSS);
  assertEquals(reno.cwnd, 11 * MSS);
  reno.timedOut(3 * MSS);
  assertEquals([reno.cwnd, reno.ssthresh], [MSS, 2 * MSS]);
});

/** A round of `samples` acknowledgements with one RTT; whether slow start is over. Sequence numbers count rounds. */
function round(hystart: HyStart, number: number, rtt: number, samples = 8): boolean {
  let isOver = false;
  for (let i = 0; i < samples; i++) isOver = hystart.acknowledged(rtt, number, number + 1) || isOver;
  return isOver;
}

Deno.test("T8 HyStart++: no growth of the RTT, no exit (RFC 9406 §4.2)", () => {
  const hystart = new HyStart();
  for (let i = 0; i < 50; i++) assert(!round(hystart, i, 100 + i % 2));
  assertEquals(hystart.growth(MSS), MSS);
});

for (const [rtt, threshold] of [[8, 4], [64, 8], [400, 16]]) {
  Deno.test(`T8 HyStart++: an RTT that grows from ${rtt} by ${threshold} ms slows the growth to a quarter`, () => {
    for (const [grown, growth] of [[rtt + threshold - 0.1, MSS], [rtt + threshold, MSS / 4]]) {
      const hystart = new HyStart();
      round(hystart, 0, rtt);
      round(hystart, 1, grown);
      assertEquals(hystart.growth(MSS), growth, `an RTT of ${grown}`);
    }
  });
}

Deno.test("T8 HyStart++: seven samples are too few", () => {
  const hystart = new HyStart();
  round(hystart, 0, 100);
  round(hystart, 1, 200, 7);
  assertEquals(hystart.growth(MSS), MSS);
});

Deno.test("T8 HyStart++: after five rounds of conservative slow start it is over", () => {
  const hystart = new HyStart();
  round(hystart, 0, 100);
  round(hystart, 1, 120);
  // The round in which it began is the first of the five.
  assertEquals([2, 3, 4, 5, 6].map((number) => round(hystart, number, 120)), [false, false, false, false, true]);
});

Deno.test("T8 HyStart++: rounds end also after half of all sequence numbers went by unnoticed", () => {
  const hystart = new HyStart();
  round(hystart, 0, 100);
  const later = 2_200_000_000 | 0;
  for (let number = later; number < later + 4; number++) round(hystart, number, 100);
  round(hystart, later + 4, 120);
  assertEquals(hystart.growth(MSS), MSS / 4);
});

Deno.test("T8 HyStart++: when the RTT falls again slow start goes on", () => {
  const hystart = new HyStart();
  round(hystart, 0, 100);
  round(hystart, 1, 120);
  round(hystart, 2, 110);
  assertEquals(hystart.growth(MSS), MSS);
});

Deno.test("T8 HyStart++ ends CUBIC's slow start at the window of then", () => {
  const cubic = new Cubic(10 * MSS, MSS);
  const rtt = estimator(100);
  let number = 0;
  const oneRound = (ms: number) => {
    rtt.sample(ms);
    number++;
    for (let i = 0; i < 8; i++) cubic.acknowledged(MSS, 0, rtt, number, number + 1);
  };
  oneRound(100);
  oneRound(150);
  for (let i = 0; i < 5; i++) {
    assertEquals(cubic.ssthresh, Infinity);
    oneRound(150);
  }
  assert(cubic.ssthresh < 100 * MSS, `ssthresh is ${cubic.ssthresh}`);
});

Deno.test("T8 CUBIC: a window that was in use counts whole, though the flight has drained (§4.6)", () => {
  const cubic = afterLoss(100);
  run(cubic, 50, 0, 50);
  const window = cubic.cwnd;
  cubic.lossDetected(3 * MSS, 60);
  assertEquals(cubic.ssthresh, Math.floor(window * 0.7));
});
