/**
 * Loss recovery: fast retransmit and NewReno's fast recovery (RFC 5681 §3.2, RFC 6582), and the retransmission
 * timeout's (RFC 6298 §5).
 *
 * @module
 */
import { after, atOrAfter } from "../seq.ts";
import type { Connection } from "./connection.ts";

const DUPLICATE_THRESHOLD = 3;

/** New data was acknowledged; `inFlight` bytes were under way before. */
export function acknowledgedNew(c: Connection, bytes: number, inFlight: number, now: number): void {
  if (c.inRecovery) {
    const segments = Math.max(1, Math.round(bytes / c.mss));
    if (atOrAfter(c.sndUna, c.recoveryPoint)) {
      c.inRecovery = false;
      c.duplicateAcks = 0;
      c.congestion.recovered(c.inFlight);
    } else {
      c.duplicateAcks = Math.max(0, c.duplicateAcks - segments + 1);
      c.sent.markLost(c.sent.at(0));
    }
    return;
  }
  c.duplicateAcks = 0;
  if (c.cwndLimited || c.congestion.cwnd < 2 * inFlight) c.congestion.acknowledged(bytes, now, c.rtt.srtt);
  c.cwndLimited = false;
}

/** The same acknowledgement came again. */
export function countDuplicate(c: Connection, now: number): void {
  c.duplicateAcks++;
  if (c.inRecovery || c.duplicateAcks < DUPLICATE_THRESHOLD) return;
  if (!after(c.sndUna, c.recoveryPoint)) return;
  c.congestion.lossDetected(c.sent.bytes, now);
  c.inRecovery = true;
  c.recoveryPoint = c.sndNxt;
  c.sent.markLost(c.sent.at(0));
}

/** The retransmission timer fired: everything under way counts as lost. */
export function loseEverything(c: Connection, now: number): void {
  if (c.timeouts === 0) c.congestion.timedOut(c.inFlight, now);
  c.inRecovery = false;
  c.duplicateAcks = 0;
  c.recoveryPoint = c.sndNxt;
  c.sent.markAllLost();
}
