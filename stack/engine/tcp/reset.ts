/**
 * RST in answer to a segment that belongs to no connection (RFC 9293 §3.5.2, §3.10.7.1).
 *
 * @module
 */
import { ACK, RST } from "../../wire/tcp.ts";
import type { Packet } from "../packet.ts";
import { sendBare } from "./bare_segment.ts";
import { type Segment, tupleOf } from "./segment.ts";
import type { TCP } from "./tcp.ts";

/** Answers `segment`, unless it is a RST itself. */
export function sendReset(owner: TCP, packet: Packet, segment: Segment): void {
  if (segment.has(RST)) return;
  sendBare(
    owner,
    tupleOf(packet, segment),
    segment.has(ACK)
      ? { sequence: segment.ack, acknowledgment: 0, flags: RST, window: 0 }
      : { sequence: 0, acknowledgment: segment.endSeq, flags: RST | ACK, window: 0 },
  );
}
