/**
 * Fifth, the ACK field (RFC 9293 §3.10.7.4): what the peer has, and how much more it can take.
 *
 * @module
 */
import { add, after, atOrBefore, before, distance } from "../seq.ts";
import { reportWritable, withdrawSendBuffer } from "./buffers.ts";
import { discard, enterTimeWait, startLinger } from "./close.ts";
import type { Connection } from "./connection.ts";
import { takeEcho } from "./ecn.ts";
import { noteTrialArrived } from "./mtu_guess.ts";
import { sendChallengeAck } from "./receive.ts";
import { recover, resendAfterStall } from "./recovery.ts";
import { takeSackBlocks } from "./scoreboard.ts";
import type { Segment } from "./segment.ts";
import { armRetransmission } from "./send.ts";
import type { SentSegment } from "./sent_queue.ts";
import { elapsedSinceEcho } from "./timestamps.ts";

/** Takes SEG.ACK and SEG.WND; false when the segment must be dropped, or the connection is gone. */
export function acknowledge(c: Connection, segment: Segment, now: number): boolean {
  if (after(segment.ack, c.sndNxt) || before(segment.ack, add(c.sndUna, -c.maxSndWnd))) {
    sendChallengeAck(c, now);
    return false;
  }
  const { sent } = c;
  const inFlight = c.inFlight;
  const sacked = sent.sackedBytes;
  const echoed = c.timestamps && segment.options.hasTimestamps ? elapsedSinceEcho(c, segment, now) : NaN;
  const duplicate = isDuplicate(c, segment);
  c.rack.startAcknowledgment(c.sndUna);
  const duplicateReported = c.sack && takeSackBlocks(c, segment, echoed, now);
  const acked = after(segment.ack, c.sndUna) ? takeNew(c, segment.ack, echoed, duplicateReported, now) : 0;
  if (segment.ack === c.sndUna) updateWindow(c, segment);
  const delivered = acked + sent.sackedBytes - sacked;
  const congested = takeEcho(c, segment, inFlight, now);
  if (delivered > 0) c.tally.delivered(delivered, c.rtt.srtt, now);
  recover(c, { congested, acked, delivered, duplicate, duplicateReported, inFlight, ack: segment.ack, echoed }, now);
  if (c.freedBytes > 0) reportWritable(c);
  if (c.sndWnd === 0 && !c.orphaned) c.timeouts = 0;
  return advanceClose(c, now);
}

/** RFC 5681 §2: no data, nothing new, the same window, and data under way. */
function isDuplicate(c: Connection, segment: Segment): boolean {
  return segment.ack === c.sndUna && segment.length === 0 && c.sent.count > 0 && !c.probing &&
    scaledWindow(c, segment) === c.sndWnd;
}

function takeNew(c: Connection, ack: number, echoed: number, duplicateReported: boolean, now: number): number {
  const bytes = distance(ack, c.sndUna);
  const data = dataBytes(c, ack);
  let sentAt = NaN;
  let resentAt = -Infinity;
  c.sent.acknowledge(ack, (gone: SentSegment) => {
    if (gone.transmissions > 1) resentAt = Math.max(resentAt, gone.sentAt);
    // What waited behind a gap until it was filled says nothing about the path.
    sentAt = gone.sacked ? NaN : gone.sentAt;
    if (c.sack && !gone.sacked) c.rack.arrived(gone, echoed, now);
  });
  c.sndUna = ack;
  c.synAcknowledged = true;
  c.timeouts = 0;
  c.progressAt = now;
  c.softError = undefined;
  noteTrialArrived(c);
  const { backoff } = c.rtt;
  if (resentAt === -Infinity) takeRTT(c, now - sentAt);
  else takeRTT(c, duplicateReported ? now - resentAt : echoed);
  // That a probe's byte was taken opens no window: the next one waits longer all the same (RFC 1122 §4.2.2.17).
  if (c.probing) c.rtt.backoff = backoff;
  c.tally.bytesAcked += data;
  c.tcp.unacknowledged -= data;
  if (c.finRequested) withdrawSendBuffer(c);
  if (data > 0 && !c.orphaned) c.freedBytes += data;
  if (c.sent.count > 0) armRetransmission(c, now);
  else c.retransmitAt = Infinity;
  if (c.bufferedBytes === 0) c.sendBuffer.rest();
  return bytes;
}

/**
 * Karn: of what was sent twice, only a timestamp tells which one was acknowledged (RFC 7323 §4). When a D-SACK comes
 * along, it was the last one; the timestamp is then that of a segment from before the loss, because TS.Recent does not
 * follow duplicates.
 */
function takeRTT(c: Connection, rtt: number): void {
  if (rtt >= 0) c.rtt.sample(rtt);
}

/** How many of the sequence numbers up to `ack` are bytes that the program wrote: not SYN, not FIN. */
function dataBytes(c: Connection, ack: number): number {
  const first = c.synAcknowledged ? c.sndUna : add(c.iss, 1);
  const last = after(ack, c.sndEnd) ? c.sndEnd : ack;
  return Math.max(0, distance(last, first));
}

/** SND.WND, from segments that are not older than the one it came from. */
function updateWindow(c: Connection, segment: Segment): void {
  const newer = before(c.sndWl1, segment.seq) || (c.sndWl1 === segment.seq && atOrBefore(c.sndWl2, segment.ack));
  if (!newer) return;
  const window = scaledWindow(c, segment);
  if (window > c.sndWnd) windowOpened(c);
  c.sndWnd = window;
  c.sndWl1 = segment.seq;
  c.sndWl2 = segment.ack;
  c.maxSndWnd = Math.max(c.maxSndWnd, window);
}

/** What the closed window swallowed goes out again at once; nothing waits for a timer that backed off meanwhile. */
function windowOpened(c: Connection): void {
  const stalled = c.probing || (c.sndWnd === 0 && c.rtt.backoff > 0);
  c.probing = false;
  if (stalled) {
    // What follows is a loss of its own, and the network may be to blame for it.
    c.timeouts = 0;
    resendAfterStall(c);
  }
  if (stalled || c.sent.count === 0) c.retransmitAt = Infinity;
}

/** The window of a SYN is never scaled (RFC 7323 §2.2). */
function scaledWindow(c: Connection, segment: Segment): number {
  return c.state === "SYN-SENT" ? segment.window : segment.window << c.sndShift;
}

/** What our FIN's acknowledgement brings about; false when the connection is gone. */
function advanceClose(c: Connection, now: number): boolean {
  if (!c.finSent || c.sndUna !== c.sndNxt) return true;
  if (c.state === "FIN-WAIT-1") {
    c.setState("FIN-WAIT-2");
    if (c.orphaned) startLinger(c, now);
  } else if (c.state === "CLOSING") {
    enterTimeWait(c, now);
  } else if (c.state === "LAST-ACK") {
    discard(c);
    return false;
  }
  return true;
}
