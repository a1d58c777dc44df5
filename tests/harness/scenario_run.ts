/**
 * One run of a scenario: virtual time, the engine, the packets that wait to be matched, and the trace.
 *
 * @module
 */
import { Engine, type EngineConfig, type SocketEvent } from "../../stack/engine/engine.ts";
import { ADDRESSES, Flow } from "./flow.ts";
import { icmpDifferences, readICMPText } from "./icmp_text.ts";
import { buildPacket, type Damage, type IPPacket, readPacket, type TCPSegment, type Transport } from "./packets.ts";
import { Collector } from "./pair.ts";
import { performCall } from "./scenario_calls.ts";
import type { ScenarioOptions } from "./script.ts";
import { evaluate, type Line, type Names, type Words } from "./script_text.ts";
import { seeded } from "./seeded.ts";
import { differences, formatSegment, fromSegment, readSegmentText, toSegment } from "./segment_text.ts";
import { streamBytes } from "./stream.ts";

/** Times that differ by less are the same, ms. */
const SAME_TIME = 0.001;
/** Deadlines in a row without time going on: the engine is stuck. */
const STUCK = 10_000;

/** A packet that the engine has sent and no line has expected yet. */
interface Sent {
  at: number;
  packet: IPPacket;
  bytes: Uint8Array<ArrayBuffer>;
}

/** The state of a run. */
export class ScenarioRun {
  readonly engine: Engine;
  readonly family: 4 | 6;
  readonly names: Names;
  readonly mtu: number;
  readonly events: SocketEvent[] = [];
  /** How far {@link events} has been looked through, by flow. */
  readonly seen: Map<string, number> = new Map();
  readonly out: Collector = new Collector();
  /** Nothing is transmitted meanwhile, as within a batch. */
  held = false;
  listenPort = 80;
  nextId = 1;
  /** ms on the engine's clock. */
  now: number;
  readonly #name: string;
  readonly #seed: number;
  readonly #lines: Line[];
  readonly #start: number;
  readonly #flows: Map<string, Flow> = new Map();
  readonly #sent: Sent[] = [];
  readonly #trace: string[] = [];
  /** The time of the last line, ms from the start. */
  #lineTime = 0;
  #dropsBefore: Record<string, number> = {};

  constructor(name: string, lines: Line[], family: 4 | 6, options: ScenarioOptions) {
    const { mtu = 1500, tcp, limits, seed = 1 } = options;
    this.#name = name;
    this.#seed = seed;
    this.#lines = lines;
    this.family = family;
    this.mtu = mtu;
    const headers = family === 4 ? 40 : 60;
    this.names = { MSS: mtu - headers, DEFAULT: Math.min(family === 4 ? 536 : 1220, mtu - headers) };
    const addresses = [ADDRESSES[4].host, ADDRESSES[6].host];
    const config: EngineConfig = { addresses, mtu, random: seeded(seed), tcp, limits };
    this.#start = startNearWrap({ ...config, random: seeded(seed) }, lines, family);
    this.now = this.#start;
    this.engine = new Engine(config);
  }

  run(): void {
    for (const line of this.#lines) {
      try {
        this.#perform(line);
      } catch (error) {
        throw this.#failure(line, error);
      }
    }
    this.#expectQuiet();
  }

  /** The flow with a name; its numbers cross 2^32 with IPv4, 2^31 with IPv6. */
  flow(name: string): Flow {
    let flow = this.#flows.get(name);
    if (!flow) {
      const theirs = (this.family === 4 ? 0xffff_ffc0 : 0x7fff_ffc0) - 0x1000 * this.#flows.size;
      flow = new Flow(this.family, this.#flows.size + 1, this.listenPort, theirs);
      this.#flows.set(name, flow);
    }
    return flow;
  }

  nameOfListener(id: number): string | undefined {
    for (const [name, flow] of this.#flows) {
      if (flow.listener === id) return name;
    }
    return undefined;
  }

  evaluate(text: string): number {
    return evaluate(text, this.names);
  }

  /** Lets the engine send what it has, unless packets are held back. */
  settle(): void {
    if (this.held) return;
    for (;;) {
      this.engine.transmit(this.now, this.out);
      for (const bytes of this.out.take()) this.#noteSent(bytes);
      const event = this.engine.pollEvent();
      if (!event) return;
      this.#noteEvent(event);
    }
  }

  /** How many packets were dropped for a reason since before the last packet in. */
  dropsSince(reason: string): number {
    const dropped: Record<string, number> = { ...this.engine.counters.dropped };
    if (!(reason in dropped)) throw new SyntaxError(`Cannot read "${reason}": no reason for a drop`);
    return dropped[reason] - (this.#dropsBefore[reason] ?? 0);
  }

  #perform(line: Line): void {
    const base = line.when.relative ? this.#lineTime : 0;
    const from = this.#start + base + line.when.from;
    const until = this.#start + base + line.when.until;
    if (line.verb === ">") {
      this.#expectPacket(line, from, until);
    } else {
      this.#advance(until);
      this.#trace.push(`${this.#timeText()}  ${line.text.replace(/^\+?[\d.]+\s+/, "")}`);
      this.#lineTime = this.now - this.#start;
      if (line.verb === "<" || line.verb === "quiet") this.#expectQuiet();
      if (line.verb === "<") {
        this.#receive(line);
        this.settle();
      } else if (line.verb !== "quiet") performCall(this, line);
    }
  }

  /** Goes on to a time, firing deadlines. */
  #advance(until: number, stopAtPacket = false): void {
    let stuck = 0;
    for (;;) {
      const deadline = this.engine.nextDeadline();
      if (deadline > until + SAME_TIME || (stopAtPacket && this.#sent.length > 0)) break;
      stuck = deadline <= this.now ? stuck + 1 : 0;
      if (stuck > STUCK) throw new Error(`the engine's deadline stays at ${deadline - this.#start}`);
      this.now = Math.max(this.now, deadline);
      this.engine.tick(this.now);
      this.settle();
    }
    if (!(stopAtPacket && this.#sent.length > 0)) this.now = Math.max(this.now, until);
  }

  #expectPacket(line: Line, from: number, until: number): void {
    if (this.#sent.length === 0) this.#advance(until, true);
    const sent = this.#sent.shift();
    if (!sent) throw new Error("expected a packet, and none was sent");
    const flow = this.flow(line.flow);
    const found = this.#compare(line.words.again(), flow, sent);
    if (sent.at < from - SAME_TIME || sent.at > until + SAME_TIME) {
      const when = from === until ? `${from - this.#start}` : `${from - this.#start} to ${until - this.#start}`;
      found.push(`time: expected ${when}, was ${round(sent.at - this.#start)}`);
    }
    if (!flow.owns(sent.packet)) found.push(`flow: it is from ${sent.packet.source} to ${sent.packet.destination}`);
    const text = this.#format(flow, sent.packet);
    if (found.length > 0) throw new Error([`sent      > ${text}`, ...found.map((one) => `  ${one}`)].join("\n  "));
    this.#trace.push(`${this.#timeText(sent.at)}  > ${text}`);
    this.#lineTime = sent.at - this.#start;
  }

  /** What differs between a packet and its expectation. */
  #compare(words: Words, flow: Flow, { packet }: Sent): string[] {
    const { transport } = packet;
    const found: string[] = [];
    if (packet.ttl !== 64) found.push(`TTL: expected 64, was ${packet.ttl}`);
    const none = () => false;
    if (words.takeIf("udp")) {
      if (transport.kind !== "udp") return ["expected UDP"];
      const length = evaluate(words.take("the length"), this.names);
      if (transport.checksum === 0) found.push("the UDP checksum is missing");
      if (!equal(streamBytes(1, 1 + length), transport.payload)) found.push(`expected ${length} bytes of the stream`);
      return found;
    }
    if (words.takeIf("icmp")) {
      if (transport.kind !== "icmp") return ["expected ICMP"];
      return [...found, ...icmpDifferences(readICMPText(words, this.names, this.family, flow, true, none), transport)];
    }
    if (transport.kind !== "tcp") return ["expected TCP"];
    const takeECN = (word: string) => {
      if (word !== "ecn") return false;
      const ecn = evaluate(words.take("the ECN codepoint"), this.names);
      if (packet.ecn !== ecn) found.push(`ECN: expected ${ecn}, was ${packet.ecn}`);
      return true;
    };
    const expected = readSegmentText(words, this.names, flow.origins, takeECN);
    this.#learnOrigin(flow, transport, expected.beyond, found);
    const actual = fromSegment(transport, flow.origins);
    const place = actual.start + (actual.flags.includes("S") ? 1 : 0);
    const wanted = expected.content ?? flow.written.get(place, place + transport.payload.length);
    if (!equal(wanted, transport.payload)) found.push("data: other bytes than were written");
    return [...found, ...differences(expected, actual)];
  }

  #learnOrigin(flow: Flow, segment: TCPSegment, beyond: number | undefined, found: string[]): void {
    const stamp = segment.options.find((option) => option.name === "ts");
    if (stamp?.name === "ts") flow.origins.lastTimestamp = stamp.value;
    if (!segment.flags.includes("S")) return;
    const { ours } = flow.origins;
    if (ours === undefined || beyond !== undefined) flow.origins.ours = segment.seq;
    if (ours === undefined || beyond === undefined) return;
    const gap = (segment.seq - ours) | 0;
    if (gap <= beyond) found.push(`first sequence number: expected more than ${beyond} beyond the old, was ${gap}`);
  }

  #receive(line: Line): void {
    const flow = this.flow(line.flow);
    const words = line.words.again();
    this.#dropsBefore = { ...this.engine.counters.dropped };
    const damage: Damage = {};
    const packet = flow.packet({ kind: "other", protocol: 0, payload: new Uint8Array() });
    const ports = { sourcePort: flow.remotePort, destinationPort: flow.localPort };
    const takeOther = (word: string) => this.#readPacketField(word, words, packet, ports, damage);
    packet.transport = this.#readTransport(words, flow, takeOther);
    if (packet.transport.kind === "tcp" || packet.transport.kind === "udp") Object.assign(packet.transport, ports);
    const bytes = buildPacket(packet, damage);
    flow.lastIn = bytes;
    // In the middle of a larger buffer, as in a batch.
    const buffer = new Uint8Array(bytes.length + 32);
    buffer.set(bytes, 13);
    this.engine.receive(this.now, new DataView(buffer.buffer, 5), 8, bytes.length);
  }

  #readTransport(words: Words, flow: Flow, takeOther: (word: string) => boolean): Transport {
    if (words.takeIf("udp")) {
      const payload = streamBytes(1, 1 + evaluate(words.take("the length"), this.names));
      while (!words.isEmpty) requireField(words, takeOther);
      return { kind: "udp", sourcePort: 0, destinationPort: 0, checksum: 0, payload };
    }
    if (words.takeIf("icmp")) return readICMPText(words, this.names, this.family, flow, false, takeOther);
    if (words.takeIf("protocol")) {
      const protocol = evaluate(words.take("the protocol"), this.names);
      const payload = streamBytes(1, 1 + evaluate(words.take("the length"), this.names));
      while (!words.isEmpty) requireField(words, takeOther);
      return { kind: "other", protocol, payload };
    }
    const text = readSegmentText(words, this.names, flow.origins, takeOther);
    const place = text.start + (text.flags.includes("S") ? 1 : 0);
    const payload = flow.sent.put(place, place + text.end - text.start, text.content);
    return toSegment(text, flow.origins, payload);
  }

  #readPacketField(
    word: string,
    words: Words,
    packet: IPPacket,
    ports: { sourcePort: number; destinationPort: number },
    damage: Damage,
  ): boolean {
    const value = () => evaluate(words.take(`the value of ${word}`), this.names);
    if (word === "src") packet.source = words.take("the address");
    else if (word === "dst") packet.destination = words.take("the address");
    else if (word === "sport") ports.sourcePort = value();
    else if (word === "dport") ports.destinationPort = value();
    else if (word === "ttl") packet.ttl = value();
    else if (word === "ecn") packet.ecn = value();
    else if (word === "badsum") damage.badChecksum = true;
    else if (word === "nosum") damage.noChecksum = true;
    else if (word === "badipsum") damage.badIPChecksum = true;
    else if (word === "ipoptions") damage.ipOptions = value();
    else if (word === "trailing") damage.trailing = value();
    else if (word === "cut") damage.cut = value();
    else if (word === "version") damage.version = value();
    else if (word === "ihl") damage.headerWords = value();
    else if (word === "doff") damage.dataOffset = value();
    else if (word === "udplen") damage.udpLength = value();
    else if (word === "frag") damage.fragment = value();
    else return false;
    return true;
  }

  #noteSent(bytes: Uint8Array<ArrayBuffer>): void {
    if (bytes.length > this.mtu) throw new Error(`a packet of ${bytes.length} bytes was sent, the MTU is ${this.mtu}`);
    const packet = readPacket(bytes);
    this.#sent.push({ at: this.now, packet, bytes });
    for (const flow of this.#flows.values()) {
      if (flow.owns(packet)) flow.lastOut = bytes;
    }
  }

  #noteEvent(event: SocketEvent): void {
    this.events.push(event);
    if (event.kind === "accepted") {
      for (const flow of this.#flows.values()) {
        if (flow.remotePort === event.remote.port && flow.localPort === event.local.port) flow.id = event.id;
      }
    }
  }

  #expectQuiet(): void {
    const sent = this.#sent[0];
    if (!sent) return;
    const flow = [...this.#flows.values()].find((one) => one.owns(sent.packet)) ?? this.flow("1");
    const text = `unexpected packet at ${round(sent.at - this.#start)}: > ${this.#format(flow, sent.packet)}`;
    if (this.#sent.length > 1) throw this.#failure(undefined, new Error(`${text} (and ${this.#sent.length - 1} more)`));
    throw this.#failure(undefined, new Error(text));
  }

  #format(flow: Flow, { transport }: IPPacket): string {
    if (transport.kind === "tcp") {
      // A first SYN that no line expected is still shown as 0.
      const ours = flow.origins.ours ?? (transport.flags.includes("S") ? transport.seq : undefined);
      return formatSegment(fromSegment(transport, { ...flow.origins, ours }));
    }
    if (transport.kind === "udp") return `udp ${transport.payload.length}`;
    if (transport.kind === "icmp") {
      return `icmp type ${transport.type} code ${transport.code} word ${transport.rest} data ${transport.payload.length}`;
    }
    return `protocol ${transport.protocol} ${transport.payload.length}`;
  }

  #timeText(at = this.now): string {
    return round(at - this.#start).toFixed(3).padStart(12);
  }

  #failure(line: Line | undefined, error: unknown): Error {
    if (error instanceof ScenarioError) return error;
    const reason = error instanceof Error ? (error.name === "Error" ? error.message : String(error)) : String(error);
    const where = line ? `line ${line.number}: ${line.text}` : "after the last line";
    const trace = this.#trace.slice(-40).join("\n");
    const text = `${this.#name}, seed ${this.#seed}, ${where}\n  ${reason}\ntrace:\n${trace}`;
    return new ScenarioError(text, error instanceof Error && error.name !== "Error" ? { cause: error } : undefined);
  }
}

class ScenarioError extends Error {}

function requireField(words: Words, takeOther: (word: string) => boolean): void {
  const word = words.take("a field");
  if (!takeOther(word)) throw new SyntaxError(`Cannot read "${word}"`);
}

function round(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/**
 * The time on the engine's clock at which the first connection's sequence numbers start 200 before 2^32 with IPv4,
 * before 2^31 with IPv6, so that every scenario crosses the wrap-around. They advance with the clock (RFC 6528).
 */
function startNearWrap(config: EngineConfig, lines: Line[], family: 4 | 6): number {
  const engine = new Engine(config);
  const dial = lines.find((line) => line.verb === "connect");
  const listen = lines.find((line) => line.verb === "listen");
  const remotePort = dial ? Number(dial.words.again().peek()) : 40001;
  const localPort = dial ? 50000 : Number(listen?.words.again().peek() ?? 80);
  engine.connect(0, 1, localPort, { address: ADDRESSES[family].peer, port: remotePort });
  const out = new Collector();
  engine.transmit(0, out);
  const { transport } = readPacket(out.take()[0]);
  if (transport.kind !== "tcp") throw new TypeError("no SYN was sent");
  const target = (family === 4 ? 2 ** 32 : 2 ** 31) - 200;
  return ((target - transport.seq + 2 ** 32) % 2 ** 32) / 250;
}
