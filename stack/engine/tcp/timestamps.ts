/**
 * The timestamps option: round-trip times of what was sent twice, and protection against old duplicates (RFC 7323).
 *
 * @module
 */
import { RST, SYN } from "../../wire/tcp.ts";
import { atOrBefore, before, distance } from "../seq.ts";
import type { Connection } from "./connection.ts";
import type { Segment } from "./segment.ts";

/** How long TS.Recent holds on an idle connection: 24 days, in ms (§5.5). */
const RECENT_IS_OLD = 24 * 24 * 3600 * 1000;

/** What a connection keeps of timestamps. */
export type TimestampState = Pick<
  Connection,
  "timestamps" | "timestampOffset" | "timestampRecent" | "timestampRecentAt"
>;

/** TSval: a clock of 1 ms that starts somewhere else on each connection (§5.4, §7.1). */
export function timestampAt(c: TimestampState, now: number): number {
  return (Math.floor(now) + c.timestampOffset) | 0;
}

/** ms since the segment that is echoed was sent, in whole ticks. */
export function elapsedSinceEcho(c: Connection, segment: Segment, now: number): number {
  return distance(timestampAt(c, now), segment.options.timestampEcho);
}

/** PAWS (§5.3): whether a segment is no old duplicate. Without the option it is none of ours (§3.2). */
export function passesPAWS(c: TimestampState, segment: Segment, now: number): "yes" | "old" | "missing" {
  if (!c.timestamps || segment.has(RST) || segment.has(SYN)) return "yes";
  if (!segment.options.hasTimestamps) return "missing";
  const old = before(segment.options.timestampValue, c.timestampRecent);
  return old && now - c.timestampRecentAt < RECENT_IS_OLD ? "old" : "yes";
}

/** TS.Recent, from the segment that spans what was acknowledged last (§4.3). */
export function noteTimestamp(
  c: TimestampState & Pick<Connection, "lastAckSent">,
  segment: Segment,
  now: number,
): void {
  if (!c.timestamps || !segment.options.hasTimestamps || !atOrBefore(segment.seq, c.lastAckSent)) return;
  if (before(segment.options.timestampValue, c.timestampRecent) && now - c.timestampRecentAt < RECENT_IS_OLD) return;
  c.timestampRecent = segment.options.timestampValue;
  c.timestampRecentAt = now;
}
