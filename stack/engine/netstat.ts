/**
 * The sockets of a host at one moment, as `netstat` lists them.
 *
 * Both sides.
 *
 * @module
 */
import type { DropReason } from "./counters.ts";
import type { State } from "./tcp/state.ts";

/**
 * One socket.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Internet, type SocketEntry } from "@uis/uis";
 *
 * await using internet = new Internet();
 * const stack = await internet.newStack(1500, "10.0.0.1");
 * using listener = stack.listenTCP("10.0.0.1:80");
 * const entries: SocketEntry[] = await stack.netstat();
 * assertEquals(entries.map(({ state, local }) => `${state} ${local}`), ["LISTEN 10.0.0.1:80"]);
 * listener.close();
 * ```
 */
export interface SocketEntry {
  /** Its transport. */
  protocol: "tcp" | "udp";
  /** A datagram socket is ESTABLISHED with a peer, UNCONNECTED without. */
  state: State | "LISTEN" | "UNCONNECTED";
  /** Its own address and port, as text. */
  local: string;
  /** The peer's, or "*" for a socket that has none. */
  remote: string;
  /**
   * Bytes that the program has not read, 256 more for each datagram; for a listener, connections that it has not accepted.
   */
  receiveQueue: number;
  /** Bytes that the peer has not acknowledged; for a datagram socket, those not sent; for a listener, its backlog. */
  sendQueue: number;
}

/**
 * What a host has counted since it started.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Internet, type StackStats } from "@uis/uis";
 *
 * await using internet = new Internet();
 * const stack = await internet.newStack(1500, "10.0.0.1");
 * const stats: StackStats = await stack.stats();
 * assertEquals([stats.received, stats.dropped.checksum], [0, 0]);
 * ```
 */
export interface StackStats {
  /** Packets in, loopback included. */
  received: number;
  /** Packets out, loopback included. */
  sent: number;
  /** Datagrams put together from fragments. */
  reassembled: number;
  /** Datagrams cut into fragments. */
  fragmented: number;
  /** Packets and answers dropped, by reason. */
  dropped: Readonly<Record<DropReason, number>>;
}
