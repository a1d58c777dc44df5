// Some packets here are malformed on purpose.
import { assertEquals, assertNotStrictEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { Buffer } from "node:buffer";
import { copiesPackets } from "../../vnic/dispatcher.ts";
import { type LinkEndpoint, type NetworkDispatcher, VNIC, type VNICFrame, type VNICNetwork } from "../../vnic/mod.ts";
import { reportedErrors } from "../harness/reported_errors.ts";

class Collector implements NetworkDispatcher, VNICNetwork {
  readonly packets: Uint8Array[] = [];
  deliverNetworkPacket(packet: Uint8Array): void {
    this.packets.push(packet);
  }
  sendFrame(frame: VNICFrame): boolean {
    this.packets.push(frame.packet);
    return true;
  }
}

const ipv4 = (length = 40) => Uint8Array.from({ length }, (_, i) => i === 0 ? 0x45 : i & 0xff);
const ipv6 = (length = 40) => Uint8Array.from({ length }, (_, i) => i === 0 ? 0x60 : i & 0xff);

/** The errors given to reportError() meanwhile. */
function reportedDuring(act: () => void): unknown[] {
  using errors = reportedErrors();
  act();
  return errors.list;
}

Deno.test("a new NIC says what kind of link it is", () => {
  const vnic: LinkEndpoint & VNIC = new VNIC(1500, new Collector());
  assertEquals(vnic.linkAddress, "");
  assertEquals([vnic.arpHardwareType, vnic.capabilities, vnic.maxHeaderLength], ["none", 0, 0]);
  assertEquals(vnic.isAttached, false);
  assertEquals(vnic.onClose, null);
  vnic.linkAddress = "02:00:00:00:00:01";
  assertEquals(vnic.linkAddress, "02:00:00:00:00:01");
});

Deno.test("there is no link header", () => {
  const vnic = new VNIC(1500, new Collector());
  const packet = ipv4();
  vnic.addHeader(packet);
  assertEquals(packet, ipv4());
  assertEquals(vnic.parseHeader(packet), true);
});

Deno.test("a network without sendFrame() is refused", () => {
  for (const network of [null, undefined, {}]) {
    assertThrows(() => new VNIC(1500, network as unknown as VNICNetwork), TypeError, "sendFrame");
  }
});

Deno.test("injectFrame() hands the dispatcher a copy", () => {
  const vnic = new VNIC(1500, new Collector());
  const dispatcher = new Collector();
  vnic.attach(dispatcher);
  for (const packet of [ipv4(), ipv6(), ipv4(1), ipv4(1500), new Uint8Array(ipv4(100).buffer, 0, 50)]) {
    assertEquals(vnic.injectFrame({ packet }), true);
    const [copy] = dispatcher.packets.splice(0);
    assertEquals(copy, packet);
    assertNotStrictEquals(copy.buffer, packet.buffer);
  }
});

Deno.test("injectFrame() copies a Buffer, whose slice() would not", () => {
  const vnic = new VNIC(1500, new Collector());
  const dispatcher = new Collector();
  vnic.attach(dispatcher);
  const packet = Buffer.from(ipv4());
  assertEquals(vnic.injectFrame({ packet }), true);
  packet.fill(0);
  assertEquals(dispatcher.packets[0], ipv4());
});

Deno.test("injectFrame() drops what is no IP packet, and throws at nothing", () => {
  const vnic = new VNIC(1500, new Collector());
  const dispatcher = new Collector();
  vnic.attach(dispatcher);
  const versions = Array.from({ length: 16 }, (_, version) => Uint8Array.of(version << 4, 0, 0, 0));
  const accepted = versions.filter((packet) => vnic.injectFrame({ packet }));
  assertEquals(accepted.map((packet) => packet[0] >> 4), [4, 6]);

  const garbage: unknown[] = [
    { packet: new Uint8Array(0) },
    { packet: "E" },
    { packet: [0x45] },
    { packet: ipv4().buffer },
    { packet: new DataView(ipv4().buffer) },
    { packet: null },
    {},
    null,
    undefined,
    7,
  ];
  for (const frame of garbage) assertEquals(vnic.injectFrame(frame as VNICFrame), false);
  assertEquals(dispatcher.packets.length, 2);
  assertEquals(vnic.stats.malformed, 14 + garbage.length);
});

Deno.test("injectFrame() drops what is larger than the MTU of the moment", () => {
  const vnic = new VNIC(100, new Collector());
  vnic.attach(new Collector());
  assertEquals(vnic.injectFrame({ packet: ipv4(100) }), true);
  assertEquals(vnic.injectFrame({ packet: ipv4(101) }), false);
  vnic.mtu = 101;
  assertEquals(vnic.injectFrame({ packet: ipv4(101) }), true);
  assertEquals(vnic.stats, { received: 2, sent: 0, malformed: 0, overMTU: 1, detached: 0, refused: 0 });
});

Deno.test("injectFrame() needs a dispatcher", () => {
  const vnic = new VNIC(1500, new Collector());
  assertEquals(vnic.injectFrame({ packet: ipv4() }), false);
  vnic.attach(new Collector());
  assertEquals(vnic.injectFrame({ packet: ipv4() }), true);
  vnic.attach(null);
  assertEquals(vnic.isAttached, false);
  assertEquals(vnic.injectFrame({ packet: ipv4() }), false);
  assertEquals(vnic.stats.detached, 2);
});

Deno.test("attach() replaces the dispatcher", () => {
  const vnic = new VNIC(1500, new Collector());
  const [first, second] = [new Collector(), new Collector()];
  vnic.attach(first);
  vnic.attach(second);
  assertEquals(vnic.isAttached, true);
  vnic.injectFrame({ packet: ipv4() });
  assertEquals([first.packets.length, second.packets.length], [0, 1]);
});

Deno.test("attach() refuses what cannot take packets", () => {
  const vnic = new VNIC(1500, new Collector());
  for (const dispatcher of [undefined, {}, 7]) {
    assertThrows(() => vnic.attach(dispatcher as unknown as NetworkDispatcher), TypeError, "deliverNetworkPacket");
  }
});

Deno.test("a stack's dispatcher gets the packet itself and may have no room", () => {
  const offered: Uint8Array[] = [];
  const dispatcher = copiesPackets({
    offerNetworkPacket: (packet: Uint8Array) => offered.push(packet) === 1,
    deliverNetworkPacket: () => {
      throw new Error("Not for the NIC");
    },
  });
  const vnic = new VNIC(1500, new Collector());
  vnic.attach(dispatcher);
  const packet = ipv4();
  assertEquals([vnic.injectFrame({ packet }), vnic.injectFrame({ packet })], [true, false]);
  assertStrictEquals(offered[0], packet);
  assertEquals(vnic.stats, { received: 1, sent: 0, malformed: 0, overMTU: 0, detached: 0, refused: 1 });
});

Deno.test("a program's dispatcher gets a copy, whatever methods it has", () => {
  const delivered: Uint8Array[] = [];
  const dispatcher = {
    offerNetworkPacket: () => {
      throw new Error("Not for the NIC");
    },
    deliverNetworkPacket: (packet: Uint8Array) => delivered.push(packet),
  };
  const vnic = new VNIC(1500, new Collector());
  vnic.attach(dispatcher);
  const packet = ipv4();
  vnic.injectFrame({ packet });
  assertEquals(delivered, [packet]);
  assertNotStrictEquals(delivered[0].buffer, packet.buffer);
});

Deno.test("a change of the MTU reaches the attached stack, which may refuse it", () => {
  const heard: number[] = [];
  const dispatcher = copiesPackets({
    offerNetworkPacket: () => true,
    deliverNetworkPacket: () => {},
    mtuChanged(mtu: number) {
      if (mtu < 1280) throw new RangeError(`${mtu} is too small for IPv6`);
      heard.push(mtu);
    },
  });
  const vnic = new VNIC(1500, new Collector());
  vnic.mtu = 1400;
  vnic.attach(dispatcher);
  vnic.mtu = 9000;
  assertThrows(() => vnic.mtu = 1279, RangeError, "1279 is too small for IPv6");
  assertThrows(() => vnic.mtu = 0, RangeError, "MTU 0");
  assertEquals(vnic.mtu, 9000);
  vnic.attach(null);
  vnic.mtu = 68;
  assertEquals(heard, [9000]);
});

Deno.test("writePackets() sends the packets themselves and skips empty and too large ones", () => {
  const network = new Collector();
  const vnic = new VNIC(100, network);
  const [small, exact] = [ipv4(20), ipv6(100)];
  assertEquals(vnic.writePackets([small, new Uint8Array(0), ipv4(101), exact]), 2);
  assertStrictEquals(network.packets[0], small);
  assertStrictEquals(network.packets[1], exact);
  assertEquals(vnic.stats, { received: 0, sent: 2, malformed: 1, overMTU: 1, detached: 0, refused: 0 });
});

Deno.test("writePackets() takes any iterable, and counts only what the network took", () => {
  function* packets() {
    for (let i = 0; i < 5; i++) yield ipv4(20 + i);
  }
  const vnic = new VNIC(1500, { sendFrame: ({ packet }) => packet.length % 2 === 0 });
  assertEquals(vnic.writePackets(packets()), 3);
  assertEquals(vnic.writePackets(new Set<Uint8Array>()), 0);
  assertEquals([vnic.stats.sent, vnic.stats.refused], [3, 2]);
});

Deno.test("exceptions of a program's own network and dispatcher are reported, and count as refusals", () => {
  const failure = new Error("Out of cable");
  const vnic = new VNIC(1500, {
    sendFrame({ packet }) {
      if (packet.length === 21) throw failure;
      return true;
    },
  });
  vnic.attach({
    deliverNetworkPacket() {
      throw failure;
    },
  });
  const errors = reportedDuring(() => {
    assertEquals(vnic.writePackets([ipv4(20), ipv4(21), ipv4(22)]), 2);
    assertEquals(vnic.injectFrame({ packet: ipv4() }), false);
  });
  assertEquals(errors, [failure, failure]);
  assertEquals([vnic.stats.sent, vnic.stats.received, vnic.stats.refused], [2, 0, 2]);
});

Deno.test("a closed NIC passes nothing and takes no dispatcher", () => {
  const network = new Collector();
  const dispatcher = new Collector();
  const vnic = new VNIC(1500, network);
  vnic.attach(dispatcher);
  vnic.close();
  assertEquals(vnic.isAttached, false);
  vnic.attach(dispatcher);
  assertEquals(vnic.isAttached, false);
  assertEquals(vnic.injectFrame({ packet: ipv4() }), false);
  assertEquals(vnic.writePackets([ipv4(), ipv4()]), 0);
  assertEquals([network.packets, dispatcher.packets], [[], []]);
  assertEquals(vnic.stats.detached, 3);
});

Deno.test("a NIC closed half-way through writePackets() sends no more", () => {
  const vnic: VNIC = new VNIC(1500, {
    sendFrame() {
      vnic.close();
      return true;
    },
  });
  assertEquals(vnic.writePackets([ipv4(), ipv4()]), 1);
});

Deno.test("close() runs the close action once, when all else is done", async () => {
  const vnic = new VNIC(1500, new Collector());
  vnic.attach(new Collector());
  let calls = 0;
  vnic.onClose = () => {
    calls++;
    assertEquals(vnic.isAttached, false);
    vnic.close();
  };
  vnic.close();
  vnic.close();
  assertEquals(calls, 1);
  vnic.onClose = () => calls++;
  vnic.close();
  assertEquals(calls, 1);
  await vnic.wait();
});

Deno.test("an exception of the close action goes to who closes, and the NIC is closed all the same", async () => {
  const vnic = new VNIC(1500, new Collector());
  vnic.onClose = () => {
    throw new Error("Cannot unplug");
  };
  assertThrows(() => vnic.close(), Error, "Cannot unplug");
  vnic.close();
  assertEquals(vnic.writePackets([ipv4()]), 0);
  await vnic.wait();
});

Deno.test("wait() resolves when the NIC is closed, and not before", async () => {
  const vnic = new VNIC(1500, new Collector());
  const order: string[] = [];
  const waiting = vnic.wait().then(() => order.push("closed"));
  await Promise.resolve();
  order.push("open");
  vnic.close();
  await waiting;
  await vnic.wait();
  assertEquals(order, ["open", "closed"]);
});

Deno.test("stats are a copy", () => {
  const vnic = new VNIC(1500, new Collector());
  vnic.stats.sent = 7;
  assertEquals(vnic.stats.sent, 0);
});
