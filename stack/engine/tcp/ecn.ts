/**
 * Explicit congestion notification: a router marks instead of dropping, the receiver echoes the mark until the sender
 * says that it has slowed down (RFC 3168 §6.1).
 *
 * @module
 */
import { ACK, CWR, ECE, SYN } from "../../wire/tcp.ts";
import { ECN_CONGESTION_EXPERIENCED } from "../../wire/ip.ts";
import { add, after, before, latest } from "../seq.ts";
import type { Connection } from "./connection.ts";
import type { Segment } from "./segment.ts";

/**
 * The flags with which a SYN offers it, or its answer accepts it. A SYN that goes out again does without (§6.1.1.1); an
 * answer does not, or each side would believe something else.
 */
export function synFlags(c: Connection): number {
  if (!c.ecn) return 0;
  if (c.state === "SYN-RECEIVED") return ECE;
  return c.sent.count > 0 ? 0 : ECE | CWR;
}

/** What the peer's SYN says to the offer (§6.1.1). */
export function agreesToECN(segment: Segment): boolean {
  const flags = segment.flags & (SYN | ACK | ECE | CWR);
  return segment.has(ACK) ? flags === (SYN | ACK | ECE) : flags === (SYN | ECE | CWR);
}

/** A segment with data came: its mark is echoed until the peer answers that it has slowed down (§6.1.3). */
export function noteMark(c: Connection, segment: Segment): void {
  if (!c.ecn) return;
  if (segment.has(CWR)) c.echoesCongestion = false;
  if (segment.ecn === ECN_CONGESTION_EXPERIENCED) {
    c.echoesCongestion = true;
    c.ackOwed = true;
  }
}

/**
 * Whether an acknowledgement echoes a mark. The sender reacts as to a loss, though nothing is sent again, and once for
 * each round trip (§6.1.2): the echo ends with what is beyond all that was under way.
 */
export function takeEcho(c: Connection, segment: Segment, inFlight: number, now: number): boolean {
  // Left behind, it would lie ahead again after 2^31 bytes.
  c.slowedDownUntil = latest(c.slowedDownUntil, add(c.sndUna, -1));
  if (!c.ecn || !segment.has(ECE) || segment.has(SYN)) return false;
  if (c.phase === "open" && after(c.sndUna, c.slowedDownUntil)) {
    c.congestion.lossDetected(inFlight, now);
    noteSlowedDown(c);
  }
  return true;
}

/** The congestion window was reduced, for whatever reason but a SYN's loss: the next new data says so (§6.1.2). */
export function noteSlowedDown(c: Connection): void {
  c.slowedDownUntil = c.sndNxt;
  c.owesCWR = c.ecn && c.synAcknowledged;
}

/** Whether what was under way when a mark slowed the sender down is under way still: its losses are no news (§6.1.2). */
export function hasSlowedDown(c: Connection): boolean {
  return c.ecn && before(c.sndUna, c.slowedDownUntil);
}

/** The window is what it was: nothing slowed down. */
export function withdrawSlowedDown(c: Connection): void {
  c.slowedDownUntil = c.sndUna;
  c.owesCWR = false;
}
