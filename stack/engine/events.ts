/**
 * What the engine tells its driver about sockets.
 *
 * Worker side, except for the types.
 *
 * @module
 */

import type { ICMPReport } from "./icmp_report.ts";

/** An address and a port. The address is canonical text (RFC 5952). */
export interface Endpoint {
  address: string;
  port: number;
}

/** The answer to a ping. */
export interface EchoReply {
  /** Who answered: canonical text (RFC 5952). */
  from: string;
  /** What was left of the reply's TTL, or hop limit. */
  ttl: number;
  /** ms from the request to the reply, with fractions. */
  time: number;
}

/** Why a connection, a dial, a datagram or a ping failed. */
export type FailureReason =
  | "refused"
  | "reset"
  | "timed-out"
  | "network-unreachable"
  | "host-unreachable"
  /** A header that somebody could not accept. */
  | "protocol-error"
  /** A datagram, or an echo request, larger than its address family or the path allows. */
  | "message-too-long"
  | "address-in-use"
  | "no-buffers";

/** Something a socket's owner must be told. */
export type SocketEvent =
  /** A dial succeeded. `sendBuffer` bytes may be written. */
  | { kind: "connected"; id: number; local: Endpoint; remote: Endpoint; sendBuffer: number }
  /** A listener has a new connection, whose id the engine chose (negative). */
  | { kind: "accepted"; id: number; listener: number; local: Endpoint; remote: Endpoint; sendBuffer: number }
  /** Bytes wait to be read. */
  | { kind: "readable"; id: number }
  /** The peer sent FIN and all bytes before it were read. */
  | { kind: "ended"; id: number }
  /** `bytes` more may be written. */
  | { kind: "writable"; id: number; bytes: number }
  /** The dial or the ping failed, or the connection broke; for a datagram socket, an ICMP error came back. */
  | { kind: "failed"; id: number; reason: FailureReason; report?: ICMPReport }
  /** A ping was answered. */
  | { kind: "answered"; id: number; reply: EchoReply }
  /** The connection lingers in TIME-WAIT; its port may be taken by a new dial (RFC 6191). */
  | { kind: "timeWait"; id: number }
  /** The socket is gone, and its port free. */
  | { kind: "released"; id: number }
  /** A connected datagram socket knows its addresses. */
  | { kind: "bound"; id: number; local: Endpoint };
