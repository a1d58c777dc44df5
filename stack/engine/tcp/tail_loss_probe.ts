/**
 * Tail loss probe: when no acknowledgement comes, one segment brings one, so that the loss of the last segments is found
 * without waiting for the retransmission timer (RFC 8985 §7). Times in ms.
 *
 * @module
 */
import { after, atOrAfter } from "../seq.ts";
import type { Connection } from "./connection.ts";
import { noteSlowedDown } from "./ecn.ts";
import type { Acknowledgment } from "./recovery.ts";
import { armRetransmission, resend, sendNew, usableWindow } from "./send.ts";
import { maySend } from "./state.ts";

/** Before the first round-trip time is known. */
const FIRST_TIMEOUT = 1000;
/** A worker's clock and queue are not finer than this. */
const LEAST_TIMEOUT = 10;
/** How long a peer may delay the acknowledgement of a single segment. */
const WORST_DELAYED_ACK = 200;

/** Sets the probe's timer, when a probe makes sense. */
export function armProbe(c: Connection, now: number): void {
  c.probeAt = Infinity;
  if (!c.sack || !c.tcp.settings.rack || c.phase !== "open" || !maySend(c.state)) return;
  if (c.sent.count === 0 || c.sent.sackedBytes > 0 || c.sent.lostBytes > 0 || c.tailProbeEnd !== undefined) return;
  if (c.rtt.backoff > 0 || c.probing) return;
  const timeout = c.rtt.srtt > 0 ? Math.max(2 * c.rtt.srtt, LEAST_TIMEOUT) : FIRST_TIMEOUT;
  const at = now + timeout + (c.inFlight <= c.mss ? WORST_DELAYED_ACK : 0);
  if (at < c.retransmitAt) c.probeAt = at;
}

/** The timer fired: new data, else the last segment again. */
export function fireProbe(c: Connection, now: number): void {
  c.probeAt = Infinity;
  // A loss that was found meanwhile is repaired in its own way (RFC 8985 §7.2).
  if (c.sent.count === 0 || c.phase !== "open") return;
  const length = Math.min(c.unsentBytes, c.mss, usableWindow(c));
  c.tailProbeIsNew = length > 0;
  if (c.tailProbeIsNew ? !sendNew(c, now, length) : !resendLast(c, now)) return;
  c.tailProbeEnd = c.sndNxt;
  // One of new data has set it again.
  c.probeAt = Infinity;
  armRetransmission(c, now);
}

/** §7.4.2: whether the probe repaired a loss, which congestion control must then hear of. */
export function noteProbeAcknowledged(
  c: Connection,
  { ack, duplicate, duplicateReported }: Acknowledgment,
  now: number,
): void {
  const end = c.tailProbeEnd;
  if (end === undefined || !atOrAfter(ack, end)) return;
  if (c.tailProbeIsNew || duplicateReported || duplicate) {
    c.tailProbeEnd = undefined;
  } else if (after(ack, end)) {
    c.tailProbeEnd = undefined;
    if (c.phase !== "open") return;
    c.congestion.lossDetected(c.inFlight, now);
    noteSlowedDown(c);
  }
}

function resendLast(c: Connection, now: number): boolean {
  if (!resend(c, c.sent.at(c.sent.count - 1), now)) return false;
  c.lastSentAt = now;
  return true;
}
