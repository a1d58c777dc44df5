/**
 * Writes one segment, straight into the outgoing batch.
 *
 * @module
 */
import { finish, sum } from "../../wire/checksum.ts";
import { PROTOCOL_TCP } from "../../wire/ip.ts";
import * as tcp from "../../wire/tcp.ts";
import { writeMaximumSegmentSize, writeWindowScale } from "../../wire/tcp_options.ts";
import type { IPOutput } from "../ip_output.ts";
import { add, after, latest } from "../seq.ts";
import type { Connection } from "./connection.ts";
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

/** A segment of an open connection with `dataLength` bytes from `seq` on; false when the wire is full. */
export function emitSegment(c: Connection, seq: number, dataLength: number, flags: number): boolean {
  const output = c.tcp.output;
  const length = tcp.HEADER_LENGTH + dataLength;
  if (!output.open(c.local, c.remote, length)) return false;
  if (dataLength > 0) c.sendBuffer.read(seq, output.bytes, output.offset + tcp.HEADER_LENGTH, dataLength);
  writeHeader(c, seq, tcp.HEADER_LENGTH, flags | tcp.ACK, offerWindow(c));
  closeSegment(c, output, length);
  noteAckSent(c);
  return true;
}

/** An acknowledgement alone, at a sequence number that the peer accepts even when its window is closed. */
export function emitAck(c: Connection): boolean {
  const edge = add(c.sndUna, c.sndWnd);
  return emitSegment(c, after(c.sndNxt, edge) ? latest(edge, c.sndUna) : c.sndNxt, 0, 0);
}

/** Our SYN, with an acknowledgement when the peer's SYN is known; false when the wire is full. */
export function emitSyn(c: Connection): boolean {
  const output = c.tcp.output;
  const answers = c.state === "SYN-RECEIVED";
  const headerLength = tcp.HEADER_LENGTH + (c.scaling ? 8 : 4);
  if (!output.open(c.local, c.remote, headerLength)) return false;
  const options = output.offset + tcp.HEADER_LENGTH;
  const used = writeMaximumSegmentSize(output.view, options, c.tcp.largestSegment(c.remote));
  if (c.scaling) writeWindowScale(output.view, options + used, c.rcvShift);
  const window = Math.min(0xffff, answers ? receiveWindow(c) : c.tcp.settings.receiveBuffer);
  writeHeader(c, c.iss, headerLength, answers ? tcp.SYN | tcp.ACK : tcp.SYN, window);
  closeSegment(c, output, headerLength);
  if (answers) noteAckSent(c);
  return true;
}

/** RST at SND.NXT, which the peer accepts when nothing before it was lost. */
export function emitReset(c: Connection): void {
  const output = c.tcp.output;
  if (!output.open(c.local, c.remote, tcp.HEADER_LENGTH)) return;
  writeHeader(c, c.sndNxt, tcp.HEADER_LENGTH, tcp.RST | tcp.ACK, 0);
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

function closeSegment(c: Connection, output: IPOutput, length: number): void {
  const total = sum(output.view, output.offset, length, c.pseudoHeaderSum + length);
  tcp.setChecksum(output.view, output.offset, finish(total));
  output.close(PROTOCOL_TCP, length);
}

function noteAckSent(c: Connection): void {
  c.lastAckSent = c.rcvNxt;
  c.delayedAckAt = Infinity;
  c.ackOwed = false;
}
