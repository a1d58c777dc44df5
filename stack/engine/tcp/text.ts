/**
 * Sixth to eighth: urgent data in line, the segment's text, and the FIN (RFC 9293 §3.10.7.4).
 *
 * @module
 */
import { FIN } from "../../wire/tcp.ts";
import type { Range } from "../ranges.ts";
import { add, after, atOrBefore, before, distance, earliest, latest } from "../seq.ts";
import { noteReceiverRTT, reserveReceiveBuffer } from "./buffers.ts";
import { abort, enterTimeWait } from "./close.ts";
import type { Connection } from "./connection.ts";
import { noteMark } from "./ecn.ts";
import type { Segment } from "./segment.ts";
import { considerAck } from "./send.ts";
import { mayReceive } from "./state.ts";

/** Gaps that a peer may leave in its stream at a time; each costs memory and every segment a search. */
const MAX_RANGES = 1024;

/** Takes the data and the FIN of an acceptable segment. */
export function receiveText(c: Connection, segment: Segment, now: number): void {
  if (!mayReceive(c.state)) {
    if (segment.length > 0) c.ackOwed = true;
    return;
  }
  if (segment.dataLength > 0) {
    // Data that nobody will ever read (RFC 9293 §3.6.1).
    if (c.orphaned && after(segment.endSeq, c.rcvNxt)) return abort(c);
    noteMark(c, segment);
    noteReceiverRTT(c, segment, now);
    takeData(c, segment);
  }
  if (segment.has(FIN)) noteFin(c, segment);
  if (c.finReceived && c.rcvNxt === c.finSeq) takeFin(c, now);
  considerAck(c, now);
}

function takeData(c: Connection, segment: Segment): void {
  const { dataSeq, dataLength } = segment;
  const start = latest(dataSeq, c.rcvNxt);
  const end = earliest(add(dataSeq, dataLength), c.rcvEdge);
  c.rcvMss = Math.max(c.rcvMss, Math.min(dataLength, c.tcp.largestSegment(c.remote)));
  const again = c.sack ? hasArrived(c, dataSeq, end) : undefined;
  if (distance(end, start) <= 0) {
    c.ackOwed = true;
  } else if (start === c.rcvNxt) {
    takeInOrder(c, segment, start, end);
  } else {
    takeOutOfOrder(c, segment, start, end);
  }
  if (!again) return;
  c.sackBlocks.arrivedAgain(again.start, again.end);
  c.duplicateAcksOwed = 1;
}

/** What of a segment was there before, in one piece: the first (RFC 2883 §4.2). */
function hasArrived(c: Connection, start: number, end: number): Range | undefined {
  return before(start, c.rcvNxt) ? { start, end: c.rcvNxt } : c.outOfOrder.overlap(start, end);
}

/** What the host has no memory for will come again. */
function takeInOrder(c: Connection, segment: Segment, start: number, wanted: number): void {
  const end = earliest(wanted, reserve(c, wanted, c.tcp.receiveMemory.free));
  if (end !== wanted) c.tcp.counters.drop("memoryLimit");
  if (distance(end, start) <= 0) {
    c.ackOwed = true;
    return;
  }
  store(c, segment, start, end);
  advance(c, end);
}

/** Makes room up to `end`, beside what has arrived, if that takes no more than `free`; how far there is room. */
function reserve(c: Connection, end: number, free: number): number {
  const { outOfOrder } = c;
  const stored = outOfOrder.count > 0 ? outOfOrder.at(outOfOrder.count - 1).end : c.rcvNxt;
  const needed = distance(latest(end, stored), c.rcvRead);
  return add(c.rcvRead, reserveReceiveBuffer(c, needed, distance(stored, c.rcvRead), free));
}

/** Puts the bytes from `start` to `end` where they belong. Of bytes that come twice, the first to come stay. */
function store(c: Connection, segment: Segment, start: number, end: number): void {
  const { outOfOrder } = c;
  let from = start;
  for (let i = 0; i < outOfOrder.count && before(from, end); i++) {
    const range = outOfOrder.at(i);
    if (atOrBefore(range.end, from)) continue;
    storePart(c, segment, from, earliest(range.start, end));
    from = latest(from, range.end);
  }
  storePart(c, segment, from, end);
}

function storePart(c: Connection, segment: Segment, start: number, end: number): void {
  const length = distance(end, start);
  if (length <= 0) return;
  const source = new Uint8Array(segment.view.buffer);
  const at = segment.view.byteOffset + segment.data + distance(start, segment.dataSeq);
  c.receiveBuffer.write(start, source, at, length);
}

function advance(c: Connection, end: number): void {
  const previous = c.rcvNxt;
  c.rcvNxt = end;
  if (c.outOfOrder.count > 0) {
    c.rcvNxt = c.outOfOrder.takeUpTo(end);
    c.ackOwed = true;
    c.duplicateAcksOwed = c.sack && c.outOfOrder.count > 0 ? 1 : 0;
  }
  c.sackBlocks.advance(c.rcvNxt);
  c.tally.bytesReceived += distance(c.rcvNxt, previous);
  // A FIN in the middle of data was none of the peer's.
  if (c.finReceived && after(c.rcvNxt, c.finSeq)) c.finReceived = false;
  if (!c.orphaned && !c.readableReported) {
    c.readableReported = true;
    c.tcp.events.push({ kind: "readable", id: c.id });
  }
}

function takeOutOfOrder(c: Connection, segment: Segment, start: number, end: number): void {
  oweDuplicateAck(c);
  if (c.outOfOrder.count >= MAX_RANGES) return c.tcp.counters.drop("queueFull");
  // What lies beyond a gap, no program can make room for by reading.
  if (before(reserve(c, end, c.tcp.receiveMemory.spare), end)) return c.tcp.counters.drop("memoryLimit");
  store(c, segment, start, end);
  reportArrived(c, c.outOfOrder.add(start, end));
}

/** With SACK one acknowledgement says it all; without, the peer counts them. */
function oweDuplicateAck(c: Connection): void {
  c.duplicateAcksOwed = c.sack ? 1 : c.duplicateAcksOwed + 1;
}

/** For the next acknowledgements; the FIN has a sequence number, and counts with the bytes before it (RFC 2018 §3). */
function reportArrived(c: Connection, { start, end }: Range): void {
  c.sackBlocks.arrived({ start, end: c.finReceived && end === c.finSeq ? add(end, 1) : end });
}

function noteFin(c: Connection, segment: Segment): void {
  const seq = add(segment.dataSeq, segment.dataLength);
  if (before(seq, c.rcvNxt) || after(seq, c.rcvEdge)) return;
  // Of two that differ, the one that is next is the peer's.
  if (!c.finReceived || seq === c.rcvNxt) {
    c.finReceived = true;
    c.finSeq = seq;
  }
  if (seq === c.rcvNxt) return;
  if (segment.dataLength === 0) oweDuplicateAck(c);
  if (seq === c.finSeq) reportArrived(c, c.outOfOrder.endingAt(seq) ?? { start: seq, end: seq });
}

/** All before the FIN has arrived. */
function takeFin(c: Connection, now: number): void {
  c.rcvNxt = add(c.finSeq, 1);
  c.sackBlocks.advance(c.rcvNxt);
  c.ackOwed = true;
  c.tcp.reportEnd(c);
  if (c.state === "ESTABLISHED") c.setState("CLOSE-WAIT");
  else if (c.state === "FIN-WAIT-1") c.setState("CLOSING");
  else if (c.state === "FIN-WAIT-2") enterTimeWait(c, now);
}
