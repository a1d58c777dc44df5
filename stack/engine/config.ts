/**
 * What an engine is told when it is made, and the defaults of what is left out.
 *
 * Both sides.
 *
 * @module
 */
import type { RandomSource } from "./random.ts";

/** How a stack's TCP behaves. What is left out has the default named. Times in ms, sizes in bytes. */
export interface TCPOptions {
  /** CUBIC (RFC 9438) with HyStart++ (RFC 9406), or NewReno (RFC 5681). "cubic". */
  congestion?: "cubic" | "newreno";
  /** Whether a sender that was idle starts with a small window again (RFC 5681 §4.1). true. */
  idleRestart?: boolean;
  /** Whether to offer and accept selective acknowledgements (RFC 2018). true. */
  sack?: boolean;
  /** Whether to offer and accept timestamps (RFC 7323 §3). true. */
  timestamps?: boolean;
  /** Whether losses are found by time, and at the tail by a probe (RFC 8985); needs SACK. true. */
  rack?: boolean;
  /** Whether to offer and accept explicit congestion notification (RFC 3168). false. */
  ecn?: boolean;
  /** How long data may stay unacknowledged before the connection times out (RFC 5482). Infinity. */
  userTimeout?: number;
  /** Segments that may be sent before the first acknowledgement, within the bound of RFC 6928. 10. */
  initialWindow?: number;
  /** Whether to offer and accept window scaling (RFC 7323 §2). true. */
  windowScaling?: boolean;
  /** Whether small segments are sent at once; false is Nagle's algorithm (RFC 896). true. */
  noDelay?: boolean;
  /** How long an acknowledgement may wait for company; 0 acknowledges every segment (RFC 1122 §4.2.3.2). 40. */
  delayedAck?: number;
  /** The least retransmission timeout. 200. */
  minRto?: number;
  /** How often a SYN is repeated before the dial times out. 6. */
  synRetries?: number;
  /** How often a segment is repeated before the connection times out. 15. */
  retries?: number;
  /** How long a closed connection stays in TIME-WAIT (RFC 9293 §3.6.1). 60,000. */
  timeWait?: number;
  /** Asks peers that were silent for `idle`, every `interval`, `count` times. Off; 7,200,000, 75,000, 9 when turned on. */
  keepAlive?: { idle: number; interval: number; count: number };
  /** The most that the buffer for what the program has written may grow to, from 256 KiB. 4 MiB. */
  sendBuffer?: { max: number };
  /** The most that the buffer for what has arrived may grow to, from 256 KiB. 6 MiB. */
  receiveBuffer?: { max: number };
}

/** Bounds on what peers can make a stack hold. What is left out has the default named. */
export interface StackLimits {
  /** Connections of all states; at the limit, the oldest in TIME-WAIT makes way, then the oldest that was closed. 100,000. */
  connections?: number;
  /** Connections that a listener keeps until the program accepts them, ended or not, unless it asks for less. 4096. */
  backlog?: number;
  /** Half-open connections of a listener; what exceeds them is answered by SYN cookies. 1024. */
  synQueue?: number;
  /**
   * Bytes that have arrived on all connections and that the program has not read, on both threads; half of them for what
   * lies beyond a gap. Beyond them each connection has 4 KiB, and what else arrives is dropped. 256 MiB.
   */
  receiveMemory?: number;
  /**
   * Bytes that the program may write on all connections before peers acknowledge them; beyond them each new connection
   * has 4 KiB. 512 MiB.
   */
  sendMemory?: number;
  /** ICMP errors sent in a second; a tenth of them at once. 1000. */
  icmpRate?: number;
  /** Bytes that wait in a datagram socket's receive queue. 256 KiB. */
  udpQueue?: number;
  /** Bytes of fragments that wait for the rest of their datagrams, overhead included; 0 refuses fragments. 4 MiB. */
  reassembly?: number;
  /** First and last port chosen for dials and for port 0. 32768 to 60999. */
  ephemeralPorts?: readonly [first: number, last: number];
}

/** What an engine is made from. */
export interface EngineConfig {
  /** IP literals, at least one. */
  addresses: readonly string[];
  /** The largest packet in bytes, headers included. */
  mtu: number;
  /** Numbers in [0, 1). The engine has no other source of randomness. */
  random: RandomSource;
  tcp?: TCPOptions;
  limits?: StackLimits;
}

/** TCP options with nothing left out. */
export interface TCPSettings {
  initialWindow: number;
  congestion: "cubic" | "newreno";
  idleRestart: boolean;
  sack: boolean;
  timestamps: boolean;
  rack: boolean;
  ecn: boolean;
  userTimeout: number;
  windowScaling: boolean;
  noDelay: boolean;
  delayedAck: number;
  minRto: number;
  synRetries: number;
  retries: number;
  timeWait: number;
  keepAlive: { on: boolean; idle: number; interval: number; count: number };
  sendBuffer: number;
  receiveBuffer: number;
}

/** Fills in the defaults. */
export function tcpSettings(options: TCPOptions = {}): TCPSettings {
  return {
    initialWindow: options.initialWindow ?? 10,
    congestion: options.congestion ?? "cubic",
    idleRestart: options.idleRestart ?? true,
    sack: options.sack ?? true,
    timestamps: options.timestamps ?? true,
    rack: options.rack ?? true,
    ecn: options.ecn ?? false,
    userTimeout: options.userTimeout ?? Infinity,
    windowScaling: options.windowScaling ?? true,
    noDelay: options.noDelay ?? true,
    delayedAck: options.delayedAck ?? 40,
    minRto: options.minRto ?? 200,
    synRetries: options.synRetries ?? 6,
    retries: options.retries ?? 15,
    timeWait: options.timeWait ?? 60_000,
    keepAlive: {
      on: options.keepAlive !== undefined,
      idle: options.keepAlive?.idle ?? 7_200_000,
      interval: options.keepAlive?.interval ?? 75_000,
      count: options.keepAlive?.count ?? 9,
    },
    sendBuffer: options.sendBuffer?.max ?? 4 * 1024 * 1024,
    receiveBuffer: options.receiveBuffer?.max ?? 6 * 1024 * 1024,
  };
}

/** Fills in the defaults. */
export function stackLimits(limits: StackLimits = {}): Required<StackLimits> {
  return {
    connections: limits.connections ?? 100_000,
    backlog: limits.backlog ?? 4096,
    synQueue: limits.synQueue ?? 1024,
    receiveMemory: limits.receiveMemory ?? 256 * 1024 * 1024,
    sendMemory: limits.sendMemory ?? 512 * 1024 * 1024,
    icmpRate: limits.icmpRate ?? 1000,
    udpQueue: limits.udpQueue ?? 256 * 1024,
    reassembly: limits.reassembly ?? 4 * 1024 * 1024,
    ephemeralPorts: limits.ephemeralPorts ?? [32768, 60999],
  };
}
