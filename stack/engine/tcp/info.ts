/**
 * What a connection can say of itself, as Linux's TCP_INFO does.
 *
 * Both sides; the function, worker side.
 *
 * @module
 */
import type { Connection } from "./connection.ts";
import type { State } from "./state.ts";
import { receiveWindow } from "./window.ts";

/**
 * A connection at one moment. Times in ms, sizes in bytes.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type ConnectionInfo, Internet } from "@uis/uis";
 *
 * await using internet = new Internet();
 * void internet.route();
 * const stack = await internet.newStack(1500, "10.0.0.1");
 * using listener = stack.listenTCP("10.0.0.1:80");
 * using conn = await stack.dialTCP("10.0.0.1:80");
 * const info: ConnectionInfo = await conn.info();
 * assertEquals([info.state, info.mss], ["ESTABLISHED", 1448]);
 * listener.close();
 * ```
 */
export interface ConnectionInfo {
  /** RFC 9293 §3.3.2. CLOSED once the connection is gone; everything else is then 0. */
  state: State;
  /** The smoothed round-trip time; 0 before the first sample (RFC 6298). */
  rtt: number;
  /** Its variation. */
  rttvar: number;
  /** The retransmission timeout, backed off. */
  rto: number;
  /** The congestion window (RFC 5681). */
  cwnd: number;
  /** The slow-start threshold; Infinity before the first loss. */
  ssthresh: number;
  /** The most data that goes into one segment. */
  mss: number;
  /** Sent and not acknowledged. */
  unacked: number;
  /** Of that, reported as arrived (RFC 2018). */
  sacked: number;
  /** Of that, judged lost and not sent again. */
  lost: number;
  /** Segments that were sent again. */
  retransmits: number;
  /** Whether the path was seen to reorder (RFC 8985). */
  reordering: boolean;
  /** Data sent, retransmissions included. */
  bytesSent: number;
  /** Data that the peer has acknowledged. */
  bytesAcked: number;
  /** Data received in order. */
  bytesReceived: number;
  /** How fast the path delivered lately, in bytes a second; 0 before it was measured. */
  deliveryRate: number;
  /** The peer's window. */
  sendWindow: number;
  /** The window offered to the peer. */
  receiveWindow: number;
}

/** Reads a connection. */
export function connectionInfo(c: Connection): ConnectionInfo {
  return {
    state: c.state,
    rtt: c.rtt.srtt,
    rttvar: c.rtt.rttvar,
    rto: c.rtt.rto,
    cwnd: Math.floor(c.cwnd),
    ssthresh: c.congestion.ssthresh,
    mss: c.mss,
    unacked: c.sent.bytes,
    sacked: c.sent.sackedBytes,
    lost: c.sent.lostBytes,
    retransmits: c.tally.retransmits,
    reordering: c.rack.reorderingSeen,
    bytesSent: c.tally.bytesSent,
    bytesAcked: c.tally.bytesAcked,
    bytesReceived: c.tally.bytesReceived,
    deliveryRate: c.tally.deliveryRate,
    sendWindow: c.sndWnd,
    receiveWindow: receiveWindow(c),
  };
}

/** Of a connection that is gone. */
export const NO_CONNECTION: ConnectionInfo = {
  state: "CLOSED",
  rtt: 0,
  rttvar: 0,
  rto: 0,
  cwnd: 0,
  ssthresh: 0,
  mss: 0,
  unacked: 0,
  sacked: 0,
  lost: 0,
  retransmits: 0,
  reordering: false,
  bytesSent: 0,
  bytesAcked: 0,
  bytesReceived: 0,
  deliveryRate: 0,
  sendWindow: 0,
  receiveWindow: 0,
};
