/**
 * One TCP segment that has arrived.
 *
 * @module
 */
import { ecn } from "../../wire/ip.ts";
import * as tcp from "../../wire/tcp.ts";
import { TCPOptionSet } from "../../wire/tcp_options.ts";
import type { Packet } from "../packet.ts";
import type { FourTuple } from "./connection.ts";

/** The segment under way (RFC 9293 §3.3.1: SEG.SEQ, SEG.ACK, …). One object is filled again and again. */
export class Segment {
  view: DataView;
  sourcePort: number;
  destinationPort: number;
  seq: number;
  ack: number;
  flags: number;
  /** The window field, not scaled. */
  window: number;
  /** The ECN codepoint of its packet. */
  ecn: number;
  /** Where the data starts in `view`, and how many bytes there are. */
  data: number;
  dataLength: number;
  readonly options: TCPOptionSet;

  constructor(view: DataView) {
    this.view = view;
    this.sourcePort = 0;
    this.destinationPort = 0;
    this.seq = 0;
    this.ack = 0;
    this.flags = 0;
    this.window = 0;
    this.ecn = 0;
    this.data = 0;
    this.dataLength = 0;
    this.options = new TCPOptionSet();
  }

  /** Reads a header that is valid. */
  read(packet: Packet): void {
    const { view, payload, end } = packet;
    this.view = view;
    this.sourcePort = tcp.sourcePort(view, payload);
    this.destinationPort = tcp.destinationPort(view, payload);
    this.seq = tcp.sequence(view, payload);
    this.ack = tcp.acknowledgment(view, payload);
    this.flags = tcp.flags(view, payload);
    this.window = tcp.window(view, payload);
    this.ecn = ecn(view, packet.start);
    this.data = payload + tcp.headerLength(view, payload);
    this.dataLength = end - this.data;
    this.options.parse(view, payload + tcp.HEADER_LENGTH, this.data);
  }

  has(flag: number): boolean {
    return (this.flags & flag) !== 0;
  }

  /** SEG.LEN: the data, and one each for SYN and FIN. */
  get length(): number {
    return this.dataLength + (this.has(tcp.SYN) ? 1 : 0) + (this.has(tcp.FIN) ? 1 : 0);
  }

  /** The sequence number of the first data byte. */
  get dataSeq(): number {
    return this.has(tcp.SYN) ? (this.seq + 1) | 0 : this.seq;
  }

  /** The sequence number after the segment. */
  get endSeq(): number {
    return (this.seq + this.length) | 0;
  }
}

/** The connection that a segment is for, as its receiver names it. */
export function tupleOf(packet: Packet, segment: Segment): FourTuple {
  return {
    local: packet.destination(),
    localPort: segment.destinationPort,
    remote: packet.source(),
    remotePort: segment.sourcePort,
  };
}
