// The error table: each situation, its class and its code. A test's name begins with its row: refused, reset by the peer, timed
// out, network unreachable, host unreachable, network down, port in use, address not available, no buffers, broken pipe, message
// too long, invalid, not supported, bad text, MTU, signal. Bad hosts and ports of denoNet are S5 in tests/conformance/sockets/.
import { assertEquals, assertRejects, assertStrictEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { delay } from "@std/async";
import { Connector, denoNet, Internet, ListenConfig, Stack, VNIC, type VNICFrame } from "../../mod.ts";
import * as failure from "./failures.ts";
import { later, rejects, throws } from "./failures.ts";
import {
  assertTalks,
  bytes,
  connect,
  connectTo,
  eachIsolation,
  Network,
  readExactly,
  SERVER,
  SERVER6,
} from "./hosts.ts";
import { ACK, report, RST, summarize, SYN, TCP, unreachable } from "./packets.ts";

const ADDRESSES = [`${SERVER}:80`, `[${SERVER6}]:80`];
const ROUTERS = ["10.0.0.254", "2001:db8::fe"];

eachIsolation("refused: a dial to a port nobody listens on", async (isolation) => {
  await using net = await Network.create(isolation);
  for (const address of ADDRESSES) await rejects(net.client.dialTCP(address), failure.REFUSED, `"${address}"`);
  for (const own of ["127.0.0.1:80", "[::1]:80", "10.0.0.2:80"]) {
    await rejects(net.client.dialTCP(own), failure.REFUSED);
  }
  await rejects(denoNet(net.client).connect({ hostname: SERVER, port: 80 }), failure.REFUSED);
});

eachIsolation("refused: the stack trace leads to who dialled", async (isolation) => {
  await using net = await Network.create(isolation);
  for (const signal of [undefined, new AbortController().signal]) {
    const download = async () => void await net.client.dialTCP(ADDRESSES[0], { signal });
    const { stack } = await assertRejects(download, Deno.errors.ConnectionRefused);
    assertStringIncludes(stack ?? "", "at async download ");
  }
});

eachIsolation("a call that waits and fails: the stack trace leads to who called", async (isolation) => {
  await using net = await Network.create(isolation);
  using pair = await connect(net.client, net.server);
  using listener = net.server.listenTCP(`${SERVER}:443`);
  using socket = net.server.listenUDP(`${SERVER}:53`);
  const calls: Record<string, () => Promise<unknown>> = {
    readOne: async () => await pair.client.read(new Uint8Array(1)),
    writeOn: async () => {
      for (;;) await pair.client.write(new Uint8Array(1_000_000));
    },
    acceptOne: async () => await listener.accept(),
    receiveOne: async () => await socket.receive(),
  };
  const failures = Object.entries(calls).map(async ([name, call]) => {
    const { stack } = await assertRejects(call, Deno.errors.TimedOut);
    assertStringIncludes(stack ?? "", name);
  });
  while ((await pair.client.info()).sendWindow > 0); // nobody reads, so that a write waits
  for (const waiting of [pair.client, listener, socket]) waiting.setDeadline(Date.now());
  await Promise.all(failures);
});

eachIsolation("refused: a port that only UDP has is free in TCP", async (isolation) => {
  await using net = await Network.create(isolation);
  using _ = net.server.listenUDP(`${SERVER}:80`);
  await rejects(net.client.dialTCP(`${SERVER}:80`), failure.REFUSED);
});

eachIsolation(
  "reset by the peer: one call hears it, then reads end and writes find a broken pipe",
  async (isolation) => {
    await using net = await Network.create(isolation);
    for (const address of ADDRESSES) {
      using pair = await connect(net.client, net.server, address);
      const pending = later(pair.client.read(new Uint8Array(1)));
      pair.server.abort();
      await rejects(pending, failure.RESET);
      assertEquals(await pair.client.read(new Uint8Array(1)), null);
      await rejects(pair.client.write(bytes("x")), failure.BROKEN_PIPE);
    }
  },
);

eachIsolation("reset by the peer: what had arrived is read first", async (isolation) => {
  await using net = await Network.create(isolation);
  using pair = await connect(net.client, net.server);
  await pair.server.write(bytes("last words"));
  assertEquals(await readExactly(pair.client, 4), bytes("last"));
  pair.server.abort();
  assertEquals(await readExactly(pair.client, 6), bytes(" words"));
  await rejects(pair.client.read(new Uint8Array(1)), failure.RESET);
});

eachIsolation("timed out: a dial whose SYNs are lost", async (isolation) => {
  let syns = 0;
  const filter = ({ packet }: VNICFrame) => {
    if (summarize(packet).flags === SYN) syns++;
    return false;
  };
  await using net = await Network.create(isolation, { filter, client: { tcp: { synRetries: 0 } } });
  await rejects(net.client.dialTCP(`${SERVER}:80`), failure.TIMED_OUT, `"${SERVER}:80"`);
  assertEquals(syns, 1);
});

eachIsolation("timed out: a connection whose data is lost", async (isolation) => {
  let lost = false;
  await using net = await Network.create(isolation, {
    filter: () => !lost,
    client: { tcp: { retries: 2, minRto: 10 } },
  });
  using pair = await connect(net.client, net.server);
  lost = true;
  assertEquals(await pair.client.write(bytes("nobody hears")), 12);
  await rejects(pair.client.read(new Uint8Array(1)), failure.TIMED_OUT);
  assertEquals(await pair.client.read(new Uint8Array(1)), null);
  await rejects(pair.client.write(bytes("x")), failure.BROKEN_PIPE);
});

eachIsolation("timed out: deadlines, of pending calls and of later ones, until they are cleared", async (isolation) => {
  await using net = await Network.create(isolation);
  using pair = await connect(net.client, net.server);
  using listener = net.server.listenTCP(`${SERVER}:81`);
  using socket = net.server.listenUDP(`${SERVER}:53`);
  using udp = await net.client.dialUDP(`${SERVER}:53`);
  const pending: Promise<unknown>[] = [
    pair.client.read(new Uint8Array(1)),
    listener.accept(),
    socket.receive(),
    udp.read(new Uint8Array(1)),
  ];
  pending.forEach(later);
  for (const each of [pair.client, listener, socket, udp]) each.setDeadline(Date.now() - 1);
  for (const each of pending) await rejects(each, failure.TIMED_OUT);
  await rejects(pair.client.read(new Uint8Array(1)), failure.TIMED_OUT);
  await rejects(pair.client.write(bytes("x")), failure.TIMED_OUT);
  await rejects(listener.accept(), failure.TIMED_OUT);
  await rejects(socket.receive(), failure.TIMED_OUT);
  await rejects(socket.send(bytes("x"), udp.localAddr), failure.TIMED_OUT);
  await rejects(udp.write(bytes("x")), failure.TIMED_OUT);
  for (const each of [pair.client, listener, socket, udp]) each.setDeadline(null);
  await assertTalks(pair);
  using second = await connectTo(net.client, listener, `${SERVER}:81`);
  await assertTalks(second);
});

eachIsolation("network unreachable: no address of the family", async (isolation) => {
  await using internet = new Internet({ isolation });
  const ipv4 = await internet.newStack(1500, "10.0.0.1");
  const ipv6 = await internet.newStack(1500, "2001:db8::1");
  await rejects(ipv4.dialTCP("[2001:db8::1]:80"), failure.NET_UNREACHABLE, '"[2001:db8::1]:80"');
  await rejects(ipv4.dialUDP("[2001:db8::1]:80"), failure.NET_UNREACHABLE, '"[2001:db8::1]:80"');
  await rejects(ipv6.dialTCP("10.0.0.1:80"), failure.NET_UNREACHABLE);
  await rejects(ipv6.dialUDP("10.0.0.1:80"), failure.NET_UNREACHABLE);
  using listener = ipv6.listenTCP("127.0.0.1:80");
  using pair = await connectTo(ipv6, listener, "127.0.0.1:80");
  await assertTalks(pair);
});

/** Answers each packet to a port with an ICMP error, by the code of its family. */
function unreachablePort(port: number, codes: [ipv4: number, ipv6: number]): (frame: VNICFrame) => boolean | VNICFrame {
  return ({ packet }) => {
    const i = packet[0] >> 4 === 4 ? 0 : 1;
    const toPort = summarize(packet).destinationPort === port;
    return toPort ? { packet: unreachable(ROUTERS[i], packet, codes[i]) } : true;
  };
}

for (
  const [name, codes, expected] of [
    ["network unreachable: ICMP says so", [0, 0], failure.NET_UNREACHABLE],
    ["host unreachable: ICMP says so", [1, 3], failure.HOST_UNREACHABLE],
  ] as const
) {
  eachIsolation(name, async (isolation) => {
    await using net = await Network.create(isolation, { filter: unreachablePort(81, [...codes]) });
    for (const address of [`${SERVER}:81`, `[${SERVER6}]:81`]) {
      await rejects(net.client.dialTCP(address), expected, `"${address}"`);
      using udp = await net.client.dialUDP(address);
      const reading = later(udp.read(new Uint8Array(1)));
      await udp.write(bytes("x"));
      await rejects(reading, expected);
    }
    // An error about one port is none of the others' business.
    using pair = await connect(net.client, net.server);
    await assertTalks(pair);
  });
}

/** Answers each packet to a port with an ICMP error of a type of its family. */
function reportedPort(port: number, types: { 4: number; 6: number }): (frame: VNICFrame) => boolean | VNICFrame {
  return ({ packet }) => {
    if (summarize(packet).destinationPort !== port) return true;
    const i = packet[0] >> 4 === 4 ? 0 : 1;
    return { packet: report(ROUTERS[i], packet, { type: types[i === 0 ? 4 : 6], code: 0, rest: 0 }) };
  };
}

eachIsolation("protocol error: ICMP says that a header is bad", async (isolation) => {
  await using net = await Network.create(isolation, { filter: reportedPort(81, { 4: 12, 6: 4 }) });
  for (const address of [`${SERVER}:81`, `[${SERVER6}]:81`]) {
    await rejects(net.client.dialTCP(address), failure.PROTOCOL, `"${address}"`);
    using udp = await net.client.dialUDP(address);
    const reading = later(udp.read(new Uint8Array(1)));
    await udp.write(bytes("x"));
    await rejects(reading, failure.PROTOCOL);
  }
});

eachIsolation("host unreachable: a dial times out, and its TTL had expired on the way", async (isolation) => {
  const options = { filter: reportedPort(81, { 4: 11, 6: 3 }), client: { tcp: { synRetries: 0 } } };
  await using net = await Network.create(isolation, options);
  const dials = [`${SERVER}:81`, `[${SERVER6}]:81`].map((address) => later(net.client.dialTCP(address)));
  for (const dial of dials) await rejects(dial, failure.HOST_UNREACHABLE);
});

eachIsolation("network down: dials and listens on a closed stack", async (isolation) => {
  await using net = await Network.create(isolation);
  const { client } = net;
  await client.close();
  await rejects(client.dialTCP(`${SERVER}:80`), failure.NET_DOWN, `"${SERVER}:80"`);
  await rejects(client.dialUDP(`${SERVER}:80`), failure.NET_DOWN, `"${SERVER}:80"`);
  throws(() => client.listenTCP("10.0.0.2:80"), failure.NET_DOWN, '"10.0.0.2:80"');
  throws(() => client.listenUDP("10.0.0.2:80"), failure.NET_DOWN, '"10.0.0.2:80"');
  await rejects(new Connector(client).dial("tcp", `${SERVER}:80`), failure.NET_DOWN);
  throws(() => new ListenConfig(client).listenPacket("udp", "0.0.0.0:80"), failure.NET_DOWN);
  throws(() => denoNet(client).listen({ port: 80 }), failure.NET_DOWN);
  await rejects(net.internet.newStack(1500, SERVER), failure.IN_USE);
});

const CONFLICTS = [
  [`${SERVER}:80`, `${SERVER}:80`, true],
  ["0.0.0.0:80", `${SERVER}:80`, true],
  [`${SERVER}:80`, "0.0.0.0:80", true],
  ["127.0.0.1:80", "0.0.0.0:80", true],
  ["[::]:80", "0.0.0.0:80", true],
  ["0.0.0.0:80", "[::]:80", true],
  ["[::]:80", `${SERVER}:80`, true],
  [`[${SERVER6}]:80`, "[::]:80", true],
  [`${SERVER}:80`, "127.0.0.1:80", false],
  [`${SERVER}:80`, `[${SERVER6}]:80`, false],
  ["0.0.0.0:80", `[${SERVER6}]:80`, false],
  [`${SERVER}:80`, `${SERVER}:81`, false],
] as const;

eachIsolation("port in use: who conflicts with whom", async (isolation) => {
  await using net = await Network.create(isolation);
  const { server } = net;
  for (const [first, second, conflict] of CONFLICTS) {
    for (const listen of [server.listenTCP.bind(server), server.listenUDP.bind(server)]) {
      using _ = listen(first);
      if (conflict) throws(() => listen(second), failure.IN_USE, `"${second}"`);
      else listen(second).close();
    }
  }
});

eachIsolation(
  "port in use: TCP and UDP have their own, and a closed socket's port is free at once",
  async (isolation) => {
    await using net = await Network.create(isolation);
    const { server } = net;
    using tcp = server.listenTCP(`${SERVER}:80`);
    using udp = server.listenUDP(`${SERVER}:80`);
    throws(() => server.listenTCP("0.0.0.0:80"), failure.IN_USE);
    throws(() => server.listenUDP("0.0.0.0:80"), failure.IN_USE);
    tcp.close();
    server.listenTCP("0.0.0.0:80").close();
    throws(() => server.listenUDP("0.0.0.0:80"), failure.IN_USE);
    udp.close();
    server.listenUDP("0.0.0.0:80").close();
  },
);

eachIsolation("address not available: not on this stack", async (isolation) => {
  await using net = await Network.create(isolation);
  const { client } = net;
  for (const address of [`${SERVER}:80`, `[${SERVER6}]:80`, "192.0.2.1:0", "255.255.255.255:80"]) {
    throws(() => client.listenTCP(address), failure.NOT_AVAILABLE, `"${address}"`);
    throws(() => client.listenUDP(address), failure.NOT_AVAILABLE, `"${address}"`);
  }
});

eachIsolation("address not available: no port left to dial from", async (isolation) => {
  await using net = await Network.create(isolation, { client: { limits: { ephemeralPorts: [40000, 40001] } } });
  using listener = net.server.listenTCP(`${SERVER}:80`);
  using first = await connectTo(net.client, listener, `${SERVER}:80`);
  using second = await connectTo(net.client, listener, `${SERVER}:80`);
  const ports = [first.client.localAddr.port, second.client.localAddr.port];
  assertEquals(ports.sort(), [40000, 40001]);
  await rejects(net.client.dialTCP(`${SERVER}:80`), failure.NOT_AVAILABLE, `"${SERVER}:80"`);
  // Another peer is another matter.
  await rejects(net.client.dialTCP(`${SERVER}:81`), failure.REFUSED);
});

eachIsolation("no buffers: a dial of a host with as many connections as its limits allow", async (isolation) => {
  await using net = await Network.create(isolation, { client: { limits: { connections: 2 } } });
  using first = await connect(net.client, net.server);
  using second = await connect(net.client, net.server);
  await rejects(net.client.dialTCP(`${SERVER}:80`), failure.NO_BUFFERS, `"${SERVER}:80"`);
  await assertTalks(first);
  second.client.abort();
  using third = await connect(net.client, net.server);
  await assertTalks(third);
});

eachIsolation("broken pipe: a write after closeWrite()", async (isolation) => {
  await using net = await Network.create(isolation);
  using pair = await connect(net.client, net.server);
  await pair.client.closeWrite();
  await rejects(pair.client.write(bytes("x")), failure.BROKEN_PIPE);
  await pair.client.closeWrite();
});

eachIsolation("message too long: 65,508 bytes over IPv4, 65,528 over IPv6", async (isolation) => {
  await using net = await Network.create(isolation);
  for (const [host, wildcard, most] of [[SERVER, "0.0.0.0", 65507], [SERVER6, "[::]", 65527]] as const) {
    using socket = net.client.listenUDP(`${wildcard}:0`);
    using conn = await net.client.dialUDP(host === SERVER ? `${host}:53` : `[${host}]:53`);
    const to: Deno.NetAddr = { transport: "udp", hostname: host, port: 53 };
    await rejects(socket.send(new Uint8Array(most + 1), to), failure.MESSAGE_SIZE);
    await rejects(conn.write(new Uint8Array(most + 1)), failure.MESSAGE_SIZE);
    assertEquals(await socket.send(new Uint8Array(most), to), most);
  }
});

eachIsolation("invalid: calls that the socket's state does not allow", async (isolation) => {
  await using net = await Network.create(isolation);
  using udp = await net.client.dialUDP(`${SERVER}:53`);
  await rejects(udp.closeWrite(), failure.INVALID);
  using socket = net.client.listenUDP("0.0.0.0:0");
  await rejects(socket.send(bytes("x"), { transport: "udp", hostname: SERVER, port: 0 }), failure.INVALID);
});

eachIsolation("not supported: networks other than tcp and udp, unix, vsock", async (isolation) => {
  await using net = await Network.create(isolation);
  const connector = new Connector(net.client);
  const config = new ListenConfig(net.client);
  for (const network of ["tcp4", "tcp6", "udp4", "udp6", "unix", "ip", ""]) {
    await rejects(connector.dial(network as "tcp", `${SERVER}:80`), failure.NOT_SUPPORTED, `"${network}"`);
    throws(() => config.listen(network as "tcp", "0.0.0.0:80"), failure.NOT_SUPPORTED, `"${network}"`);
    throws(() => config.listenPacket(network as "udp", "0.0.0.0:80"), failure.NOT_SUPPORTED, `"${network}"`);
  }
  throws(() => config.listen("udp" as "tcp", "0.0.0.0:80"), failure.NOT_SUPPORTED);
  throws(() => config.listenPacket("tcp" as "udp", "0.0.0.0:80"), failure.NOT_SUPPORTED);
  const deno = denoNet(net.client);
  await rejects(deno.connect({ transport: "unix", path: "/tmp/s" }), failure.NOT_SUPPORTED, "unix");
  await rejects(deno.connect({ transport: "vsock", cid: 1, port: 1 }), failure.NOT_SUPPORTED, "vsock");
  throws(() => deno.listen({ transport: "unix", path: "/tmp/s" }), failure.NOT_SUPPORTED, "unix");
  throws(() => deno.listen({ transport: "vsock", cid: 1, port: 1 }), failure.NOT_SUPPORTED, "vsock");
  throws(() => deno.listenDatagram({ transport: "unixpacket", path: "/tmp/s" }), failure.NOT_SUPPORTED, "unixpacket");
});

const BAD_ADDRESSES = [
  "example.com:80",
  "localhost:80",
  ":80",
  "10.0.0.1",
  "10.0.0.1:",
  "10.0.0.1:http",
  "10.0.0.1:65536",
  "10.0.0.1:-1",
  "10.0.0.1:8.5",
  "10.0.0.1: 80",
  "10.0.0.256:80",
  "10.1:80",
  "010.0.0.1:80",
  "[10.0.0.1]:80",
  "2001:db8::1:80",
  "[2001:db8::1]",
  "[2001:db8::1:80",
  "[fe80::1%eth0]:80",
  "[::ffff:10.0.0.1]:80",
  "[::ffff:a00:1]:80",
  "",
];

eachIsolation("bad text: a TypeError that quotes it", async (isolation) => {
  await using net = await Network.create(isolation);
  const { client } = net;
  for (const address of BAD_ADDRESSES) {
    const quoted = JSON.stringify(address);
    await assertRejects(() => client.dialTCP(address), TypeError, `Cannot dial ${quoted}`);
    await assertRejects(() => client.dialUDP(address), TypeError, `Cannot dial ${quoted}`);
    assertThrows(() => client.listenTCP(address), TypeError, `Cannot listen on ${quoted}`);
    assertThrows(() => client.listenUDP(address), TypeError, `Cannot listen on ${quoted}`);
    await assertRejects(() => new Connector(client).dial("tcp", address), TypeError, quoted);
    assertThrows(() => new ListenConfig(client).listen("tcp", address), TypeError, quoted);
  }
  for (const address of ["10.0.0.1:0", "[2001:db8::1]:0"]) {
    await assertRejects(() => client.dialTCP(address), TypeError, `Cannot dial "${address}": port must not be 0`);
    await assertRejects(() => client.dialUDP(address), TypeError, `Cannot dial "${address}": port must not be 0`);
  }
  await assertRejects(
    () => client.dialTCP("example.com:80"),
    TypeError,
    'Cannot dial "example.com:80": host must be an IP literal',
  );
});

eachIsolation("MTU under 1280 with an IPv6 address: a RangeError", async (isolation) => {
  await using internet = new Internet({ isolation });
  await assertRejects(() => internet.newStack(1279, "10.0.0.1", "2001:db8::1"), RangeError, "1279");
  const options = { addresses: ["10.0.0.1", "2001:db8::1"], mtu: 1279 };
  await assertRejects(() => internet.newStack(options), RangeError, "1279");
  const vnic = internet.newVNIC(1279);
  const create = isolation === "worker" ? Stack.create(vnic, options) : Stack.createInline(vnic, options);
  await assertRejects(() => create, RangeError, "1279");
  assertEquals(vnic.isAttached, false);

  const running = new VNIC(1280, internet);
  await using _ = isolation === "worker"
    ? await Stack.create(running, "2001:db8::1")
    : await Stack.createInline(running, { addresses: ["2001:db8::1"] });
  assertThrows(() => running.mtu = 1279, RangeError, "1279");
  assertEquals(running.mtu, 1280);
  await internet.newStack(68, "10.0.0.1");
});

eachIsolation("signal: aborted before a dial", async (isolation) => {
  const seen: number[] = [];
  const filter = ({ packet }: VNICFrame) => seen.push(packet.length) > 0;
  await using net = await Network.create(isolation, { filter });
  const reason = new Error("changed my mind");
  const signal = AbortSignal.abort(reason);
  assertStrictEquals(await assertRejects(() => net.client.dialTCP(`${SERVER}:80`, { signal })), reason);
  assertStrictEquals(
    await assertRejects(() => new Connector(net.client).dial("tcp", "10.0.0.1:80", { signal })),
    reason,
  );
  assertStrictEquals(
    await assertRejects(() => new Connector(net.client).dial("udp", "10.0.0.1:80", { signal })),
    reason,
  );
  assertStrictEquals(
    await assertRejects(() => denoNet(net.client).connect({ hostname: SERVER, port: 80, signal })),
    reason,
  );
  const aborted = AbortSignal.abort();
  await assertRejects(() => net.client.dialTCP(`${SERVER}:80`, { signal: aborted }), DOMException, "aborted");
  await rejects(net.client.dialTCP(`${SERVER}:81`), failure.REFUSED);
  assertEquals(seen.length, 2, "only the SYN and the RST of the dial to port 81");
});

eachIsolation("signal: aborted during a dial", async (isolation) => {
  const ports = { client: { limits: { ephemeralPorts: [40000, 40000] as const } } };
  const syn = Promise.withResolvers<void>();
  let lost = true;
  const filter = ({ packet }: VNICFrame) => {
    const { protocol, flags } = summarize(packet);
    if (protocol === TCP && flags === SYN) syn.resolve();
    return !lost;
  };
  await using net = await Network.create(isolation, { ...ports, filter });
  using listener = net.server.listenTCP(`${SERVER}:80`);
  const controller = new AbortController();
  const reason = new Error("too slow");
  const dialling = later(net.client.dialTCP(`${SERVER}:80`, { signal: controller.signal }));
  await syn.promise;
  controller.abort(reason);
  assertStrictEquals(await assertRejects(() => dialling), reason);
  lost = false;
  // Nothing is left of it: the client's one port is free as soon as its engine has heard of the abort.
  const accepting = listener.accept();
  const dial = () => net.client.dialTCP(`${SERVER}:80`).catch((error) => error as Error);
  let client = await dial();
  while (client instanceof Deno.errors.AddrNotAvailable) {
    await delay(1);
    client = await dial();
  }
  if (client instanceof Error) throw client;
  using dialled = client;
  using server = await accepting;
  await assertTalks({ client: dialled, server });
});

eachIsolation("signal: aborted while the answer is under way", async (isolation) => {
  const controller = new AbortController();
  const reason = new Error("at the last moment");
  let resets = 0;
  const filter = ({ packet }: VNICFrame) => {
    const { flags } = summarize(packet);
    if (flags === (SYN | ACK)) controller.abort(reason);
    if (flags & RST) resets++;
    return true;
  };
  await using net = await Network.create(isolation, { filter });
  using listener = net.server.listenTCP(`${SERVER}:80`);
  const accepting = later(listener.accept());
  const dialling = net.client.dialTCP(`${SERVER}:80`, { signal: controller.signal });
  assertStrictEquals(await assertRejects(() => dialling), reason);
  // The server was not told of a connection: the first one that it accepts is the next.
  using client = await net.client.dialTCP(`${SERVER}:80`);
  using server = await accepting;
  assertEquals(server.remoteAddr.port, client.localAddr.port);
  await assertTalks({ client, server });
  assertEquals(resets, 1);
});

eachIsolation(
  "signal: aborted as the connection comes to stand, the dial gives it or leaves none",
  async (isolation) => {
    let onAck = () => {};
    let dialled = 0;
    const filter = ({ packet }: VNICFrame) => {
      const { flags, sourcePort } = summarize(packet);
      if (flags === SYN) dialled = sourcePort;
      if (flags === ACK && sourcePort === dialled) onAck();
      return true;
    };
    await using net = await Network.create(isolation, { filter });
    using listener = net.server.listenTCP(`${SERVER}:80`);
    for (let microtasks = 0; microtasks < 12; microtasks++) {
      const controller = new AbortController();
      onAck = () => void abortAfter(microtasks, controller);
      const accepting = listener.accept();
      const dialling = net.client.dialTCP(`${SERVER}:80`, { signal: controller.signal });
      using client = await dialling.catch(() => undefined);
      using server = await accepting;
      if (client) await assertTalks({ client, server });
      else await rejects(server.read(new Uint8Array(1)), failure.RESET);
    }
  },
);

async function abortAfter(microtasks: number, controller: AbortController): Promise<void> {
  for (let i = 0; i < microtasks; i++) await null;
  controller.abort();
}

eachIsolation("signal: aborted later, it has no effect", async (isolation) => {
  await using net = await Network.create(isolation);
  using listener = net.server.listenTCP(`${SERVER}:80`);
  const controller = new AbortController();
  const accepting = listener.accept();
  using client = await net.client.dialTCP(`${SERVER}:80`, { signal: controller.signal });
  using server = await accepting;
  controller.abort();
  await assertTalks({ client, server });
});
