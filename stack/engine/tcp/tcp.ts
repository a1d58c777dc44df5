/**
 * One host's TCP: its connections and listeners, and the way of a segment to and from them.
 *
 * @module
 */
import { intact } from "../../wire/checksum.ts";
import { ACK, RST, SYN, valid } from "../../wire/tcp.ts";
import { type Address, endpointText } from "../address.ts";
import type { StackLimits, TCPSettings } from "../config.ts";
import type { Counters } from "../counters.ts";
import type { Deque } from "../deque.ts";
import type { FailureReason, SocketEvent } from "../events.ts";
import type { Holdings } from "../holdings.ts";
import type { IPOutput } from "../ip_output.ts";
import type { LocalAddresses } from "../local_addresses.ts";
import type { SocketEntry } from "../netstat.ts";
import { MemoryPool } from "../memory_pool.ts";
import type { Packet } from "../packet.ts";
import { KeyedHash, randomInt32, type RandomSource } from "../random.ts";
import { add, latest } from "../seq.ts";
import { Timers } from "../timers.ts";
import { WaitingLine } from "../waiting_line.ts";
import { abort, discard } from "./close.ts";
import { releaseReceiveBuffer } from "./buffers.ts";
import type { Connection, FourTuple } from "./connection.ts";
import { Demux } from "./demux.ts";
import { heardFromPeer } from "./keep_alive.ts";
import { Listener, Listeners, receiveInListen } from "./listener.ts";
import { openActive, receiveInSynSent } from "./open.ts";
import { divideSent } from "./mtu_guess.ts";
import { receiveSegment } from "./receive.ts";
import { sendReset } from "./reset.ts";
import { Segment } from "./segment.ts";
import { SendOrder } from "./send_order.ts";
import { SynCookies } from "./syn_cookies.ts";
import { fireDeadlines } from "./timeouts.ts";
import { isNewIncarnation, receiveInTimeWait, type TimeWait, TimeWaits } from "./time_wait.ts";

/** Initial sequence numbers advance by one every 4 µs (RFC 9293 §3.4.1). */
const ISN_PER_MS = 250;
/** How far a connection that takes over a four-tuple from TIME-WAIT starts beyond its predecessor (RFC 6191). */
const ISN_GAP = 0x20000;
const IPV4_AND_TCP_HEADERS = 40;
const IPV6_AND_TCP_HEADERS = 60;

/** What TCP needs of its host. */
export interface TCPHost {
  readonly output: IPOutput;
  readonly local: LocalAddresses;
  readonly counters: Counters;
  readonly events: Deque<SocketEvent>;
  readonly random: RandomSource;
  readonly settings: TCPSettings;
  readonly limits: Required<StackLimits>;
}

/** TCP of one host. */
export class TCP {
  readonly output: IPOutput;
  readonly counters: Counters;
  readonly events: Deque<SocketEvent>;
  readonly settings: TCPSettings;
  readonly limits: Required<StackLimits>;
  readonly timers: Timers<Connection>;
  /** What is left of connections in TIME-WAIT. */
  readonly timeWaits: TimeWaits;
  /** Connections that the program has let go of and that are not over, the oldest first. */
  readonly orphans: WaitingLine<Connection>;
  /** For what was received and not read, and for what programs may write. */
  readonly receiveMemory: MemoryPool;
  readonly sendMemory: MemoryPool;
  /** Bytes of all connections that programs have written and peers have not acknowledged. */
  unacknowledged: number;
  readonly #local: LocalAddresses;
  /** Connections that the network knows. */
  readonly #demux: Demux<Connection>;
  readonly #listeners: Listeners;
  /** Connections that the program or the network knows. */
  readonly #byId: Map<number, Connection>;
  /** Which listener's backlog a connection waits in; those that have ended meanwhile wait as well. */
  readonly #unaccepted: Map<number, Listener>;
  readonly cookies: SynCookies;
  readonly #isnHash: KeyedHash;
  readonly #segment: Segment;
  readonly order: SendOrder;
  #lastAcceptedId: number;

  constructor(host: TCPHost) {
    this.output = host.output;
    this.counters = host.counters;
    this.events = host.events;
    this.settings = host.settings;
    this.limits = host.limits;
    this.timers = new Timers();
    this.orphans = new WaitingLine();
    this.receiveMemory = new MemoryPool(host.limits.receiveMemory);
    this.sendMemory = new MemoryPool(host.limits.sendMemory);
    this.unacknowledged = 0;
    this.#local = host.local;
    this.#demux = new Demux(randomInt32(host.random));
    this.timeWaits = new TimeWaits(randomInt32(host.random), host.settings.timeWait, (t) => this.#forgetTimeWait(t));
    this.#listeners = new Listeners();
    this.#byId = new Map();
    this.#unaccepted = new Map();
    this.cookies = new SynCookies(host.random);
    this.#isnHash = new KeyedHash(host.random);
    this.#segment = new Segment(new DataView(new ArrayBuffer(0)));
    this.order = new SendOrder();
    this.#lastAcceptedId = 0;
  }

  /**
   * Whether one more connection may be. The one longest in TIME-WAIT makes way for it, or the one that the program has
   * let go of first: its peer alone keeps it.
   */
  makeRoom(): boolean {
    if (this.#size < this.limits.connections) return true;
    const waiting = this.timeWaits.oldest;
    const orphan = this.orphans.first;
    // Without a word: an answer goes to who asked, and the peer hears of it when it does.
    if (waiting) this.timeWaits.end(waiting);
    else if (orphan) discard(orphan);
    else return false;
    return true;
  }

  /** Listeners and connections of all states. */
  *sockets(handedOver: (id: number) => number): Generator<SocketEntry> {
    for (const { address, port, waiting, backlog } of this.#listeners) {
      const local = endpointText(address, port);
      yield { protocol: "tcp", state: "LISTEN", local, remote: "*", receiveQueue: waiting, sendQueue: backlog };
    }
    for (const c of this.#demux) {
      yield {
        protocol: "tcp",
        state: c.state,
        local: endpointText(c.local, c.localPort),
        remote: endpointText(c.remote, c.remotePort),
        receiveQueue: c.orphaned ? 0 : c.unreadBytes + handedOver(c.id),
        sendQueue: c.bufferedBytes,
      };
    }
    for (const t of this.timeWaits) {
      yield {
        protocol: "tcp",
        state: "TIME-WAIT",
        local: endpointText(t.local, t.localPort),
        remote: endpointText(t.remote, t.remotePort),
        receiveQueue: (this.#byId.get(t.id)?.unreadBytes ?? 0) + handedOver(t.id),
        sendQueue: 0,
      };
    }
  }

  /** What all connections hold; see `Holdings`. */
  holdings(): Omit<Holdings, "events" | "reassembly" | "replies" | "loopback" | "paths"> {
    let gaps = 0;
    let segments = 0;
    let buffers = 0;
    let halfOpen = 0;
    let waiting = 0;
    for (const listener of this.#listeners) {
      halfOpen += listener.halfOpen;
      waiting += listener.waiting;
    }
    for (const c of this.#byId.values()) {
      gaps = Math.max(gaps, c.outOfOrder.count);
      segments = Math.max(segments, c.sent.count);
      buffers += c.sendBuffer.capacity + c.receiveBuffer.capacity;
    }
    const [received, promised] = [this.receiveMemory.held, this.sendMemory.held];
    const { unacknowledged } = this;
    const [connections, timers] = [this.#size, this.timers.size];
    return { connections, timers, halfOpen, waiting, gaps, segments, buffers, received, promised, unacknowledged };
  }

  /** Connections that the network knows, without those in TIME-WAIT. */
  get alive(): number {
    return this.#demux.size;
  }

  /** The connection with a four-tuple that the network knows. */
  find(tuple: FourTuple): Connection | undefined {
    return this.#demux.findTuple(tuple);
  }

  /** The connection with an id, while it lasts. */
  get(id: number): Connection | undefined {
    return this.#byId.get(id);
  }

  /** The most data that a packet to `remote` has room for, on a path that carries `pathMTU` bytes. */
  largestSegment(remote: Address, pathMTU = Infinity): number {
    return Math.min(this.output.mtu, pathMTU) - (remote.isIPv4 ? IPV4_AND_TCP_HEADERS : IPV6_AND_TCP_HEADERS);
  }

  /**
   * The first sequence number of a new connection (RFC 6528 §3), beyond all of a predecessor's in TIME-WAIT, which it
   * replaces (RFC 9293 §3.6.1).
   */
  takeOverTuple(tuple: FourTuple, now: number): number {
    const hash = this.#isnHash.ofFourTuple(tuple.local, tuple.localPort, tuple.remote, tuple.remotePort);
    const iss = add(hash, Math.floor(now * ISN_PER_MS) | 0);
    const predecessor = this.timeWaits.findTuple(tuple);
    if (!predecessor) return iss;
    this.timeWaits.end(predecessor);
    return latest(iss, add(predecessor.sndNxt, ISN_GAP));
  }

  nextAcceptedId(): number {
    return --this.#lastAcceptedId;
  }

  listen(id: number, address: Address, port: number, backlog: number): void {
    this.#listeners.add(new Listener(id, address, port, Math.min(backlog, this.limits.backlog)));
  }

  /** Starts a dial; events tell how it ends. */
  connect(now: number, id: number, localPort: number, remote: Address, remotePort: number): void {
    const target = this.#local.targetOf(remote);
    const local = this.#local.sourceFor(target);
    // RFC 9293 §3.9.2.3: a connection has one peer.
    if (!local || target.isMulticastOrBroadcast) return this.#refuseDial(id, "network-unreachable");
    const tuple = { local, localPort, remote: target, remotePort };
    if (this.find(tuple)) return this.#refuseDial(id, "address-in-use");
    const iss = this.takeOverTuple(tuple, now);
    if (!this.makeRoom()) return this.#refuseDial(id, "no-buffers");
    openActive(this, id, tuple, iss);
  }

  /** A connection is established, and waits until the program takes it. */
  awaitAccept(id: number, listener: Listener): void {
    listener.waiting++;
    this.#unaccepted.set(id, listener);
  }

  /** The program took a connection out of its listener's backlog, or has let go of it. */
  accept(id: number): void {
    const listener = this.#unaccepted.get(id);
    if (!listener) return;
    this.#unaccepted.delete(id);
    listener.waiting--;
    const c = this.#byId.get(id);
    if (c) c.listener = null;
  }

  /** Ends a listener; connections that were not accepted are reset. */
  closeListener(id: number): boolean {
    const listener = this.#listeners.get(id);
    if (!listener) return false;
    this.#listeners.delete(listener);
    for (const c of [...this.#demux]) {
      if (c.listener === listener) abort(c);
    }
    for (const [id, other] of this.#unaccepted) {
      if (other === listener) this.#unaccepted.delete(id);
    }
    this.events.push({ kind: "released", id });
    return true;
  }

  /** The MTU changed: segments follow it, down at once and up as far as the peer allows. */
  updateMTU(): void {
    for (const c of this.#demux) {
      c.updateMSS();
      divideSent(c);
    }
  }

  /** Resets all connections. */
  abortAll(): void {
    for (const c of [...this.#demux]) abort(c);
    for (const t of [...this.timeWaits]) this.timeWaits.end(t);
  }

  /** Takes one packet. */
  receive(now: number, packet: Packet): void {
    const { view, payload, payloadLength } = packet;
    if (!valid(view, payload, payloadLength)) return this.counters.drop("malformed");
    if (!intact(view, payload, payloadLength, packet.pseudoHeaderSum(payloadLength))) {
      return this.counters.drop("checksum");
    }
    const segment = this.#segment;
    segment.read(packet);
    const c = this.#demux.find(packet, segment.destinationPort, segment.sourcePort);
    if (c) return this.receiveForConnection(c, packet, segment, now);
    const t = this.timeWaits.find(packet, segment);
    if (t && !this.#yields(t, packet, segment)) return receiveInTimeWait(t, segment, now);
    this.#receiveForNobody(packet, segment, now);
  }

  /** Takes one segment of a connection. */
  receiveForConnection(c: Connection, packet: Packet, segment: Segment, now: number): void {
    if (c.state === "SYN-SENT") receiveInSynSent(c, packet, segment, now);
    else receiveSegment(c, packet, segment, now);
    if (c.state === "CLOSED") return;
    heardFromPeer(c, now);
    this.queue(c);
    c.updateDeadline();
  }

  /** When {@link tick} must be called next; Infinity when idle. */
  nextDeadline(): number {
    return Math.min(this.timers.next(), this.timeWaits.nextDeadline());
  }

  /** Fires deadlines that have come. */
  tick(now: number): void {
    this.timeWaits.tick(now);
    for (;;) {
      const c = this.timers.popDue(now);
      if (!c) return;
      fireDeadlines(c, now);
      if (c.state === "CLOSED") continue;
      this.queue(c);
      c.updateDeadline();
    }
  }

  /** Sends what may be sent; false when the wire is full before all is out. */
  transmit(now: number): boolean {
    return this.order.transmit(now);
  }

  /** Puts a connection among those with something to send. */
  queue(c: Connection): void {
    this.order.add(c);
  }

  add(c: Connection): void {
    this.#demux.add(c);
    this.#byId.set(c.id, c);
  }

  /** Takes a connection out of the network; its id lives until the program has read what arrived. */
  remove(c: Connection): void {
    this.leaveNetwork(c);
    this.releaseWhenRead(c);
  }

  /** No packet is for the connection any more. */
  leaveNetwork(c: Connection): void {
    this.#demux.delete(c);
    this.orphans.leave(c);
    this.timers.remove(c);
  }

  /** The program has let go of a connection that the network knows no more. */
  forget(c: Connection): void {
    this.#byId.delete(c.id);
  }

  /** Ends a connection's id, once it is out of the network and nothing is left to read. */
  releaseWhenRead(c: Connection): void {
    if (c.state !== "CLOSED" || !this.#byId.has(c.id)) return;
    if (!c.orphaned) {
      if (c.unreadBytes > 0) return;
      if (c.failure && c.announced) this.events.push({ kind: "failed", id: c.id, reason: c.failure });
    }
    this.#byId.delete(c.id);
    releaseReceiveBuffer(c);
    if (c.announced) this.events.push({ kind: "released", id: c.id });
  }

  /** Tells that the peer's stream has ended, once everything before was read. */
  reportEnd(c: Connection): void {
    if (c.orphaned || c.endReported || !c.hasAllFromPeer || c.unreadBytes > 0) return;
    c.endReported = true;
    this.events.push({ kind: "ended", id: c.id });
  }

  #refuseDial(id: number, reason: FailureReason): void {
    this.events.push({ kind: "failed", id, reason });
    this.events.push({ kind: "released", id });
  }

  #receiveForNobody(packet: Packet, segment: Segment, now: number): void {
    const listener = this.#listeners.find(packet, segment.destinationPort, segment.sourcePort);
    if (listener) return receiveInListen(this, listener, packet, segment, now);
    this.counters.drop("noSocket");
    sendReset(this, packet, segment);
  }

  /** Connections of all states. */
  get #size(): number {
    return this.alive + this.timeWaits.size;
  }

  /** The program may have something to read still; else this was the connection's end. */
  #forgetTimeWait({ id, announced }: TimeWait): void {
    const c = this.#byId.get(id);
    if (c) {
      c.setState("CLOSED");
      this.releaseWhenRead(c);
    } else if (announced) {
      this.events.push({ kind: "released", id });
    }
  }

  /** A SYN that is newer than all that a connection in TIME-WAIT has received starts a new one in its place. */
  #yields(t: TimeWait, packet: Packet, segment: Segment): boolean {
    if (!segment.has(SYN) || segment.has(ACK | RST) || !isNewIncarnation(t, segment)) return false;
    return this.#listeners.find(packet, segment.destinationPort, segment.sourcePort)?.hasRoom(this.limits.synQueue) ??
      false;
  }
}
