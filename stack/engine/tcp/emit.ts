/**
 * Writes one segment, straight into the outgoing batch.
 *
 * @module
 */
import { finish, sum } from "../../wire/checksum.ts";
import { ECN_CAPABLE, ECN_NOT_CAPABLE, PROTOCOL_TCP } from "../../wire/ip.ts";
import * as tcp from "../../wire/tcp.ts";
import {
  MAX_SACK_BLOCKS,
  sackBlocksIn,
  TIMESTAMPS_LENGTH,
  writeMaximumSegmentSize,
  writeSack,
  writeSackPermitted,
  writeTimestamps,
  writeWindowScale,
} from "../../wire/tcp_options.ts";
import type { IPOutput } from "../ip_output.ts";
import { mayBeCut } from "../path_mtu.ts";
import { add, after, latest } from "../seq.ts";
import { receiveRoom } from "./buffers.ts";
import type { Connection } from "./connection.ts";
import { synFlags } from "./ecn.ts";
import { timestampAt } from "./timestamps.ts";
import { offerWindow, receiveWindow } from "./window.ts";

const fields: tcp.Fields = {
  sourcePort: 0,
  destinationPort: 0,
  sequence: 0,
  acknowledgment: 0,
  headerLength: 0,
  flags: 0,
  window: 0,
};

/** The longest header that the data offset can say. */
const LONGEST_HEADER = 60;
const sackEdges = new Int32Array(2 * MAX_SACK_BLOCKS);

/** A segment of an open connection with `dataLength` bytes from `seq` on; false when the wire is full. */
export function emitSegment(c: Connection, now: number, seq: number, dataLength: number, flags: number): boolean {
  const output = c.tcp.output;
  const headerLength = tcp.HEADER_LENGTH + (c.timestamps ? TIMESTAMPS_LENGTH : 0);
  const length = headerLength + dataLength;
  if (!output.open(c.local, c.remote, length, mayBeCut(c.pathMTU) && dataLength <= c.mss)) return false;
  writeTimestampsOf(c, now);
  if (dataLength > 0) c.sendBuffer.read(seq, output.bytes, output.offset + headerLength, dataLength);
  const isNew = dataLength > 0 && seq === c.sndNxt && !c.probing;
  writeHeader(c, seq, headerLength, flags | tcp.ACK | ecnFlags(c, isNew), offerWindow(c));
  closeSegment(c, output, length, c.ecn && isNew ? ECN_CAPABLE : ECN_NOT_CAPABLE);
  noteAckSent(c);
  return true;
}

/** Of a segment after the SYN (RFC 3168 §6.1.2, §6.1.3). Data that is sent again and probes are not marked (§6.1.5). */
function ecnFlags(c: Connection, isNewData: boolean): number {
  const echo = c.echoesCongestion ? tcp.ECE : 0;
  if (!isNewData || !c.owesCWR) return echo;
  c.owesCWR = false;
  return echo | tcp.CWR;
}

/** SND.NXT, or what the peer accepts in its place while its window does not reach so far. */
function acceptableSeq(c: Connection): number {
  const edge = add(c.sndUna, c.sndWnd);
  // A SYN needs no window.
  return c.synAcknowledged && after(c.sndNxt, edge) ? latest(edge, c.sndUna) : c.sndNxt;
}

/** An acknowledgement alone, with SACK blocks where there are any. */
export function emitAck(c: Connection, now: number): boolean {
  const seq = acceptableSeq(c);
  if (!c.sack || c.sackBlocks.isEmpty) return emitSegment(c, now, seq, 0, 0);
  const output = c.tcp.output;
  if (!output.open(c.local, c.remote, LONGEST_HEADER, mayBeCut(c.pathMTU))) return false;
  const beforeSack = tcp.HEADER_LENGTH + writeTimestampsOf(c, now);
  const count = c.sackBlocks.take(sackEdges, mostSackBlocks(c, beforeSack));
  const headerLength = beforeSack + writeSack(output.view, output.offset + beforeSack, sackEdges, count);
  writeHeader(c, seq, headerLength, tcp.ACK | ecnFlags(c, false), offerWindow(c));
  closeSegment(c, output, headerLength);
  noteAckSent(c);
  return true;
}

/** How many fit into the header, and into the least MTU of 68 bytes. */
function mostSackBlocks(c: Connection, beforeSack: number): number {
  const longest = Math.min(LONGEST_HEADER, tcp.HEADER_LENGTH + c.tcp.largestSegment(c.remote));
  return sackBlocksIn(longest - beforeSack);
}

/** Our SYN, with an acknowledgement when the peer's SYN is known; false when the wire is full. */
export function emitSyn(c: Connection, now: number): boolean {
  const output = c.tcp.output;
  const answers = c.state === "SYN-RECEIVED";
  if (!output.open(c.local, c.remote, LONGEST_HEADER)) return false;
  const headerLength = tcp.HEADER_LENGTH + writeSynOptions(c, now);
  const window = Math.min(0xffff, answers ? receiveWindow(c) : receiveRoom(c));
  const flags = (answers ? tcp.SYN | tcp.ACK : tcp.SYN) | synFlags(c);
  writeHeader(c, c.iss, headerLength, flags, window);
  closeSegment(c, output, headerLength);
  if (answers) noteAckSent(c);
  return true;
}

function writeSynOptions(c: Connection, now: number): number {
  const { view, offset } = c.tcp.output;
  const start = offset + tcp.HEADER_LENGTH;
  let at = start;
  at += writeMaximumSegmentSize(view, at, c.tcp.largestSegment(c.remote));
  if (c.sack) at += writeSackPermitted(view, at);
  if (c.timestamps) at += writeTimestamps(view, at, timestampAt(c, now), c.timestampRecent);
  if (c.scaling) at += writeWindowScale(view, at, c.rcvShift);
  return at - start;
}

function writeTimestampsOf(c: Connection, now: number): number {
  if (!c.timestamps) return 0;
  const { view, offset } = c.tcp.output;
  return writeTimestamps(view, offset + tcp.HEADER_LENGTH, timestampAt(c, now), c.timestampRecent);
}

/** RST, which the peer accepts when nothing before it was lost. */
export function emitReset(c: Connection): void {
  const output = c.tcp.output;
  if (!output.open(c.local, c.remote, tcp.HEADER_LENGTH)) return;
  writeHeader(c, acceptableSeq(c), tcp.HEADER_LENGTH, tcp.RST | tcp.ACK, 0);
  closeSegment(c, output, tcp.HEADER_LENGTH);
}

function writeHeader(c: Connection, seq: number, headerLength: number, flags: number, window: number): void {
  fields.sourcePort = c.localPort;
  fields.destinationPort = c.remotePort;
  fields.sequence = seq;
  fields.acknowledgment = (flags & tcp.ACK) !== 0 ? c.rcvNxt : 0;
  fields.headerLength = headerLength;
  fields.flags = flags;
  fields.window = window;
  tcp.write(c.tcp.output.view, c.tcp.output.offset, fields);
}

function closeSegment(c: Connection, output: IPOutput, length: number, ecn = ECN_NOT_CAPABLE): void {
  const total = sum(output.view, output.offset, length, c.pseudoHeaderSum + length);
  tcp.setChecksum(output.view, output.offset, finish(total));
  output.close(PROTOCOL_TCP, length, ecn);
}

function noteAckSent(c: Connection): void {
  c.lastAckSent = c.rcvNxt;
  c.delayedAckAt = Infinity;
  c.ackOwed = false;
}
