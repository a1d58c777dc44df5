/**
 * The sender's scoreboard: takes the peer's SACK blocks (RFC 2018 §5, RFC 2883 §5), and finds what they show to be lost
 * when time is not asked (RFC 6675 §4).
 *
 * @module
 */
import { after, atOrBefore, before, latest } from "../seq.ts";
import type { Connection } from "./connection.ts";
import { isDuplicateReport } from "./sack_blocks.ts";
import type { Segment } from "./segment.ts";

/** Segments beyond a gap that make it a loss. */
const DUPLICATE_THRESHOLD = 3;

/** Marks what the blocks cover; whether the first reports that something of ours arrived twice. */
export function takeSackBlocks(c: Connection, segment: Segment, echoed: number, now: number): boolean {
  const { sackCount, sackEdges } = segment.options;
  if (sackCount === 0) return false;
  const duplicate = isDuplicateReport(sackEdges, sackCount, segment.ack, c.maxSndWnd);
  for (let i = duplicate ? 1 : 0; i < sackCount; i++) {
    takeBlock(c, sackEdges[2 * i], sackEdges[2 * i + 1], echoed, now);
  }
  return duplicate;
}

function takeBlock(c: Connection, left: number, right: number, echoed: number, now: number): void {
  const { sent } = c;
  if (!before(left, right) || after(right, c.sndNxt) || atOrBefore(right, c.sndUna)) return;
  sent.sack(latest(left, c.sndUna), right, (segment) => c.rack.arrived(segment, echoed, now));
}

/** Marks a segment lost when enough beyond it has arrived. Only for segments sent once: the rest is left to the timer. */
export function detectLossesByCount(c: Connection): void {
  const { sent } = c;
  let beyond = sent.sackedCount;
  for (let i = 0; i < sent.count && beyond >= DUPLICATE_THRESHOLD;) {
    const segment = sent.at(i);
    if (segment.sacked) beyond -= segment.run;
    else if (segment.transmissions === 1) sent.markLost(i);
    i += segment.run;
  }
}
