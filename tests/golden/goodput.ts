/**
 * The goodput of one flow over a 100 Mbit/s link, for each of many losses, round-trip times and buffer sizes, in
 * virtual time and from a seed: the same code gives the same numbers.
 *
 * @module
 */
import { EndlessFlows, type Path, payloadShare } from "../virtual/traffic.ts";

const BITS_PER_SECOND = 100_000_000;
/** Bytes before the bottleneck: a router with room for 10 ms, and more for longer paths. */
const LEAST_QUEUE = 125_000;
const LOSSES = [0, 0.0001, 0.001, 0.01, 0.05, 0.1];
const RTTS = [0, 1, 10, 50, 200];
const KIB = 1024;
const BUFFERS = [256 * KIB, 1024 * KIB, 6144 * KIB];

/** One cell of the grid. */
export interface Cell {
  loss: number;
  /** ms without queueing. */
  rtt: number;
  /** The most that the send buffer and the receive buffer grow to, bytes. */
  buffer: number;
}

/** All cells, in the order of the golden file. */
export function allCells(): Cell[] {
  return BUFFERS.flatMap((buffer) => RTTS.flatMap((rtt) => LOSSES.map((loss) => ({ loss, rtt, buffer }))));
}

/** A cell's line in the golden file: goodput in Mbit/s, the limit, and with loss the ratio of the two. */
export function measureCell(cell: Cell): string {
  const path = pathOf(cell);
  // Time for slow start and then as much again and more, long enough for many losses on long paths.
  const half = 1000 + 20 * cell.rtt;
  const flows = new EndlessFlows(path, 1);
  flows.measure(half);
  const goodput = megabits(flows.measure(half)[0] / half * 1000);
  const limit = limitOf(cell, path);
  const ratio = cell.loss > 0 ? goodput / limit : undefined;
  return formatCell(cell, goodput, limit, ratio);
}

/** The golden file from its lines of cells. */
export function formatGolden(lines: string[]): string {
  const head = ["buffer/KiB", "rtt/ms", "loss/%", "goodput", "limit", "ratio"];
  return `# Goodput of one flow over 100 Mbit/s, in Mbit/s. limit: what the headers leave of the link, or the buffer in each
# round trip; ratio: goodput to limit. Written by "deno task golden".
${columns(head)}
${lines.join("\n")}
`;
}

function pathOf({ loss, rtt, buffer }: Cell): Path {
  return {
    bitsPerSecond: BITS_PER_SECOND,
    rtt,
    loss,
    queue: Math.max(LEAST_QUEUE, BITS_PER_SECOND / 8 * rtt / 1000),
    tcp: { sendBuffer: { max: buffer }, receiveBuffer: { max: buffer } },
  };
}

/** The bandwidth-delay limit, Mbit/s. */
function limitOf({ rtt, buffer }: Cell, path: Path): number {
  const link = BITS_PER_SECOND / 1e6 * payloadShare(path);
  return rtt === 0 ? link : Math.min(link, megabits(buffer / rtt * 1000));
}

function formatCell({ buffer, rtt, loss }: Cell, goodput: number, limit: number, ratio: number | undefined): string {
  return columns([
    String(buffer / KIB),
    String(rtt),
    String(Math.round(loss * 1e6) / 1e4),
    goodput.toFixed(2),
    limit.toFixed(2),
    ratio === undefined ? "" : ratio.toFixed(3),
  ]);
}

function columns(fields: string[]): string {
  return fields.map((field) => field.padStart(10)).join(" ").trimEnd();
}

function megabits(bytesPerSecond: number): number {
  return bytesPerSecond * 8 / 1e6;
}
