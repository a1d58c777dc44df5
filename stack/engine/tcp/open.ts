/**
 * How connections come to be: the SYNs of both sides (RFC 9293 §3.5, §3.10.1, §3.10.7.3).
 *
 * @module
 */
import { ACK, FIN, RST, SYN } from "../../wire/tcp.ts";
import type { Address } from "../address.ts";
import type { TCPOptionSet } from "../../wire/tcp_options.ts";
import type { Packet } from "../packet.ts";
import { add, after, atOrBefore, distance } from "../seq.ts";
import { acknowledge } from "./acknowledge.ts";
import { promiseSendBuffer, receiveRoom } from "./buffers.ts";
import { advanceToFin, breakConnection } from "./close.ts";
import { Connection, type FourTuple } from "./connection.ts";
import { agreesToECN } from "./ecn.ts";
import { emitSyn } from "./emit.ts";
import type { Listener } from "./listener.ts";
import { receiveText } from "./text.ts";
import { sendReset } from "./reset.ts";
import { type Segment, tupleOf } from "./segment.ts";
import { decodeOptions, encodeOptions } from "./syn_cookies.ts";
import type { TCP } from "./tcp.ts";
import { timestampAt } from "./timestamps.ts";
import { shiftFor } from "./window.ts";

/** What a peer that names no MSS can take (RFC 9293 §3.7.1). */
const DEFAULT_MSS_IPV4 = 536;
const DEFAULT_MSS_IPV6 = 1220;
/** A smaller MSS would make headers of everything. */
const LEAST_MSS = 48;

/** The options of a SYN. */
type SynOptions = Pick<
  TCPOptionSet,
  "maximumSegmentSize" | "windowShift" | "sackPermitted" | "hasTimestamps" | "timestampValue"
>;

/** Opens a connection to a peer: SYN-SENT. `iss` is its first sequence number. */
export function openActive(tcp: TCP, id: number, tuple: FourTuple, iss: number): Connection {
  const c = createConnection(tcp, id, tuple, iss);
  c.announced = true;
  c.setState("SYN-SENT");
  tcp.add(c);
  tcp.queue(c);
  return c;
}

/** A SYN came for a listener: SYN-RECEIVED. */
export function openPassive(tcp: TCP, listener: Listener, packet: Packet, segment: Segment, now: number): void {
  const tuple = tupleOf(packet, segment);
  // First: the room that is made may be that of the one before it.
  const iss = tcp.takeOverTuple(tuple, now);
  if (!tcp.makeRoom()) return tcp.counters.drop("connectionLimit");
  const c = createConnection(tcp, tcp.nextAcceptedId(), tuple, iss);
  takeSyn(c, segment.seq, segment.window, segment.options, now);
  c.ecn = c.ecn && agreesToECN(segment);
  enterSynReceived(c, listener);
  tcp.queue(c);
}

/** Too many connections are half open: answers a SYN and remembers nothing of it. */
export function answerWithCookie(tcp: TCP, packet: Packet, segment: Segment, now: number): void {
  const tuple = tupleOf(packet, segment);
  const { options } = segment;
  const offered = options.maximumSegmentSize || defaultMSS(tuple.remote);
  const c = createConnection(tcp, 0, tuple, tcp.cookies.make(tuple, segment.seq, offered, now));
  takeSyn(c, segment.seq, segment.window, options, now);
  if (c.timestamps) {
    c.timestampOffset = distance(encodeOptions(timestampAt(c, now), options), Math.floor(now) | 0);
  } else {
    c.scaling = false;
    c.sack = false;
  }
  c.ecn = false;
  c.setState("SYN-RECEIVED");
  emitSyn(c, now);
}

/** The segment size in the cookie that an ACK for a listener brings back; undefined when it brings none. */
export function checkCookie(tcp: TCP, packet: Packet, segment: Segment, now: number): number | undefined {
  return tcp.cookies.check(tupleOf(packet, segment), add(segment.seq, -1), add(segment.ack, -1), now);
}

/** An ACK brought back a cookie and so a connection, whose peer takes segments of `mss` bytes: SYN-RECEIVED. */
export function openFromCookie(
  tcp: TCP,
  listener: Listener,
  packet: Packet,
  segment: Segment,
  mss: number,
  now: number,
): Connection {
  const irs = add(segment.seq, -1);
  const iss = add(segment.ack, -1);
  const c = createConnection(tcp, tcp.nextAcceptedId(), tupleOf(packet, segment), iss);
  const { hasTimestamps, timestampEcho, timestampValue } = segment.options;
  const remembered = hasTimestamps ? decodeOptions(timestampEcho) : { windowShift: -1, sackPermitted: false };
  const options = { ...remembered, maximumSegmentSize: mss, hasTimestamps, timestampValue };
  takeSyn(c, irs, segment.window, options, now);
  // The clock goes on from the timestamp that carried the options.
  if (hasTimestamps) c.timestampOffset = distance(timestampEcho, Math.floor(now) | 0);
  c.ecn = false;
  c.sndNxt = add(iss, 1);
  enterSynReceived(c, listener);
  return c;
}

function enterSynReceived(c: Connection, listener: Listener): void {
  c.listener = listener;
  listener.halfOpen++;
  c.setState("SYN-RECEIVED");
  c.tcp.add(c);
}

/** A segment in SYN-SENT. */
export function receiveInSynSent(c: Connection, packet: Packet, segment: Segment, now: number): void {
  const acceptable = segment.has(ACK) && after(segment.ack, c.iss) && atOrBefore(segment.ack, c.sndNxt);
  if (segment.has(ACK) && !acceptable) {
    c.tcp.counters.drop("unacceptable");
    return sendReset(c.tcp, packet, segment);
  }
  if (segment.has(RST) && acceptable) return breakConnection(c, "refused");
  if (segment.has(RST) || !segment.has(SYN)) return c.tcp.counters.drop("unacceptable");
  const synWasLost = c.synWasLost;
  takeSyn(c, segment.seq, segment.window, segment.options, now);
  c.ecn = c.ecn && agreesToECN(segment);
  if (!acceptable) return enterSimultaneousOpen(c);
  c.ackOwed = true;
  acknowledge(c, segment, now);
  if (synWasLost) c.rtt.restartAfterLostSyn();
  establish(c);
  if (segment.dataLength > 0 || segment.has(FIN)) receiveText(c, segment, now);
}

/** Both SYNs are acknowledged. */
export function establish(c: Connection): void {
  c.setState("ESTABLISHED");
  if (c.synWasLost) {
    c.rtt.restartAfterLostSyn();
    // One segment, whichever of the SYNs it was, and slow start as far as it goes (RFC 6928 §2).
    c.setPeerMSS(c.peerMss);
  }
  if (c.finRequested) advanceToFin(c);
  if (c.orphaned) return;
  const { tcp, listener, id } = c;
  const text = (address: Address) => listener?.address.isDualStack ? address.toDualStackText() : String(address);
  const local = { address: text(c.local), port: c.localPort };
  const remote = { address: text(c.remote), port: c.remotePort };
  promiseSendBuffer(c);
  const sendBuffer = c.sendLimit;
  c.announced = true;
  if (listener) {
    listener.halfOpen--;
    tcp.awaitAccept(id, listener);
    tcp.events.push({ kind: "accepted", id, listener: listener.id, local, remote, sendBuffer });
  } else {
    tcp.events.push({ kind: "connected", id, local, remote, sendBuffer });
  }
}

function enterSimultaneousOpen(c: Connection): void {
  c.setState("SYN-RECEIVED");
  if (c.sent.count === 0) return;
  // The SYN goes out anew, with an acknowledgement; that it was sent before is no sign of a loss.
  c.sent.at(0).transmissions--;
  c.sent.markLost(0);
}

function createConnection(tcp: TCP, id: number, tuple: FourTuple, iss: number): Connection {
  const c = new Connection(tcp, id, tuple, tcp.largestSegment(tuple.remote));
  c.iss = iss;
  c.timestampOffset = iss;
  c.sndUna = iss;
  c.sndNxt = iss;
  c.sndEnd = add(iss, 1);
  c.recoveryPoint = iss;
  c.slowedDownUntil = iss;
  c.rack.forwardAck = iss;
  c.rcvShift = c.scaling ? shiftFor(tcp.settings.receiveBuffer) : 0;
  return c;
}

/** Takes what the peer's SYN says: sequence number, window, options. */
function takeSyn(c: Connection, irs: number, window: number, options: SynOptions, now: number): void {
  c.irs = irs;
  c.rcvNxt = add(irs, 1);
  c.rcvRead = c.rcvNxt;
  c.readRate.readSince = c.rcvNxt;
  c.readRate.since = now;
  c.lastAckSent = c.rcvNxt;
  c.rcvEdge = add(c.rcvNxt, Math.min(0xffff, receiveRoom(c)));
  c.scaling = c.scaling && options.windowShift >= 0;
  c.sndShift = c.scaling ? options.windowShift : 0;
  if (!c.scaling) c.rcvShift = 0;
  c.sack = c.sack && options.sackPermitted;
  c.timestamps = c.timestamps && options.hasTimestamps;
  c.timestampRecent = options.timestampValue;
  c.timestampRecentAt = now;
  c.sndWnd = window;
  c.sndWl1 = irs;
  c.sndWl2 = c.iss;
  c.maxSndWnd = c.sndWnd;
  c.setPeerMSS(Math.max(LEAST_MSS, options.maximumSegmentSize || defaultMSS(c.remote)));
}

function defaultMSS(remote: Address): number {
  return remote.isIPv4 ? DEFAULT_MSS_IPV4 : DEFAULT_MSS_IPV6;
}
