/**
 * A recorder of packets in the pcap format.
 *
 * @module
 */

import { timestamp } from "../stack/clock.ts";
import { clearTimeout, setTimeout } from "../stack/real_time.ts";
import { FileSink } from "./file_sink.ts";
import { type Slab, Slabs } from "./slabs.ts";

const DEFAULT_BUFFER = 4096;
const MAX_SNAP_SIZE = 65_535;
/** How long snapshots wait for more to be written together with, in milliseconds. */
const FLUSH_DELAY = 5;

/**
 * Options of {@link PCAPTrace}.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { PCAPTrace, type PCAPTraceOptions } from "@uis/uis/pcap";
 *
 * const options: PCAPTraceOptions = { buffer: 2 };
 * const trace = new PCAPTrace(new WritableStream(), 256, options);
 * for (let i = 0; i < 5; i++) trace.dump(new Uint8Array([0x45, i]));
 * assertEquals(trace.dropped, 3);
 * await trace.close();
 * ```
 */
export interface PCAPTraceOptions {
  /**
   * How many snapshots may wait for the writer to finish with them; more are dropped. An integer; 0 and less are ignored.
   *
   * @default {4096}
   */
  buffer?: number;
}

/**
 * Whether a trace keeps nothing of a packet but its own copy: false for one with another `dump()`. False also when so much
 * waits that the writer should have its turn first. Internal, and so not in `mod.ts`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { canCopy, PCAPTrace } from "./pcap_trace.ts";
 *
 * await using trace = new PCAPTrace(new WritableStream(), 256, { buffer: 2 });
 * assertEquals(canCopy(trace), true);
 * trace.dump(new Uint8Array(40));
 * assertEquals(canCopy(trace), false);
 * ```
 */
export let canCopy: (trace: PCAPTrace) => boolean;

/**
 * Records packets in a pcap file, for Wireshark, tshark, tcpdump and {@link readPCAP}: the classic format with timestamps
 * in microseconds and the link type {@link LINKTYPE_RAW}.
 *
 * Snapshots are copied at once and written in the background within a few milliseconds, many together. What the writer is
 * too slow for is dropped and counted, so that {@link PCAPTrace.dump} never waits. A trace that is not closed loses what is not
 * written yet.
 *
 * Source: draft-ietf-opsawg-pcap.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { PCAPTrace, readPCAP } from "@uis/uis/pcap";
 *
 * const path = await Deno.makeTempFile({ suffix: ".pcap" });
 * {
 *   await using trace = await PCAPTrace.open(path, 256);
 *   trace.dump(new Uint8Array(1500).fill(0x45, 0, 1));
 *   trace.dump(new Uint8Array(40).fill(0x60, 0, 1));
 * }
 * const { packets } = readPCAP(await Deno.readFile(path));
 * assertEquals(packets.map((packet) => packet.length), [1500, 40]);
 * assertEquals(packets.map((packet) => packet.bytes.length), [256, 40]);
 * await Deno.remove(path);
 * ```
 */
export class PCAPTrace implements AsyncDisposable {
  static {
    canCopy = (trace) => #pending in trace && trace.dump === dump && !trace.#isHalfFull;
  }

  #writer: WritableStreamDefaultWriter<Uint8Array>;
  #slabs: Slabs;
  #buffer: number;
  /** The writer keeps no chunk after its write is done, so slabs may be filled again. */
  #reuseSlabs: boolean;
  /** Snapshots that the writer has not finished with. */
  #pending: number;
  #dropped: number;
  #flushTimer: ReturnType<typeof setTimeout> | undefined;
  #pump: Promise<void> | null;
  /** Whether the pump takes a slab that is not full. */
  #flushing: boolean;
  #failure: { error: unknown } | null;
  #closing: Promise<void> | null;

  /**
   * Starts a trace over a stream, which it owns: nobody else can write to it, and {@link PCAPTrace.close} closes it. For
   * a file prefer {@link PCAPTrace.open}: Deno's `FsFile.writable` does not report a full disk.
   *
   * @param writer Where the bytes of the file go, in chunks of up to a few MiB. A chunk it was given is never changed.
   * @param snapSize How many bytes to record of each packet at most; an integer, 1…65535.
   * @throws {RangeError} `snapSize` or `options.buffer` is out of range; the writer is left alone.
   * @throws {TypeError} `writer` is not a WritableStream or is locked.
   *
   * @example
   * ```ts
   * import { assertEquals, assertThrows } from "@std/assert";
   * import { PCAPTrace } from "@uis/uis/pcap";
   *
   * let bytes = 0;
   * const writer = new WritableStream<Uint8Array>({ write: (chunk) => void (bytes += chunk.length) });
   * const trace = new PCAPTrace(writer, 65_535);
   * trace.dump(new Uint8Array(100));
   * await trace.close();
   * assertEquals(bytes, 24 + 16 + 100);
   *
   * assertThrows(() => new PCAPTrace(new WritableStream(), 0), RangeError, "got 0");
   * ```
   */
  constructor(writer: WritableStream<Uint8Array>, snapSize: number, options: PCAPTraceOptions = {}) {
    checkSnapSize(snapSize);
    this.#buffer = bufferOf(options);
    if (!(writer instanceof WritableStream)) {
      throw new TypeError(`Cannot trace packets: writer must be a WritableStream, got ${typeof writer}`);
    }
    if (writer.locked) throw new TypeError("Cannot trace packets: writer is locked");
    this.#writer = writer.getWriter();
    this.#slabs = new Slabs(snapSize);
    this.#reuseSlabs = false;
    this.#pending = 0;
    this.#dropped = 0;
    this.#flushTimer = undefined;
    this.#pump = null;
    this.#flushing = false;
    this.#failure = null;
    this.#closing = null;
    this.#writer.ready.catch(() => {});
    this.#writer.closed.catch((error) => this.#fail(error));
  }

  /**
   * Starts a trace in a file, which is created, or emptied if it exists. Needs `--allow-write` for the path. The file is
   * written in synchronous calls, so a program that seldom turns its event loop loses no packets; a disk that stalls holds
   * the program up, for which a trace over a stream of one's own is the remedy.
   *
   * @param path Path of the file, by convention ending in `.pcap`.
   * @param snapSize How many bytes to record of each packet at most; an integer, 1…65535.
   * @throws {RangeError} `snapSize` or `options.buffer` is out of range; the file is left alone.
   * @throws {Error} As Deno.open, when the file cannot be opened.
   *
   * @example
   * ```ts
   * import { assertEquals, assertRejects } from "@std/assert";
   * import { PCAPTrace, readPCAP } from "@uis/uis/pcap";
   *
   * const path = await Deno.makeTempFile({ suffix: ".pcap" });
   * const trace = await PCAPTrace.open(path, 1500, { buffer: 100_000 });
   * await trace.close();
   * assertEquals(readPCAP(await Deno.readFile(path)), { snapLen: 1500, linkType: 101, packets: [] });
   *
   * await assertRejects(() => PCAPTrace.open(path, 65_536), RangeError, "got 65536");
   * await Deno.remove(path);
   * ```
   */
  static async open(path: string, snapSize: number, options: PCAPTraceOptions = {}): Promise<PCAPTrace> {
    checkSnapSize(snapSize);
    bufferOf(options);
    const file = await Deno.open(path, { write: true, create: true, truncate: true });
    const trace = new PCAPTrace(new WritableStream(new FileSink(file)), snapSize, options);
    trace.#reuseSlabs = true;
    return trace;
  }

  /**
   * How many packets were given to {@link PCAPTrace.dump} and are not in the file: the buffer was full, the trace was
   * closed, the writer failed, or it was no packet.
   *
   * @example
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { PCAPTrace } from "@uis/uis/pcap";
   *
   * const trace = new PCAPTrace(new WritableStream(), 256, { buffer: 1 });
   * trace.dump(new Uint8Array(40));
   * assertEquals(trace.dropped, 0);
   * trace.dump(new Uint8Array(40));
   * assertEquals(trace.dropped, 1);
   * await trace.close();
   * ```
   */
  get dropped(): number {
    return this.#dropped;
  }

  /**
   * Records a packet: copies its first `snapSize` bytes and stamps them with the time of this call. Never throws and never
   * waits; a packet that cannot be kept counts as {@link PCAPTrace.dropped}, and so does what is not a Uint8Array. Bytes
   * are recorded as they are: a packet that is empty or not IP becomes a record too.
   *
   * @example
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { PCAPTrace } from "@uis/uis/pcap";
   *
   * const trace = new PCAPTrace(new WritableStream(), 256);
   * const packet = new Uint8Array(40);
   * trace.dump(packet);
   * packet.fill(255); // the trace has its own copy
   * await trace.close();
   *
   * trace.dump(packet);
   * assertEquals(trace.dropped, 1);
   * ```
   */
  dump(packet: Uint8Array): void {
    const open = this.#closing === null && this.#failure === null;
    if (!open || this.#pending >= this.#buffer || !this.#keep(packet)) {
      this.#dropped++;
      return;
    }
    this.#pending++;
    if (this.#pump === null) this.#schedule();
  }

  /**
   * Writes what waits, closes the writer, and resolves when all of it is done; with a writer that hangs, that is never.
   * Further calls return the same promise.
   *
   * @returns Rejects with the writer's error if it failed, now or earlier; the writer is released all the same.
   *
   * @example
   * ```ts
   * import { assertRejects, assertStrictEquals } from "@std/assert";
   * import { PCAPTrace } from "@uis/uis/pcap";
   *
   * const trace = new PCAPTrace(new WritableStream(), 256);
   * assertStrictEquals(trace.close(), trace.close());
   * await trace.close();
   *
   * const full = new WritableStream<Uint8Array>({ write: () => Promise.reject(new Error("disk full")) });
   * await assertRejects(() => new PCAPTrace(full, 256).close(), Error, "disk full");
   * ```
   */
  close(): Promise<void> {
    this.#closing ??= this.#finish();
    return this.#closing;
  }

  /**
   * The same as {@link PCAPTrace.close}.
   *
   * @example
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { PCAPTrace } from "@uis/uis/pcap";
   *
   * let closed = false;
   * {
   *   await using trace = new PCAPTrace(new WritableStream({ close: () => void (closed = true) }), 256);
   *   trace.dump(new Uint8Array(40));
   * }
   * assertEquals(closed, true);
   * ```
   */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #keep(packet: Uint8Array): boolean {
    try {
      if (!(packet instanceof Uint8Array)) return false;
      this.#slabs.append(packet, timestamp());
      return true;
    } catch {
      return false; // no memory for a slab
    }
  }

  get #isHalfFull(): boolean {
    return 2 * this.#pending >= this.#buffer;
  }

  /** Sees that what waits is written: at once if it is much, else a little later. */
  #schedule(): void {
    if (this.#isHalfFull) {
      this.#flush();
    } else if (this.#slabs.hasFull) {
      this.#pump = this.#run();
    } else if (this.#flushTimer === undefined) {
      this.#flushTimer = setTimeout(() => this.#flush(), FLUSH_DELAY);
    }
  }

  #flush(): void {
    clearTimeout(this.#flushTimer);
    this.#flushTimer = undefined;
    this.#flushing = true;
    this.#pump ??= this.#run();
  }

  /** The pump: writes slab by slab until no slab is due. One runs at a time, and it never rejects. */
  async #run(): Promise<void> {
    await null; // a sink must not run inside of dump()
    try {
      while (this.#failure === null && (this.#slabs.hasFull || this.#flushing)) {
        this.#flushing &&= this.#slabs.hasFull;
        const slab = this.#slabs.take();
        if (slab !== null) await this.#write(slab);
      }
    } catch (error) {
      this.#fail(error);
    }
    this.#pump = null;
    if (this.#pending > 0 && this.#closing === null) this.#schedule();
  }

  async #write(slab: Slab): Promise<void> {
    const { snapshots } = slab;
    // A short chunk is copied, so that who collects chunks does not hold whole slabs.
    const copied = !this.#reuseSlabs && 2 * slab.length < slab.bytes.length;
    const chunk = copied ? slab.bytes.slice(0, slab.length) : slab.bytes.subarray(0, slab.length);
    if (copied) this.#slabs.recycle(slab);
    await this.#writer.write(chunk);
    if (this.#reuseSlabs) this.#slabs.recycle(slab);
    if (this.#failure === null) this.#pending -= snapshots;
  }

  #fail(error: unknown): void {
    if (this.#failure !== null) return;
    this.#failure = { error };
    clearTimeout(this.#flushTimer);
    this.#slabs.clear();
    this.#dropped += this.#pending;
    this.#pending = 0;
  }

  async #finish(): Promise<void> {
    await null; // from here on #closing is set
    while (this.#failure === null && (this.#pump !== null || !this.#slabs.isEmpty)) {
      this.#flush();
      await this.#pump;
    }
    try {
      if (this.#failure === null) await this.#writer.close();
      else await this.#writer.abort(this.#failure.error);
    } catch (error) {
      this.#fail(error);
    }
    this.#writer.releaseLock();
    if (this.#failure !== null) throw this.#failure.error;
  }
}

const { dump } = PCAPTrace.prototype;

function checkSnapSize(snapSize: number): void {
  if (!Number.isInteger(snapSize) || snapSize < 1 || snapSize > MAX_SNAP_SIZE) {
    throw new RangeError(`Cannot trace packets: snapSize must be an integer in 1…${MAX_SNAP_SIZE}, got ${snapSize}`);
  }
}

function bufferOf({ buffer = DEFAULT_BUFFER }: PCAPTraceOptions): number {
  if (buffer <= 0) return DEFAULT_BUFFER;
  if (!Number.isInteger(buffer)) {
    throw new RangeError(`Cannot trace packets: buffer must be an integer, got ${buffer}`);
  }
  return buffer;
}
