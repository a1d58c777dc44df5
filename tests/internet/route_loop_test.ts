// Some packets here are malformed on purpose.
import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { Internet, type RouteOptions } from "../../internet/mod.ts";
import { PCAPTrace } from "../../pcap/mod.ts";
import type { VNICFrame } from "../../vnic/mod.ts";
import { packetTo } from "./packets.ts";

/** An internet of one host, 10.0.0.1, and the third bytes of the packets that it received. */
function oneHost(maxInflight?: number): { internet: Internet; received: number[]; send(id: number): boolean } {
  const internet = new Internet({ maxInflight });
  const received: number[] = [];
  const vnic = internet.newVNIC(1500);
  vnic.attach({ deliverNetworkPacket: (packet) => received.push(packet[2]) });
  internet.addRoute(vnic, "10.0.0.1");
  return { internet, received, send: (id) => internet.sendFrame(frame(id)) };
}

function frame(id: number): VNICFrame {
  const packet = packetTo("10.0.0.1");
  packet[2] = id;
  return { packet };
}

/** Lets the loop handle everything that is in flight. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

Deno.test("route() delivers everything, in order, until the internet is closed", async () => {
  const { internet, received, send } = oneHost();
  for (const id of [1, 2, 3]) send(id);
  const routing = internet.route();
  await settle();
  for (const id of [4, 5]) send(id);
  await settle();
  assertEquals(received, [1, 2, 3, 4, 5]);
  await internet.close();
  assertEquals(await routing, undefined);
});

Deno.test("route() goes on when a packet cannot be delivered", async () => {
  const { internet, received, send } = oneHost();
  const routing = internet.route();
  internet.sendFrame({ packet: Uint8Array.of(1) });
  internet.sendFrame({ packet: packetTo("10.0.0.9") });
  send(1);
  await settle();
  assertEquals(received, [1]);
  await internet.close();
  await routing;
});

Deno.test("route() waits from the call on, so that nothing is lost with maxInflight 0", async () => {
  const { internet, received, send } = oneHost(0);
  const routing = internet.route();
  for (const id of [1, 2, 3]) {
    assertEquals(send(id), true);
    await Promise.resolve();
  }
  assertEquals([received, internet.dropped], [[1, 2, 3], 0]);
  await internet.close();
  await routing;
});

Deno.test("the filter drops, lets pass and replaces", async () => {
  const { internet, received, send } = oneHost();
  const seen: number[] = [];
  const routing = internet.route({
    filter({ packet }) {
      seen.push(packet[2]);
      if (packet[2] === 1) return false;
      return packet[2] === 2 ? frame(20) : true;
    },
  });
  for (const id of [1, 2, 3]) send(id);
  await settle();
  assertEquals([seen, received], [[1, 2, 3], [20, 3]]);
  await internet.close();
  await routing;
});

Deno.test("the filter gets the very frame that was sent and may change it", async () => {
  const { internet, received } = oneHost();
  const sent = frame(1);
  const routing = internet.route({
    filter(inFlight) {
      assertStrictEquals(inFlight, sent);
      inFlight.packet[2] = 7;
      return inFlight;
    },
  });
  internet.sendFrame(sent);
  await settle();
  assertEquals(received, [7]);
  await internet.close();
  await routing;
});

Deno.test("a throw of the filter rejects route(), which then takes no more packets", async () => {
  const { internet, received, send } = oneHost();
  const failure = new Error("Not this one");
  const routing = internet.route({
    filter({ packet }) {
      if (packet[2] === 2) throw failure;
      return true;
    },
  });
  for (const id of [1, 2, 3]) send(id);
  assertStrictEquals(await assertRejects(() => routing), failure);
  assertEquals(received, [1]);
  assertEquals((await internet.inFlight().next()).value.packet[2], 3);
  await internet.close();
});

Deno.test("a trace whose writer fails records no more, and the packets go on", async () => {
  const { internet, received, send } = oneHost();
  const broken = new WritableStream<Uint8Array>({ write: () => Promise.reject(new Error("disk full")) });
  const trace = new PCAPTrace(broken, 1500, { buffer: 2 });
  const routing = internet.route({ trace });
  for (const id of [1, 2, 3, 4]) {
    send(id);
    await settle();
  }
  assertEquals(received, [1, 2, 3, 4]);
  await internet.close();
  await routing;
  await assertRejects(() => trace.close(), Error, "disk full");
  assertEquals(trace.dropped, 4);
});

Deno.test("what is neither a boolean nor a frame rejects route() with a TypeError", async () => {
  const verdicts: [unknown, string][] = [
    [Promise.resolve(true), "not a promise"],
    [Promise.reject(new Error("Nobody awaits this")), "not a promise"],
    [undefined, "not undefined"],
    [null, "not null"],
    [1, "not number"],
    [{}, "not an object without a packet"],
    [{ packet: [0x45] }, "not an object without a packet"],
  ];
  for (const [verdict, message] of verdicts) {
    const { internet, received, send } = oneHost();
    const routing = internet.route({ filter: () => verdict as boolean });
    send(1);
    await assertRejects(() => routing, TypeError, message);
    assertEquals(received, []);
    await internet.close();
  }
});

Deno.test("options that are not what they should be reject route()", async () => {
  await using internet = new Internet();
  const bad: [unknown, string][] = [[{ filter: true }, "filter"], [{ trace: {} }, "trace"], [{ signal: {} }, "signal"]];
  for (const [options, culprit] of bad) {
    await assertRejects(() => internet.route(options as RouteOptions), TypeError, culprit);
  }
});

Deno.test("the trace sees every packet, before the filter", async () => {
  const { internet, received, send } = oneHost();
  const order: string[] = [];
  const trace = { dump: (packet: Uint8Array) => order.push(`trace ${packet[2]}`) } as unknown as PCAPTrace;
  const routing = internet.route({
    trace,
    filter({ packet }) {
      order.push(`filter ${packet[2]}`);
      return packet[2] !== 1;
    },
  });
  for (const id of [1, 2]) send(id);
  await settle();
  assertEquals(order, ["trace 1", "filter 1", "trace 2", "filter 2"]);
  assertEquals(received, [2]);
  await internet.close();
  await routing;
});

Deno.test("route() does not close the trace", async () => {
  const { internet, send } = oneHost();
  let isClosed = false;
  const stream = new WritableStream<Uint8Array>({
    close() {
      isClosed = true;
    },
  });
  const trace = new PCAPTrace(stream, 64);
  const routing = internet.route({ trace });
  send(1);
  await settle();
  await internet.close();
  await routing;
  assertEquals([isClosed, trace.dropped], [false, 0]);
  await trace.close();
});

Deno.test("a signal aborted already ends route() before the first packet", async () => {
  const { internet, received, send } = oneHost();
  send(1);
  assertEquals(await internet.route({ signal: AbortSignal.abort() }), undefined);
  assertEquals(received, []);
  assertEquals((await internet.inFlight().next()).value.packet[2], 1);
  await internet.close();
});

Deno.test("abort ends a waiting route(), which gives up its place in the queue", async () => {
  const { internet, received, send } = oneHost();
  const controller = new AbortController();
  const routing = internet.route({ signal: controller.signal });
  const next = internet.inFlight().next();
  controller.abort();
  send(1);
  assertEquals(await routing, undefined);
  assertEquals((await next).value.packet[2], 1);
  assertEquals(received, []);
  await internet.close();
});

Deno.test("abort from the filter ends route() after that packet, and the others stay in flight", async () => {
  const { internet, received, send } = oneHost();
  const controller = new AbortController();
  for (const id of [1, 2, 3]) send(id);
  await internet.route({
    signal: controller.signal,
    filter({ packet }) {
      if (packet[2] === 2) controller.abort();
      return true;
    },
  });
  assertEquals(received, [1, 2]);
  assertEquals((await internet.inFlight().next()).value.packet[2], 3);
  await internet.close();
});

Deno.test("after abort() no packet is filtered or delivered, not even one on its way to the loop", async () => {
  const { internet, received, send } = oneHost(2);
  const controller = new AbortController();
  const routing = internet.route({ signal: controller.signal });
  for (const id of [1, 2, 3]) assertEquals(send(id), true);
  controller.abort();
  await routing;
  assertEquals(received, []);
  const again = internet.route();
  await settle();
  assertEquals([received, internet.dropped], [[1, 2, 3], 0]);
  await internet.close();
  await again;
});

Deno.test("a packet on its way to a loop that is aborted goes to the reader that waits", async () => {
  for (const maxInflight of [0, 1]) {
    const { internet, send } = oneHost(maxInflight);
    const controller = new AbortController();
    const routing = internet.route({ signal: controller.signal });
    send(1);
    const next = internet.inFlight().next();
    controller.abort();
    await routing;
    assertEquals((await next).value.packet[2], 1);
    await internet.close();
  }
});

Deno.test("with maxInflight 0 a packet on its way to a loop that is aborted is dropped and counted", async () => {
  const { internet, send } = oneHost(0);
  const controller = new AbortController();
  const routing = internet.route({ signal: controller.signal });
  assertEquals(send(1), true);
  controller.abort();
  await routing;
  assertEquals(internet.dropped, 1);
  await internet.close();
});

Deno.test("route() leaves no listener on its signal", async () => {
  const { internet, send } = oneHost();
  const { signal } = new AbortController();
  let listeners = 0;
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
    listeners++;
    addEventListener.apply(signal, args);
  };
  signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
    listeners--;
    removeEventListener.apply(signal, args);
  };
  const failing = internet.route({
    signal,
    filter() {
      throw new Error("Not this one");
    },
  });
  const routing = internet.route({ signal });
  assertEquals(listeners, 2);
  send(1);
  await assertRejects(() => failing, Error, "Not this one");
  assertEquals(listeners, 1);
  await internet.close();
  await routing;
  assertEquals(listeners, 0);
});

Deno.test("two loops share the queue", async () => {
  const { internet, received, send } = oneHost();
  const routing = [internet.route(), internet.route()];
  for (let id = 0; id < 100; id++) send(id);
  await settle();
  assertEquals(received.toSorted((a, b) => a - b), Array.from({ length: 100 }, (_, id) => id));
  await internet.close();
  await Promise.all(routing);
});

Deno.test("route() on a closed internet ends at once", async () => {
  const internet = new Internet();
  await internet.close();
  assertEquals(await internet.route(), undefined);
});

Deno.test("packets that a delivery sends are routed in their turn, and others get a turn between", async () => {
  const internet = new Internet();
  const vnic = internet.newVNIC(1500);
  internet.addRoute(vnic, "10.0.0.1");
  let echoes = 0;
  vnic.attach({
    deliverNetworkPacket(packet) {
      echoes++;
      vnic.writePackets([packet]);
    },
  });
  const routing = internet.route();
  internet.sendFrame(frame(1));
  await settle();
  await internet.close();
  await routing;
  const after = echoes;
  await settle();
  assertEquals([after > 1, echoes], [true, after]);
});
