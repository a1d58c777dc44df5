/**
 * How connections end: FIN, RST, TIME-WAIT, and letting go (RFC 9293 §3.6, §3.10.4, §3.10.5).
 *
 * @module
 */
import type { FailureReason } from "../events.ts";
import type { Connection } from "./connection.ts";
import { releaseReceiveBuffer, releaseSendBuffer, withdrawSendBuffer } from "./buffers.ts";
import { emitReset } from "./emit.ts";
import { isSynchronized } from "./state.ts";
import { TimeWait } from "./time_wait.ts";

/** How long FIN-WAIT-2 waits for the FIN of a peer whose data nobody will read. */
const FIN_WAIT_2_TIMEOUT = 60_000;

/** CLOSE: no more data from the program; FIN follows what it has written. */
export function closeWrite(c: Connection): void {
  if (c.finRequested) return;
  c.finRequested = true;
  withdrawSendBuffer(c);
  advanceToFin(c);
  c.tcp.queue(c);
}

/** The state that a requested FIN leads to. In the handshake it waits for the end of that. */
export function advanceToFin(c: Connection): void {
  if (c.state === "ESTABLISHED") c.setState("FIN-WAIT-1");
  else if (c.state === "CLOSE-WAIT") c.setState("LAST-ACK");
}

/** The program lets go of both directions. `unread`: it has not read all that arrived, so RST follows the FIN. */
export function closeBoth(c: Connection, unread: boolean, now: number): void {
  if (c.state === "SYN-SENT" || c.state === "CLOSED") return discard(orphan(c));
  const resets = unread || c.unreadBytes > 0;
  orphan(c);
  if (c.state === "TIME-WAIT") return c.tcp.forget(c);
  if (resets) {
    c.resetAfterFin = true;
    if (c.finSent) return abort(c);
  }
  closeWrite(c);
  if (c.state === "FIN-WAIT-2") startLinger(c, now);
}

/** ABORT: RST, and nothing more. */
export function abort(c: Connection): void {
  orphan(c);
  if (c.state === "TIME-WAIT") return c.tcp.timeWaits.endOf(c);
  if (c.state === "SYN-RECEIVED" || isSynchronized(c.state)) emitReset(c);
  discard(c);
}

/** The connection is broken; the program hears of it after what it can still read. */
export function breakConnection(c: Connection, reason: FailureReason): void {
  c.failure = reason;
  discard(c);
}

/** Takes the connection out of the network; what has arrived can still be read. */
export function discard(c: Connection): void {
  leaveListener(c);
  c.setState("CLOSED");
  c.sent.clear();
  releaseSendBuffer(c);
  c.outOfOrder.clear();
  c.ackOwed = false;
  c.duplicateAcksOwed = 0;
  clearDeadlines(c);
  c.tcp.remove(c);
}

/** TIME-WAIT: the network goes on with a {@link TimeWait}; what has arrived can still be read. */
export function enterTimeWait(c: Connection, now: number): void {
  c.setState("TIME-WAIT");
  c.sent.clear();
  releaseSendBuffer(c);
  clearDeadlines(c);
  c.tcp.leaveNetwork(c);
  c.tcp.timeWaits.add(new TimeWait(c), now);
  if (c.orphaned) c.tcp.forget(c);
  c.tcp.events.push({ kind: "timeWait", id: c.id });
}

/** Bounds the wait for a peer's FIN when the program has let go. */
export function startLinger(c: Connection, now: number): void {
  c.lingerAt = now + FIN_WAIT_2_TIMEOUT;
}

function orphan(c: Connection): Connection {
  releaseReceiveBuffer(c);
  if (!c.orphaned && c.state !== "CLOSED" && c.state !== "TIME-WAIT") c.tcp.orphans.join(c);
  c.orphaned = true;
  return c;
}

/** The program still has to take what was established and has ended: only then there is room for another. */
function leaveListener(c: Connection): void {
  if (c.listener && c.state === "SYN-RECEIVED") c.listener.halfOpen--;
  c.listener = null;
}

function clearDeadlines(c: Connection): void {
  c.retransmitAt = Infinity;
  c.reorderAt = Infinity;
  c.probeAt = Infinity;
  c.delayedAckAt = Infinity;
  c.lingerAt = Infinity;
  c.keepAliveAt = Infinity;
}
