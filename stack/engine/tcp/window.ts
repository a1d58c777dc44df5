/**
 * The receive window: what to offer, and when a wider one is worth telling (RFC 9293 §3.8.6, RFC 7323 §2.3).
 *
 * @module
 */
import { MAX_WINDOW_SHIFT } from "../../wire/tcp_options.ts";
import { add, distance } from "../seq.ts";
import { noteRead, receiveRoom } from "./buffers.ts";
import type { Connection } from "./connection.ts";
import { mayReceive } from "./state.ts";

const LARGEST_FIELD = 0xffff;

/** The shift with which a buffer of `size` bytes can be offered whole. */
export function shiftFor(size: number): number {
  let shift = 0;
  while (shift < MAX_WINDOW_SHIFT && LARGEST_FIELD << shift < size) shift++;
  return shift;
}

/** RCV.NXT, and the right edge of the widest window ever offered. */
export type ReceiveWindow = Pick<Connection, "rcvNxt" | "rcvEdge">;

/** RCV.WND: what may still arrive in the window offered last. */
export function receiveWindow(c: ReceiveWindow): number {
  return Math.max(0, distance(c.rcvEdge, c.rcvNxt));
}

/**
 * The window field of the next segment, not taking back what was offered, and not offering a sliver more
 * (receiver's silly window avoidance, RFC 1122 §4.2.3.3). Moves the right edge.
 */
export function offerWindow(c: Connection): number {
  const offered = receiveWindow(c);
  const free = freeSpace(c);
  const unit = 1 << c.rcvShift;
  // Rounding up keeps the right edge where it is, but must not push it on and on past the buffer's end.
  const kept = Math.ceil(offered / unit) * unit < free + unit ? Math.ceil(offered / unit) : Math.floor(offered / unit);
  const widened = free - offered >= worthwhile(c) ? Math.floor(free / unit) : 0;
  const field = Math.min(Math.max(kept, widened), LARGEST_FIELD);
  const edge = add(c.rcvNxt, field * unit);
  if (distance(edge, c.rcvEdge) > 0) c.rcvEdge = edge;
  return field;
}

/** The program has read: tells the peer, who may be waiting for it, when that made a difference. */
export function considerWindowUpdate(c: Connection, now: number): void {
  if (!mayReceive(c.state)) return;
  noteRead(c, now);
  const offered = receiveWindow(c);
  const gain = freeSpace(c) - offered;
  const matters = gain >= receiveRoom(c) / 4 || offered < c.rcvMss;
  if (!matters || gain < worthwhile(c)) return;
  c.ackOwed = true;
  c.tcp.queue(c);
}

function freeSpace(c: Connection): number {
  const free = receiveRoom(c) - distance(c.rcvNxt, c.rcvRead);
  return Math.min(Math.max(0, free), LARGEST_FIELD << c.rcvShift);
}

function worthwhile(c: Connection): number {
  return Math.min(c.rcvMss, receiveRoom(c) / 2);
}
