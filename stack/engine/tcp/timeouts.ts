/**
 * What happens when a connection's deadline comes.
 *
 * @module
 */
import { breakConnection, discard } from "./close.ts";
import type { Connection } from "./connection.ts";
import { fireKeepAlive } from "./keep_alive.ts";
import { fireReordering, loseEverything } from "./recovery.ts";
import { suspectBlackHole } from "./path_mtu.ts";
import { fireProbe } from "./tail_loss_probe.ts";
import { armRetransmission, isBlockedByWindow, resend, sendNew, usableWindow, userTimeoutAt } from "./send.ts";

/** The longest back-off: the timeout's own bound comes before it. */
const MAX_BACKOFF = 16;

/** Retries of a connection that nobody waits for, also against a window that stays closed (RFC 6429); Linux's number. */
const ORPHAN_RETRIES = 8;

/** Fires whatever is due. */
export function fireDeadlines(c: Connection, now: number): void {
  if (c.lingerAt <= now) return discard(c);
  if (c.delayedAckAt <= now) {
    c.delayedAckAt = Infinity;
    c.ackOwed = true;
  }
  if (c.keepAliveAt <= now) fireKeepAlive(c, now);
  if (c.reorderAt <= now) fireReordering(c, now);
  if (c.retransmitAt <= now) fireRetransmission(c, now);
  else if (c.probeAt <= now) fireProbe(c, now);
}

/** RFC 6298 §5.4 to 5.6; for a closed window, the probe's timer. */
function fireRetransmission(c: Connection, now: number): void {
  c.retransmitAt = Infinity;
  c.probeAt = Infinity;
  c.reorderAt = Infinity;
  c.tailProbeEnd = undefined;
  const { settings } = c.tcp;
  const opening = c.state === "SYN-SENT" || c.state === "SYN-RECEIVED";
  const retries = opening
    ? settings.synRetries
    : c.orphaned
    ? Math.min(ORPHAN_RETRIES, settings.retries)
    : settings.retries;
  if (c.timeouts >= retries || now >= userTimeoutAt(c)) return breakConnection(c, c.softError ?? "timed-out");
  if (c.probing || isBlockedByWindow(c)) {
    probeWindow(c, now);
  } else if (c.sent.count > 0) {
    loseEverything(c, now);
    suspectBlackHole(c);
  } else {
    return;
  }
  c.timeouts++;
  c.rtt.backoff = Math.min(c.rtt.backoff + 1, MAX_BACKOFF);
  armRetransmission(c, now);
}

/** One byte, or the FIN, beyond a closed window (RFC 9293 §3.8.6.1). */
function probeWindow(c: Connection, now: number): void {
  const usable = usableWindow(c);
  if (usable > 0) {
    // A sliver that silly window avoidance held back long enough (RFC 1122 §4.2.3.4).
    sendNew(c, now, Math.min(c.unsentBytes, c.mss, usable));
    return;
  }
  c.probing = true;
  if (c.sent.count === 0) {
    sendNew(c, now, Math.min(1, c.unsentBytes));
    return;
  }
  resend(c, c.sent.at(0), now);
}
