/**
 * Loss recovery: when it starts, what it may send, how it ends, and what is undone when nothing was lost
 * (RFC 5681 §3.2, RFC 6582, RFC 6675 §5, RFC 6937, RFC 8985, RFC 3522).
 *
 * @module
 */
import { add, after, atOrAfter } from "../seq.ts";
import { expandSendBuffer } from "./buffers.ts";
import type { Connection } from "./connection.ts";
import { hasSlowedDown, noteSlowedDown, withdrawSlowedDown } from "./ecn.ts";
import { noteTrialLost } from "./mtu_guess.ts";
import { detectLosses } from "./rack.ts";
import { detectLossesByCount } from "./scoreboard.ts";
import { armProbe, noteProbeAcknowledged } from "./tail_loss_probe.ts";

/** Duplicate acknowledgements that make a loss where the peer sends no SACK (RFC 5681 §3.2). */
const DUPLICATE_THRESHOLD = 3;

/** open: nothing is lost. recovery: a loss was found early. loss: the retransmission timer fired. */
export type Phase = "open" | "recovery" | "loss";

/** What one acknowledgement says. Sizes in bytes. */
export interface Acknowledgment {
  ack: number;
  /** Newly acknowledged by the ACK field. */
  acked: number;
  /** Newly known to have arrived. */
  delivered: number;
  /** It repeats the one before. */
  duplicate: boolean;
  /** It says that something arrived twice (D-SACK). */
  duplicateReported: boolean;
  /** It echoes the mark of a router (ECN): the window must not grow. */
  congested: boolean;
  /** What was under way before. */
  inFlight: number;
  /** ms since the segment was sent that it echoes; NaN when unknown. */
  echoed: number;
}

/** What to restore when a recovery turns out to be a mistake. */
export interface Undo {
  cwnd: number;
  ssthresh: number;
  /** When the first segment was sent again; NaN before. */
  resentAt: number;
}

/** Draws the conclusions from an acknowledgement. */
export function recover(c: Connection, ack: Acknowledgment, now: number): void {
  if (ack.duplicateReported) c.rack.duplicateReported(c);
  if (ack.acked > 0 && c.undo) checkUndo(c, ack, now);
  const recovered = atOrAfter(c.sndUna, c.recoveryPoint) && endRecovery(c);
  // Left behind, it would lie ahead again after 2^31 bytes.
  if (after(c.sndUna, c.recoveryPoint)) c.recoveryPoint = add(c.sndUna, -1);
  noteProbeAcknowledged(c, ack, now);
  if (!c.sack) recoverWithoutSack(c, ack);
  else if (ack.delivered > 0 || ack.duplicateReported) findLosses(c, now);
  noteTrialLost(c);
  if (c.phase === "open" && c.sent.lostBytes > 0 && !c.probing) startRecovery(c, ack.inFlight, now);
  if (c.phase === "recovery") {
    // Without SACK a repeated acknowledgement stands for a segment; with SACK the blocks say all that arrived.
    c.prr.acknowledged(ack.delivered || (ack.duplicate && !c.sack ? c.mss : 0), c.inFlight, c.mss);
  } else if (ack.acked > 0 && !recovered) {
    growWindow(c, ack, now);
  }
  if (ack.acked > 0 || ack.delivered > 0) armProbe(c, now);
}

/** Looks for losses by time or by count; the reordering timer is set when one may still turn out. */
function findLosses(c: Connection, now: number): void {
  if (!c.tcp.settings.rack) return detectLossesByCount(c);
  const wait = detectLosses(c, now);
  c.reorderAt = wait > 0 ? now + wait : Infinity;
}

/** The reordering timer fired (RFC 8985 §6.3). */
export function fireReordering(c: Connection, now: number): void {
  c.reorderAt = Infinity;
  const { inFlight } = c;
  findLosses(c, now);
  noteTrialLost(c);
  if (c.phase === "open" && c.sent.lostBytes > 0) startRecovery(c, inFlight, now);
  // What turns out to be lost makes no room by itself.
  if (c.phase === "recovery") c.prr.acknowledged(0, c.inFlight, c.mss);
}

/** The retransmission timer fired: everything counts as lost that the peer is not known to have (RFC 6298 §5). */
export function loseEverything(c: Connection, now: number): void {
  if (c.timeouts === 0) {
    if (c.phase === "open") rememberWindow(c);
    c.congestion.timedOut(c.inFlight, now);
    noteSlowedDown(c);
  }
  c.phase = "loss";
  c.duplicateAcks = 0;
  c.recoveryPoint = c.sndNxt;
  // The peer has given up what it had reported (RFC 2018 §8).
  if (c.sent.at(0).sacked) c.sent.forgetSacked();
  c.sent.markAllLost();
  noteTrialLost(c);
}

/** A closed window has opened: what it swallowed goes out again, and the network, which lost nothing, is not blamed. */
export function resendAfterStall(c: Connection): void {
  c.rtt.backoff = 0;
  if (c.sent.count === 0) return;
  c.phase = "loss";
  c.recoveryPoint = c.sndNxt;
  c.undo = undefined;
  c.duplicateAcks = 0;
  c.sent.markAllLost();
}

/** A segment goes out again. */
export function noteResent(c: Connection, now: number): void {
  c.lastSentAt = now;
  if (c.undo && Number.isNaN(c.undo.resentAt)) c.undo.resentAt = now;
}

function startRecovery(c: Connection, inFlight: number, now: number): void {
  rememberWindow(c);
  // What limited transmit has sent beyond the window does not count (RFC 5681 §3.2 step 2).
  const flightSize = c.sack ? Math.max(inFlight, c.mss) : Math.min(c.sent.bytes, c.congestion.cwnd);
  if (!hasSlowedDown(c)) c.congestion.lossDetected(flightSize, now);
  noteSlowedDown(c);
  c.prr.start(c.sent.bytes, c.congestion.ssthresh);
  c.phase = "recovery";
  c.recoveryPoint = c.sndNxt;
}

/** Everything that was under way has arrived. Whether the window is to stay at ssthresh now (RFC 6582 §3.2 step 3). */
function endRecovery(c: Connection): boolean {
  if (c.phase === "open") return false;
  const recovered = c.phase === "recovery";
  if (recovered) c.rack.recovered();
  c.phase = "open";
  c.duplicateAcks = 0;
  c.undo = undefined;
  return recovered;
}

function rememberWindow(c: Connection): void {
  c.undo = { cwnd: c.congestion.cwnd, ssthresh: c.congestion.ssthresh, resentAt: NaN };
}

/** Eifel (RFC 3522): the first new acknowledgement echoes a segment older than what was sent again: nothing was lost. */
function checkUndo(c: Connection, ack: Acknowledgment, now: number): void {
  const { undo } = c;
  if (!undo || Number.isNaN(undo.resentAt)) return;
  c.undo = undefined;
  const echoedAt = Math.floor(now) - ack.echoed;
  if (!(echoedAt < Math.floor(undo.resentAt))) return;
  c.congestion.restore(undo.cwnd, undo.ssthresh);
  withdrawSlowedDown(c);
  c.sent.unmarkLost();
  c.phase = "open";
  c.duplicateAcks = 0;
}

/** NewReno (RFC 6582): one loss for each round trip, found by what repeats. */
function recoverWithoutSack(c: Connection, ack: Acknowledgment): void {
  const { sent } = c;
  if (ack.acked > 0) {
    if (c.phase !== "recovery") {
      c.duplicateAcks = 0;
      return;
    }
    const segments = Math.max(1, Math.round(ack.acked / c.mss));
    c.duplicateAcks = Math.max(0, c.duplicateAcks - segments + 1);
    if (sent.count > 0) sent.markLost(0);
  } else if (ack.duplicate) {
    c.duplicateAcks++;
    const mayStart = c.phase === "open" && after(c.sndUna, c.recoveryPoint);
    if (mayStart && c.duplicateAcks >= DUPLICATE_THRESHOLD) sent.markLost(0);
  }
}

function growWindow(c: Connection, ack: Acknowledgment, now: number): void {
  const wasUsed = c.cwndLimited || c.congestion.cwnd < 2 * ack.inFlight;
  if (wasUsed && !ack.congested) {
    c.congestion.acknowledged(ack.acked, now, c.rtt, c.sndUna, c.sndNxt);
    expandSendBuffer(c);
  } else {
    c.congestion.unused(now);
  }
  c.cwndLimited = false;
}
