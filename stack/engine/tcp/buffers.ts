/**
 * Buffers that grow with the path: the receive buffer to twice of what the program reads in a round trip (dynamic
 * right-sizing), the send buffer to twice the congestion window. They never shrink, so that no window is taken back. What
 * those of all connections hold is bounded.
 *
 * @module
 */
import { LEAST_BUFFER } from "../memory_pool.ts";
import { distance } from "../seq.ts";
import type { Connection } from "./connection.ts";
import type { Segment } from "./segment.ts";
import type { TCP } from "./tcp.ts";
import { elapsedSinceEcho } from "./timestamps.ts";

/** What a connection starts with, in bytes. */
export const INITIAL_BUFFER = 256 * 1024;
/** Segments beyond twice the round trip's bytes: room for a sender in slow start. */
const SLACK_SEGMENTS = 16;
/** Once so much is promised to all, a new connection is promised no more than it needs: the first 64 have plenty. */
const PLENTY = 64 * INITIAL_BUFFER;
/** Beyond so many connections, none writes further ahead than {@link MODEST} while {@link ENOUGH} is under way. */
const MANY = 64;
const MODEST = 32 * 1024;
const ENOUGH = 32 * 1024 * 1024;
/** Bytes of room to write that are worth telling. */
const LEAST_GRANT = 1024;
/** A receiver's clock is no finer, ms. */
const LEAST_RTT = 1;

/** The receiver's measure of how fast the program reads. */
export interface ReadRate {
  /** The round trip as the receiver sees it, ms; Infinity before one was seen. */
  rtt: number;
  /** When the present round trip began, and what the program had read by then. */
  since: number;
  readSince: number;
  /** The most that was read in one round trip. */
  most: number;
}

/** A segment with data echoes one of ours: the round trip is not longer than that (RFC 7323 §4). */
export function noteReceiverRTT(c: Connection, segment: Segment, now: number): void {
  if (!c.timestamps || segment.dataLength < c.rcvMss) return;
  const elapsed = Math.max(LEAST_RTT, elapsedSinceEcho(c, segment, now));
  c.readRate.rtt = Math.min(c.readRate.rtt, elapsed);
}

/** The program has read. */
export function noteRead(c: Connection, now: number): void {
  const rate = c.readRate;
  const rtt = Math.max(LEAST_RTT, Math.min(rate.rtt, c.rtt.srtt > 0 ? c.rtt.srtt : Infinity));
  if (rtt === Infinity || now - rate.since < rtt) return;
  const read = distance(c.rcvRead, rate.readSince);
  rate.since = now;
  rate.readSince = c.rcvRead;
  if (read <= rate.most) return;
  rate.most = read;
  const wanted = 2 * read + SLACK_SEGMENTS * c.rcvMss;
  c.receiveLimit = Math.max(c.receiveLimit, Math.min(wanted, c.tcp.settings.receiveBuffer));
}

/** The congestion window has grown: the program may write ahead of it. */
export function expandSendBuffer(c: Connection): void {
  if (c.promised === 0 || c.finRequested) return;
  const wanted = wantedSendBuffer(c);
  // In steps, so that not every acknowledgement is told of.
  if (wanted < c.sendLimit + Math.min(INITIAL_BUFFER, c.sendLimit) / 2 && wanted < c.tcp.settings.sendBuffer) return;
  if (wanted <= c.sendLimit || (c.sendLimit >= MODEST && isCrowded(c.tcp))) return;
  const more = Math.min(wanted - c.sendLimit, c.tcp.sendMemory.free);
  c.tcp.sendMemory.take(more);
  c.promised += more;
  c.sendLimit += more;
  if (!c.orphaned) c.freedBytes += more;
}

/** To write further ahead would only delay the packets of all, in memory that no cache holds any more. */
function isCrowded({ alive, unacknowledged }: TCP): boolean {
  return alive > MANY && unacknowledged > ENOUGH;
}

/**
 * The program may write from now on: so many bytes are its own, whatever others do. What a thousand connections write
 * ahead would only delay the packets of all.
 */
export function promiseSendBuffer(c: Connection): void {
  const { sendMemory } = c.tcp;
  const useful = sendMemory.held < PLENTY ? Infinity : wantedSendBuffer(c);
  c.sendLimit = Math.min(c.sendLimit, useful, Math.max(LEAST_BUFFER, sendMemory.free));
  c.promised = c.sendLimit;
  sendMemory.take(c.promised);
}

/** Twice the congestion window: what is under way, and as much to follow it. */
function wantedSendBuffer(c: Connection): number {
  return Math.floor(Math.min(2 * c.congestion.cwnd, c.tcp.settings.sendBuffer));
}

/**
 * Tells how many more bytes may be written, once that is worth a program's while: else a peer that opens its window
 * byte by byte keeps the program busy with as many writes. With an empty buffer, three quarters of it are told.
 */
export function reportWritable(c: Connection): void {
  if (c.freedBytes < Math.min(LEAST_GRANT, c.sendLimit / 4)) return;
  c.tcp.events.push({ kind: "writable", id: c.id, bytes: c.freedBytes });
  c.freedBytes = 0;
}

/** The program will write no more: what it has written is all that is needed. */
export function withdrawSendBuffer(c: Connection): void {
  const unneeded = Math.max(0, c.promised - c.bufferedBytes);
  c.tcp.sendMemory.give(unneeded);
  c.promised -= unneeded;
}

/** Nothing will be sent any more. */
export function releaseSendBuffer(c: Connection): void {
  if (c.sendBuffer.capacity > 0) c.tcp.unacknowledged -= c.bufferedBytes;
  c.sendBuffer.release();
  c.tcp.sendMemory.give(c.promised);
  c.promised = 0;
}

/** The size of the receive buffer as far as the host has memory for it. */
export function receiveRoom(c: Connection): number {
  const most = Math.max(LEAST_BUFFER, c.receiveBuffer.capacity + c.tcp.receiveMemory.free);
  return Math.min(c.receiveLimit, most);
}

/** Makes room for `needed` bytes, of which `used` are there, if that takes no more than `free`; how many there is room for. */
export function reserveReceiveBuffer(c: Connection, needed: number, used: number, free: number): number {
  const { receiveBuffer } = c;
  const { receiveMemory } = c.tcp;
  let growth = receiveBuffer.growthFor(needed);
  if (growth > free) {
    needed = Math.min(needed, LEAST_BUFFER);
    growth = receiveBuffer.growthFor(needed);
  }
  receiveMemory.take(growth);
  receiveBuffer.reserve(needed, c.rcvRead, used);
  return receiveBuffer.capacity;
}

/**
 * Everything was read: the smallest memory is lent to others. When memory is short, so is what a connection took when it
 * was busy.
 */
export function restReceiveBuffer(c: Connection): void {
  const { receiveBuffer } = c;
  const { receiveMemory } = c.tcp;
  const { capacity } = receiveBuffer;
  if (c.outOfOrder.count > 0) return;
  if (capacity > INITIAL_BUFFER && receiveMemory.spare === 0) {
    receiveBuffer.release();
    receiveBuffer.reserve(INITIAL_BUFFER, c.rcvRead, 0);
  } else {
    receiveBuffer.rest();
  }
  receiveMemory.give(capacity - receiveBuffer.capacity);
}

/** Nobody will read it. */
export function releaseReceiveBuffer(c: Connection): void {
  c.tcp.receiveMemory.give(c.receiveBuffer.capacity);
  c.receiveBuffer.release();
}
