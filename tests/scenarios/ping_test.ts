// Pings between stacks, and the ICMP errors that a program overhears.
import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { type ICMPReport, Internet, ping, type VNICFrame } from "../../mod.ts";
import { reportedErrors } from "../harness/reported_errors.ts";
import * as failure from "./failures.ts";
import { later, rejects } from "./failures.ts";
import { bytes, CLIENT, CLIENT6, eachIsolation, Network, SERVER, SERVER6 } from "./hosts.ts";
import { ICMP, ICMPV6, report, summarize } from "./packets.ts";

const ROUTERS = { 4: "10.0.0.254", 6: "2001:db8::fe" };
const PATIENT = { timeout: 60_000 };

eachIsolation("ping: from, sequence, size, ttl and time", async (isolation) => {
  await using net = await Network.create(isolation);
  for (const address of [SERVER, SERVER6]) {
    const { time, ...reply } = await ping(net.client, address, { ...PATIENT, id: 1, sequence: 65535, size: 9 });
    assertEquals(reply, { from: address, sequence: 65535, size: 9, ttl: 64 });
    assert(time > 0 && time < 60_000, `${time}`);
  }
  const { sequence, size } = await ping(net.client, SERVER, PATIENT);
  assertEquals([sequence, size], [1, 56]);
});

eachIsolation("ping: round trips differ by fractions of a millisecond", async (isolation) => {
  await using net = await Network.create(isolation);
  const times = new Set<number>();
  for (let i = 0; i < 20; i++) times.add((await ping(net.client, SERVER, PATIENT)).time);
  assert([...times].some((time) => !Number.isInteger(time)), `${[...times]}`);
});

eachIsolation("ping: the text of an address may be any that it has", async (isolation) => {
  await using net = await Network.create(isolation);
  assertEquals((await ping(net.client, "2001:DB8:0:0::0:1", PATIENT)).from, SERVER6);
});

eachIsolation("ping: own addresses and loopback, without touching the link", async (isolation) => {
  let packets = 0;
  await using net = await Network.create(isolation, { filter: () => ++packets > 0 });
  for (const address of ["127.0.0.1", "127.9.9.9", "::1", CLIENT, CLIENT6]) {
    const { from, time, size } = await ping(net.client, address, { ...PATIENT, size: 60_000 });
    assertEquals([from, size], [address, 60_000]);
    assert(time >= 0);
  }
  assertEquals((await ping(net.client, "0.0.0.0", PATIENT)).from, "127.0.0.1");
  assertEquals((await ping(net.client, "::", PATIENT)).from, "::1");
  assertEquals(packets, 0);
});

eachIsolation("ping: what is over the MTU goes in fragments; the largest", async (isolation) => {
  const sizes: number[] = [];
  await using net = await Network.create(isolation, { filter: ({ packet }) => sizes.push(packet.length) > 0 });
  for (const [address, size] of [[SERVER, 65507], [SERVER6, 65527], [SERVER, 2000]] as const) {
    assertEquals((await ping(net.client, address, { ...PATIENT, size })).size, size);
    await rejects(ping(net.client, address, { size: address === SERVER ? 65508 : 65528 }), failure.MESSAGE_SIZE);
    await rejects(ping(net.client, address, { size: 1e6 }), failure.MESSAGE_SIZE, address);
  }
  assert(sizes.length > 180 && Math.max(...sizes) === 1500);
});

eachIsolation("ping: the TTL and the identifier are those that were chosen", async (isolation) => {
  const seen: number[][] = [];
  const filter = ({ packet }: VNICFrame) => {
    const view = new DataView(packet.buffer, packet.byteOffset);
    const isIPv4 = packet[0] >> 4 === 4;
    seen.push([packet[isIPv4 ? 8 : 7], view.getUint16(isIPv4 ? 24 : 44), view.getUint16(isIPv4 ? 26 : 46)]);
    return true;
  };
  await using net = await Network.create(isolation, { filter });
  for (const address of [SERVER, SERVER6]) {
    await ping(net.client, address, { ...PATIENT, ttl: 3, id: 513, sequence: 7 });
    assertEquals(seen.splice(0), [[3, 513, 7], [64, 513, 7]]);
  }
});

eachIsolation("ping: a thousand at once", async (isolation) => {
  await using net = await Network.create(isolation, { maxInflight: 4096 });
  const pings = Array.from({ length: 1000 }, (_, sequence) => {
    return ping(net.client, sequence % 2 === 0 ? SERVER : SERVER6, { ...PATIENT, sequence });
  });
  const replies = await Promise.all(pings);
  assertEquals(replies.map(({ sequence }) => sequence), Array.from({ length: 1000 }, (_, i) => i));
});

eachIsolation("ping: nobody answers in time", async (isolation) => {
  await using net = await Network.create(isolation, { filter: () => false });
  await rejects(ping(net.client, SERVER, { timeout: 1 }), failure.TIMED_OUT, `Cannot ping "${SERVER}"`);
});

eachIsolation("ping: a reply whose data was changed is none", async (isolation) => {
  const filter = ({ packet }: VNICFrame) => {
    // The same words in another order keep the checksum right.
    const words = packet.slice(-32);
    const isReply = packet[20] === 0;
    if (isReply) packet.set([...words.subarray(2), ...words.subarray(0, 2)], packet.length - 32);
    return true;
  };
  await using net = await Network.create(isolation, { filter });
  const patience = new AbortController();
  const pinging = ping(net.client, SERVER, { ...PATIENT, signal: patience.signal });
  pinging.catch(() => {});
  while ((await net.client.stats()).dropped.unacceptable === 0);
  patience.abort(new Error("no reply"));
  await assertRejects(() => pinging, Error, "no reply");
});

/** Answers each echo request with an ICMP error, by type and code of its family, as a router would. */
function reporting(ipv4: [type: number, code: number, rest?: number], ipv6: typeof ipv4) {
  return ({ packet }: VNICFrame) => {
    const family = packet[0] >> 4 === 4 ? 4 : 6;
    const [type, code, rest = 0] = family === 4 ? ipv4 : ipv6;
    return { packet: report(ROUTERS[family], packet, { type, code, rest }) };
  };
}

const TOO_LONG = "takes packets of up to 1280 bytes";
for (
  const [what, ipv4, ipv6, expected, words] of [
    ["the TTL expired", [11, 0], [3, 0], failure.HOST_UNREACHABLE, "the TTL expired at ROUTER"],
    [
      "fragments were missing",
      [11, 1],
      [3, 1],
      failure.HOST_UNREACHABLE,
      "fragments did not all come in time to ROUTER",
    ],
    ["no route", [3, 0], [1, 0], failure.NET_UNREACHABLE, "ROUTER reports network-unreachable"],
    ["no such host", [3, 1], [1, 3], failure.HOST_UNREACHABLE, "ROUTER reports host-unreachable"],
    ["prohibited", [3, 13], [1, 1], failure.HOST_UNREACHABLE, "ROUTER reports admin-prohibited"],
    ["an unknown code", [3, 99], [1, 99], failure.HOST_UNREACHABLE, "ROUTER reports ICMP type"],
    ["no such protocol", [3, 2], [4, 1], failure.REFUSED, "ROUTER reports protocol-unreachable"],
    ["a bad header", [12, 0], [4, 0], failure.PROTOCOL, "ROUTER reports parameter-problem"],
    ["a narrow path", [3, 4, 1280], [2, 0, 1280], failure.MESSAGE_SIZE, `ROUTER ${TOO_LONG}`],
  ] as const
) {
  eachIsolation(`ping: an ICMP error, ${what}`, async (isolation) => {
    await using net = await Network.create(isolation, { filter: reporting([...ipv4], [...ipv6]) });
    for (const [address, router] of [[SERVER, ROUTERS[4]], [SERVER6, ROUTERS[6]]]) {
      const message = `Cannot ping "${address}": ${words.replace("ROUTER", router)}`;
      await rejects(ping(net.client, address, PATIENT), expected, message);
    }
  });
}

eachIsolation("ping: no address of the family, a closed stack", async (isolation) => {
  await using internet = new Internet({ isolation });
  const stack = await internet.newStack(1500, "10.0.0.1");
  await rejects(ping(stack, "2001:db8::1"), failure.NET_UNREACHABLE, 'Cannot ping "2001:db8::1"');
  await stack.close();
  await rejects(ping(stack, "10.0.0.1"), failure.NET_DOWN, 'Cannot ping "10.0.0.1"');
});

eachIsolation("ping: closing the stack or the internet ends those that wait", async (isolation) => {
  await using net = await Network.create(isolation, { filter: () => false });
  const first = Array.from({ length: 100 }, () => later(ping(net.client, SERVER, { timeout: Infinity })));
  const second = later(ping(net.server, CLIENT6, PATIENT));
  await net.client.netstat();
  await net.client.close();
  for (const one of first) await rejects(one, failure.ABORTED, `Cannot ping "${SERVER}"`);
  await net.internet.close();
  await rejects(second, failure.ABORTED);
});

eachIsolation("ping: a signal, before and while it waits", async (isolation) => {
  await using net = await Network.create(isolation, { filter: () => false });
  const reason = new Error("enough");
  const aborted = AbortSignal.abort(reason);
  assertStrictEquals(await assertRejects(() => ping(net.client, SERVER, { signal: aborted })), reason);
  const controller = new AbortController();
  const waiting = later(ping(net.client, SERVER, { timeout: Infinity, signal: controller.signal }));
  await net.client.netstat();
  controller.abort(reason);
  assertStrictEquals(await assertRejects(() => waiting), reason);
});

eachIsolation(
  "ping: bad text is a TypeError that quotes it, an option out of range a RangeError",
  async (isolation) => {
    await using net = await Network.create(isolation);
    for (const address of ["example.com", "10.0.0.1:80", "[::1]", "fe80::1%eth0", "::ffff:10.0.0.1", "10.1", ""]) {
      await assertRejects(() => ping(net.client, address), TypeError, `Cannot ping ${JSON.stringify(address)}`);
    }
    await assertRejects(() => ping(net.client, undefined as unknown as string), TypeError, "Cannot ping undefined");
    const wrong = [
      ["id", [-1, 65536, 1.5, NaN]],
      ["sequence", [-1, 65536, 1.5]],
      ["size", [-1, 0.5, Infinity]],
      ["ttl", [0, 256, 1.5]],
      ["timeout", [0, -1, NaN]],
    ] as const;
    for (const [name, values] of wrong) {
      for (const value of values) {
        await assertRejects(() => ping(net.client, SERVER, { [name]: value }), RangeError, `${name} ${value}`);
      }
    }
  },
);

eachIsolation("onIcmp: null at first; every error, whoever was its cause", async (isolation) => {
  await using net = await Network.create(isolation);
  assertEquals(net.client.onIcmp, null);
  const reports: ICMPReport[] = [];
  const came = Promise.withResolvers<void>();
  net.client.onIcmp = (one) => {
    if (reports.push(one) === 2) came.resolve();
  };
  using socket = net.client.listenUDP("0.0.0.0:7");
  const sent: Uint8Array = bytes("nobody is told");
  await socket.send(sent, { transport: "udp", hostname: SERVER, port: 9 });
  using conn = await net.client.dialUDP(`[${SERVER6}]:9`);
  await conn.write(bytes("x"));
  await came.promise;
  reports.sort((a, b) => a.type - b.type);
  assertEquals(reports.map(({ packet: _, ...rest }) => rest), [
    { from: SERVER6, type: 1, code: 4, kind: "port-unreachable" },
    { from: SERVER, type: 3, code: 3, kind: "port-unreachable" },
  ]);
  assertEquals([summarize(reports[1].packet).destinationPort, reports[1].packet.subarray(28)], [9, sent]);
});

eachIsolation("onIcmp: set back to null, it hears nothing more", async (isolation) => {
  await using net = await Network.create(isolation);
  let heard = 0;
  net.client.onIcmp = () => heard++;
  net.client.onIcmp = null;
  using conn = await net.client.dialUDP(`${SERVER}:9`);
  const reading = later(conn.read(new Uint8Array(1)));
  await conn.write(bytes("x"));
  await rejects(reading, failure.REFUSED);
  assertEquals(heard, 0);
  net.client.onIcmp = () => heard++;
  const again = later(conn.read(new Uint8Array(1)));
  await conn.write(bytes("x"));
  await rejects(again, failure.REFUSED);
  assertEquals(heard, 1);
});

eachIsolation("onIcmp: what it throws is reported, and the stack goes on", async (isolation) => {
  await using net = await Network.create(isolation);
  using errors = reportedErrors();
  const oops = new Error("oops");
  net.client.onIcmp = () => {
    throw oops;
  };
  using conn = await net.client.dialUDP(`${SERVER}:9`);
  const reading = later(conn.read(new Uint8Array(1)));
  await conn.write(bytes("x"));
  await rejects(reading, failure.REFUSED);
  assertEquals(errors.list, [oops]);
  assertEquals((await ping(net.client, SERVER, PATIENT)).from, SERVER);
});

eachIsolation("onIcmp: on a stack that is closed, it hears nothing and harms nothing", async (isolation) => {
  await using net = await Network.create(isolation);
  await net.client.close();
  net.client.onIcmp = () => {};
  assert(net.client.onIcmp !== null);
  net.client.onIcmp = null;
});

eachIsolation("ping: an error of the network leaves TCP and UDP alone", async (isolation) => {
  const filter = (frame: VNICFrame) => {
    const { protocol } = summarize(frame.packet);
    return protocol === ICMP || protocol === ICMPV6 ? reporting([11, 0], [3, 0])(frame) : true;
  };
  await using net = await Network.create(isolation, { filter });
  await rejects(ping(net.client, SERVER, PATIENT), failure.HOST_UNREACHABLE);
  await rejects(net.client.dialTCP(`${SERVER}:80`), failure.REFUSED);
});
