/**
 * ICMP errors that came back for a segment of ours (RFC 1122 §4.2.3.9, RFC 5461, RFC 5927).
 *
 * @module
 */
import { destinationPort, sequence, sourcePort } from "../../wire/tcp.ts";
import type { ICMPError } from "../icmp_report.ts";
import type { Packet } from "../packet.ts";
import { reportedMTU } from "../path_mtu.ts";
import { atOrAfter, before } from "../seq.ts";
import { breakConnection } from "./close.ts";
import type { Connection } from "./connection.ts";
import { reducePathMTU } from "./path_mtu.ts";
import type { TCP } from "./tcp.ts";

/**
 * An error ends a dial, unless it may pass by itself; what does not end anything is remembered, and told when the
 * connection times out (RFC 1122 §4.2.3.9, RFC 5461, RFC 5927 §5.2).
 */
export function receiveError(tcp: TCP, error: ICMPError): void {
  const { packet, reason, isSoft } = error;
  const c = findQuoted(tcp, packet);
  if (!c) return;
  const isDial = c.state === "SYN-SENT" || (c.state === "SYN-RECEIVED" && !c.listener);
  if (reason === undefined) receiveTooBig(c, reportedMTU(error), sequence(packet.view, packet.payload));
  else if (isDial && !isSoft) breakConnection(c, reason);
  else c.softError = reason;
}

/** A router could not forward the segment at `seq`: the next link takes `mtu` bytes. */
function receiveTooBig(c: Connection, mtu: number, seq: number): void {
  reducePathMTU(c, mtu, seq);
  c.tcp.queue(c);
}

/** The connection of a segment that an ICMP error quotes, if that is in flight (RFC 5927 §4.1). */
function findQuoted(tcp: TCP, packet: Packet): Connection | undefined {
  const { view, payload } = packet;
  const c = tcp.find({
    local: packet.source(),
    localPort: sourcePort(view, payload),
    remote: packet.destination(),
    remotePort: destinationPort(view, payload),
  });
  const seq = sequence(view, payload);
  if (c && atOrAfter(seq, c.sndUna) && before(seq, c.sndNxt)) return c;
  tcp.counters.drop(c ? "unacceptable" : "noSocket");
  return undefined;
}
