// T14: buffers that grow with the path, and windows that are never taken back.
import { assert, assertEquals } from "@std/assert";
import { bandwidth, delay, duplicate, link, loss, reorder, type Stage } from "../../harness/link.ts";
import { readPacket } from "../../harness/packets.ts";
import { type Flight, Pair } from "../../harness/pair.ts";
import { startTransfer } from "../../harness/transfer.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const INITIAL = 256 * KIB;
/** Linux's and our default. */
const MAX = 6144 * KIB;
const FAST: Stage[] = [bandwidth(200_000_000, 4_000_000), delay(25)];

/** Watches the window that b offers to a. */
class WindowObserver {
  /** The widest window, bytes. */
  widest = 0;
  /** How far the right edge ever went back, bytes. */
  takenBack = 0;
  /** Bytes of a that b has acknowledged. */
  acknowledged = 0;
  /** What one of the window field is worth, bytes. */
  unit = 1;
  #start: number | undefined;
  #edge = 0;

  observe({ from, packet }: Flight): void {
    const { transport } = readPacket(packet);
    if (from !== "b" || transport.kind !== "tcp") return;
    if (transport.flags.includes("S")) {
      const scale = transport.options.find(({ name }) => name === "ws");
      this.unit = scale?.name === "ws" ? 1 << scale.value : 1;
      this.#start = transport.ack;
      return;
    }
    const acknowledged = (transport.ack - this.#start!) | 0;
    const window = transport.window * this.unit;
    this.widest = Math.max(this.widest, window);
    // An acknowledgement that was overtaken has an old edge; in the order of sending there is none.
    this.takenBack = Math.max(this.takenBack, this.#edge - (acknowledged + window));
    this.#edge = Math.max(this.#edge, acknowledged + window);
    this.acknowledged = Math.max(this.acknowledged, acknowledged);
  }
}

function observed(stages: Stage[], options: ConstructorParameters<typeof Pair>[0] = {}): [Pair, WindowObserver] {
  const observer = new WindowObserver();
  const wire = link(options.seed ?? 1, ...stages);
  const pair = new Pair({
    ...options,
    wire: (flight) => {
      observer.observe(flight);
      pair.trace.length = 0;
      return wire(flight);
    },
  });
  return [pair, observer];
}

for (const family of [4, 6] as const) {
  Deno.test(`T14 the receive buffer grows while the program reads, up to its limit (IPv${family})`, () => {
    const [pair, window] = observed(FAST, { b: { tcp: { receiveBuffer: { max: 2048 * KIB } } } });
    const [, b] = startTransfer(pair, family, { send: 12_000_000 }, { send: 0 });
    pair.run(() => b.received === 12_000_000);
    assertEquals(b.received, 12_000_000);
    assert(window.widest > 1536 * KIB, `the widest window was ${window.widest}`);
    assert(window.widest <= 2048 * KIB, `the widest window was ${window.widest}`);
  });

  Deno.test(`T14 without a reader the receive buffer stays as it is (IPv${family})`, () => {
    const [pair, window] = observed(FAST);
    const [, b] = startTransfer(pair, family, { send: 5_000_000 }, { send: 0, reads: false });
    pair.advance(30_000);
    assert(window.widest <= INITIAL, `the widest window was ${window.widest}`);
    assert(window.acknowledged <= INITIAL + 1460, `${window.acknowledged} bytes were taken`);
    assertEquals(b.received, 0);
  });

  Deno.test(`T14 a program that reads slowly does not make the receive buffer grow (IPv${family})`, () => {
    const [pair, window] = observed(FAST);
    const [, b] = startTransfer(pair, family, { send: 20_000_000 }, { send: 0, reads: false });
    const sip = new Uint8Array(20_000);
    // 20 kB in two round trips.
    for (let i = 0; i < 100; i++) {
      pair.advance(100);
      pair.b.engine.read(pair.now, b.id, sip);
    }
    assert(window.widest <= INITIAL, `the widest window was ${window.widest}`);
  });

  Deno.test(`T14 the send buffer grows with the congestion window, up to its limit (IPv${family})`, () => {
    const max = 1024 * KIB;
    const [pair, window] = observed(FAST, { a: { tcp: { sendBuffer: { max } } } });
    const [a, b] = startTransfer(pair, family, { send: 12_000_000 }, { send: 0 });
    let most = 0;
    pair.run(() => {
      // Bytes that left the program and that b has not acknowledged.
      most = Math.max(most, a.sent - window.acknowledged);
      return b.received === 12_000_000;
    });
    // An acknowledgement that is under way is counted by the observer and not by the sender.
    assert(most > max - 256 * KIB, `the program was ahead by ${most} bytes`);
    assert(most <= max, `the program was ahead by ${most} bytes`);
  });

  Deno.test(`T14 what may be written is told once, and adds up to the buffer's growth (IPv${family})`, () => {
    const [pair] = observed(FAST);
    const [a, b] = startTransfer(pair, family, { send: 6_000_000 }, { send: 0 });
    pair.run(() => b.received === 6_000_000);
    pair.advance(1000);
    let told = 0;
    for (const event of pair.a.events) {
      if (event.kind === "connected") told += event.sendBuffer;
      if (event.kind === "writable") told += event.bytes;
    }
    assertEquals(a.sent, 6_000_000);
    const buffer = told - a.sent;
    assert(buffer > INITIAL && buffer <= 4096 * KIB, `the buffer is ${buffer} bytes at the end`);
  });
}

Deno.test("T14 the first 64 connections may write 256 KiB at once, those beside them twice the initial window", () => {
  const pair = new Pair();
  pair.b.engine.listen(0, 1, { address: "0.0.0.0", port: 80 }, 100);
  for (let id = 1; id <= 70; id++) {
    pair.a.engine.connect(pair.now, id, 50000 + id, { address: "10.0.0.2", port: 80 });
    pair.run(() => pair.a.saw("connected", id));
  }
  const told = pair.a.events.filter((event) => event.kind === "connected").map(({ sendBuffer }) => sendBuffer);
  assertEquals(told, [...new Array(64).fill(INITIAL), ...new Array(6).fill(2 * 10 * 1448)]);
  assertEquals(pair.a.engine.write(pair.now, 70, new Uint8Array(INITIAL)), 2 * 10 * 1448);
});

/** The most that host a had written ahead, in MiB, while twenty programs each wrote what they could. */
function aheadOfTwenty(pair: Pair): number {
  const data = new Uint8Array(65536);
  const { a, b } = pair;
  a.onEvent = ({ kind, id }) => {
    if (id > 20 || (kind !== "connected" && kind !== "writable")) return;
    while (a.engine.write(pair.now, id, data) === data.length);
  };
  b.onEvent = ({ kind, id }) => {
    if (kind === "accepted") b.engine.accept(pair.now, id);
    else if (kind === "readable") b.discard(pair.now, id);
  };
  let ahead = 0;
  pair.run(() => {
    ahead = Math.max(ahead, a.engine.holdings().unacknowledged);
    return pair.now >= 420;
  });
  return ahead / MIB;
}

for (const [count, least, most] of [[60, 64, 80], [70, 32, 60]] as const) {
  Deno.test(`T14 of ${count} connections, the twenty that are busy write ${least} to ${most} MiB ahead`, () => {
    const [pair] = observed([delay(20)]);
    pair.b.engine.listen(0, 1000, { address: "0.0.0.0", port: 80 }, count);
    for (let id = 1; id <= count; id++) {
      pair.a.engine.connect(pair.now, id, 50000 + id, { address: "10.0.0.2", port: 80 });
    }
    const ahead = aheadOfTwenty(pair);
    assert(ahead >= least && ahead <= most, `${ahead} MiB were ahead`);
  });
}

const LINKS: [name: string, stages: Stage[]][] = [
  ["a clean link", FAST],
  ["a short link", [bandwidth(1_000_000_000, 1_000_000), delay(0.1)]],
  ["a bad link", [delay(10), loss(0.02), duplicate(0.02, 5), reorder(0.05, 10)]],
];

for (const [name, stages] of LINKS) {
  for (const max of [20_000, 65_535, 200_000, MAX, 64 * 1024 * KIB]) {
    Deno.test(`T14 a window is not taken back: ${name}, buffer of ${max} bytes`, () => {
      const [pair, window] = observed(stages, { b: { tcp: { receiveBuffer: { max } } } });
      const [, b] = startTransfer(pair, 4, { send: 1_500_000 }, { send: 0 });
      let pauses = 0;
      // It reads now and then, so that the window closes and opens.
      while (b.received < 1_500_000 && pauses < 2000) {
        b.reads = pauses++ % 3 !== 0;
        if (b.reads) b.read();
        pair.advance(20);
      }
      assertEquals(b.received, 1_500_000);
      // The field counts in units (RFC 7323 §2.4); what was sent within the older edge is taken all the same.
      assert(window.takenBack < window.unit, `${window.takenBack} bytes were taken back, the unit is ${window.unit}`);
    });
  }
}
