/**
 * Programs on both hosts of a {@link Pair}: connect, send, read, close.
 *
 * @module
 */
import { readPacket } from "./packets.ts";
import type { Host, Pair } from "./pair.ts";
import { byteAt } from "./stream.ts";

/** What one end of a transfer does. */
export interface EndOptions {
  /** Bytes to send. */
  send: number;
  /** Whether it reads; true. */
  reads?: boolean;
  /** Whether it closes its direction after the last byte; true. */
  closes?: boolean;
}

/** One end: writes all it has as room comes, reads all that comes, closes when both is done. */
export class TransferEnd {
  readonly #pair: Pair;
  readonly #host: Host;
  readonly #send: number;
  readonly #closes: boolean;
  reads: boolean;
  id = 0;
  sent = 0;
  received = 0;
  ended = false;
  released = false;
  /** Why it broke. */
  failure: string | undefined;

  constructor(pair: Pair, host: Host, { send, reads = true, closes = true }: EndOptions) {
    this.#pair = pair;
    this.#host = host;
    this.#send = send;
    this.#closes = closes;
    this.reads = reads;
    host.onEvent = (event) => {
      if (event.kind === "accepted") host.engine.accept(pair.now, this.id = event.id);
      if (event.id !== this.id) return;
      if (event.kind === "connected" || event.kind === "accepted" || event.kind === "writable") this.write();
      else if (event.kind === "readable" && this.reads) this.read();
      else if (event.kind === "ended") this.ended = true;
      else if (event.kind === "failed") this.failure = event.reason;
      else if (event.kind === "released" || event.kind === "timeWait") this.released = true;
    };
  }

  get isDone(): boolean {
    return this.failure !== undefined || (this.ended && this.released);
  }

  write(): void {
    const chunk = new Uint8Array(Math.min(65536, this.#send - this.sent));
    while (this.sent < this.#send) {
      const length = Math.min(chunk.length, this.#send - this.sent);
      for (let i = 0; i < length; i++) chunk[i] = byteAt(this.sent + i);
      const taken = this.#host.engine.write(this.#pair.now, this.id, chunk.subarray(0, length));
      this.sent += taken;
      if (taken < length) return;
    }
    if (this.#closes) this.#host.engine.closeWrite(this.#pair.now, this.id);
  }

  /** Reads what is there; throws an Error at the first byte that is not the one that was sent. */
  read(): void {
    const buffer = new Uint8Array(65536);
    for (;;) {
      const count = this.#host.engine.read(this.#pair.now, this.id, buffer);
      if (count === 0) return;
      for (let i = 0; i < count; i++) {
        if (buffer[i] === byteAt(this.received + i)) continue;
        throw new Error(`byte ${this.received + i}: expected ${byteAt(this.received + i)}, was ${buffer[i]}`);
      }
      this.received += count;
    }
  }
}

/** Connects host a to host b and lets both send. */
export function startTransfer(pair: Pair, family: 4 | 6, a: EndOptions, b: EndOptions): [TransferEnd, TransferEnd] {
  const ends: [TransferEnd, TransferEnd] = [new TransferEnd(pair, pair.a, a), new TransferEnd(pair, pair.b, b)];
  const any = family === 4 ? "0.0.0.0" : "::";
  const address = family === 4 ? "10.0.0.2" : "2001:db8::2";
  pair.b.engine.listen(pair.now, 1, { address: any, port: 80 }, 8);
  ends[0].id = 1;
  pair.a.engine.connect(pair.now, 1, 50000, { address, port: 80 });
  return ends;
}

/** Sends `bytes` each way at once and closes; throws an Error that says what is missing. Returns the virtual ms. */
export function transferBothWays(pair: Pair, family: 4 | 6, bytes: number, limit = 3_600_000): number {
  const [a, b] = startTransfer(pair, family, { send: bytes }, { send: bytes });
  pair.run(() => a.isDone && b.isDone, pair.now + limit);
  for (const [name, end] of [["a", a], ["b", b]] as const) {
    if (end.failure !== undefined) throw new Error(`${name} failed: ${end.failure}, after ${end.received} bytes`);
    if (end.received !== bytes || !end.isDone) {
      throw new Error(`${name} received ${end.received} of ${bytes} bytes in ${pair.now} ms, ended: ${end.ended}`);
    }
  }
  return pair.now;
}

/** How many segments with data, SYN or FIN were sent that had been sent before, wholly or in part. */
export function countRetransmissions(pair: Pair): number {
  const furthest = new Map<string, number>();
  let count = 0;
  for (const { from, packet } of pair.trace) {
    const { transport } = readPacket(packet);
    if (transport.kind !== "tcp") continue;
    const length = transport.payload.length + (/[SF]/.test(transport.flags) ? 1 : 0);
    if (length === 0) continue;
    const key = `${from} ${transport.sourcePort} ${transport.destinationPort}`;
    const end = (transport.seq + length) | 0;
    const before = furthest.get(key);
    if (before !== undefined && ((transport.seq - before) | 0) < 0) count++;
    if (before === undefined || ((end - before) | 0) > 0) furthest.set(key, end);
  }
  return count;
}
