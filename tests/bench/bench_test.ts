// The measurements measure something, and the rows are what others read.
import { assert, assertEquals, assertGreater } from "@std/assert";
import { median, percentile } from "../harness/statistics.ts";
import { type Figure, measureFigure } from "./figure.ts";
import { plot } from "./plot.ts";
import { FIGURES } from "./figures/mod.ts";

/** Enough for a handful of round trips, s. */
const SHORT = 0.05;

function samples(...values: number[]): Figure["ours"] {
  return () => Promise.resolve({ value: values.shift()!, beside: { dropped: 0 } });
}

Deno.test("a row is ours beside a peer's, each the median of its rounds", async () => {
  const figure: Figure = {
    name: "work",
    unit: "things/s",
    more: true,
    ours: samples(10, 30, 20),
    peers: [{ name: "peer", measure: samples(5, 5, 100) }],
    targets: [{ peer: "peer", ratio: 5 }],
  };
  assertEquals(await measureFigure(figure, 3, SHORT), [{
    name: "work",
    value: 20,
    unit: "things/s",
    ratio_to: "peer",
    ratio: 4,
    peer_value: 5,
    dropped: 0,
    target: "≥ 5 × peer",
    reached: false,
  }]);
});

Deno.test("a peer that cannot be measured is left out, with the reason", async () => {
  const peer = { name: "peer", measure: samples(), leftOut: () => Promise.resolve("not installed") };
  const [row] = await measureFigure(
    { name: "work", unit: "ms", more: false, ours: samples(1), peers: [peer] },
    1,
    SHORT,
  );
  assertEquals([row.ratio_to, row.ratio, row.left_out], ["peer", null, "not installed"]);
});

Deno.test("medians and percentiles", () => {
  assertEquals(median([3, 1, 2]), 2);
  assertEquals(percentile([...Array(100).keys()], 0.99), 99);
});

Deno.test("a plot has a point for each figure", () => {
  const svg = plot([{ label: "a", points: [[1, 5], [10, 8]] }, { label: "b", points: [[1, 0]] }], "flows", "Mbit/s");
  assertEquals(svg.match(/<circle/g)?.length, 3);
});

for (
  const name of ["bulk_mtu1500_inline", "bulk_mtu1500_pcap_inline", "round_trip_64b_inline", "connect_close_inline"]
) {
  Deno.test(`${name} measures something, and leaves nothing behind`, async () => {
    const figure = FIGURES.find((figure) => figure.name === name)!;
    const [row] = await measureFigure({ ...figure, peers: [] }, 1, SHORT);
    assertGreater(row.value, 0);
    assert(Number.isFinite(row.value));
  });
}
