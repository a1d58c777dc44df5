/**
 * A segment arrives for a connection past SYN-SENT: the steps of RFC 9293 §3.10.7.4, in its order, with the checks of
 * RFC 5961.
 *
 * @module
 */
import { ACK, FIN, RST, SYN } from "../../wire/tcp.ts";
import type { Packet } from "../packet.ts";
import { add, atOrAfter, atOrBefore, before, distance } from "../seq.ts";
import { acknowledge } from "./acknowledge.ts";
import { breakConnection, discard } from "./close.ts";
import type { Connection } from "./connection.ts";
import { emitSyn } from "./emit.ts";
import { establish } from "./open.ts";
import { sendReset } from "./reset.ts";
import type { Segment } from "./segment.ts";
import { receiveText } from "./text.ts";
import { noteTimestamp, passesPAWS } from "./timestamps.ts";
import { type ReceiveWindow, receiveWindow } from "./window.ts";

/** The least time between answers of one connection to segments that it cannot use, ms; Linux waits as long. */
const INVALID_INTERVAL = 500;

/** Whoever answers segments that it cannot use. */
export type Answering = Pick<Connection, "tcp" | "ackOwed" | "challengedAt" | "invalidAnsweredAt">;

/** Takes one segment. */
export function receiveSegment(c: Connection, packet: Packet, segment: Segment, now: number): void {
  const paws = passesPAWS(c, segment, now);
  if (paws === "missing") return c.tcp.counters.drop("unacceptable");
  if (paws === "old" || !checkSequence(c, segment, now)) {
    if (paws === "old") dropOld(c, segment, now);
    return;
  }
  if (segment.has(RST)) return receiveReset(c, segment, now);
  if (segment.has(SYN)) return receiveSyn(c, now);
  if (!segment.has(ACK)) return c.tcp.counters.drop("unacceptable");
  if (c.state === "SYN-RECEIVED" && !leaveSynReceived(c, packet, segment)) return;
  if (!acknowledge(c, segment, now)) return;
  noteTimestamp(c, segment, now);
  receiveText(c, segment, now);
}

/** An old duplicate is acknowledged, as any segment outside the window is (RFC 7323 §5.3). */
function dropOld(c: Connection, segment: Segment, now: number): void {
  c.tcp.counters.drop("unacceptable");
  if (mayAnswerInvalid(c, segment, now)) c.ackOwed = true;
  reportDuplicate(c, segment);
}

/** First, sequence number: four cases of an acceptable segment. */
function checkSequence(c: Connection, segment: Segment, now: number): boolean {
  if (isAcceptable(c, segment)) return true;
  if (segment.has(RST)) return segment.seq === c.rcvNxt || drops(c);
  if (isKeepAliveOrProbe(c, segment)) {
    if (segment.has(ACK) && c.state !== "SYN-RECEIVED" && acknowledge(c, segment, now)) noteTimestamp(c, segment, now);
    if (c.state !== "CLOSED") c.ackOwed = true;
    return false;
  }
  c.tcp.counters.drop("unacceptable");
  if (!mayAnswerInvalid(c, segment, now)) return false;
  const isSynAgain = segment.has(SYN) && !segment.has(ACK | FIN) && segment.seq === c.irs;
  if (c.state === "SYN-RECEIVED" && isSynAgain) emitSyn(c, now);
  else c.ackOwed = true;
  reportDuplicate(c, segment);
  return false;
}

function drops(c: Connection): false {
  c.tcp.counters.drop("unacceptable");
  return false;
}

/** Whether some of a segment lies in the window. */
export function isAcceptable(c: ReceiveWindow, segment: Segment): boolean {
  const window = receiveWindow(c);
  const { length } = segment;
  if (length === 0) {
    return window === 0 ? segment.seq === c.rcvNxt : inWindow(c.rcvNxt, segment.seq, window);
  }
  if (window === 0) return false;
  return inWindow(c.rcvNxt, segment.seq, window) || inWindow(c.rcvNxt, add(segment.endSeq, -1), window);
}

function inWindow(rcvNxt: number, seq: number, window: number): boolean {
  return atOrAfter(seq, rcvNxt) && before(seq, add(rcvNxt, window));
}

/**
 * With a closed window no data is acceptable, yet the acknowledgement beside it counts (§3.10.7.4), also that of a peer
 * who counts the byte of its probe as sent.
 */
function isKeepAliveOrProbe(c: Connection, segment: Segment): boolean {
  if (segment.has(SYN)) return false;
  const ahead = distance(segment.seq, c.rcvNxt);
  return receiveWindow(c) === 0 && (ahead === 0 || ahead === 1);
}

/** Second, the RST bit (RFC 5961 §3.2): only the exact sequence number resets; another one is challenged. */
function receiveReset(c: Connection, segment: Segment, now: number): void {
  if (segment.seq !== c.rcvNxt) return sendChallengeAck(c, now);
  if (c.state === "SYN-RECEIVED") {
    if (c.listener) discard(c);
    else breakConnection(c, "refused");
  } else if (c.state === "CLOSING" || c.state === "LAST-ACK") {
    discard(c);
  } else {
    breakConnection(c, "reset");
  }
}

/** Fourth, the SYN bit (RFC 5961 §4.2). */
function receiveSyn(c: Connection, now: number): void {
  if (c.state === "SYN-RECEIVED" && c.listener) discard(c);
  else sendChallengeAck(c, now);
}

/** Drops a segment, and tells a peer what we expect, in case it is really the peer; not often (RFC 5961 §7). */
export function sendChallengeAck(c: Answering, now: number): void {
  c.tcp.counters.drop("unacceptable");
  if (now - c.challengedAt < INVALID_INTERVAL) return c.tcp.counters.drop("rateLimited");
  c.challengedAt = now;
  c.ackOwed = true;
}

/**
 * Data that came again whole, before the window (RFC 2883 §4.1), be it older than what came in its place: that what was
 * sent again had only been late, a sender learns from nothing else.
 */
function reportDuplicate(c: Connection, segment: Segment): void {
  if (!c.sack || segment.dataLength === 0) return;
  if (!atOrBefore(add(segment.dataSeq, segment.dataLength), c.rcvNxt)) return;
  c.sackBlocks.arrivedAgain(segment.dataSeq, add(segment.dataSeq, segment.dataLength));
  c.duplicateAcksOwed = 1;
}

/**
 * Two ends that disagree would answer each other's bare segments for ever. Data and FIN are no answers, and who sends
 * them again waits for one.
 */
export function mayAnswerInvalid(c: Answering, segment: Segment, now: number): boolean {
  if (segment.length > 0 && !segment.has(SYN)) return true;
  if (now - c.invalidAnsweredAt < INVALID_INTERVAL) {
    c.tcp.counters.drop("rateLimited");
    return false;
  }
  c.invalidAnsweredAt = now;
  return true;
}

/** Fifth, the ACK field, in SYN-RECEIVED: the handshake's last step. */
function leaveSynReceived(c: Connection, packet: Packet, segment: Segment): boolean {
  if (segment.ack !== c.sndNxt) {
    sendReset(c.tcp, packet, segment);
    return drops(c);
  }
  if (c.listener && c.listener.waiting >= c.listener.backlog) {
    c.tcp.counters.drop("queueFull");
    return false;
  }
  c.sndWnd = segment.window << c.sndShift;
  c.sndWl1 = segment.seq;
  c.sndWl2 = segment.ack;
  establish(c);
  return true;
}
