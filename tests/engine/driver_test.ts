// When a driver acts: at once after a small turn, with the next one after a large turn, and never too late.
import { assertEquals } from "@std/assert";
import type { Alarm } from "../../stack/alarm.ts";
import type { Cable } from "../../stack/cable.ts";
import { Driver } from "../../stack/driver.ts";
import { type Call, type Event, PACKET_CREDIT_FROM_ENGINE, type Turn } from "../../stack/messages.ts";
import { BatchWriter } from "../../vnic/batch.ts";
import { udpPacket } from "../scenarios/packets.ts";

const HOST = "10.0.0.1";
const PEER = "10.0.0.2";
const PORT = 7;
/** Nearly as many as one sender may have under way. */
const BURST = 150;
/** Rings never: no test here waits for it. */
const ALARM: Alarm = { set: () => {}, clear: () => {}, soon: setImmediate };
const DATAGRAM = new Uint8Array(1400);

/** A driver with a UDP socket, as in a worker, and the kinds of events in each turn that it posts. */
class Bench implements Disposable {
  readonly posted: Event["kind"][][];
  readonly #cable: Cable<Event, Call>;
  readonly #driver: Driver;

  constructor() {
    this.posted = [];
    this.#cable = {
      post: ({ items }) => this.posted.push(items.map(({ kind }) => kind)),
      sharesBuffers: false,
      onTurn: null,
      close: () => {},
    };
    this.#driver = new Driver(this.#cable, ALARM, { addresses: [HOST], mtu: 1500 });
    this.send([{ op: "bind", id: 1, local: { address: HOST, port: PORT } }]);
    this.posted.splice(0);
  }

  /** A turn arrives: calls, `datagrams` for the socket, and what else is in it. */
  send(items: Call[], datagrams = 0, more: Partial<Turn<Call>> = {}): void {
    const packets = new BatchWriter();
    const packet = udpPacket({ source: PEER, sourcePort: PORT, destination: HOST, destinationPort: PORT }, DATAGRAM);
    for (let i = 0; i < datagrams; i++) packets.append(packet);
    if (datagrams > 0) items = [{ op: "packets", count: datagrams }, ...items];
    const turn: Turn<Call> = {
      items,
      packets: packets.take(),
      packetBytes: datagrams * packet.length,
      postedAt: performance.timeOrigin + performance.now(),
      credit: 0,
      ...more,
    };
    this.#cable.onTurn!(turn);
  }

  /** The socket sends as many datagrams as may be under way, and one more. */
  useUpCredit(): void {
    const bytes = new BatchWriter();
    const items: Call[] = [];
    for (let sent = 0; sent <= PACKET_CREDIT_FROM_ENGINE; sent += DATAGRAM.length) {
      items.push({ op: "send", id: 1, to: { address: PEER, port: PORT } });
      bytes.append(DATAGRAM);
    }
    this.send(items, 0, { bytes: bytes.take() });
  }

  /** Datagrams told of so far. */
  get received(): number {
    return this.posted.flat().filter((kind) => kind === "datagram").length;
  }

  [Symbol.dispose](): void {
    this.#driver.terminate();
  }
}

/** Behind the immediates that are due. */
function immediates(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

Deno.test("after a small turn a driver acts at once", () => {
  using bench = new Bench();
  bench.send([], 1);
  assertEquals(bench.posted, [["datagram"]]);
});

Deno.test("after a large turn a driver acts with the next one", () => {
  using bench = new Bench();
  bench.send([], 30);
  assertEquals(bench.received, 0);
  bench.send([], 30);
  assertEquals(bench.received, 60);
});

Deno.test("after a large turn without a next one a driver acts soon", async () => {
  using bench = new Bench();
  bench.send([], 30);
  await immediates();
  assertEquals(bench.received, 30);
  await immediates();
  assertEquals(bench.posted.length, 1);
});

Deno.test("a small turn behind a large one is not kept waiting", () => {
  using bench = new Bench();
  bench.send([], 30);
  bench.send([{ op: "query", id: 2, query: "stats" }]);
  assertEquals([bench.received, bench.posted.at(-1)!.at(-1)], [30, "answer"]);
});

Deno.test("the bursts of two senders lose no datagram, though nobody reads between them", async () => {
  using bench = new Bench();
  bench.send([], BURST);
  bench.send([], BURST);
  const handedOver = bench.received;
  bench.send([{ op: "consumed", id: 1, bytes: handedOver * (DATAGRAM.length + 256) }]);
  await immediates();
  assertEquals(bench.received, 2 * BURST);
});

Deno.test("stop() in a large turn is not kept waiting", () => {
  using bench = new Bench();
  bench.send([{ op: "stop" }], 30);
  assertEquals(bench.posted.at(-1)!.at(-1), "stopped");
});

Deno.test("a driver that stops waits until all is sent, and hears nothing new meanwhile", () => {
  using bench = new Bench();
  bench.useUpCredit();
  bench.send([{ op: "stop" }]);
  bench.send([], 1);
  assertEquals([bench.received, bench.posted.flat().includes("stopped")], [0, false]);
  bench.send([], 0, { credit: PACKET_CREDIT_FROM_ENGINE });
  assertEquals([bench.received, bench.posted.at(-1)], [0, ["packets", "writable", "stopped"]]);
});

Deno.test("a driver that is terminated does not act", async () => {
  const bench = new Bench();
  bench.send([], 30);
  bench[Symbol.dispose]();
  await immediates();
  assertEquals(bench.received, 0);
});
