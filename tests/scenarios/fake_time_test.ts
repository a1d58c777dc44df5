// A test that fakes the time of its program: packets, engines and what waits for them go on in real time, and the deadlines
// of sockets, which the program reckons by its own clock, pass as the fake time does.
import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import { Deadline } from "../../adapters/deadlines.ts";
import { PCAPTrace, readPCAP } from "../../mod.ts";
import { timestamp } from "../../stack/clock.ts";
import { FakeTime } from "../harness/fake_time.ts";
import { liveWorkers } from "../harness/preload.ts";
import * as failure from "./failures.ts";
import { rejects } from "./failures.ts";
import { patternDigest, receiveDigest, sendPattern } from "./data.ts";
import { assertTalks, connect, type Isolation, Network, SERVER, writeAll } from "./hosts.ts";
import { fixture, Gate, OtherWorkers } from "./other_workers.ts";

/** Not by `scenario`, whose own timer would be a fake one. */
function each(name: string, body: (isolation: Isolation) => Promise<void>): void {
  for (const isolation of ["worker", "inline"] as const) Deno.test(`${name} (${isolation})`, () => body(isolation));
}

each("fake time: a transfer goes through loss", async (isolation) => {
  using _ = new FakeTime(0);
  let packets = 0;
  // The SYN is lost, which only a timer brings back, and every tenth packet.
  const filter = () => packets++ % 10 !== 0;
  await using net = await Network.create(isolation, { filter });
  using pair = await connect(net.client, net.server);
  const [received] = await Promise.all([receiveDigest(pair.server), sendPattern(pair.client, 200_000, 1)]);
  assertEquals(received, patternDigest(200_000, 1));
});

each("fake time: a deadline passes when the test says so", async (isolation) => {
  await using net = await Network.create(isolation);
  using pair = await connect(net.client, net.server);
  // Real reckoning would let the first of these pass at once, and the second not for years.
  for (const start of [0, Date.now() + 1e12]) {
    using time = new FakeTime(start);
    pair.client.setReadDeadline(Date.now() + 5000);
    const buffer = new Uint8Array(1);
    const reading = pair.client.read(buffer);
    time.tick(4999);
    await writeAll(pair.server, new Uint8Array(1));
    assertEquals(await reading, 1);
    const late = pair.client.read(buffer);
    time.tick(1);
    await rejects(late, failure.TIMED_OUT);
    await rejects(pair.client.read(buffer), failure.TIMED_OUT);
    pair.client.setReadDeadline(null);
  }
  await assertTalks(pair);
});

each("fake time: a Date made before and one made now are times", async (isolation) => {
  await using net = await Network.create(isolation);
  using socket = net.server.listenUDP(`${SERVER}:7`);
  const before = new Date(Date.now() + 60_000);
  using time = new FakeTime();
  for (const at of [before, new Date(Date.now() + 60_000)]) {
    socket.setReadDeadline(at);
    const receiving = socket.receive();
    time.tick(60_000);
    await rejects(receiving, failure.TIMED_OUT);
  }
});

each("fake time: sockets whose deadlines are of another clock close", async (isolation) => {
  await using net = await Network.create(isolation);
  const first = await connect(net.client, net.server);
  const second = await connect(net.client, net.server);
  first.client.setDeadline(Date.now() + 60_000);
  const time = new FakeTime();
  second.client.setDeadline(Date.now() + 60_000);
  first[Symbol.dispose](); // a real timer, under fake time: the sanitizers find it if it stays
  time.restore();
  second[Symbol.dispose](); // a fake one, in real time
});

Deno.test("fake time: a deadline of the real clock follows the fake one from there on", async () => {
  const fired = Promise.withResolvers<void>();
  const deadline = new Deadline(fired.resolve);
  deadline.set(Date.now() + 10);
  {
    using time = new FakeTime(Date.now() - 1000);
    await new Promise((resolve) => new Deadline(() => resolve(null)).set(-Infinity));
    assert(!deadline.passed);
    time.tick(2000);
    assert(deadline.passed);
  }
  await fired.promise;
});

Deno.test("fake time: a trace is written, and stamped with real time", async () => {
  const chunks: Uint8Array[] = [];
  const written = Promise.withResolvers<void>();
  const before = timestamp();
  using _ = new FakeTime(0);
  const write = (chunk: Uint8Array) => {
    chunks.push(chunk);
    written.resolve();
  };
  const trace = new PCAPTrace(new WritableStream({ write }), 100);
  trace.dump(Uint8Array.of(0x45));
  await written.promise; // by the trace's own timer
  await trace.close();
  const [packet] = readPCAP(chunks[0]).packets;
  assertGreater(packet.timestamp, before - 1);
  assertLess(packet.timestamp, timestamp() + 1);
});

Deno.test("fake time: closing waits for a worker that never answers, but not for ever", async () => {
  const gate = new Gate();
  using _ = new OtherWorkers(fixture("gated_worker.ts"), { gate: gate.shared });
  const net = await Network.create("worker");
  using __ = new FakeTime();
  gate.shut();
  await net[Symbol.asyncDispose]();
  assertEquals(liveWorkers(), 0);
  gate.open();
});
