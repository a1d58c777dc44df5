/**
 * Drives an engine: gives it the time, the packets and the calls of each turn, and posts what comes of it, once. The
 * only place of a stack with a clock and a timer.
 *
 * Worker side; on the main thread for an inline stack.
 *
 * @module
 */
import { BatchReader } from "../vnic/batch.ts";
import { keepBuffer } from "../vnic/spare_buffers.ts";
import type { Alarm } from "./alarm.ts";
import type { Cable } from "./cable.ts";
import { timestamp } from "./clock.ts";
import { Engine } from "./engine/engine.ts";
import type { SocketEvent } from "./engine/events.ts";
import { NO_CONNECTION } from "./engine/tcp/info.ts";
import type { Answer, Call, Event, Query, StackConfig, Turn } from "./messages.ts";
import { OutgoingTurn } from "./outgoing_turn.ts";
import { StreamCredits } from "./stream_credits.ts";

/** After a turn with so many bytes the next one is on its way, as a rule: both get one answer. */
const BULK = 32 * 1024;

/** A datagram socket's queue in the engine is shorter than a batch, and is emptied in between. */
const PACKETS_BETWEEN_POLLS = 64;

/** Runs one engine until it is told to stop. */
export class Driver {
  readonly #cable: Cable<Event, Call>;
  readonly #alarm: Alarm;
  readonly #engine: Engine;
  readonly #out: OutgoingTurn;
  readonly #streams: StreamCredits;
  /** ms since the epoch at which the engine's clock stands at 0. */
  readonly #epoch: number;
  #lastArrival: number;
  /** The engine's time for which the alarm is set, or Infinity. */
  #alarmAt: number;
  /** Whether {@link #run} is due once what has arrived has been taken. */
  #isDue: boolean;
  #stopping: boolean;
  readonly #onError: (error: unknown) => void;

  /** `onError` hears of what should never happen: an exception of the engine. By default the thread dies of it. */
  constructor(
    cable: Cable<Event, Call>,
    alarm: Alarm,
    config: StackConfig,
    onError: (error: unknown) => void = rethrow,
  ) {
    this.#cable = cable;
    this.#alarm = alarm;
    this.#engine = new Engine({ ...config, random: secureRandom });
    this.#out = new OutgoingTurn(cable);
    this.#streams = new StreamCredits(this.#engine, this.#out);
    this.#epoch = timestamp();
    this.#lastArrival = 0;
    this.#alarmAt = Infinity;
    this.#isDue = false;
    this.#stopping = false;
    this.#onError = onError;
    cable.onTurn = (turn) => this.#guard(() => this.#takeTurn(turn));
    this.#out.push({ kind: "started" });
    this.#out.post();
  }

  /** Ends it without another word. */
  terminate(): void {
    this.#alarm.clear();
    this.#isDue = false;
    this.#cable.onTurn = null;
  }

  #takeTurn(turn: Turn<Call>): void {
    const now = timestamp() - this.#epoch;
    this.#out.packetsTaken(turn.credit);
    const packets = BatchReader.of(turn.packets);
    const bytes = BatchReader.of(turn.bytes);
    const arrived = Math.min(now, Math.max(this.#lastArrival, turn.postedAt - this.#epoch));
    this.#lastArrival = arrived;
    for (const call of turn.items) {
      if (call.op !== "packets") this.#perform(call, bytes, now);
      // While it stops, nobody is answered any more: a connection that began now would end without a word.
      else if (!this.#stopping) this.#receive(call.count, packets, arrived);
    }
    this.#out.returnCredit(turn.packetBytes);
    keepBuffers(turn);
    if (this.#isDue || this.#stopping || sizeOf(turn) < BULK) this.#run(now);
    else this.#runSoon(now);
  }

  /** Acts with the next turn, if it is there already. */
  #runSoon(now: number): void {
    this.#isDue = true;
    this.#pollEvents(now);
    this.#alarm.soon(() => {
      if (this.#isDue) this.#guard(() => this.#run(timestamp() - this.#epoch));
    });
  }

  #receive(count: number, reader: BatchReader, arrived: number): void {
    for (let i = 0; i < count && reader.advance(); i++) {
      this.#engine.receive(arrived, reader.view, reader.offset, reader.length);
      if (i % PACKETS_BETWEEN_POLLS === PACKETS_BETWEEN_POLLS - 1) this.#pollEvents(arrived);
    }
  }

  #perform(call: Exclude<Call, { op: "packets" }>, reader: BatchReader, now: number): void {
    const engine = this.#engine;
    switch (call.op) {
      case "listen":
        return engine.listen(now, call.id, call, call.backlog);
      case "accept":
        return engine.accept(now, call.id);
      case "connect":
        return engine.connect(now, call.id, call.localPort, call.remote);
      case "write":
        return void engine.write(now, call.id, reader.next());
      case "consumed":
        return this.#streams.consumed(now, call.id, call.bytes);
      case "closeWrite":
        return engine.closeWrite(now, call.id);
      case "close":
        return engine.close(now, call.id, this.#streams.close(call.id));
      case "abort":
        this.#streams.close(call.id);
        return engine.abort(now, call.id);
      case "setNoDelay":
        return engine.setNoDelay(now, call.id, call.on);
      case "setKeepAlive":
        return engine.setKeepAlive(now, call.id, call.on);
      case "bind":
        return engine.bind(now, call.id, call.local);
      case "connectDatagram":
        return engine.connectDatagram(now, call.id, call.localPort, call.remote);
      case "send":
        return engine.send(now, call.id, reader.next(), call.to);
      case "ping":
        return engine.ping(now, call.id, call.to, { ...call, data: reader.next().slice() });
      case "overhearICMP":
        return engine.overhearICMP(now, call.on);
      case "setMTU":
        return engine.setMTU(now, call.mtu);
      case "query":
        return this.#out.push({ kind: "answer", id: call.id, answer: this.#answer(call.query) });
      case "stop":
        this.#stopping = true;
        return engine.stop(now);
    }
  }

  #answer(query: Query): Answer {
    if (query === "netstat") return this.#engine.netstat((id) => this.#streams.unread(id));
    if (query === "stats") return structuredClone({ ...this.#engine.counters });
    return this.#engine.info(query.connection) ?? { ...NO_CONNECTION };
  }

  /** Lets the engine act until it is quiet, or waits for credit. Once told to stop, it does so when all is sent. */
  #run(now: number): void {
    this.#isDue = false;
    this.#engine.tick(now);
    let isSent: boolean;
    for (;;) {
      isSent = this.#engine.transmit(now, this.#out);
      const quiet = !this.#pollEvents(now);
      if (this.#out.isFull) this.#out.post();
      else if (quiet) break;
    }
    if (this.#stopping && isSent) return this.#stop();
    this.#out.postIfWorth();
    this.#setAlarm(now);
  }

  #pollEvents(now: number): boolean {
    for (let report = this.#engine.pollReport(); report; report = this.#engine.pollReport()) {
      this.#out.push({ kind: "icmp", report });
    }
    let any = false;
    for (let event = this.#engine.pollEvent(); event; event = this.#engine.pollEvent()) {
      any = true;
      this.#tell(event, now);
    }
    return any;
  }

  #tell(event: SocketEvent, now: number): void {
    if (event.kind === "readable") return this.#streams.pump(now, event.id);
    if (event.kind === "released") this.#streams.release(event.id);
    this.#out.push(event);
  }

  #setAlarm(now: number): void {
    const deadline = this.#engine.nextDeadline();
    // An alarm that rings early finds nothing due and is set anew; one that rings late must be replaced.
    if (this.#alarmAt <= deadline) return;
    this.#alarmAt = deadline;
    this.#alarm.set(deadline - now, () => this.#guard(() => this.#onAlarm()));
  }

  #guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.terminate();
      this.#onError(error);
    }
  }

  #onAlarm(): void {
    this.#alarmAt = Infinity;
    this.#run(timestamp() - this.#epoch);
  }

  #stop(): void {
    this.#out.push({ kind: "stopped" });
    this.#out.post();
    this.terminate();
  }
}

function sizeOf({ packetBytes, bytes }: Turn<Call>): number {
  return packetBytes + (bytes?.length ?? 0);
}

/** Nobody looks into them any more, but for datagrams, which an engine keeps until they are sent. */
function keepBuffers({ packets, bytes, items }: Turn<Call>): void {
  if (packets?.isAlone) keepBuffer(packets.view.buffer);
  if (bytes?.isAlone && !items.some(({ op }) => op === "send")) keepBuffer(bytes.view.buffer);
}

function rethrow(error: unknown): never {
  throw error;
}

const pool = new Uint32Array(256);
let poolUsed = pool.length;

/** A number in [0, 1) that nobody can predict. */
function secureRandom(): number {
  if (poolUsed === pool.length) {
    crypto.getRandomValues(pool);
    poolUsed = 0;
  }
  return pool[poolUsed++] / 0x1_0000_0000;
}
