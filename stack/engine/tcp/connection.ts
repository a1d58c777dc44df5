/**
 * One connection's state: the transmission control block (RFC 9293 §3.3.1). The functions beside this file change it.
 *
 * @module
 */
import { PROTOCOL_TCP } from "../../wire/ip.ts";
import { TIMESTAMPS_LENGTH } from "../../wire/tcp_options.ts";
import type { Address } from "../address.ts";
import { ByteRing } from "../byte_ring.ts";
import type { FailureReason } from "../events.ts";
import { Ranges } from "../ranges.ts";
import { add, distance } from "../seq.ts";
import type { TimerOwner } from "../timers.ts";
import type { InLine, WaitingLine } from "../waiting_line.ts";
import { INITIAL_BUFFER, type ReadRate } from "./buffers.ts";
import { type CongestionControl, initialWindow } from "./congestion.ts";
import type { Listener } from "./listener.ts";
import { Cubic } from "./cubic.ts";
import type { InDemux } from "./demux.ts";
import { MTUGuess } from "./mtu_guess.ts";
import { NewReno } from "./newreno.ts";
import { ProportionalRateReduction } from "./prr.ts";
import { Rack } from "./rack.ts";
import type { Phase, Undo } from "./recovery.ts";
import { RTTEstimator } from "./rtt.ts";
import { SackBlocks } from "./sack_blocks.ts";
import { SentQueue } from "./sent_queue.ts";
import type { State } from "./state.ts";
import { Tally } from "./tally.ts";
import type { TCP } from "./tcp.ts";

/** The first guess at the size of the peer's segments: what every host must take (RFC 9293 §3.7.1). */
const LEAST_RCV_MSS = 536;

/** The four-tuple that names a connection. */
export interface FourTuple {
  readonly local: Address;
  readonly localPort: number;
  readonly remote: Address;
  readonly remotePort: number;
}

/** SND.x and RCV.x of the RFC are `sndX` and `rcvX`. Sequence numbers are int32, times ms, sizes bytes. */
export class Connection implements TimerOwner, InLine<Connection>, InDemux<Connection> {
  readonly tcp: TCP;
  readonly id: number;
  readonly local: Address;
  readonly localPort: number;
  readonly remote: Address;
  readonly remotePort: number;
  /** What the addresses and the protocol add to every checksum. */
  readonly pseudoHeaderSum: number;
  state: State;
  /** The listener that it came through, until the program has accepted it. */
  listener: Listener | null;

  // Sending.
  iss: number;
  synAcknowledged: boolean;
  sndUna: number;
  sndNxt: number;
  sndWnd: number;
  sndWl1: number;
  sndWl2: number;
  sndShift: number;
  /** Window scaling is offered or, once the peer's SYN is known, agreed. */
  scaling: boolean;
  /** The largest window that the peer has offered. */
  maxSndWnd: number;
  /** What the peer said it can take in one segment. */
  peerMss: number;
  /** The largest packet that the path is known to carry, or guessed; Infinity: the link's MTU is all that is known. */
  pathMTU: number;
  readonly mtuGuess: MTUGuess;
  /** The most data bytes that go into one segment. */
  mss: number;
  readonly sendBuffer: ByteRing;
  /** The sequence number after the last byte that the program has written. */
  sndEnd: number;
  /** The size of the send buffer now. */
  sendLimit: number;
  /** What of {@link sendLimit} is counted in the memory of all connections; 0 until the program may write. */
  promised: number;
  /** Bytes acknowledged that the program has not been told of. */
  freedBytes: number;
  /** The program closed its direction. */
  finRequested: boolean;
  finSent: boolean;
  readonly sent: SentQueue;
  noDelay: boolean;
  keepAlive: boolean;
  /** Probes that the peer has not answered. */
  keepAliveProbes: number;

  // Loss recovery.
  readonly rtt: RTTEstimator;
  congestion: CongestionControl;
  /** SACK is offered or, once the peer's SYN is known, agreed. */
  sack: boolean;
  readonly rack: Rack;
  readonly prr: ProportionalRateReduction;
  phase: Phase;
  /** Where recovery ends: SND.NXT when it started. */
  recoveryPoint: number;
  undo: Undo | undefined;
  /** Without SACK: how often the last acknowledgement was repeated. */
  duplicateAcks: number;
  /** SND.NXT after a tail loss probe that is not acknowledged, and whether the probe was new data. */
  tailProbeEnd: number | undefined;
  tailProbeIsNew: boolean;
  /** When the peer last acknowledged something new, or data was first under way. */
  progressAt: number;
  /** When a segment with data was last sent. */
  lastSentAt: number;
  /** Timeouts since the peer last acknowledged something or, with its window closed, answered. */
  timeouts: number;
  /** The segment under way is a probe of a closed window (RFC 9293 §3.8.6.1). */
  probing: boolean;
  /** Whether the congestion window held the sender back since it last grew. */
  cwndLimited: boolean;

  // Timestamps (RFC 7323).
  /** Offered or, once the peer's SYN is known, agreed. */
  timestamps: boolean;
  timestampOffset: number;
  /** TS.Recent and when it was taken. */
  timestampRecent: number;
  timestampRecentAt: number;

  // Receiving.
  irs: number;
  rcvNxt: number;
  /** The first byte that the program has not read. */
  rcvRead: number;
  rcvShift: number;
  /** The right edge of the widest window ever offered. */
  rcvEdge: number;
  readonly receiveBuffer: ByteRing;
  /** The size of the receive buffer now. */
  receiveLimit: number;
  readonly readRate: ReadRate;
  readonly outOfOrder: Ranges;
  readonly sackBlocks: SackBlocks;
  /** The peer's FIN came, at {@link finSeq}, though maybe ahead of data. */
  finReceived: boolean;
  finSeq: number;
  /** The largest segment that has arrived. */
  rcvMss: number;
  /** RCV.NXT in the last acknowledgement sent. */
  lastAckSent: number;
  /** Something must be acknowledged with the next transmission, alone or with data. */
  ackOwed: boolean;
  /** Acknowledgements that must go out alone, so that the peer counts them as duplicates (RFC 5681 §2). */
  duplicateAcksOwed: number;

  /** When a segment was last challenged, and when a bare one was last answered though it was unacceptable. */
  challengedAt: number;
  invalidAnsweredAt: number;

  // Explicit congestion notification (RFC 3168).
  /** Offered or, once the peer's SYN is known, agreed. */
  ecn: boolean;
  /** A mark of a router came, and the peer has not said that it slowed down. */
  echoesCongestion: boolean;
  /** Further echoes are of marks that were reacted to already. */
  slowedDownUntil: number;
  /** The next new data says that the sender slowed down. */
  owesCWR: boolean;

  readonly tally: Tally;

  // Deadlines, Infinity when off.
  retransmitAt: number;
  /** When segments that may be reordered count as lost. */
  reorderAt: number;
  /** The tail loss probe's. */
  probeAt: number;
  delayedAckAt: number;
  keepAliveAt: number;
  /** End of a FIN-WAIT-2 that nobody waits in. */
  lingerAt: number;
  deadline: number;
  timerIndex: number;
  timerKey: number;

  // Ends.
  /** The program let go of the connection: nothing is reported any more. */
  orphaned: boolean;
  /** The program closed without reading everything: RST follows the FIN. */
  resetAfterFin: boolean;
  failure: FailureReason | undefined;
  /** What a router has reported since the peer last acknowledged something: why it is silent, perhaps. */
  softError: FailureReason | undefined;
  /** The program knows the id: it dialled, or was told of the accepted connection. */
  announced: boolean;
  /** `readable` was reported and nothing read since. */
  readableReported: boolean;
  endReported: boolean;
  /** In the list of those with something to send. */
  queued: boolean;
  hash: number;
  nextInBucket: Connection | null;
  /** Its place among those that make way for others. */
  line: WaitingLine<Connection> | undefined;
  ahead: Connection | undefined;
  behind: Connection | undefined;

  constructor(tcp: TCP, id: number, tuple: FourTuple, mss: number) {
    this.tcp = tcp;
    this.id = id;
    this.local = tuple.local;
    this.localPort = tuple.localPort;
    this.remote = tuple.remote;
    this.remotePort = tuple.remotePort;
    this.pseudoHeaderSum = tuple.local.sum + tuple.remote.sum + PROTOCOL_TCP;
    this.state = "CLOSED";
    this.listener = null;
    this.iss = 0;
    this.synAcknowledged = false;
    this.sndUna = 0;
    this.sndNxt = 0;
    this.sndWnd = 0;
    this.sndWl1 = 0;
    this.sndWl2 = 0;
    this.sndShift = 0;
    this.scaling = tcp.settings.windowScaling;
    this.maxSndWnd = 0;
    this.peerMss = mss;
    this.pathMTU = Infinity;
    this.mtuGuess = new MTUGuess();
    this.mss = mss;
    this.sendBuffer = new ByteRing();
    this.sndEnd = 0;
    this.sendLimit = Math.min(INITIAL_BUFFER, tcp.settings.sendBuffer);
    this.promised = 0;
    this.freedBytes = 0;
    this.finRequested = false;
    this.finSent = false;
    this.sent = new SentQueue();
    this.noDelay = tcp.settings.noDelay;
    this.keepAlive = tcp.settings.keepAlive.on;
    this.keepAliveProbes = 0;
    this.rtt = new RTTEstimator(tcp.settings.minRto);
    this.congestion = newCongestionControl(tcp, initialWindow(tcp.settings.initialWindow, mss), mss);
    this.sack = tcp.settings.sack;
    this.rack = new Rack();
    this.prr = new ProportionalRateReduction();
    this.phase = "open";
    this.recoveryPoint = 0;
    this.undo = undefined;
    this.duplicateAcks = 0;
    this.tailProbeEnd = undefined;
    this.tailProbeIsNew = false;
    this.progressAt = 0;
    this.lastSentAt = -Infinity;
    this.timeouts = 0;
    this.probing = false;
    this.cwndLimited = false;
    this.timestamps = tcp.settings.timestamps;
    this.timestampOffset = 0;
    this.timestampRecent = 0;
    this.timestampRecentAt = 0;
    this.irs = 0;
    this.rcvNxt = 0;
    this.rcvRead = 0;
    this.rcvShift = 0;
    this.rcvEdge = 0;
    this.receiveBuffer = new ByteRing();
    this.receiveLimit = Math.min(INITIAL_BUFFER, tcp.settings.receiveBuffer);
    this.readRate = { rtt: Infinity, since: 0, readSince: 0, most: 0 };
    this.outOfOrder = new Ranges();
    this.sackBlocks = new SackBlocks();
    this.finReceived = false;
    this.finSeq = 0;
    this.rcvMss = Math.min(LEAST_RCV_MSS, mss);
    this.lastAckSent = 0;
    this.ackOwed = false;
    this.duplicateAcksOwed = 0;
    this.ecn = tcp.settings.ecn;
    this.echoesCongestion = false;
    this.slowedDownUntil = 0;
    this.owesCWR = false;
    this.tally = new Tally();
    this.challengedAt = -Infinity;
    this.invalidAnsweredAt = -Infinity;
    this.retransmitAt = Infinity;
    this.reorderAt = Infinity;
    this.probeAt = Infinity;
    this.delayedAckAt = Infinity;
    this.keepAliveAt = Infinity;
    this.lingerAt = Infinity;
    this.deadline = Infinity;
    this.timerIndex = -1;
    this.timerKey = 0;
    this.orphaned = false;
    this.resetAfterFin = false;
    this.failure = undefined;
    this.softError = undefined;
    this.announced = false;
    this.readableReported = false;
    this.endReported = false;
    this.queued = false;
    this.hash = 0;
    this.nextInBucket = null;
    this.line = undefined;
    this.ahead = undefined;
    this.behind = undefined;
  }

  /** The only way to change the state. */
  setState(state: State): void {
    this.state = state;
  }

  /** The peer's SYN is known: segments and the congestion window are sized by it (RFC 6928 §2, RFC 5681 §3.1). */
  setPeerMSS(peerMss: number): void {
    this.peerMss = peerMss;
    this.mss = this.largestData(this.pathMTU);
    const window = this.synWasLost ? this.mss : initialWindow(this.tcp.settings.initialWindow, this.mss);
    this.congestion = newCongestionControl(this.tcp, window, this.mss);
  }

  /** Whether our SYN, while it is not acknowledged, was sent more than once. */
  get synWasLost(): boolean {
    return !this.synAcknowledged && this.sent.count > 0 && this.sent.at(0).transmissions > 1;
  }

  /** The host's MTU has changed. */
  updateMSS(): void {
    this.mss = this.largestData(this.pathMTU);
    this.congestion.setMSS(this.mss);
  }

  /** What the peer's MSS and the MTU, on a path that carries `pathMTU` bytes, leave beside the options of every segment. */
  largestData(pathMTU: number): number {
    const options = this.timestamps ? TIMESTAMPS_LENGTH : 0;
    return Math.min(this.peerMss, this.tcp.largestSegment(this.remote, pathMTU)) - options;
  }

  /** Bytes that may be in flight. */
  get cwnd(): number {
    return this.phase === "recovery" ? this.prr.cwnd : this.congestion.cwnd;
  }

  /** Bytes that the program has written and the peer has not acknowledged. */
  get bufferedBytes(): number {
    const first = this.synAcknowledged ? this.sndUna : add(this.iss, 1);
    // Once our FIN is acknowledged, SND.UNA stands one beyond the data.
    return Math.max(0, distance(this.sndEnd, first));
  }

  /** Bytes that the program has written and no segment carries yet. */
  get unsentBytes(): number {
    return this.finSent ? 0 : distance(this.sndEnd, this.sndNxt);
  }

  /** Bytes that have arrived in order and that the program has not read. The FIN is none of them. */
  get unreadBytes(): number {
    const end = this.finReceived && this.rcvNxt === ((this.finSeq + 1) | 0) ? this.finSeq : this.rcvNxt;
    return distance(end, this.rcvRead);
  }

  /** Whether everything before the peer's FIN, and the FIN, has arrived. */
  get hasAllFromPeer(): boolean {
    return this.finReceived && this.rcvNxt === ((this.finSeq + 1) | 0);
  }

  /** What is believed to be under way: sent, not acknowledged, not lost, and not arrived out of order (RFC 6675 §4). */
  get inFlight(): number {
    const { sent } = this;
    const inFlight = sent.bytes - sent.lostBytes - sent.sackedBytes;
    if (this.sack || this.duplicateAcks === 0) return inFlight;
    return inFlight - Math.min(this.duplicateAcks * this.mss, Math.max(0, inFlight - this.mss));
  }

  /** To be called after a deadline has changed. */
  updateDeadline(): void {
    this.deadline = Math.min(
      this.retransmitAt,
      this.reorderAt,
      this.probeAt,
      this.delayedAckAt,
      this.lingerAt,
      this.keepAliveAt,
    );
    this.tcp.timers.update(this);
  }
}

function newCongestionControl(tcp: TCP, window: number, mss: number): CongestionControl {
  return tcp.settings.congestion === "cubic" ? new Cubic(window, mss) : new NewReno(window, mss);
}
