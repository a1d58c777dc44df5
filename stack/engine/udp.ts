/**
 * UDP (RFC 768, RFC 1122 §4.1): sockets, connected to a peer or not, with bounded queues both ways.
 *
 * @module
 */
import { finish, intact, sum } from "../wire/checksum.ts";
import { PROTOCOL_UDP } from "../wire/ip.ts";
import * as ipv4 from "../wire/ipv4.ts";
import * as ipv6 from "../wire/ipv6.ts";
import * as udp from "../wire/udp.ts";
import { type Address, endpointText, requireAddress } from "./address.ts";
import type { Counters } from "./counters.ts";
import { type Datagram, DatagramQueue, OVERHEAD, type SpareMemory } from "./datagram_queue.ts";
import type { Deque } from "./deque.ts";
import type { Endpoint, SocketEvent } from "./events.ts";
import type { ICMP } from "./icmp.ts";
import type { ICMPError } from "./icmp_report.ts";
import type { IPOutput } from "./ip_output.ts";
import type { LocalAddresses } from "./local_addresses.ts";
import type { SocketEntry } from "./netstat.ts";
import type { Packet } from "./packet.ts";

interface OutgoingDatagram {
  bytes: Uint8Array;
  to: Address;
  port: number;
}

/** Most bytes of header and payload. */
const LARGEST_IPV4 = ipv4.MAX_LENGTH - ipv4.HEADER_LENGTH;
const LARGEST_IPV6 = ipv6.MAX_PAYLOAD_LENGTH;

const NOBODY: Endpoint = { address: "", port: -1 };

class Socket {
  readonly id: number;
  readonly local: Address;
  readonly localPort: number;
  /** The only peer of a connected socket. */
  readonly remote: Address | undefined;
  readonly remotePort: number;
  readonly arrived: DatagramQueue;
  readonly leaving: OutgoingDatagram[];
  closed: boolean;
  /** Whom the last datagram came from, as an address and as the program is told. */
  #lastSource: Address;
  #lastSender: Endpoint;
  /** What the last one was sent to, as the program said it and as an address. */
  #lastText: string;
  #lastTarget: Address;

  constructor(
    spare: SpareMemory,
    id: number,
    local: Address,
    localPort: number,
    remote?: Address,
    remotePort = 0,
  ) {
    this.id = id;
    this.local = local;
    this.localPort = localPort;
    this.remote = remote;
    this.remotePort = remotePort;
    this.arrived = new DatagramQueue(spare);
    this.leaving = [];
    this.closed = false;
    this.#lastSource = local;
    this.#lastSender = NOBODY;
    this.#lastText = "";
    this.#lastTarget = local;
  }

  /** The address of an IP literal: as a rule that of the datagram before. */
  targetOf(text: string): Address {
    if (text !== this.#lastText) {
      this.#lastTarget = requireAddress(text);
      this.#lastText = text;
    }
    return this.#lastTarget;
  }

  /** Who sent a packet: as a rule who sent the one before. */
  senderOf(packet: Packet, port: number): Endpoint {
    const isSame = this.#lastSender.port === port &&
      this.#lastSource.equals(packet.s0, packet.s1, packet.s2, packet.s3);
    if (!isSame) {
      this.#lastSource = packet.source();
      const address = this.local.isDualStack ? this.#lastSource.toDualStackText() : String(this.#lastSource);
      this.#lastSender = { address, port };
    }
    return this.#lastSender;
  }

  /** Whether a datagram to a port can be one of this socket's, as far as the peer goes. */
  mayHaveSent(packet: Packet, remotePort: number): boolean {
    const { remote } = this;
    if (!remote) return true;
    return remotePort === this.remotePort && remote.equals(packet.d0, packet.d1, packet.d2, packet.d3);
  }

  /** Whether an address is of the socket's family; :: has both. */
  speaksTo({ isIPv4 }: Address): boolean {
    return this.local.isDualStack || this.local.isIPv4 === isIPv4;
  }

  /** How well the socket fits a packet: 0 not at all; a connected one best, a wildcard last. */
  fit(packet: Packet, remotePort: number): number {
    const { local, remote } = this;
    const exact = local.equals(packet.d0, packet.d1, packet.d2, packet.d3);
    if (!exact && !(local.isUnspecified && (local.isDualStack || packet.isIPv4))) return 0;
    if (!remote) return exact ? 2 : 1;
    return remotePort === this.remotePort && remote.equals(packet.s0, packet.s1, packet.s2, packet.s3) ? 3 : 0;
  }
}

/** What UDP needs of its host. */
export interface UDPHost {
  readonly output: IPOutput;
  readonly local: LocalAddresses;
  readonly counters: Counters;
  readonly events: Deque<SocketEvent>;
  readonly icmp: ICMP;
}

/** One host's UDP. */
export class UDP {
  readonly #host: UDPHost;
  readonly #queueLimit: number;
  readonly #sockets: Map<number, Socket>;
  readonly #byPort: Map<number, Socket[]>;
  readonly #sending: Set<Socket>;
  readonly #spare: SpareMemory;

  constructor(host: UDPHost, queueLimit: number) {
    this.#host = host;
    this.#queueLimit = queueLimit;
    this.#sockets = new Map();
    this.#byPort = new Map();
    this.#sending = new Set();
    this.#spare = { bytes: new Uint8Array(0) };
  }

  /** Opens a socket that talks to anybody. */
  bind(id: number, local: Address, localPort: number): void {
    this.#add(new Socket(this.#spare, id, local, localPort));
  }

  /** Opens a socket that talks to one peer; the event `bound` tells its address, or `failed` that there is none. */
  connect(id: number, localPort: number, remote: Address, remotePort: number): void {
    const target = this.#host.local.targetOf(remote);
    const local = this.#host.local.sourceFor(target);
    if (!local) {
      this.#host.events.push({ kind: "failed", id, reason: "network-unreachable" });
      this.#host.events.push({ kind: "released", id });
      return;
    }
    this.#add(new Socket(this.#spare, id, local, localPort, target, remotePort));
    this.#host.events.push({ kind: "bound", id, local: { address: String(local), port: localPort } });
  }

  /** Queues one datagram. The bytes are kept, not copied, until they are sent; `writable` tells when. */
  send(id: number, bytes: Uint8Array, to: Endpoint): void {
    const socket = this.#sockets.get(id);
    if (!socket || socket.closed) return;
    socket.leaving.push({ bytes, to: this.#host.local.targetOf(socket.targetOf(to.address)), port: to.port });
    this.#sending.add(socket);
  }

  /** The oldest datagram that has arrived. Its bytes are good until the next one does. */
  read(id: number): Datagram | undefined {
    return this.#sockets.get(id)?.arrived.shift();
  }

  /** Bytes of the oldest datagram that has arrived, overhead included; 0 when there is none. */
  nextSize(id: number): number {
    return this.#sockets.get(id)?.arrived.nextSize ?? 0;
  }

  /** Closes once what was queued is sent. */
  close(id: number): boolean {
    const socket = this.#sockets.get(id);
    if (!socket) return false;
    socket.closed = true;
    socket.arrived.clear();
    if (socket.leaving.length === 0) this.#remove(socket);
    return true;
  }

  /** All sockets. */
  *sockets(handedOver: (id: number) => number): Generator<SocketEntry> {
    for (const { id, local, localPort, remote, remotePort, arrived, leaving } of this.#sockets.values()) {
      yield {
        protocol: "udp",
        state: remote ? "ESTABLISHED" : "UNCONNECTED",
        local: endpointText(local, localPort),
        remote: remote ? endpointText(remote, remotePort) : "*",
        receiveQueue: arrived.size + handedOver(id),
        sendQueue: leaving.reduce((total, { bytes }) => total + bytes.length, 0),
      };
    }
  }

  /** Takes one packet. */
  receive(now: number, packet: Packet): void {
    const { view, payload, payloadLength } = packet;
    if (!udp.valid(view, payload, payloadLength)) return this.#host.counters.drop("malformed");
    const length = udp.datagramLength(view, payload);
    if (!checksumIsGood(packet, length)) return this.#host.counters.drop("checksum");
    const socket = this.#find(packet, udp.destinationPort(view, payload), udp.sourcePort(view, payload));
    if (!socket) {
      this.#host.counters.drop("noSocket");
      this.#host.icmp.sendPortUnreachable(now, packet);
      return;
    }
    this.#deliver(socket, packet, length - udp.HEADER_LENGTH);
  }

  /**
   * An ICMP error came back about a datagram of this host; only one that a socket may have sent counts. Soft ones are
   * told to nobody, as Linux does: a later datagram may well arrive.
   */
  receiveError(now: number, error: ICMPError): void {
    const { packet, reason, isSoft } = error;
    const { counters, events, output } = this.#host;
    const remotePort = udp.destinationPort(packet.view, packet.payload);
    const senders = (this.#byPort.get(udp.sourcePort(packet.view, packet.payload)) ?? [])
      .filter((socket) => socket.mayHaveSent(packet, remotePort));
    if (senders.length === 0) counters.drop("noSocket");
    else if (reason === undefined) output.paths.learn(error, now);
    for (const { id, remote, closed } of senders) {
      if (reason && !isSoft && remote && !closed) events.push({ kind: "failed", id, reason });
    }
  }

  /** Sends what is queued, one datagram of each socket in turn; false when the wire is full before all are out. */
  transmit(): boolean {
    const sending = this.#sending;
    for (const socket of sending) {
      do {
        if (!this.#sendNext(socket)) return false;
      } while (sending.size === 1 && socket.leaving.length > 0);
      // Who has sent goes behind the others: also when the wire is full before their turn.
      sending.delete(socket);
      if (socket.leaving.length > 0) sending.add(socket);
      else if (socket.closed) this.#remove(socket);
    }
    return true;
  }

  #add(socket: Socket): void {
    this.#sockets.set(socket.id, socket);
    const others = this.#byPort.get(socket.localPort);
    if (others) others.push(socket);
    else this.#byPort.set(socket.localPort, [socket]);
  }

  #remove(socket: Socket): void {
    this.#sockets.delete(socket.id);
    const others = this.#byPort.get(socket.localPort)!.filter((other) => other !== socket);
    if (others.length > 0) this.#byPort.set(socket.localPort, others);
    else this.#byPort.delete(socket.localPort);
    this.#host.events.push({ kind: "released", id: socket.id });
  }

  /** The socket that fits a packet best; of several that share a port, the last. */
  #find(packet: Packet, localPort: number, remotePort: number): Socket | undefined {
    const candidates = this.#byPort.get(localPort);
    if (!candidates) return undefined;
    let best: Socket | undefined;
    let bestFit = 1;
    for (const socket of candidates) {
      const fit = socket.closed ? 0 : socket.fit(packet, remotePort);
      if (fit >= bestFit) {
        best = socket;
        bestFit = fit;
      }
    }
    return best;
  }

  #deliver(socket: Socket, packet: Packet, length: number): void {
    if (socket.arrived.size + length + OVERHEAD > this.#queueLimit) return this.#host.counters.drop("queueFull");
    const { view, payload } = packet;
    const bytes = new Uint8Array(view.buffer, view.byteOffset + payload + udp.HEADER_LENGTH, length);
    socket.arrived.push(bytes, socket.senderOf(packet, udp.sourcePort(view, payload)));
    this.#host.events.push({ kind: "readable", id: socket.id });
  }

  #sendNext(socket: Socket): boolean {
    const { bytes, to, port } = socket.leaving[0];
    const { output, local, counters, events } = this.#host;
    const source = socket.local.isUnspecified ? local.sourceFor(to) : socket.local;
    const length = udp.HEADER_LENGTH + bytes.length;
    // RFC 1122 §3.2.1.3: no packet of the loopback's leaves the host.
    if (!source || !socket.speaksTo(to) || (source.isLoopback && !local.delivers(to))) {
      counters.drop("noRoute");
    } else if (length > (to.isIPv4 ? LARGEST_IPV4 : LARGEST_IPV6)) {
      counters.drop("tooBig");
    } else {
      if (!output.openDatagram(source, to, length)) return false;
      writeDatagram(output, source, to, socket.localPort, port, bytes);
    }
    socket.leaving.shift();
    if (!socket.closed) events.push({ kind: "writable", id: socket.id, bytes: bytes.length + OVERHEAD });
    return true;
  }
}

function writeDatagram(
  output: IPOutput,
  source: Address,
  to: Address,
  sourcePort: number,
  port: number,
  bytes: Uint8Array,
): void {
  const { view, offset } = output;
  const length = udp.HEADER_LENGTH + bytes.length;
  udp.write(view, offset, sourcePort, port, length);
  output.bytes.set(bytes, offset + udp.HEADER_LENGTH);
  udp.setChecksum(view, offset, finish(sum(view, offset, length, source.sum + to.sum + PROTOCOL_UDP + length)));
  output.close(PROTOCOL_UDP, length);
}

/** A checksum of 0 means none with IPv4, and is refused with IPv6 (RFC 8200 §8.1). */
function checksumIsGood(packet: Packet, length: number): boolean {
  if (packet.isIPv4 && udp.checksum(packet.view, packet.payload) === 0) return true;
  if (udp.checksum(packet.view, packet.payload) === 0) return false;
  return intact(packet.view, packet.payload, length, packet.pseudoHeaderSum(length));
}
