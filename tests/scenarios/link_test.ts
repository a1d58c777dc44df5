// Links under running stacks: an MTU that changes, and links of the program's own.
import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { delay } from "@std/async";
import { Internet, type LinkEndpoint, type NetworkDispatcher, Stack, type VNICFrame } from "../../mod.ts";
import { liveWorkers } from "../harness/preload.ts";
import { patternDigest, receiveDigest, sendPattern } from "./data.ts";
import * as failure from "./failures.ts";
import { rejects } from "./failures.ts";
import {
  assertTalks,
  bytes,
  CLIENT,
  connect,
  eachIsolation,
  type Isolation,
  scenario,
  SERVER,
  SERVER6,
  text,
} from "./hosts.ts";

const MiB = 1024 * 1024;

function createStack(isolation: Isolation, link: LinkEndpoint, ...addresses: string[]): Promise<Stack> {
  return isolation === "worker" ? Stack.create(link, ...addresses) : Stack.createInline(link, { addresses });
}

eachIsolation("the MTU changes during a transfer: packets follow, data arrives", async (isolation) => {
  const length = 8 * MiB;
  const steps = [9000, 1500, 576, 65535, 1280];
  await using internet = new Internet({ isolation });
  const vnics = [internet.newVNIC(steps[0]), internet.newVNIC(steps[0])];
  const [server, client] = await Promise.all([
    createStack(isolation, vnics[0], SERVER),
    createStack(isolation, vnics[1], CLIENT),
  ]);
  await using _ = server;
  await using __ = client;
  internet.addRoute(vnics[0], SERVER);
  internet.addRoute(vnics[1], CLIENT);

  let bytesSeen = 0;
  let largest = 0;
  const sizes = new Set<number>();
  const filter = ({ packet }: VNICFrame) => {
    const step = Math.min(steps.length - 1, Math.floor(bytesSeen * steps.length / (2 * length)));
    if (vnics[0].mtu !== steps[step]) {
      for (const vnic of vnics) vnic.mtu = steps[step];
      largest = 0;
    }
    bytesSeen += packet.length;
    largest = Math.max(largest, packet.length);
    sizes.add(packet.length);
    return true;
  };
  const routing = internet.route({ filter });
  using pair = await connect(client, server);
  const [up, down] = await Promise.all([
    receiveDigest(pair.server),
    receiveDigest(pair.client),
    sendPattern(pair.client, length, 1),
    sendPattern(pair.server, length, 2),
  ]);
  assertEquals([up, down], [patternDigest(length, 1), patternDigest(length, 2)]);
  // Full packets of each MTU that bounds were seen: a peer's segments are no larger than what it offered at the start.
  for (const mtu of [9000, 1500, 576, 1280]) assert(sizes.has(mtu), `no packet of ${mtu} bytes`);
  assert(largest <= 9000);
  await internet.close();
  await routing;
});

eachIsolation("a larger MTU counts for connections that come after it", async (isolation) => {
  await using internet = new Internet({ isolation });
  const vnics = [internet.newVNIC(1500), internet.newVNIC(1500)];
  await using server = await createStack(isolation, vnics[0], SERVER);
  await using client = await createStack(isolation, vnics[1], CLIENT);
  internet.addRoute(vnics[0], SERVER);
  internet.addRoute(vnics[1], CLIENT);
  let largest = 0;
  const routing = internet.route({ filter: ({ packet }) => (largest = Math.max(largest, packet.length)) > 0 });
  for (const mtu of [1500, 65535, 68]) {
    for (const vnic of vnics) vnic.mtu = mtu;
    largest = 0;
    using pair = await connect(client, server);
    const length = mtu === 68 ? 2000 : MiB;
    const [received] = await Promise.all([receiveDigest(pair.server), sendPattern(pair.client, length, 3)]);
    assertEquals(received, patternDigest(length, 3));
    assertEquals(largest, mtu);
  }
  await internet.close();
  await routing;
});

/** One end of a cable that carries every packet late, and twice. */
class Cable implements LinkEndpoint {
  readonly mtu = 1500;
  peer: Cable | undefined;
  dispatcher: NetworkDispatcher | null = null;
  closed = 0;
  /** When set, what sending throws. */
  failure: Error | undefined;

  attach(dispatcher: NetworkDispatcher | null): void {
    this.dispatcher = dispatcher;
  }

  writePackets(packets: Iterable<Uint8Array>): number {
    let sent = 0;
    for (const packet of packets) {
      if (this.failure !== undefined) throw this.failure;
      for (let copy = 0; copy < 2; copy++) {
        queueMicrotask(() => this.peer?.dispatcher?.deliverNetworkPacket(packet));
      }
      sent++;
    }
    return sent;
  }

  close(): void {
    this.closed++;
  }

  static pair(): [Cable, Cable] {
    const ends: [Cable, Cable] = [new Cable(), new Cable()];
    [ends[0].peer, ends[1].peer] = [ends[1], ends[0]];
    return ends;
  }
}

eachIsolation("a link of the program's own carries TCP and UDP, twice and late", async (isolation) => {
  const links = Cable.pair();
  {
    await using server = await createStack(isolation, links[0], SERVER, "2001:db8::1");
    await using client = await createStack(isolation, links[1], CLIENT, "2001:db8::2");
    for (const address of [`${SERVER}:80`, "[2001:db8::1]:80"]) {
      using pair = await connect(client, server, address);
      const [received] = await Promise.all([receiveDigest(pair.server), sendPattern(pair.client, MiB, 5)]);
      assertEquals(received, patternDigest(MiB, 5));
    }
    using socket = server.listenUDP(`${SERVER}:7`);
    using conn = await client.dialUDP(`${SERVER}:7`);
    await conn.write(bytes("echo"));
    for (let copy = 0; copy < 2; copy++) assertEquals(text((await socket.receive())[0]), "echo");
  }
  assertEquals(links.map((link) => [link.closed, link.dispatcher]), [[1, null], [1, null]]);
});

eachIsolation("a link that throws loses the packet, reports the error, and the stack goes on", async (isolation) => {
  const links = Cable.pair();
  const reported: unknown[] = [];
  const report = (event: ErrorEvent) => {
    event.preventDefault();
    reported.push(event.error);
  };
  globalThis.addEventListener("error", report);
  try {
    await using server = await createStack(isolation, links[0], SERVER);
    await using client = await createStack(isolation, links[1], CLIENT);
    using socket = server.listenUDP(`${SERVER}:7`);
    using conn = await client.dialUDP(`${SERVER}:7`);
    using own = client.listenUDP("127.0.0.1:9");
    links[1].failure = new Error("unplugged");
    await conn.write(bytes("lost"));
    // The stack's answer to itself comes after the packet to the link.
    await own.send(bytes("x"), own.addr as Deno.NetAddr);
    await own.receive();
    links[1].failure = undefined;
    await conn.write(bytes("found"));
    assertEquals(text((await socket.receive())[0]), "found");
    using pair = await connect(client, server);
    await assertTalks(pair);
  } finally {
    globalThis.removeEventListener("error", report);
  }
  assertEquals(reported.map(String), ["Error: unplugged"]);
});

eachIsolation("a link that delivers no packets, and goes on after its end, does no harm", async (isolation) => {
  const links = Cable.pair();
  const server = await createStack(isolation, links[0], SERVER);
  await using client = await createStack(isolation, links[1], CLIENT);
  const { dispatcher } = links[0];
  const garbage = [new Uint8Array(), Uint8Array.of(0x45), new Uint8Array(70_000).fill(0x60), new Uint8Array(40)];
  links[0].writePackets = (packets) => {
    for (const packet of packets) links[1].dispatcher?.deliverNetworkPacket(packet);
    for (const packet of garbage) dispatcher?.deliverNetworkPacket(packet);
    return -1;
  };
  {
    using pair = await connect(client, server);
    await assertTalks(pair);
  }
  const { malformed } = (await server.stats()).dropped;
  assert(malformed > 0, `${malformed} packets were malformed`);
  await server.close();
  for (const packet of garbage) dispatcher?.deliverNetworkPacket(packet);
  await client.stats();
});

eachIsolation(
  "a link that cannot be attached: Stack.create rejects with its error, and leaves nothing",
  async (isolation) => {
    const link = new Cable();
    const failure = new Error("no socket");
    link.attach = () => {
      throw failure;
    };
    assertStrictEquals(await assertRejects(() => createStack(isolation, link, SERVER)), failure);
    assertEquals(liveWorkers(), 0);
  },
);

eachIsolation("a NIC that is closed under its stack closes the stack", async (isolation) => {
  await using internet = new Internet({ isolation });
  const routing = internet.route();
  const vnic = internet.newVNIC(1500);
  const stack = await createStack(isolation, vnic, SERVER);
  internet.addRoute(vnic, SERVER);
  using pair = await connect(stack, stack);
  const reading = pair.client.read(new Uint8Array(1));
  vnic.close();
  await rejects(reading, failure.ABORTED);
  await stack.closed;
  await rejects(stack.dialTCP(`${CLIENT}:80`), failure.NET_DOWN);
  await internet.close();
  await routing;
});

eachIsolation("a NIC that was closed before its stack started: no stack starts", async (isolation) => {
  await using internet = new Internet({ isolation });
  const vnic = internet.newVNIC(1500);
  const starting = createStack(isolation, vnic, SERVER);
  vnic.close();
  await rejects(starting, failure.NET_DOWN);
  await rejects(createStack(isolation, vnic, SERVER), failure.NET_DOWN);
});

eachIsolation("an MTU that changes while the stack starts counts", async (isolation) => {
  await using internet = new Internet({ isolation });
  const routing = internet.route();
  const vnic = internet.newVNIC(1500);
  internet.addRoute(vnic, SERVER);
  const starting = createStack(isolation, vnic, SERVER);
  vnic.mtu = 576;
  await using stack = await starting;
  const client = await internet.newStack(1500, CLIENT);
  using pair = await connect(client, stack);
  await pair.server.write(new Uint8Array(5000));
  for (let left = 5000; left > 0;) left -= (await pair.client.read(new Uint8Array(left)))!;
  assertEquals(vnic.stats.overMTU, 0);
  await internet.close();
  await routing;
});

scenario(
  "an MTU that is too small for IPv6 when the stack has started: Stack.create rejects, and leaves nothing",
  async () => {
    await using internet = new Internet();
    const vnic = internet.newVNIC(1500);
    const starting = Stack.create(vnic, SERVER6);
    vnic.mtu = 1000;
    await assertRejects(() => starting, RangeError, "1000");
    assertEquals(liveWorkers(), 0);
  },
);

eachIsolation("a link that has nothing to wait for is asked only when the stack closes", async (isolation) => {
  const calls: string[] = [];
  const link: LinkEndpoint = {
    mtu: 1500,
    attach: (dispatcher) => void calls.push(dispatcher ? "attach" : "detach"),
    writePackets: (packets) => [...packets].length,
    close: () => void calls.push("close"),
    wait: () => Promise.resolve(void calls.push("wait")),
  };
  const stack = await createStack(isolation, link, SERVER);
  stack.listenTCP(`${SERVER}:80`).close();
  await stack.close();
  assertEquals(calls, ["attach", "detach", "close", "wait"]);
});

eachIsolation("close() waits for the link's own end, and rejects with what it rejects with", async (isolation) => {
  const link = Object.assign(new Cable(), { wait: () => ended.promise });
  const ended = Promise.withResolvers<void>();
  const stack = await createStack(isolation, link, SERVER);
  let closed = false;
  const closing = stack.close().finally(() => closed = true);
  while (link.closed === 0) await delay(1);
  assertEquals(closed, false);
  ended.reject(new Error("cannot unplug"));
  await assertRejects(() => closing, Error, "cannot unplug");
  await stack.closed;
  assertEquals(liveWorkers(), 0);
});

eachIsolation(
  "a link that cannot be detached: close() rejects with its error, and leaves nothing",
  async (isolation) => {
    const link = new Cable();
    const stack = await createStack(isolation, link, SERVER);
    link.attach = () => {
      throw new Error("stuck");
    };
    await assertRejects(() => stack.close(), Error, "stuck");
    await stack.closed;
    assertEquals(liveWorkers(), 0);
  },
);
