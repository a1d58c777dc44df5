/**
 * Sixth to eighth: urgent data in line, the segment's text, and the FIN (RFC 9293 §3.10.7.4).
 *
 * @module
 */
import { FIN } from "../../wire/tcp.ts";
import { add, after, before, distance } from "../seq.ts";
import { enterTimeWait, refuseData } from "./close.ts";
import type { Connection } from "./connection.ts";
import type { Segment } from "./segment.ts";
import { considerAck } from "./send.ts";
import { mayReceive } from "./state.ts";

/** Takes the data and the FIN of an acceptable segment. */
export function receiveText(c: Connection, segment: Segment, now: number): void {
  if (!mayReceive(c.state)) {
    if (segment.length > 0) c.ackOwed = true;
    return;
  }
  if (segment.dataLength > 0) {
    if (c.orphaned && after(segment.endSeq, c.rcvNxt)) return refuseData(c);
    takeData(c, segment);
  }
  if (segment.has(FIN) && !c.finReceived) noteFin(c, segment);
  if (c.finReceived && c.rcvNxt === c.finSeq) takeFin(c, now);
  considerAck(c, now);
}

function takeData(c: Connection, segment: Segment): void {
  const start = before(segment.seq, c.rcvNxt) ? c.rcvNxt : segment.seq;
  const dataEnd = add(segment.seq, segment.dataLength);
  const end = after(dataEnd, c.rcvEdge) ? c.rcvEdge : dataEnd;
  c.rcvMss = Math.max(c.rcvMss, Math.min(segment.dataLength, c.tcp.largestSegment(c.remote)));
  if (distance(end, start) <= 0) {
    if (segment.dataLength > 0) c.ackOwed = true;
    return;
  }
  store(c, segment, start, end);
  if (start === c.rcvNxt) advance(c, end);
  else addOutOfOrder(c, start, end);
}

function store(c: Connection, segment: Segment, start: number, end: number): void {
  const ring = c.receiveBuffer;
  const { outOfOrder } = c;
  const stored = outOfOrder.count > 0 ? outOfOrder.at(outOfOrder.count - 1).end : c.rcvNxt;
  const furthest = after(end, stored) ? end : stored;
  ring.reserve(distance(furthest, c.rcvRead), c.rcvRead, distance(stored, c.rcvRead));
  const source = new Uint8Array(segment.view.buffer);
  const at = segment.view.byteOffset + segment.data + distance(start, segment.seq);
  ring.write(start, source, at, distance(end, start));
}

function advance(c: Connection, end: number): void {
  c.rcvNxt = end;
  if (c.outOfOrder.count > 0) {
    c.rcvNxt = c.outOfOrder.takeUpTo(end);
    c.ackOwed = true;
    c.duplicateAcksOwed = 0;
  }
  if (!c.orphaned && !c.readableReported) {
    c.readableReported = true;
    c.tcp.events.push({ kind: "readable", id: c.id });
  }
}

function addOutOfOrder(c: Connection, start: number, end: number): void {
  c.outOfOrder.add(start, end);
  c.duplicateAcksOwed++;
}

function noteFin(c: Connection, segment: Segment): void {
  const seq = add(segment.seq, segment.dataLength);
  if (before(seq, c.rcvNxt) || after(seq, c.rcvEdge)) return;
  c.finReceived = true;
  c.finSeq = seq;
  if (seq !== c.rcvNxt && segment.dataLength === 0) c.duplicateAcksOwed++;
}

/** All before the FIN has arrived. */
function takeFin(c: Connection, now: number): void {
  c.rcvNxt = add(c.finSeq, 1);
  c.ackOwed = true;
  c.tcp.reportEnd(c);
  if (c.state === "ESTABLISHED") c.setState("CLOSE-WAIT");
  else if (c.state === "FIN-WAIT-1") c.setState("CLOSING");
  else if (c.state === "FIN-WAIT-2") enterTimeWait(c, now);
}
