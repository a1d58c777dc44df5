/**
 * What an engine holds at one moment, in its own units: for tests of its bounds.
 *
 * Worker side.
 *
 * @module
 */

/** Numbers of things, and bytes. */
export interface Holdings {
  /** In all states. */
  connections: number;
  /** Connections that wait for a deadline, or did when they were listed. */
  timers: number;
  /** What all listeners count: connections in SYN-RECEIVED, and those that the program has not accepted. */
  halfOpen: number;
  waiting: number;
  /** Not polled. */
  events: number;
  /** Bytes of fragments that wait for the rest of their datagrams, overhead included. */
  reassembly: number;
  /** Bytes of answers, and of packets to the host itself. */
  replies: number;
  loopback: number;
  /** Paths with an MTU of their own. */
  paths: number;
  /** Of the connection with most of them: ranges that arrived beyond a gap, and segments under way. */
  gaps: number;
  segments: number;
  /** Bytes of memory of all connections' buffers. */
  buffers: number;
  /** What counts against `receiveMemory` and `sendMemory`. */
  received: number;
  promised: number;
  /** Bytes of all connections that were written and not acknowledged. */
  unacknowledged: number;
}
