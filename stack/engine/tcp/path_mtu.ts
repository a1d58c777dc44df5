/**
 * The path's MTU: what routers report, once it is sure that they speak of this connection, and a guess when they are
 * silent and large segments vanish (RFC 1191, RFC 8201, RFC 5927 §7, RFC 4821).
 *
 * @module
 */
import { LEAST_IPV4, LEAST_IPV6, plateauBelow } from "../path_mtu.ts";
import { after, distance } from "../seq.ts";
import type { Connection } from "./connection.ts";

/** Timeouts in a row after which large segments are suspected. */
const BLACK_HOLE_TIMEOUTS = 3;
/** What to try then (RFC 4821 §7.7). */
const BASE_MTU_IPV4 = 1064;
const BASE_MTU_IPV6 = 1280;

/** A router could not forward the segment at `seq`: the next link takes `mtu` bytes, 0 from a router that does not say. */
export function reducePathMTU(c: Connection, mtu: number, seq: number): void {
  const current = Math.min(c.pathMTU, c.tcp.output.mtu);
  const reported = mtu > 0 ? mtu : plateauBelow(current);
  const least = c.remote.isIPv4 ? LEAST_IPV4 : LEAST_IPV6;
  setPathMTU(c, Math.max(reported, least), seq);
}

/** On a path that carries still less than the least that is believed, routers cut what is sent. */
export function mayBeCut(c: Connection): boolean {
  return c.pathMTU <= LEAST_IPV4;
}

/** The retransmission timer fires again and again: maybe only large packets are lost, and nobody says so. */
export function suspectBlackHole(c: Connection): void {
  if (c.timeouts < BLACK_HOLE_TIMEOUTS || c.sent.count === 0) return;
  const base = c.remote.isIPv4 ? BASE_MTU_IPV4 : BASE_MTU_IPV6;
  const first = c.sent.at(0);
  if (Math.min(c.pathMTU, c.tcp.output.mtu) > base && distance(first.end, first.start) > c.mss / 2) {
    setPathMTU(c, base, c.sndUna);
  }
}

/**
 * What is too large goes out again in parts, from `seq` on: what was sent before may have passed. The network, which lost
 * nothing, is not blamed (RFC 8201 §5.4).
 */
function setPathMTU(c: Connection, mtu: number, seq: number): void {
  if (mtu >= Math.min(c.pathMTU, c.tcp.output.mtu)) return;
  c.pathMTU = mtu;
  c.updateMSS();
  const { sent } = c;
  for (let i = 0; i < sent.count; i++) {
    const segment = sent.at(i);
    if (!segment.syn && after(segment.end, seq) && distance(segment.end, segment.start) > c.mss) sent.markLost(i);
  }
  sent.divide(c.mss);
  if (sent.lostBytes > 0 && c.phase === "open") {
    c.phase = "loss";
    c.recoveryPoint = c.sndNxt;
  }
}
