/**
 * What a connection sends, and when: SYN, what was lost, new data, FIN, and acknowledgements that found no company.
 *
 * @module
 */
import { FIN, PSH } from "../../wire/tcp.ts";
import { add, distance } from "../seq.ts";
import { discard } from "./close.ts";
import { initialWindow } from "./congestion.ts";
import type { Connection } from "./connection.ts";
import { emitAck, emitReset, emitSegment, emitSyn } from "./emit.ts";
import { nextSegmentSize, noteTrial } from "./mtu_guess.ts";
import { noteResent } from "./recovery.ts";
import type { SentSegment } from "./sent_queue.ts";
import { armProbe } from "./tail_loss_probe.ts";
import { maySend } from "./state.ts";
import { receiveWindow } from "./window.ts";

/** Segments that may be under way at a time: a send buffer full of small ones, or so many if that is less. */
const SMALL_SEGMENT = 512;
const LEAST_SEGMENTS = 4096;

/** Sends all that may be sent now, as far as its share goes; false when the wire is full first. */
export function transmit(c: Connection, now: number): boolean {
  if (!transmitDuplicateAcks(c, now)) return false;
  if (!transmitLost(c, now)) return false;
  if (c.state === "SYN-SENT" || c.state === "SYN-RECEIVED") {
    if (!transmitSyn(c, now)) return false;
  } else if (maySend(c.state)) {
    if (!transmitNew(c, now)) return false;
    if (c.resetAfterFin && c.finSent) {
      emitReset(c);
      discard(c);
      return true;
    }
  }
  return !c.ackOwed || emitAck(c, now);
}

function transmitSyn(c: Connection, now: number): boolean {
  if (c.sndNxt !== c.iss) return true;
  if (!emitSyn(c, now)) return false;
  c.sndNxt = add(c.iss, 1);
  c.progressAt = now;
  c.sent.push(c.iss, c.sndNxt, true, false, now);
  armRetransmission(c, now);
  return true;
}

/** Segments judged lost, the oldest first, as far as the congestion window allows. */
function transmitLost(c: Connection, now: number): boolean {
  while (c.tcp.order.share > 0) {
    const segment = c.sent.nextLost();
    if (!segment) return true;
    const length = distance(segment.end, segment.start);
    if (c.inFlight > 0 && c.inFlight + length > c.cwnd) return true;
    if (!resend(c, segment, now)) return false;
    c.prr.sent(length);
    noteResent(c, now);
    armRetransmission(c, now);
  }
  return true;
}

/** Sends a segment again; false when the wire is full. */
export function resend(c: Connection, segment: SentSegment, now: number): boolean {
  const dataLength = distance(segment.end, segment.start) - (segment.syn || segment.fin ? 1 : 0);
  const flags = segment.fin ? FIN : PSH;
  if (!(segment.syn ? emitSyn(c, now) : emitSegment(c, now, segment.start, dataLength, flags))) return false;
  c.sent.markResent(segment, now);
  if (segment.transmissions > 1) c.tally.retransmits++;
  c.tally.bytesSent += dataLength;
  c.tcp.order.share -= dataLength;
  return true;
}

function transmitNew(c: Connection, now: number): boolean {
  if (c.sent.count === 0) considerIdleRestart(c, now);
  while (c.tcp.order.share > 0) {
    const length = nextLength(c);
    if (length < 0) return true;
    if (!sendNew(c, now, length)) return false;
  }
  return true;
}

/** A window that was not used for a timeout says nothing about the path of now (RFC 5681 §4.1). */
function considerIdleRestart(c: Connection, now: number): void {
  const { settings } = c.tcp;
  c.congestion.unused(now);
  if (!settings.idleRestart || now - c.lastSentAt <= c.rtt.rto) return;
  c.congestion.restartAfterIdle(initialWindow(settings.initialWindow, c.mss));
}

/** Sends `length` bytes of new data, and the FIN with the last of them; false when the wire is full. */
export function sendNew(c: Connection, now: number, length: number): boolean {
  const last = length === c.unsentBytes;
  const fin = last && c.finRequested && (length === 0 || length < usableWindow(c));
  const flags = (fin ? FIN : 0) | (last && length > 0 ? PSH : 0);
  if (!emitSegment(c, now, c.sndNxt, length, flags)) return false;
  const end = add(c.sndNxt, length + (fin ? 1 : 0));
  if (c.sent.count === 0) {
    c.progressAt = now;
    c.tally.startDelivery(now);
  }
  c.tally.bytesSent += length;
  c.tcp.order.share -= length;
  c.lastSentAt = now;
  c.prr.sent(length);
  c.sent.push(c.sndNxt, end, false, fin, now);
  noteTrial(c, c.sndNxt, length);
  c.sndNxt = end;
  if (fin) c.finSent = true;
  if (c.retransmitAt === Infinity) armRetransmission(c, now);
  if (c.phase === "open") armProbe(c, now);
  return true;
}

/** How much new data the next segment may carry; 0 for a FIN alone, -1 for no segment now. */
function nextLength(c: Connection): number {
  if (c.finSent || c.sent.count >= mostSegments(c)) return -1;
  const usable = usableWindow(c);
  if (usable <= 0) return -1;
  const unsent = c.unsentBytes;
  if (unsent === 0) return c.finRequested ? 0 : -1;
  const length = Math.min(unsent, nextSegmentSize(c), usable);
  if (c.inFlight > 0 && c.inFlight + length > c.cwnd) {
    c.cwndLimited = true;
    return -1;
  }
  return length >= c.mss || isWorthSending(c, length, unsent) ? length : -1;
}

/** Every acknowledgement looks at what is under way: a peer that asks for crumbs must not make that many. */
function mostSegments(c: Connection): number {
  return Math.max(LEAST_SEGMENTS, c.tcp.settings.sendBuffer / SMALL_SEGMENT);
}

/** What the peer's window still lets out; negative when it was taken back. */
export function usableWindow(c: Connection): number {
  return distance(add(c.sndUna, c.sndWnd), c.sndNxt);
}

/** Sender's silly window avoidance and Nagle's algorithm (RFC 1122 §4.2.3.4). */
function isWorthSending(c: Connection, length: number, unsent: number): boolean {
  if (length === unsent && (c.noDelay || c.sent.count === 0 || c.finRequested)) return true;
  return length >= c.maxSndWnd / 2;
}

function transmitDuplicateAcks(c: Connection, now: number): boolean {
  while (c.duplicateAcksOwed > 0) {
    if (!emitAck(c, now)) return false;
    c.duplicateAcksOwed--;
  }
  return true;
}

/** Starts the retransmission timer anew (RFC 6298 §5), not beyond the user timeout. */
export function armRetransmission(c: Connection, now: number): void {
  c.retransmitAt = Math.min(now + c.rtt.rto, Math.max(now, userTimeoutAt(c)));
}

/** When what is under way has waited for its acknowledgement too long (RFC 5482). */
export function userTimeoutAt(c: Connection): number {
  return c.sent.count > 0 ? c.progressAt + c.tcp.settings.userTimeout : Infinity;
}

/** Whether something waits that the peer's window does not let out, with nothing under way that brings an answer. */
export function isBlockedByWindow(c: Connection): boolean {
  if (c.sent.count > 0 || !maySend(c.state) || c.finSent) return false;
  return (c.unsentBytes > 0 || c.finRequested) && nextLength(c) < 0;
}

/** Decides whether what has arrived is acknowledged now or with the next data (RFC 1122 §4.2.3.2). */
export function considerAck(c: Connection, now: number): void {
  const unacknowledged = distance(c.rcvNxt, c.lastAckSent);
  if (unacknowledged <= 0 || c.ackOwed) return;
  const { delayedAck } = c.tcp.settings;
  if (delayedAck === 0 || unacknowledged >= 2 * c.rcvMss || unacknowledged >= receiveWindow(c)) {
    c.ackOwed = true;
  } else if (c.delayedAckAt === Infinity) {
    c.delayedAckAt = now + delayedAck;
  }
}
