/**
 * TIME-WAIT: for twice the time that a segment may live, what is left of a connection answers a FIN that comes again and
 * keeps old segments from a new connection (RFC 9293 §3.6.1, §3.10.7.4).
 *
 * @module
 */
import { ACK, FIN, RST, SYN } from "../../wire/tcp.ts";
import type { Address } from "../address.ts";
import type { Packet } from "../packet.ts";
import { add, after, before } from "../seq.ts";
import { type InLine, WaitingLine } from "../waiting_line.ts";
import { sendBare } from "./bare_segment.ts";
import type { Connection, FourTuple } from "./connection.ts";
import { Demux, type InDemux } from "./demux.ts";
import { isAcceptable, mayAnswerInvalid, sendChallengeAck } from "./receive.ts";
import type { Segment } from "./segment.ts";
import type { TCP } from "./tcp.ts";
import { noteTimestamp, passesPAWS, timestampAt } from "./timestamps.ts";
import { receiveWindow } from "./window.ts";

/**
 * What TIME-WAIT needs of a connection, less than a third of it: a host that opens and closes has tens of thousands. Names
 * are those of {@link Connection}.
 */
export class TimeWait implements InDemux<TimeWait>, InLine<TimeWait> {
  readonly tcp: TCP;
  readonly id: number;
  readonly local: Address;
  readonly localPort: number;
  readonly remote: Address;
  readonly remotePort: number;
  readonly announced: boolean;
  readonly sndNxt: number;
  readonly maxSndWnd: number;
  readonly rcvNxt: number;
  readonly rcvEdge: number;
  readonly rcvShift: number;
  readonly timestamps: boolean;
  readonly timestampOffset: number;
  timestampRecent: number;
  timestampRecentAt: number;
  challengedAt: number;
  invalidAnsweredAt: number;
  ackOwed: boolean;
  endsAt: number;
  hash: number;
  nextInBucket: TimeWait | null;
  line: WaitingLine<TimeWait> | undefined;
  ahead: TimeWait | undefined;
  behind: TimeWait | undefined;

  constructor(c: Connection) {
    this.tcp = c.tcp;
    this.id = c.id;
    this.local = c.local;
    this.localPort = c.localPort;
    this.remote = c.remote;
    this.remotePort = c.remotePort;
    this.announced = c.announced;
    this.sndNxt = c.sndNxt;
    this.maxSndWnd = c.maxSndWnd;
    this.rcvNxt = c.rcvNxt;
    this.rcvEdge = c.rcvEdge;
    this.rcvShift = c.rcvShift;
    this.timestamps = c.timestamps;
    this.timestampOffset = c.timestampOffset;
    this.timestampRecent = c.timestampRecent;
    this.timestampRecentAt = c.timestampRecentAt;
    this.challengedAt = c.challengedAt;
    this.invalidAnsweredAt = c.invalidAnsweredAt;
    this.ackOwed = false;
    this.endsAt = Infinity;
    this.hash = 0;
    this.nextInBucket = null;
    this.line = undefined;
    this.ahead = undefined;
    this.behind = undefined;
  }

  /** RCV.NXT in the last acknowledgement sent. */
  get lastAckSent(): number {
    return this.rcvNxt;
  }
}

/** All of a host that are in TIME-WAIT. They end in the order in which they came, or came back. */
export class TimeWaits {
  readonly #demux: Demux<TimeWait>;
  readonly #line: WaitingLine<TimeWait>;
  readonly #duration: number;
  readonly #onEnd: (t: TimeWait) => void;

  /** Each lasts `duration` ms. `secret` is that of a {@link Demux}. */
  constructor(secret: number, duration: number, onEnd: (t: TimeWait) => void) {
    this.#demux = new Demux(secret);
    this.#line = new WaitingLine();
    this.#duration = duration;
    this.#onEnd = onEnd;
  }

  get size(): number {
    return this.#demux.size;
  }

  /** The one that has waited longest. */
  get oldest(): TimeWait | undefined {
    return this.#line.first;
  }

  [Symbol.iterator](): Iterator<TimeWait> {
    return this.#demux[Symbol.iterator]();
  }

  find(packet: Packet, segment: Segment): TimeWait | undefined {
    return this.#demux.find(packet, segment.destinationPort, segment.sourcePort);
  }

  findTuple(tuple: FourTuple): TimeWait | undefined {
    return this.#demux.findTuple(tuple);
  }

  add(t: TimeWait, now: number): void {
    this.#demux.add(t);
    this.#wait(t, now);
  }

  /** The peer's FIN came again. */
  restart(t: TimeWait, now: number): void {
    this.#line.leave(t);
    this.#wait(t, now);
  }

  end(t: TimeWait): void {
    this.#demux.delete(t);
    this.#line.leave(t);
    this.#onEnd(t);
  }

  /** Ends that of a connection. */
  endOf(tuple: FourTuple): void {
    const t = this.findTuple(tuple);
    if (t) this.end(t);
  }

  /** When {@link tick} must be called next; Infinity when there is none. */
  nextDeadline(): number {
    return this.#line.first?.endsAt ?? Infinity;
  }

  /** Ends those whose time has come. */
  tick(now: number): void {
    while (this.nextDeadline() <= now) this.end(this.#line.first!);
  }

  #wait(t: TimeWait, now: number): void {
    t.endsAt = now + this.#duration;
    this.#line.join(t);
  }
}

/** A segment arrives: the steps of RFC 9293 §3.10.7.4 that are left of those for an open connection. */
export function receiveInTimeWait(t: TimeWait, segment: Segment, now: number): void {
  takeSegment(t, segment, now);
  if (!t.ackOwed) return;
  t.ackOwed = false;
  const value = timestampAt(t, now);
  sendBare(t.tcp, t, {
    sequence: t.sndNxt,
    acknowledgment: t.rcvNxt,
    flags: ACK,
    window: receiveWindow(t) >> t.rcvShift,
    timestamps: t.timestamps ? { value, echo: t.timestampRecent } : undefined,
  });
}

function takeSegment(t: TimeWait, segment: Segment, now: number): void {
  const { tcp } = t;
  const paws = passesPAWS(t, segment, now);
  if (paws === "missing") return tcp.counters.drop("unacceptable");
  if (paws === "old" || !isAcceptable(t, segment)) return refuse(t, segment, paws === "old", now);
  if (segment.has(RST) && segment.seq === t.rcvNxt) return tcp.timeWaits.end(t);
  if (segment.has(RST | SYN)) return sendChallengeAck(t, now);
  if (!segment.has(ACK)) return tcp.counters.drop("unacceptable");
  if (after(segment.ack, t.sndNxt) || before(segment.ack, add(t.sndNxt, -t.maxSndWnd))) return sendChallengeAck(t, now);
  noteTimestamp(t, segment, now);
  if (segment.length > 0) t.ackOwed = true;
}

/** What lies outside the window is acknowledged again; a FIN that comes again starts the wait anew. */
function refuse(t: TimeWait, segment: Segment, isOld: boolean, now: number): void {
  t.tcp.counters.drop("unacceptable");
  if (segment.has(RST)) return;
  if (segment.has(FIN) && !isOld) t.tcp.timeWaits.restart(t, now);
  if (mayAnswerInvalid(t, segment, now)) t.ackOwed = true;
}

/** Whether a SYN cannot be an old one: its timestamp tells, where both use them, before its number (RFC 6191 §2). */
export function isNewIncarnation(t: TimeWait, { seq, options }: Segment): boolean {
  const isBeyond = after(seq, t.rcvNxt);
  if (!options.hasTimestamps || !t.tcp.settings.timestamps) return isBeyond;
  if (!t.timestamps || after(options.timestampValue, t.timestampRecent)) return true;
  return isBeyond && options.timestampValue === t.timestampRecent;
}
