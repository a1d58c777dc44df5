/**
 * RST in answer to a segment that belongs to no connection (RFC 9293 §3.5.2, §3.10.7.1).
 *
 * @module
 */
import { finish, sum } from "../../wire/checksum.ts";
import { PROTOCOL_TCP } from "../../wire/ip.ts";
import * as tcp from "../../wire/tcp.ts";
import type { Packet } from "../packet.ts";
import type { Segment } from "./segment.ts";
import type { TCP } from "./tcp.ts";

/** Answers `segment`, unless it is a RST itself. */
export function sendReset(owner: TCP, packet: Packet, segment: Segment): void {
  if (segment.has(tcp.RST)) return;
  const { output } = owner;
  const source = packet.destination();
  const destination = packet.source();
  if (!output.open(source, destination, tcp.HEADER_LENGTH)) return owner.counters.drop("queueFull");
  const answersAck = segment.has(tcp.ACK);
  tcp.write(output.view, output.offset, {
    sourcePort: segment.destinationPort,
    destinationPort: segment.sourcePort,
    sequence: answersAck ? segment.ack : 0,
    acknowledgment: answersAck ? 0 : segment.endSeq,
    headerLength: tcp.HEADER_LENGTH,
    flags: answersAck ? tcp.RST : tcp.RST | tcp.ACK,
    window: 0,
  });
  const pseudoHeader = source.sum + destination.sum + PROTOCOL_TCP + tcp.HEADER_LENGTH;
  tcp.setChecksum(output.view, output.offset, finish(sum(output.view, output.offset, tcp.HEADER_LENGTH, pseudoHeader)));
  output.close(PROTOCOL_TCP, tcp.HEADER_LENGTH);
}
