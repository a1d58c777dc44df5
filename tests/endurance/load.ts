/**
 * Two stacks in workers at full load, for as long as one likes. Run as a program, it prints what came of it:
 *
 *     deno run -A --v8-flags=--expose-gc tests/endurance/load.ts 600 10
 *
 * @module
 */
import { Internet, type Stack, type TCPConn, type VNICFrame } from "../../mod.ts";
import { Heaps, measureWorkers } from "../attacks/heap.ts";
import { median } from "../harness/statistics.ts";
import { liveBytes } from "../virtual/memory.ts";

const SERVER = "10.0.0.1";
const CLIENT = "10.0.0.2";
const CHUNK = 256 * 1024;
/** Between two probes of a connection on which nothing happens, ms. */
const PROBE_INTERVAL = 1000;
/** Of each buffer: they grow to their limit sooner or later, and must have done so before one looks. */
const BUFFER = { max: 1024 * 1024 };
/** Until what is under way has arrived, ms. */
const DRAIN = 1000;

/** What was seen in one part of the time. */
export interface Part {
  /** Bytes that were carried in a second. */
  rate: number;
  /** Live bytes of the main thread and of each worker, with nothing under way. */
  live: number[];
  /** How late the probes of a connection came, ms: the median. */
  lateness: number;
}

/** What came of it. */
export interface LoadResult {
  parts: Part[];
  /** Packets that the internet dropped as its queue was full. */
  queueDrops: number;
  /** Packets that anybody else dropped. */
  otherDrops: number;
}

/** Loads two stacks for `seconds`, and looks `looks` times. */
async function load(seconds: number, looks: number): Promise<LoadResult> {
  measureWorkers();
  using heaps = new Heaps();
  await using internet = new Internet();
  const probes = new Probes();
  void internet.route({ filter: (frame) => probes.see(frame) });
  const keepAlive = { idle: PROBE_INTERVAL, interval: PROBE_INTERVAL, count: 100 };
  const tcp = { sendBuffer: BUFFER, receiveBuffer: BUFFER };
  const [server, client] = await Promise.all([
    internet.newStack({ addresses: [SERVER], tcp }),
    internet.newStack({ addresses: [CLIENT], tcp: { ...tcp, keepAlive } }),
  ]);
  using listener = server.listenTCP(`${SERVER}:80`);
  using idle = await client.dialTCP(`${SERVER}:80`);
  using _idlePeer = await listener.accept();
  probes.port = idle.localAddr.port;
  using download = await client.dialTCP(`${SERVER}:80`);
  using upload = await listener.accept();
  const flow = new Flow(upload, download);
  const parts: Part[] = [];
  await flow.run(Math.min(3, seconds)); // tables, windows and code
  for (let i = 0; i < looks; i++) {
    probes.forget();
    const rate = await flow.run(seconds / looks);
    const lateness = median(probes.intervals) - PROBE_INTERVAL;
    const live = [liveBytes(), await heaps.of(`stack ${SERVER}`), await heaps.of(`stack ${CLIENT}`)];
    parts.push({ rate, live, lateness });
  }
  const otherDrops = await dropsOf(server) + await dropsOf(client);
  return { parts, queueDrops: internet.dropped, otherDrops };
}

/** What a host has dropped, apart from keep-alive probes, which are answered and count as segments of no use. */
async function dropsOf(stack: Stack): Promise<number> {
  const { unacceptable: _, ...others } = (await stack.stats()).dropped;
  return Object.values(others).reduce((sum, drops) => sum + drops, 0);
}

/** Keep-alive probes of one connection, as they pass. */
class Probes {
  intervals: number[];
  port: number;
  #last: number;

  constructor() {
    this.intervals = [];
    this.port = 0;
    this.#last = NaN;
  }

  see({ packet }: VNICFrame): true {
    const isSmall = packet.length < 100;
    if (isSmall && (packet[20] << 8 | packet[21]) === this.port && packet[15] === 2) {
      const now = performance.now();
      if (this.#last > 0) this.intervals.push(now - this.#last);
      this.#last = now;
    }
    return true;
  }

  forget(): void {
    this.intervals = [];
    this.#last = NaN;
  }
}

/** Bytes one way as fast as they go, from time to time. */
class Flow {
  readonly #from: TCPConn;
  #received: number;

  constructor(from: TCPConn, to: TCPConn) {
    this.#from = from;
    this.#received = 0;
    void this.#read(to);
  }

  /** Runs for some seconds, and gives the bytes in a second; in the end nothing is under way. */
  async run(seconds: number): Promise<number> {
    const start = performance.now();
    const before = this.#received;
    const data = new Uint8Array(CHUNK);
    while (performance.now() - start < 1000 * seconds) await this.#from.write(data);
    const rate = (this.#received - before) / (performance.now() - start) * 1000;
    await new Promise((resolve) => setTimeout(resolve, DRAIN));
    return rate;
  }

  async #read(to: TCPConn): Promise<void> {
    const buffer = new Uint8Array(CHUNK);
    try {
      for (let n = await to.read(buffer); n !== null; n = await to.read(buffer)) this.#received += n;
    } catch (error) {
      if (!(error instanceof Deno.errors.Interrupted)) throw error;
    }
  }
}

if (import.meta.main) {
  const [seconds, looks] = Deno.args.map(Number);
  console.log(JSON.stringify(await load(seconds, looks)));
}
