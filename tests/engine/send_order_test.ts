// In which order the connections of a host get their turns at the wire.
import { assert, assertEquals } from "@std/assert";
import { Pair } from "../harness/pair.ts";
import { delay, link } from "../harness/link.ts";
import { LoneHost } from "../harness/lone_host.ts";

const SERVER = { address: "10.0.0.2", port: 80 };
const FLOWS = 20;
/** Enough for a window of hundreds of segments, which fits the first send and receive buffers. */
const BULK = new Uint8Array(200_000);
const FIRST_PORT = 40_000;

/** Host a with `FLOWS` connections whose windows are wide open. */
function openFlows(): Pair {
  const pair = new Pair({ wire: link(1, delay(10)), a: { tcp: { idleRestart: false } } });
  pair.b.engine.listen(0, 1, SERVER, FLOWS);
  pair.b.onEvent = (event) => {
    if (event.kind === "accepted") pair.b.engine.accept(pair.now, event.id);
    else if (event.kind === "readable") pair.b.discard(pair.now, event.id);
  };
  for (let id = 1; id <= FLOWS; id++) pair.a.engine.connect(pair.now, id, FIRST_PORT + id, SERVER);
  for (let round = 0; round < 3; round++) {
    pair.advance(1000);
    for (let id = 1; id <= FLOWS; id++) assertEquals(pair.a.engine.write(pair.now, id, BULK), BULK.length);
  }
  return pair;
}

/** The source ports of what host a sends at this moment. */
function sendersNow(pair: Pair): number[] {
  pair.a.engine.transmit(pair.now, pair.a.out);
  return pair.a.out.take().map((packet) => new DataView(packet.buffer).getUint16(20));
}

Deno.test("a new connection's SYN does not wait for the whole windows of the others", () => {
  const pair = openFlows();
  const port = FIRST_PORT + FLOWS + 1;
  pair.a.engine.connect(pair.now, FLOWS + 1, port, SERVER);
  const senders = sendersNow(pair);
  assert(senders.length > 100 * FLOWS, `only ${senders.length} segments: the windows are not open`);
  const waits = senders.indexOf(port);
  assert(waits >= 0 && waits <= 12 * FLOWS, `the SYN comes after ${waits} segments of ${senders.length}`);
});

Deno.test("connections take turns at a wire that is always full", () => {
  const pair = openFlows();
  const counts = new Map<number, number>();
  for (let batch = 0; batch < 50; batch++) {
    pair.a.out.room = 10;
    for (const port of sendersNow(pair)) counts.set(port, (counts.get(port) ?? 0) + 1);
  }
  assertEquals(counts.size, FLOWS);
  assert(Math.max(...counts.values()) <= 3 * Math.min(...counts.values()), [...counts.values()].join(" "));
});

Deno.test("sockets that send datagrams take turns at a wire that is always full", () => {
  const host = new LoneHost();
  for (let id = 1; id <= FLOWS; id++) {
    host.bind(id, FIRST_PORT + id);
    for (let i = 0; i < 100; i++) host.engine.send(0, id, new Uint8Array(100), { ...SERVER, port: 9 });
  }
  const ports: number[] = [];
  for (let batch = 0; batch < 2 * FLOWS; batch++) {
    host.out.room = 2;
    host.engine.transmit(0, host.out);
    ports.push(...host.out.take().map((packet) => new DataView(packet.buffer).getUint16(20)));
  }
  const round = Array.from({ length: FLOWS }, (_, i) => FIRST_PORT + 1 + i);
  assertEquals(ports, [round, round, round, round].flat());
});

Deno.test("datagrams and pings get their turns at a wire that connections keep full", () => {
  const pair = openFlows();
  const { engine, out } = pair.a;
  engine.bind(pair.now, 100, { address: "10.0.0.1", port: 7 });
  for (let i = 0; i < 20; i++) engine.send(pair.now, 100, new Uint8Array(10), { ...SERVER, port: 9 });
  const request = { identifier: 1, sequence: 1, data: new Uint8Array(8), ttl: 64, timeout: 1000 };
  engine.ping(pair.now, 101, SERVER.address, request);
  // By protocol: 1 is ICMP, 6 is TCP, 17 is UDP.
  const first: number[] = [];
  for (let batch = 0; batch < 4; batch++) {
    out.room = 10;
    engine.transmit(pair.now, out);
    first.push(out.take()[0][9]);
  }
  assertEquals(first, [6, 17, 1, 17]);
});
