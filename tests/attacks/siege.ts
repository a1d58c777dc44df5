/**
 * One attack on a stack in a worker, beside an honest flow between two stacks; all by the clock.
 *
 * @module
 */
import { Internet, Stack, type TCPConn } from "../../mod.ts";
import { stackLimits } from "../../stack/engine/config.ts";
import { seeded } from "../harness/seeded.ts";
import { type Attack, type Attacker, BRIEF, MUTE, SINK, SOURCE, UNREAD } from "./attackers.ts";
import { Heaps } from "./heap.ts";
import { address, redirect } from "./wire.ts";

/** Packets of an attack in a second. */
const RATE = 20_000;
/** Most packets that are sent at once when the program was late. */
const BURST = 256;
const CHUNK = 64 * 1024;
/** What the host's own downloads are written in, bytes. */
const RESPONSE = 4 * 1024;
const HOST_TEXT = "10.0.0.2";
/** An address that leads to the host's NIC and is not the host's: what goes there is harmless, and dropped early. */
const ELSEWHERE_TEXT = "10.77.0.1";
const ELSEWHERE = address(10, 77, 0, 1);
const LAIR_TEXTS = [1, 2, 3, 4].map((last) => `10.66.0.${last}`);

/** What an attack came to. */
export interface SiegeResult {
  /** Bytes of the honest flow in a second, in each round under attack, and in each beside as many harmless packets. */
  attacked: number[];
  harmless: number[];
  /** Packets sent in a second, of both kinds. */
  rate: number;
  /** Packets that the internet dropped because its queue was full. */
  dropped: number;
  /** Live bytes of the host's worker before, the most after any round, and what its limits allow beyond. */
  before: number;
  most: number;
  bound: number;
}

/** Attacks for `seconds` in all, in rounds of `round` seconds with a harmless one after each. */
export async function besiege(attack: Attack, seconds: number, round: number): Promise<SiegeResult> {
  await using siege = await Siege.start();
  const attacker = attack.start(seeded(1), siege.port);
  const harmless = attack.start(seeded(2), siege.port);
  const harmlessRound = () => siege.round(round, () => redirect(harmless.next(), ELSEWHERE));
  await harmlessRound();
  const before = await siege.liveBytes();
  const result = { attacked: [] as number[], harmless: [] as number[], before, most: before };
  for (let done = 0; done < seconds; done += round) {
    siege.attacker = attacker;
    result.attacked.push(await siege.round(round, () => attacker.next()));
    result.most = Math.max(result.most, await siege.liveBytes());
    result.harmless.push(await harmlessRound());
  }
  const bound = attack.bound(stackLimits());
  return { ...result, bound, rate: siege.sent / siege.elapsed * 1000, dropped: siege.internet.dropped };
}

/** The host, its services, and who sends to it. */
class Siege implements AsyncDisposable {
  readonly internet: Internet;
  readonly #heaps: Heaps;
  readonly #lair;
  readonly #closing: Promise<unknown>[];
  #received: number;
  /** Whoever hears the host's answers. */
  attacker: Attacker | undefined;
  /** The honest flow's port. */
  port: number;
  sent: number;
  elapsed: number;

  /** Ends the host. */
  #stop: () => Promise<void>;

  private constructor(internet: Internet) {
    this.internet = internet;
    this.#heaps = new Heaps();
    this.#lair = internet.newVNIC(1500);
    this.#closing = [];
    this.#watch(internet.route());
    this.#received = 0;
    this.attacker = undefined;
    this.port = 0;
    this.#stop = () => Promise.resolve();
    this.sent = 0;
    this.elapsed = 0;
    internet.addRoute(this.#lair, ...LAIR_TEXTS);
    this.#lair.attach({ deliverNetworkPacket: (packet) => this.attacker?.heard?.(packet) });
  }

  static async start(): Promise<Siege> {
    const internet = new Internet();
    const siege = new Siege(internet);
    const vnic = internet.newVNIC(1500);
    internet.addRoute(vnic, HOST_TEXT, ELSEWHERE_TEXT);
    const host = await Stack.create(vnic, HOST_TEXT);
    siege.#serve(host);
    const honest = await internet.newStack(1500, "10.0.0.1");
    const conn = await honest.dialTCP(`${HOST_TEXT}:${SINK}`);
    siege.port = conn.localAddr.port;
    siege.#watch(sendEndlessly(conn));
    siege.#stop = () => host.close();
    return siege;
  }

  /** Sends packets of one kind for so many seconds; what the honest flow carries meanwhile, in bytes a second. */
  async round(seconds: number, next: () => Uint8Array<ArrayBuffer>): Promise<number> {
    const start = performance.now();
    const before = this.#received;
    let elapsed = 0;
    for (let sent = 0; elapsed < 1000 * seconds; elapsed = performance.now() - start) {
      const due = Math.min(Math.floor(elapsed * RATE / 1000) - sent, BURST);
      for (let i = 0; i < due; i++) this.#lair.writePackets([next()]);
      sent += Math.max(0, due);
      this.sent += Math.max(0, due);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    this.elapsed += elapsed;
    return (this.#received - before) / elapsed * 1000;
  }

  /** What lives in the host's worker. */
  async liveBytes(): Promise<number> {
    return await this.#heaps.of(`stack ${HOST_TEXT}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stop();
    await this.internet.close();
    this.#heaps[Symbol.dispose]();
    await Promise.all(this.#closing);
  }

  /** How it ends is of no interest, but it must have ended. */
  #watch(running: Promise<void>): void {
    this.#closing.push(running.catch(() => {}));
  }

  #serve(host: Stack): void {
    host.listenUDP(`0.0.0.0:${UNREAD}`);
    const services: [port: number, use: (conn: TCPConn) => Promise<void>][] = [
      [SINK, (conn) => this.#readEndlessly(conn)],
      [SOURCE, (conn) => sendEndlessly(conn, RESPONSE)],
      [MUTE, holdUntilClosed],
      [BRIEF, (conn) => Promise.resolve(conn.close())],
    ];
    for (const [port, use] of services) this.#watch(accept(host, port, use));
  }

  async #readEndlessly(conn: TCPConn): Promise<void> {
    const buffer = new Uint8Array(CHUNK);
    for (let n = await conn.read(buffer); n !== null; n = await conn.read(buffer)) this.#received += n;
  }
}

async function accept(host: Stack, port: number, use: (conn: TCPConn) => Promise<void>): Promise<void> {
  for await (const conn of host.listenTCP(`0.0.0.0:${port}`)) use(conn).catch(() => {}).finally(() => close(conn));
}

function close(conn: TCPConn): void {
  conn[Symbol.dispose]();
}

async function sendEndlessly(conn: TCPConn, length = CHUNK): Promise<void> {
  const chunk = new Uint8Array(length);
  for (;;) await conn.write(chunk);
}

/** A program that waits for something else than its peer: it notices the end of the connection by a write. */
async function holdUntilClosed(_conn: TCPConn): Promise<void> {
  await new Promise(() => {});
}
