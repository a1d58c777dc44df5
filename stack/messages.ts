/**
 * Everything that crosses between the main thread and a stack's engine: one {@link Turn} at a time in each direction.
 *
 * Both sides.
 *
 * @module
 */
import { type Batch, RECORD_HEADER } from "../vnic/batch.ts";
import type { StackLimits, TCPOptions } from "./engine/config.ts";
import type { SocketEntry, StackStats } from "./engine/netstat.ts";
import type { ConnectionInfo } from "./engine/tcp/info.ts";
import type { Endpoint, SocketEvent } from "./engine/events.ts";
import type { ICMPReport } from "./engine/icmp_report.ts";

export type { EchoReply, Endpoint, FailureReason } from "./engine/events.ts";
export type { ICMPReport } from "./engine/icmp_report.ts";
export type { SocketEntry, StackStats } from "./engine/netstat.ts";
export type { ConnectionInfo } from "./engine/tcp/info.ts";

/**
 * One message: what a thread did since its last one, in causal order. An item that says so takes the next record of a
 * batch.
 */
export interface Turn<Item> {
  items: Item[];
  /** The packets, which the main thread may hand to the program. Transferred, or copied where they are few. */
  packets?: Batch;
  /** Bytes of the packets, to be returned as credit when they have been taken apart. */
  packetBytes: number;
  /** The bytes of streams and datagrams. Transferred or copied likewise. */
  bytes?: Batch;
  /**
   * When the turn was posted: ms since the epoch, with fractions, comparable across threads. Infinity on one thread, and
   * from an engine: nobody asks.
   */
  postedAt: number;
  /** Packet bytes of earlier turns that have been taken apart since the last turn. */
  credit: number;
}

/** The program's side asks. */
export type Call =
  /** Packets from the wire: takes `count` of them. */
  | { op: "packets"; count: number }
  | { op: "listen"; id: number; address: string; port: number; backlog: number }
  /** The program took a connection out of its listener's backlog. */
  | { op: "accept"; id: number }
  | { op: "connect"; id: number; localPort: number; remote: Endpoint }
  /** Takes one record of bytes. */
  | { op: "write"; id: number }
  /** The program has read `bytes` more. */
  | { op: "consumed"; id: number; bytes: number }
  | { op: "closeWrite"; id: number }
  | { op: "close"; id: number }
  | { op: "abort"; id: number }
  | { op: "setNoDelay"; id: number; on: boolean }
  | { op: "setKeepAlive"; id: number; on: boolean }
  | { op: "bind"; id: number; local: Endpoint }
  | { op: "connectDatagram"; id: number; localPort: number; remote: Endpoint }
  /** Takes one record of bytes. */
  | { op: "send"; id: number; to: Endpoint }
  /** Takes one record of bytes, the data. `close` gives it up. */
  | { op: "ping"; id: number; to: string; identifier: number; sequence: number; ttl: number; timeout: number }
  /** Whether ICMP errors are told. */
  | { op: "overhearICMP"; on: boolean }
  | { op: "setMTU"; mtu: number }
  /** Answered by `answer` with the same id, a number of its own. */
  | { op: "query"; id: number; query: Query }
  /** Reset what is open, answer with "stopped", end. */
  | { op: "stop" };

/** The engine's side tells. */
export type Event =
  | Exclude<SocketEvent, { kind: "readable" }>
  /** Packets for the wire: takes `count` of them. */
  | { kind: "packets"; count: number }
  /** Bytes of a stream: takes one record of bytes. */
  | { kind: "received"; id: number }
  /** A datagram: takes one record of bytes. */
  | { kind: "datagram"; id: number; from: Endpoint }
  /** An ICMP error came. */
  | { kind: "icmp"; report: ICMPReport }
  /** To the query with this id. */
  | { kind: "answer"; id: number; answer: Answer }
  /** The engine runs. */
  | { kind: "started" }
  /** The last event of an engine that was told to stop. */
  | { kind: "stopped" };

/** What can be asked: of one connection, by its id, or of the host. */
export type Query = { connection: number } | "netstat" | "stats";

/** What is answered. */
export type Answer = ConnectionInfo | SocketEntry[] | StackStats;

/** What a stack's worker is started with. */
export interface StackConfig {
  addresses: readonly string[];
  mtu: number;
  tcp?: TCPOptions;
  limits?: StackLimits;
}

/**
 * Bytes of packets that a side may have posted without hearing that they were taken apart. Beyond them the main thread
 * drops packets, and so it may have whole windows under way; an engine only holds them back, and soon, so that a new
 * connection's first packet does not wait behind megabytes.
 */
export const PACKET_CREDIT_TO_ENGINE = 16 * 1024 * 1024;
export const PACKET_CREDIT_FROM_ENGINE = 1024 * 1024;

/**
 * Bytes of one stream that may wait on the main thread for the program to read them: several batches, as the engine hears
 * of what was read a few turns later.
 */
export const STREAM_CREDIT = 1024 * 1024;

/** Bytes of datagrams that one socket may have waiting, in each direction. */
export const DATAGRAM_CREDIT = 256 * 1024;

/**
 * A batch that would grow past this is posted without waiting for the turn's end, so that the other side can begin. It
 * has room for four of the largest packets.
 */
export const BATCH_BYTES = 256 * 1024 + 64;

/** Bytes of a stream that go into one record: with its header it fills a batch. */
export const STREAM_RECORD = BATCH_BYTES - RECORD_HEADER;

/** What one waiting datagram counts beside its payload, so that empty ones are bounded too. */
export const DATAGRAM_OVERHEAD = 256;
