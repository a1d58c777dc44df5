/**
 * The path's MTU: what routers report, once it is sure that they speak of this connection, and a guess when they are
 * silent and large segments vanish (RFC 1191, RFC 8201, RFC 5927 §7, RFC 4821).
 *
 * @module
 */
import { LEAST_IPV4, LEAST_IPV6 } from "../path_mtu.ts";
import { after, distance } from "../seq.ts";
import type { Connection } from "./connection.ts";
import { divideSent, excuseLoss } from "./mtu_guess.ts";

/** Timeouts in a row after which large segments are suspected. */
const BLACK_HOLE_TIMEOUTS = 3;
/** What to try then (RFC 4821 §7.7). */
const BASE_MTU_IPV4 = 1064;

/** A router could not forward the segment at `seq`: the next link takes `mtu` bytes. */
export function reducePathMTU(c: Connection, mtu: number, seq: number): void {
  const guess = c.mtuGuess;
  guess.reported = Math.min(guess.reported, Math.max(mtu, leastMTU(c)));
  setPathMTU(c, guess.reported, seq);
}

/** The retransmission timer fires again and again: maybe only large packets are lost, and nobody says so. */
export function suspectBlackHole(c: Connection): void {
  if (c.timeouts < BLACK_HOLE_TIMEOUTS || c.sent.count === 0) return;
  const first = c.sent.at(0);
  if (distance(first.end, first.start) <= c.mss / 2) return;
  const current = Math.min(c.pathMTU, c.tcp.output.mtu);
  const base = c.remote.isIPv4 && current > BASE_MTU_IPV4 ? BASE_MTU_IPV4 : leastMTU(c);
  if (current <= base) return;
  c.mtuGuess.made();
  setPathMTU(c, base, c.sndUna);
}

function leastMTU(c: Connection): number {
  return c.remote.isIPv4 ? LEAST_IPV4 : LEAST_IPV6;
}

/** What is too large goes out again in parts, from `seq` on: what was sent before may have passed. */
function setPathMTU(c: Connection, mtu: number, seq: number): void {
  if (mtu >= Math.min(c.pathMTU, c.tcp.output.mtu)) return;
  c.pathMTU = mtu;
  c.updateMSS();
  const { sent } = c;
  for (let i = 0; i < sent.count; i++) {
    const segment = sent.at(i);
    if (!segment.syn && after(segment.end, seq) && distance(segment.end, segment.start) > c.mss) sent.markLost(i);
  }
  divideSent(c);
  excuseLoss(c);
}
