/**
 * The main thread's end of a stack: collects the calls and packets of a turn, takes the engine's turns apart, and knows
 * which socket each event is for.
 *
 * Main side.
 *
 * @module
 */
import type { BatchReader } from "../vnic/batch.ts";
import { copiesPackets, type CopyingDispatcher, type LinkEndpoint } from "../vnic/dispatcher.ts";
import { ArrivingTurns, type TurnListener } from "./arriving_turns.ts";
import type { Cable } from "./cable.ts";
import {
  type Answer,
  type Call,
  type EchoReply,
  type Endpoint,
  type Event,
  type ICMPReport,
  PACKET_CREDIT_TO_ENGINE,
  type Query,
  type Turn,
} from "./messages.ts";
import type { Ports } from "./ports.ts";
import { timestamp } from "./clock.ts";
import {
  type CallSink,
  type Ending,
  type FailureReason,
  RemoteConnection,
  RemoteDatagramSocket,
  RemoteListener,
  type RemoteSocket,
} from "./remote_socket.ts";
import { TurnWriter } from "./turn_writer.ts";
import { postSoon, type Turner } from "./turns.ts";

/** A dial under way: told of its outcome once. */
export interface Dial<Socket> {
  readonly id: number;
  connected(socket: Socket): void;
  failed(ending: Ending): void;
}

/** A question under way: answered or refused once. */
export interface Question<Answer> {
  resolve(answer: Answer): void;
  /** `report` is the ICMP error that ended it, if one did. */
  reject(ending: Ending, report?: ICMPReport): void;
}

/** What a ping asks for. */
export type PingRequest = Omit<Extract<Call, { op: "ping" }>, "op" | "id"> & { data: Uint8Array };

/** One stack, seen from the main thread. */
export class RemoteStack implements CallSink, CopyingDispatcher, TurnListener, Turner {
  /** The engine runs. */
  readonly started: Promise<void>;
  /** The engine has sent its last packet. */
  readonly stopped: Promise<void>;
  isWaiting: boolean;
  readonly #cable: Cable<Call, Event>;
  readonly #arriving: ArrivingTurns;
  readonly #ports: { tcp: Ports; udp: Ports };
  readonly #checkMTU: (mtu: number) => void;
  readonly #sockets: Map<number, RemoteSocket>;
  readonly #dials: Map<number, Dial<RemoteConnection>>;
  readonly #datagramDials: Map<number, Dial<RemoteDatagramSocket> & { remote: Endpoint }>;
  readonly #queries: Map<number, Question<Answer>>;
  readonly #pings: Map<number, Question<EchoReply>>;
  readonly #turn: TurnWriter<Call, Event>;
  readonly #markStarted: () => void;
  readonly #markStopped: () => void;
  #onIcmp: ((report: ICMPReport) => void) | null;
  #lastId: number;
  #isDown: boolean;

  /** `checkMTU` throws for an MTU that the stack cannot use. */
  constructor(
    cable: Cable<Call, Event>,
    link: LinkEndpoint,
    ports: { tcp: Ports; udp: Ports },
    checkMTU: (mtu: number) => void,
  ) {
    const started = Promise.withResolvers<void>();
    const stopped = Promise.withResolvers<void>();
    this.started = started.promise;
    this.stopped = stopped.promise;
    this.#markStarted = started.resolve;
    this.#markStopped = stopped.resolve;
    this.isWaiting = false;
    this.#cable = cable;
    this.#arriving = new ArrivingTurns(link, this);
    this.#ports = ports;
    this.#checkMTU = checkMTU;
    this.#sockets = new Map();
    this.#dials = new Map();
    this.#datagramDials = new Map();
    this.#queries = new Map();
    this.#pings = new Map();
    this.#turn = new TurnWriter(cable, (count) => ({ op: "packets", count }), PACKET_CREDIT_TO_ENGINE);
    this.#onIcmp = null;
    this.#lastId = 0;
    this.#isDown = false;
    copiesPackets(this);
    cable.onTurn = (turn) => {
      this.#turn.packetsTaken(turn.credit);
      this.#arriving.take(turn);
    };
  }

  /** A socket's id, never used before. */
  nextId(): number {
    return ++this.#lastId;
  }

  /** Makes a socket known to events. */
  add<Socket extends RemoteSocket>(socket: Socket): Socket {
    this.#sockets.set(socket.id, socket);
    return socket;
  }

  /** Starts a TCP dial. */
  dial(dial: Dial<RemoteConnection>, localPort: number, remote: Endpoint): void {
    this.#dials.set(dial.id, dial);
    this.call({ op: "connect", id: dial.id, localPort, remote });
  }

  /** Gives up a TCP dial: its outcome is not told any more. False when it has been told. */
  cancelDial(id: number): boolean {
    if (!this.#dials.delete(id)) return false;
    this.call({ op: "abort", id });
    return true;
  }

  /** Starts to open a connected datagram socket. */
  dialDatagram(dial: Dial<RemoteDatagramSocket>, localPort: number, remote: Endpoint): void {
    this.#datagramDials.set(dial.id, { ...dial, remote });
    this.call({ op: "connectDatagram", id: dial.id, localPort, remote });
  }

  /** Starts a ping, and returns its id. */
  ping({ data, ...request }: PingRequest, question: Question<EchoReply>): number {
    const id = this.nextId();
    this.#pings.set(id, question);
    this.callWithBytes({ op: "ping", id, ...request }, data);
    return id;
  }

  /** Gives up a ping: its outcome is not told any more. */
  cancelPing(id: number): void {
    if (this.#pings.delete(id)) this.call({ op: "close", id });
  }

  /** Hears of ICMP errors; they cross only while there is somebody. */
  get onIcmp(): ((report: ICMPReport) => void) | null {
    return this.#onIcmp;
  }

  set onIcmp(listener: ((report: ICMPReport) => void) | null) {
    const on = listener !== null;
    if (on !== (this.#onIcmp !== null)) this.call({ op: "overhearICMP", on });
    this.#onIcmp = listener;
  }

  call(call: Call): void {
    if (this.#isDown) return;
    this.#turn.push(call);
    postSoon(this);
  }

  callWithBytes(call: Call, bytes: Uint8Array): void {
    if (this.#isDown) return;
    if (!this.#turn.hasRoom(this.#turn.bytes, bytes.length)) this.postTurn();
    this.call(call);
    this.#turn.bytes.append(bytes);
  }

  query(query: Query): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const id = this.nextId();
    this.#queries.set(id, { resolve, reject });
    this.call({ op: "query", id, query });
    return promise;
  }

  forget(id: number): void {
    const socket = this.#sockets.get(id);
    this.#sockets.delete(id);
    // A connection's port lives as long as the connection, the others' as long as the program wants.
    if (socket instanceof RemoteListener) this.#ports.tcp.release(id);
    else if (socket instanceof RemoteDatagramSocket) this.#ports.udp.release(id);
  }

  deliverNetworkPacket(packet: Uint8Array): void {
    this.offerNetworkPacket(packet);
  }

  offerNetworkPacket(packet: Uint8Array): boolean {
    if (this.#isDown || !this.#turn.hasCredit(packet.length)) return false;
    if (!this.#turn.hasRoom(this.#turn.packets, packet.length)) this.postTurn();
    this.#turn.packets.append(packet);
    this.#turn.countPacket(packet.length);
    postSoon(this);
    return true;
  }

  mtuChanged(mtu: number): void {
    this.#checkMTU(mtu);
    this.call({ op: "setMTU", mtu });
  }

  /** Posts what has been collected. */
  postTurn(): void {
    if (this.#isDown || !this.#turn.isWorthPosting) return;
    this.#turn.post(this.#cable.sharesBuffers ? Infinity : timestamp());
  }

  /** Every socket and dial ends; later calls go nowhere. */
  fail(ending: Ending): void {
    for (const socket of this.#sockets.values()) socket.fail(ending);
    for (const dial of this.#dials.values()) dial.failed(ending);
    for (const dial of this.#datagramDials.values()) dial.failed(ending);
    for (const query of this.#queries.values()) query.reject(ending);
    for (const ping of this.#pings.values()) ping.reject(ending);
    this.#sockets.clear();
    this.#dials.clear();
    this.#datagramDials.clear();
    this.#queries.clear();
    this.#pings.clear();
  }

  /** Nothing crosses any more. */
  cut(): void {
    this.#isDown = true;
    this.#arriving.clear();
    this.#cable.onTurn = null;
    this.#cable.close();
  }

  turnTaken({ packetBytes }: Turn<Event>): void {
    this.#turn.returnCredit(packetBytes);
    if (this.#turn.isWorthPosting) postSoon(this);
  }

  handle(event: Exclude<Event, { kind: "packets" }>, reader: BatchReader): void {
    switch (event.kind) {
      case "connected":
      case "accepted":
        return this.#open(event);
      case "bound":
        return this.#openDatagram(event.id, event.local);
      case "received":
        return this.#receive(event.id, reader);
      case "datagram":
        return this.#receiveDatagram(event.id, reader.next(), event.from);
      case "ended":
        return this.#end(event.id);
      case "writable":
        return this.#grant(event.id, event.bytes);
      case "failed":
        return this.#failed(event.id, event.reason, event.report);
      case "timeWait":
        return this.#ports.tcp.linger(event.id);
      case "released":
        return this.#released(event.id);
      case "answered":
        this.#pings.get(event.id)?.resolve(event.reply);
        return void this.#pings.delete(event.id);
      case "icmp":
        return this.#overhear(event.report);
      case "answer":
        this.#queries.get(event.id)?.resolve(event.answer);
        return void this.#queries.delete(event.id);
      case "started":
        return this.#markStarted();
      case "stopped":
        return this.#markStopped();
    }
  }

  #open(event: Extract<Event, { kind: "connected" | "accepted" }>): void {
    const connection = new RemoteConnection(this, event.id, event.local, event.remote, event.sendBuffer);
    if (event.kind === "connected") {
      const dial = this.#dials.get(event.id);
      if (!this.#dials.delete(event.id)) return;
      this.#sockets.set(event.id, connection);
      dial!.connected(connection);
    } else {
      const listener = this.#sockets.get(event.listener);
      // The engine resets what a closed listener had not accepted, but counts what it handed over until this side lets go.
      if (!(listener instanceof RemoteListener)) return this.call({ op: "abort", id: event.id });
      this.#sockets.set(event.id, connection);
      listener.push(connection);
    }
  }

  #openDatagram(id: number, local: Endpoint): void {
    const dial = this.#datagramDials.get(id);
    if (!dial) return;
    this.#datagramDials.delete(id);
    dial.connected(this.add(new RemoteDatagramSocket(this, id, local, dial.remote)));
  }

  #receive(id: number, reader: BatchReader): void {
    const bytes = reader.next();
    const socket = this.#sockets.get(id);
    if (socket instanceof RemoteConnection) socket.receive(bytes, reader.isOnly);
  }

  #receiveDatagram(id: number, bytes: Uint8Array, from: Endpoint): void {
    const socket = this.#sockets.get(id);
    if (socket instanceof RemoteDatagramSocket) socket.receive({ bytes: new Uint8Array(bytes), from });
  }

  #end(id: number): void {
    const socket = this.#sockets.get(id);
    if (socket instanceof RemoteConnection) socket.end();
  }

  #grant(id: number, bytes: number): void {
    const socket = this.#sockets.get(id);
    if (socket && !(socket instanceof RemoteListener)) socket.grant(bytes);
  }

  #failed(id: number, reason: FailureReason, report?: ICMPReport): void {
    const ping = this.#pings.get(id);
    const dial = this.#dials.get(id) ?? this.#datagramDials.get(id);
    const socket = this.#sockets.get(id);
    if (dial) {
      this.#dials.delete(id);
      this.#datagramDials.delete(id);
      dial.failed(reason);
    } else if (ping) {
      this.#pings.delete(id);
      ping.reject(reason, report);
    } else if (socket instanceof RemoteDatagramSocket) {
      socket.report(reason);
    } else {
      socket?.fail(reason);
    }
  }

  /** A program's listener may throw, as that of any event may. */
  #overhear(report: ICMPReport): void {
    try {
      this.#onIcmp?.(report);
    } catch (error) {
      reportError(error);
    }
  }

  /** The engine is done with it; the program may hold the socket still, and then hears of the stack's end. */
  #released(id: number): void {
    this.#ports.tcp.release(id);
    this.#ports.udp.release(id);
  }
}
