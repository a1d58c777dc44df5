/**
 * A host's protocol engine, sans-IO: packets, calls and the time go in; packets and events come out. It has no clock,
 * no timer, no thread and no randomness of its own.
 *
 * `now` is a number of ms with fractions that never goes back by more than the age of a batch. Extra calls of
 * {@link Engine.tick}, {@link Engine.transmit} and {@link Engine.pollEvent} do nothing.
 *
 * @module
 */
import { NO_NEXT_HEADER, PROTOCOL_ICMPV4, PROTOCOL_ICMPV6, PROTOCOL_TCP, PROTOCOL_UDP } from "../wire/ip.ts";
import { requireAddress } from "./address.ts";
import { type EngineConfig, stackLimits, tcpSettings } from "./config.ts";
import { Counters } from "./counters.ts";
import type { Datagram } from "./datagram_queue.ts";
import { Deque } from "./deque.ts";
import type { Endpoint, SocketEvent } from "./events.ts";
import type { Holdings } from "./holdings.ts";
import { ICMP } from "./icmp.ts";
import { type EchoRequest, Pings } from "./icmp_echo.ts";
import type { ICMPReport } from "./icmp_report.ts";
import { IPInput } from "./ip_input.ts";
import { IPOutput } from "./ip_output.ts";
import { LocalAddresses } from "./local_addresses.ts";
import type { MemoryPool } from "./memory_pool.ts";
import type { PacketSink } from "./packet_sink.ts";
import type { Packet } from "./packet.ts";
import { add } from "./seq.ts";
import type { SocketEntry } from "./netstat.ts";
import { restReceiveBuffer } from "./tcp/buffers.ts";
import { abort, closeBoth, closeWrite } from "./tcp/close.ts";
import { receiveError } from "./tcp/icmp_errors.ts";
import { type ConnectionInfo, connectionInfo } from "./tcp/info.ts";
import { setKeepAlive } from "./tcp/keep_alive.ts";
import { TCP } from "./tcp/tcp.ts";
import { considerWindowUpdate } from "./tcp/window.ts";
import { UDP } from "./udp.ts";

export type { EngineConfig, StackLimits, TCPOptions } from "./config.ts";
export type { EchoReply, Endpoint, FailureReason, SocketEvent } from "./events.ts";
export type { Holdings } from "./holdings.ts";
export type { EchoRequest } from "./icmp_echo.ts";
export type { ICMPReport } from "./icmp_report.ts";
export type { PacketSink } from "./packet_sink.ts";
export type { Datagram } from "./datagram_queue.ts";

/** One host. Sockets are named by ids that the caller chooses, positive and not reused before `released`. */
export class Engine {
  /** What was received, sent and dropped. */
  readonly counters: Counters;
  readonly #events: Deque<SocketEvent>;
  readonly #output: IPOutput;
  readonly #input: IPInput;
  readonly #icmp: ICMP;
  readonly #pings: Pings;
  readonly #udp: UDP;
  readonly #tcp: TCP;
  readonly #transports: readonly { transmit(now: number): boolean }[];
  #nextTransport: number;

  /** Throws a TypeError for an address that is no IP literal. */
  constructor(config: EngineConfig) {
    const local = new LocalAddresses(config.addresses);
    const limits = stackLimits(config.limits);
    const { random } = config;
    const counters = new Counters();
    const events = new Deque<SocketEvent>();
    const output = new IPOutput(local, config.mtu, random, counters);
    this.counters = counters;
    this.#events = events;
    this.#output = output;
    this.#icmp = new ICMP(output, counters, limits.icmpRate);
    this.#pings = new Pings({ output, local, counters, events });
    this.#input = new IPInput(local, counters, this.#icmp, limits.reassembly);
    this.#udp = new UDP({ output, local, counters, events, icmp: this.#icmp }, limits.udpQueue);
    this.#tcp = new TCP({ output, local, counters, events, random, settings: tcpSettings(config.tcp), limits });
    this.#transports = [this.#tcp, this.#udp, this.#pings];
    this.#nextTransport = 0;
  }

  /** One packet from the wire: `length` bytes of `view` from `offset` on. Whatever is wrong with it is counted. */
  receive(now: number, view: DataView, offset: number, length: number): void {
    const packet = this.#input.read(now, view, offset, length, true);
    if (packet) this.#dispatch(now, packet);
  }

  /** Fires what is due. */
  tick(now: number): void {
    this.#input.fragments.tick(now);
    this.#tcp.tick(now);
    this.#pings.tick(now);
  }

  /** When {@link tick} must be called next; Infinity when idle. */
  nextDeadline(): number {
    return Math.min(this.#tcp.nextDeadline(), this.#input.fragments.nextDeadline(), this.#pings.nextDeadline());
  }

  /** Writes the packets that may be sent now; false when `out` was full before all were written. */
  transmit(now: number, out: PacketSink): boolean {
    this.#output.useWire(out, now);
    let all: boolean;
    do {
      all = this.#output.flushReplies() && this.#transmitInTurn(now) && this.#output.replies.isEmpty;
    } while (this.#receiveLoopback(now));
    this.#output.useWire(null, now);
    return all;
  }

  /** What was received on all connections and not read: a driver that takes it counts it here until the program has. */
  get receiveMemory(): MemoryPool {
    return this.#tcp.receiveMemory;
  }

  /** The oldest event that was not polled. */
  pollEvent(): SocketEvent | undefined {
    return this.#events.shift();
  }

  /** Keeps every ICMP error that comes, for {@link pollReport}, or does not. Off at first. */
  overhearICMP(_now: number, on: boolean): void {
    this.#icmp.isOverheard = on;
  }

  /** The oldest ICMP error that was overheard and not polled. */
  pollReport(): ICMPReport | undefined {
    return this.#icmp.pollReport();
  }

  /** Listens for connections. 0.0.0.0 is every IPv4 address, :: every address. Throws a TypeError for a bad address. */
  listen(_now: number, id: number, at: Endpoint, backlog: number): void {
    this.#tcp.listen(id, requireAddress(at.address), at.port, backlog);
  }

  /** Opens a connection; `connected`, or `failed` and `released`, tell how it went. */
  connect(now: number, id: number, localPort: number, remote: Endpoint): void {
    this.#tcp.connect(now, id, localPort, requireAddress(remote.address), remote.port);
  }

  /** The program took an accepted connection out of the backlog. */
  accept(_now: number, id: number): void {
    this.#tcp.accept(id);
  }

  /** Takes bytes to send, as many as the send buffer has room for, and returns how many. */
  write(_now: number, id: number, bytes: Uint8Array): number {
    const c = this.#tcp.get(id);
    if (!c || c.state === "CLOSED" || c.finRequested) return 0;
    const held = c.bufferedBytes;
    const length = Math.min(bytes.length, c.sendLimit - held);
    if (length <= 0) return 0;
    c.sendBuffer.reserve(held + length, add(c.sndEnd, -held), held);
    c.sendBuffer.write(c.sndEnd, bytes, 0, length);
    c.sndEnd = add(c.sndEnd, length);
    this.#tcp.unacknowledged += length;
    this.#tcp.queue(c);
    return length;
  }

  /** Moves up to `target.length` bytes that have arrived out of the connection, and returns how many. */
  read(now: number, id: number, target: Uint8Array): number {
    const c = this.#tcp.get(id);
    if (!c) return 0;
    const length = Math.min(target.length, c.unreadBytes);
    if (length === 0) return 0;
    c.receiveBuffer.read(c.rcvRead, target, 0, length);
    c.rcvRead = add(c.rcvRead, length);
    considerWindowUpdate(c, now);
    if (c.unreadBytes === 0) {
      c.readableReported = false;
      restReceiveBuffer(c);
      this.#tcp.reportEnd(c);
      this.#tcp.releaseWhenRead(c);
    }
    return length;
  }

  /**
   * Bytes that wait for {@link read}, none once the program has let go; for a datagram socket, what its oldest datagram
   * counts.
   */
  readable(id: number): number {
    const c = this.#tcp.get(id);
    if (c === undefined) return this.#udp.nextSize(id);
    return c.orphaned ? 0 : c.unreadBytes;
  }

  /** Sends FIN after what was written. */
  closeWrite(_now: number, id: number): void {
    const c = this.#tcp.get(id);
    if (c) closeWrite(c);
  }

  /**
   * Lets go of a socket of any kind. Of a connection, what was written is still delivered; `unread` says that the
   * program has not read all that it was given, which makes RST follow the FIN. `released` tells the end.
   */
  close(now: number, id: number, unread = false): void {
    this.#tcp.accept(id);
    const c = this.#tcp.get(id);
    if (c) {
      closeBoth(c, unread, now);
      c.updateDeadline();
    } else if (!this.#tcp.closeListener(id)) {
      if (!this.#udp.close(id)) this.#pings.cancel(id);
    }
  }

  /** Resets a connection. */
  abort(_now: number, id: number): void {
    this.#tcp.accept(id);
    const c = this.#tcp.get(id);
    if (c) abort(c);
  }

  /** Turns Nagle's algorithm off or on. */
  setNoDelay(_now: number, id: number, on: boolean): void {
    const c = this.#tcp.get(id);
    if (!c) return;
    c.noDelay = on;
    this.#tcp.queue(c);
  }

  /** Turns keep-alive on or off (RFC 1122 §4.2.3.6). */
  setKeepAlive(now: number, id: number, on: boolean): void {
    const c = this.#tcp.get(id);
    if (!c) return;
    setKeepAlive(c, on, now);
    c.updateDeadline();
  }

  /** Whether the id is a TCP connection's. */
  isConnection(id: number): boolean {
    return this.#tcp.get(id) !== undefined;
  }

  /** Opens a datagram socket that talks to anybody. */
  bind(_now: number, id: number, local: Endpoint): void {
    this.#udp.bind(id, requireAddress(local.address), local.port);
  }

  /** Opens a datagram socket that talks to one peer; `bound`, or `failed` and `released`, tell how it went. */
  connectDatagram(_now: number, id: number, localPort: number, remote: Endpoint): void {
    this.#udp.connect(id, localPort, requireAddress(remote.address), remote.port);
  }

  /** Queues one datagram. The bytes are kept, not copied, until `writable` tells that it was sent. */
  send(_now: number, id: number, bytes: Uint8Array, to: Endpoint): void {
    this.#udp.send(id, bytes, to);
  }

  /** The oldest datagram that has arrived at a socket. Its bytes are good until the next packet is received. */
  readDatagram(_now: number, id: number): Datagram | undefined {
    return this.#udp.read(id);
  }

  /** Sends an echo request to an IP literal; `answered` or `failed` tells how it went, unless {@link close} comes first. */
  ping(now: number, id: number, to: string, request: EchoRequest): void {
    this.#pings.start(now, id, requireAddress(to), request);
  }

  /** What a connection says of itself; undefined when it is gone, also when what has arrived can still be read. */
  info(id: number): ConnectionInfo | undefined {
    const c = this.#tcp.get(id);
    return c && c.state !== "CLOSED" ? connectionInfo(c) : undefined;
  }

  /** All sockets; `handedOver` says how many bytes of a socket were read from here and are yet to be read by its program. */
  netstat(handedOver: (id: number) => number = () => 0): SocketEntry[] {
    return [...this.#tcp.sockets(handedOver), ...this.#udp.sockets(handedOver)];
  }

  /** What is held for peers, to be compared with the limits. */
  holdings(): Holdings {
    return {
      ...this.#tcp.holdings(),
      events: this.#events.length,
      reassembly: this.#input.fragments.held,
      replies: this.#output.replies.length,
      loopback: this.#output.loopback.length,
      paths: this.#output.paths.size,
    };
  }

  /** Packets may have another size from now on. */
  setMTU(_now: number, mtu: number): void {
    this.#output.mtu = mtu;
    this.#tcp.updateMTU();
  }

  /** Resets all connections; {@link transmit} must follow. */
  stop(_now: number): void {
    this.#tcp.abortAll();
  }

  /** Who comes after the one that found the wire full is the first next time, so that none starves. */
  #transmitInTurn(now: number): boolean {
    for (let left = this.#transports.length; left > 0; left--) {
      const transport = this.#transports[this.#nextTransport];
      this.#nextTransport = (this.#nextTransport + 1) % this.#transports.length;
      if (!transport.transmit(now)) return false;
    }
    return true;
  }

  #receiveLoopback(now: number): boolean {
    const queue = this.#output.loopback;
    if (queue.isEmpty) return false;
    while (!queue.isEmpty) {
      const packet = this.#input.read(now, queue.view, queue.nextOffset, queue.nextLength, false);
      if (packet) this.#dispatch(now, packet);
      queue.shift();
    }
    return true;
  }

  #dispatch(now: number, packet: Packet): void {
    switch (packet.protocol) {
      case PROTOCOL_TCP:
        return this.#tcp.receive(now, packet);
      case PROTOCOL_UDP:
        return this.#udp.receive(now, packet);
      case packet.isIPv4 ? PROTOCOL_ICMPV4 : PROTOCOL_ICMPV6:
        return this.#receiveICMP(now, packet);
      default:
        this.counters.drop("unknownProtocol");
        if (!packet.isIPv4 && packet.protocol === NO_NEXT_HEADER) return;
        this.#icmp.sendProtocolUnreachable(now, packet);
    }
  }

  #receiveICMP(now: number, packet: Packet): void {
    const error = this.#icmp.receive(now, packet, this.#pings);
    switch (error?.packet.protocol) {
      case undefined:
        return;
      case PROTOCOL_TCP:
        return receiveError(this.#tcp, error!);
      case PROTOCOL_UDP:
        return this.#udp.receiveError(now, error!);
      case packet.isIPv4 ? PROTOCOL_ICMPV4 : PROTOCOL_ICMPV6:
        return this.#pings.receiveError(now, error!);
      default:
        this.counters.drop("noSocket");
    }
  }
}
