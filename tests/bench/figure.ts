/**
 * A figure is a piece of work that we and others do; what counts is the ratio, measured in one run, by turns.
 *
 * @module
 */

import { median } from "../harness/statistics.ts";

/** What one measurement gives. */
export interface Sample {
  value: number;
  /** Worth a look beside the value, such as a 99th percentile; medians of these are shown too. */
  beside?: Record<string, number>;
}

/** Does the work once, for about `seconds`, and says how it went. */
export type Measure = (seconds: number) => Promise<Sample>;

/** One whose work ours is compared with. */
export interface Peer {
  name: string;
  measure: Measure;
  /** Why it cannot be measured here, if so. */
  leftOut?: () => Promise<string | undefined>;
}

/** What ours must reach of a peer's. */
export interface Target {
  peer: string;
  ratio: number;
}

/** A figure, ours first. */
export interface Figure {
  name: string;
  unit: string;
  /** Whether more is better; otherwise less is. */
  more: boolean;
  ours: Measure;
  peers: Peer[];
  targets?: Target[];
  /** What the value itself must not pass, for a figure without peers. */
  limit?: number;
}

/** One line of the result: ours beside one peer, or alone. */
export interface Row {
  name: string;
  value: number;
  unit: string;
  ratio_to: string | null;
  /** Ours divided by the peer's, in the figure's own unit. */
  ratio: number | null;
  peer_value?: number;
  /** Whether the target is reached, where there is one. */
  target?: string;
  reached?: boolean;
  left_out?: string;
  [beside: string]: unknown;
}

/** Measures a figure in `rounds` rounds, in each ours and every peer once; the medians make the rows. */
export async function measureFigure(figure: Figure, rounds: number, seconds: number): Promise<Row[]> {
  const reasons = new Map<string, string | undefined>();
  for (const { name, leftOut } of figure.peers) reasons.set(name, await leftOut?.());
  const peers = figure.peers.filter(({ name }) => reasons.get(name) === undefined);
  const ours: Sample[] = [];
  const theirs = peers.map((): Sample[] => []);
  for (let round = 0; round < rounds; round++) {
    ours.push(await figure.ours(seconds));
    for (const [i, peer] of peers.entries()) theirs[i].push(await peer.measure(seconds));
  }
  const { value, beside } = medians(ours);
  const row: Row = { name: figure.name, value, unit: figure.unit, ratio_to: null, ratio: null, ...beside };
  const rows = figure.peers.map(({ name }): Row => {
    const left_out = reasons.get(name);
    if (left_out !== undefined) return { ...row, ratio_to: name, left_out };
    const peer_value = medians(theirs[peers.findIndex((peer) => peer.name === name)]).value;
    return { ...row, ratio_to: name, ratio: value / peer_value, peer_value };
  });
  return (rows.length > 0 ? rows : [row]).map((row) => ({ ...row, ...judge(figure, row) }));
}

function judge({ targets = [], more, limit }: Figure, { ratio_to, ratio, value }: Row): Partial<Row> {
  if (limit !== undefined) {
    return { target: `${more ? "≥" : "≤"} ${limit}`, reached: more ? value >= limit : value <= limit };
  }
  const target = targets.find(({ peer }) => peer === ratio_to);
  if (target === undefined || ratio === null) return {};
  const reached = more ? ratio >= target.ratio : ratio <= target.ratio;
  return { target: `${more ? "≥" : "≤"} ${target.ratio} × ${target.peer}`, reached };
}

function medians(samples: Sample[]): Sample {
  const value = median(samples.map((sample) => sample.value));
  const names = Object.keys(samples[0].beside ?? {});
  const beside = names.map((name) => [name, median(samples.map((sample) => sample.beside![name]))]);
  return { value, beside: Object.fromEntries(beside) };
}
