/**
 * Keep-alive: asks a silent peer whether it is still there (RFC 1122 §4.2.3.6).
 *
 * @module
 */
import { add } from "../seq.ts";
import { breakConnection } from "./close.ts";
import type { Connection } from "./connection.ts";
import { emitSegment } from "./emit.ts";
import { isSynchronized } from "./state.ts";

/** Turns it on or off for one connection. */
export function setKeepAlive(c: Connection, on: boolean, now: number): void {
  c.keepAlive = on;
  heardFromPeer(c, now);
}

/** Any segment shows that the peer is there. */
export function heardFromPeer(c: Connection, now: number): void {
  c.keepAliveProbes = 0;
  c.keepAliveAt = c.keepAlive && isSynchronized(c.state) && c.state !== "TIME-WAIT"
    ? now + c.tcp.settings.keepAlive.idle
    : Infinity;
}

/** The peer was silent too long: asks again, or gives up. While data is under way its own timer does that. */
export function fireKeepAlive(c: Connection, now: number): void {
  const { interval, count } = c.tcp.settings.keepAlive;
  c.keepAliveAt = now + interval;
  if (c.sent.count > 0) return;
  if (c.keepAliveProbes >= count) return breakConnection(c, "timed-out");
  if (emitSegment(c, now, add(c.sndNxt, -1), 0, 0)) c.keepAliveProbes++;
}
