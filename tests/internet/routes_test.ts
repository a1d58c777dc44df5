// Some packets here are malformed on purpose.
import { assertEquals, assertInstanceOf, assertStringIncludes, assertThrows } from "@std/assert";
import { Internet } from "../../internet/mod.ts";
import { type NetworkDispatcher, VNIC, type VNICFrame } from "../../vnic/mod.ts";
import { packetTo } from "./packets.ts";

class Sink implements NetworkDispatcher {
  received = 0;
  deliverNetworkPacket(): void {
    this.received++;
  }
}

function host(internet: Internet, mtu: number, ...addrs: string[]): { vnic: VNIC; sink: Sink } {
  const vnic = internet.newVNIC(mtu);
  const sink = new Sink();
  vnic.attach(sink);
  internet.addRoute(vnic, ...addrs);
  return { vnic, sink };
}

function assertAddrInUse(act: () => void, literal: string): void {
  const error = assertThrows(act, Deno.errors.AddrInUse, literal);
  assertEquals((error as Error & { code?: string }).code, "EADDRINUSE");
}

function assertNetworkDown(act: () => void): void {
  const error = assertThrows(act, Deno.errors.NetworkUnreachable);
  assertEquals((error as Error & { code?: string }).code, "ENETDOWN");
}

Deno.test("a packet arrives at the NIC that has its destination", async () => {
  await using internet = new Internet();
  const a = host(internet, 1500, "10.0.0.1", "2001:db8::1");
  const b = host(internet, 1500, "10.0.0.2", "2001:db8::2", "fe80::2", "255.255.255.254", "::2");
  assertEquals(internet.deliver({ packet: packetTo("10.0.0.1") }), true);
  assertEquals(internet.deliver({ packet: packetTo("2001:db8::1") }), true);
  assertEquals([a.sink.received, b.sink.received], [2, 0]);
  for (const addr of ["10.0.0.2", "2001:db8::2", "fe80::2", "255.255.255.254", "::2"]) {
    assertEquals(internet.deliver({ packet: packetTo(addr) }), true);
  }
  assertEquals([a.sink.received, b.sink.received], [2, 5]);
});

Deno.test("the smallest packets that have a destination are those of a header", async () => {
  await using internet = new Internet();
  const { sink } = host(internet, 1500, "10.0.1.0", "2001:db8::100");
  assertEquals(internet.deliver({ packet: packetTo("10.0.1.0", 20) }), true);
  assertEquals(internet.deliver({ packet: packetTo("2001:db8::100", 40) }), true);
  assertEquals(internet.deliver({ packet: packetTo("10.0.1.0").subarray(0, 19) }), false);
  assertEquals(internet.deliver({ packet: packetTo("2001:db8::100").subarray(0, 39) }), false);
  assertEquals(sink.received, 2);
});

Deno.test("deliver() is false for what has no destination here, and throws at nothing", async () => {
  await using internet = new Internet();
  const { sink } = host(internet, 1500, "10.0.0.1", "2001:db8::1");
  const unknown = packetTo("10.0.0.1");
  unknown[0] = 0x55;
  const undeliverable: [string, unknown][] = [
    ["empty", { packet: new Uint8Array(0) }],
    ["truncated to a byte", { packet: Uint8Array.of(0x45) }],
    ["unknown version", { packet: unknown }],
    ["unroutable IPv4", { packet: packetTo("10.0.0.3") }],
    ["unroutable IPv6", { packet: packetTo("2001:db8::3") }],
    ["broadcast", { packet: packetTo("255.255.255.255") }],
    ["multicast IPv4", { packet: packetTo("224.0.0.1") }],
    ["multicast IPv6", { packet: packetTo("ff02::1") }],
    ["loopback IPv4", { packet: packetTo("127.0.0.1") }],
    ["loopback IPv6", { packet: packetTo("::1") }],
    ["no bytes", { packet: [0x45] }],
    ["no packet", {}],
    ["no frame", null],
    ["nothing", undefined],
  ];
  for (const [name, frame] of undeliverable) {
    assertEquals(internet.deliver(frame as VNICFrame), false, name);
  }
  assertEquals(sink.received, 0);
});

Deno.test("deliver() is false when the NIC does not take the packet", async () => {
  await using internet = new Internet();
  const { vnic, sink } = host(internet, 100, "10.0.0.1");
  assertEquals(internet.deliver({ packet: packetTo("10.0.0.1", 101) }), false);
  assertEquals(internet.deliver({ packet: packetTo("10.0.0.1", 100) }), true);
  vnic.attach(null);
  assertEquals(internet.deliver({ packet: packetTo("10.0.0.1") }), false);
  vnic.attach(sink);
  vnic.close();
  assertEquals(internet.deliver({ packet: packetTo("10.0.0.1") }), false);
  assertEquals(sink.received, 1);
});

Deno.test("a frame may be delivered twice, and changed in between", async () => {
  await using internet = new Internet();
  const [a, b] = [host(internet, 1500, "10.0.0.1"), host(internet, 1500, "10.0.0.2")];
  const frame = { packet: packetTo("10.0.0.1") };
  assertEquals([internet.deliver(frame), internet.deliver(frame)], [true, true]);
  frame.packet[19] = 2;
  assertEquals(internet.deliver(frame), true);
  assertEquals([a.sink.received, b.sink.received], [2, 1]);
});

Deno.test("duplicate addresses are refused, however written, and nothing is added", async () => {
  await using internet = new Internet();
  const { vnic } = host(internet, 1500, "10.0.0.1", "2001:db8::1");
  const other = internet.newVNIC(1500);
  const sink = new Sink();
  other.attach(sink);
  assertAddrInUse(() => internet.addRoute(other, "10.0.0.9", "10.0.0.1"), '"10.0.0.1"');
  assertAddrInUse(() => internet.addRoute(other, "10.0.0.9", "2001:DB8:0:0::1", "::9"), '"2001:DB8:0:0::1"');
  assertAddrInUse(() => internet.addRoute(other, "10.0.0.9", "::9", "10.0.0.9"), '"10.0.0.9"');
  assertAddrInUse(() => internet.addRoute(other, "::9", "0:0::9"), '"0:0::9"');
  assertAddrInUse(() => internet.addRoute(vnic, "10.0.0.1"), '"10.0.0.1"');
  for (const addr of ["10.0.0.9", "::9"]) assertEquals(internet.deliver({ packet: packetTo(addr) }), false);
  internet.addRoute(other, "10.0.0.9");
  internet.addRoute(other, "::9");
  for (const addr of ["10.0.0.9", "::9"]) assertEquals(internet.deliver({ packet: packetTo(addr) }), true);
  assertEquals(sink.received, 2);
});

Deno.test("what a host cannot have as its address is refused, and nothing is added", async () => {
  await using internet = new Internet();
  const vnic = internet.newVNIC(1500);
  const bad: Record<string, string> = {
    "": "IP literal",
    "host.example": "IP literal",
    "localhost": "IP literal",
    "10.0.0": "IP literal",
    "10.0.0.256": "IP literal",
    "010.0.0.1": "IP literal",
    "10.0.0.1/24": "IP literal",
    "10.0.0.1:80": "IP literal",
    " 10.0.0.1": "IP literal",
    "[2001:db8::1]": "IP literal",
    "2001:db8::1::": "IP literal",
    "fe80::1%eth0": "IP literal",
    "::ffff:10.0.0.1": "IPv4-mapped",
    "0.0.0.0": "unspecified",
    "::": "unspecified",
    "127.0.0.1": "loopback",
    "127.255.0.1": "loopback",
    "::1": "loopback",
    "224.0.0.1": "multicast",
    "239.255.255.255": "multicast",
    "ff02::1": "multicast",
    "255.255.255.255": "broadcast",
  };
  for (const [addr, reason] of Object.entries(bad)) {
    const error = assertThrows(() => internet.addRoute(vnic, "10.0.0.1", addr), TypeError, JSON.stringify(addr));
    assertInstanceOf(error, TypeError);
    assertStringIncludes(error.message, reason);
  }
  assertThrows(() => internet.addRoute(vnic, 10 as unknown as string), TypeError, "Cannot route 10");
  internet.addRoute(vnic, "10.0.0.1");
});

Deno.test("no address at all is no route", async () => {
  await using internet = new Internet();
  internet.addRoute(internet.newVNIC(1500));
});

Deno.test("closing the NIC frees its addresses, and no others", async () => {
  await using internet = new Internet();
  const first = host(internet, 1500, "10.0.0.1", "2001:db8::1");
  internet.addRoute(first.vnic, "10.0.0.2");
  const other = host(internet, 1500, "10.0.0.3", "2001:db8::3");
  first.vnic.close();
  const next = host(internet, 1500, "2001:db8::1", "10.0.0.2", "10.0.0.1");
  for (const addr of ["10.0.0.1", "10.0.0.2", "2001:db8::1", "10.0.0.3", "2001:db8::3"]) {
    assertEquals(internet.deliver({ packet: packetTo(addr) }), true);
  }
  assertEquals([first.sink.received, next.sink.received, other.sink.received], [0, 3, 2]);
});

Deno.test("the program's close action does not replace the internet's", async () => {
  await using internet = new Internet();
  const { vnic } = host(internet, 1500, "10.0.0.1");
  let isFree = false;
  vnic.onClose = () => {
    internet.addRoute(internet.newVNIC(1500), "10.0.0.1");
    isFree = true;
  };
  vnic.close();
  assertEquals(isFree, true);
});

Deno.test("a closed NIC gets no route", async () => {
  await using internet = new Internet();
  const vnic = internet.newVNIC(1500);
  vnic.close();
  assertNetworkDown(() => internet.addRoute(vnic, "10.0.0.1"));
  internet.addRoute(internet.newVNIC(1500), "10.0.0.1");
});

Deno.test("what is no VNIC gets no route", async () => {
  await using internet = new Internet();
  for (const vnic of [null, undefined, {}]) {
    assertThrows(() => internet.addRoute(vnic as unknown as VNIC, "10.0.0.1"), TypeError, "VNIC");
  }
});

Deno.test("a NIC of the program's own network can have a route, and outlives the internet", async () => {
  const internet = new Internet();
  const sent: VNICFrame[] = [];
  const vnic = new VNIC(1500, { sendFrame: (frame) => sent.push(frame) > 0 });
  const sink = new Sink();
  vnic.attach(sink);
  internet.addRoute(vnic, "10.0.0.1");
  assertEquals(internet.deliver({ packet: packetTo("10.0.0.1") }), true);
  assertEquals(vnic.writePackets([packetTo("10.0.0.2")]), 1);
  assertEquals([sent.length, sink.received], [1, 1]);
  await internet.close();
  assertEquals(internet.deliver({ packet: packetTo("10.0.0.1") }), false);
  assertEquals(vnic.writePackets([packetTo("10.0.0.2")]), 1);
  vnic.close();
});

Deno.test("a gateway: one NIC with routes in two internets", async () => {
  await using left = new Internet();
  await using right = new Internet();
  const vnic = left.newVNIC(1500);
  const sink = new Sink();
  vnic.attach(sink);
  left.addRoute(vnic, "10.0.0.1");
  right.addRoute(vnic, "10.0.0.1");
  assertEquals([left, right].map((net) => net.deliver({ packet: packetTo("10.0.0.1") })), [true, true]);
  vnic.close();
  for (const net of [left, right]) net.addRoute(net.newVNIC(1500), "10.0.0.1");
});

Deno.test("ten thousand IPv6 addresses keep to their NICs", async () => {
  await using internet = new Internet();
  const addresses = Array.from({ length: 10_000 }, (_, i) => {
    const [high, low] = [(i * 40503) & 0xffff, i & 0xffff];
    return `2001:db8:${high.toString(16)}::${(high ^ low).toString(16)}:${low.toString(16)}`;
  });
  const [even, odd] = [host(internet, 1500), host(internet, 1500)];
  internet.addRoute(even.vnic, ...addresses.filter((_, i) => i % 2 === 0));
  internet.addRoute(odd.vnic, ...addresses.filter((_, i) => i % 2 === 1));
  even.vnic.close();
  for (const [i, addr] of addresses.entries()) {
    assertEquals(internet.deliver({ packet: packetTo(addr) }), i % 2 === 1);
  }
  assertEquals(odd.sink.received, 5000);
});

Deno.test("IPv6 addresses that share a hash in the table are told apart", async () => {
  await using internet = new Internet();
  const addresses = ["2001:db8::1", "2001:db8:0:1::297a:7fcc", "2001:db8::1:1b87:29c", "fd00::4b11:617a"];
  const hosts = addresses.slice(0, 3).map((addr) => host(internet, 1500, addr));
  const deliverAll = () => addresses.map((addr) => internet.deliver({ packet: packetTo(addr) }));
  assertEquals(deliverAll(), [true, true, true, false]);
  hosts[1].vnic.close();
  assertEquals(deliverAll(), [true, false, true, false]);
  assertEquals(hosts.map(({ sink }) => sink.received), [2, 1, 2]);
});
