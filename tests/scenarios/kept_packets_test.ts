// Buffers are used again where nobody can have kept a packet; whoever sees one in any way may keep it as it is.
import { assertEquals, assertGreater } from "@std/assert";
import { Internet, type LinkEndpoint, PCAPTrace, Stack, VNIC, type VNICFrame } from "../../mod.ts";
import { patternDigest, receiveDigest, sendPattern } from "./data.ts";
import { CLIENT, connect, eachIsolation, type Isolation, SERVER } from "./hosts.ts";

const LENGTH = 4 * 1024 * 1024;
const MTU = 1500;

type See = (packet: Uint8Array) => void;

/** Two stacks on NICs of an internet, as a program may make them. */
interface Net extends AsyncDisposable {
  internet: Internet;
  server: Stack;
  client: Stack;
}

/** One that `see`s packets on the way, and is routed. */
type Build = (isolation: Isolation, see: See) => Promise<Net>;

const BUILDS: Record<string, Build> = {
  "a filter": async (isolation, see) => {
    const net = await plain(isolation);
    void net.internet.route({ filter: ({ packet }) => (see(packet), true) });
    return net;
  },
  "a trace with a method of its own": async (isolation, see) => {
    const net = await plain(isolation);
    const trace = new PCAPTrace(new WritableStream(), 64);
    trace.dump = see;
    void net.internet.route({ trace }).then(() => trace.close());
    return net;
  },
  "a trace whose method was replaced after route()": async (isolation, see) => {
    const net = await plain(isolation);
    const trace = new PCAPTrace(new WritableStream(), 64, { buffer: 65_536 });
    void net.internet.route({ trace }).then(() => trace.close());
    trace.dump = see;
    return net;
  },
  "a trace of a class of its own": async (isolation, see) => {
    class OwnTrace extends PCAPTrace {
      override dump(packet: Uint8Array): void {
        see(packet);
      }
    }
    const net = await plain(isolation);
    const trace = new OwnTrace(new WritableStream(), 64);
    void net.internet.route({ trace }).then(() => trace.close());
    return net;
  },
  "a loop of its own beside route()": async (isolation, see) => {
    const net = await plain(isolation);
    void net.internet.route();
    void deliverAll(net.internet, see);
    return net;
  },
  "sendFrame() replaced": async (isolation, see) => {
    const net = await routed(isolation);
    const { internet } = net;
    internet.sendFrame = (frame) => (see(frame.packet), Internet.prototype.sendFrame.call(internet, frame));
    return net;
  },
  "deliver() replaced": async (isolation, see) => {
    const net = await routed(isolation);
    const { internet } = net;
    internet.deliver = (frame) => (see(frame.packet), Internet.prototype.deliver.call(internet, frame));
    return net;
  },
  "injectFrame() replaced at one end": (isolation, see) =>
    routed(isolation, (vnic, address) => {
      if (address !== SERVER) return;
      vnic.injectFrame = (frame) => (see(frame.packet), VNIC.prototype.injectFrame.call(vnic, frame));
    }),
  "writePackets() replaced at one end": (isolation, see) =>
    routed(isolation, (vnic, address) => {
      if (address !== SERVER) return;
      vnic.writePackets = (packets) => VNIC.prototype.writePackets.call(vnic, seeAll(packets, see));
    }),
  "a wrapper of what is attached": (isolation, see) =>
    routed(isolation, (vnic) => {
      vnic.attach = (dispatcher) => VNIC.prototype.attach.call(vnic, dispatcher && wrapped(dispatcher, see));
    }),
  "a wrapper of the internet": async (isolation, see) => {
    const internet = new Internet({ isolation });
    void internet.route();
    const network = wrapped(internet, see);
    return await stacks(isolation, internet, () => new VNIC(MTU, network));
  },
  "an internet of a class of its own": async (isolation, see) => {
    class OwnInternet extends Internet {
      override deliver(frame: VNICFrame): boolean {
        see(frame.packet);
        return super.deliver(frame);
      }
    }
    const internet = new OwnInternet({ isolation });
    void internet.route();
    return await stacks(isolation, internet, () => internet.newVNIC(MTU));
  },
  "a network between NIC and internet": async (isolation, see) => {
    const internet = new Internet({ isolation });
    void internet.route();
    const network = { sendFrame: (frame: VNICFrame) => (see(frame.packet), internet.sendFrame(frame)) };
    return await stacks(isolation, internet, () => new VNIC(MTU, network));
  },
  "a link around a NIC": async (isolation, see) => {
    const internet = new Internet({ isolation });
    void internet.route();
    return await stacks(isolation, internet, () => internet.newVNIC(MTU), (vnic) => tapped(vnic, see));
  },
};

for (const [name, build] of Object.entries(BUILDS)) {
  eachIsolation(`packets seen by ${name} are never written over`, async (isolation) => {
    const kept: [packet: Uint8Array, copy: Uint8Array][] = [];
    await using net = await build(isolation, (packet) => kept.push([packet, new Uint8Array(packet)]));
    await transfer(net);
    assertGreater(kept.length, LENGTH / MTU / 4);
    for (const [packet, copy] of kept) assertEquals(packet, copy);
  });
}

eachIsolation("with a plain trace, and with none: what arrives is what was sent", async (isolation) => {
  for (const trace of [new PCAPTrace(new WritableStream(), MTU, { buffer: 65_536 }), undefined]) {
    await using _trace = trace;
    await using net = await plain(isolation);
    void net.internet.route({ trace });
    await transfer(net);
    assertEquals([net.internet.dropped, trace?.dropped ?? 0], [0, 0]);
  }
});

async function transfer({ client, server }: Net): Promise<void> {
  using pair = await connect(client, server);
  const received = await Promise.all([
    receiveDigest(pair.client),
    receiveDigest(pair.server),
    sendPattern(pair.server, LENGTH, 1),
    sendPattern(pair.client, LENGTH, 2),
  ]);
  assertEquals(received.slice(0, 2), [patternDigest(LENGTH, 1), patternDigest(LENGTH, 2)]);
}

type Change = (vnic: VNIC, address: string) => void;

async function plain(isolation: Isolation, change?: Change): Promise<Net> {
  const internet = new Internet({ isolation });
  return await stacks(isolation, internet, (address) => {
    const vnic = internet.newVNIC(MTU);
    change?.(vnic, address);
    return vnic;
  });
}

async function routed(isolation: Isolation, change?: Change): Promise<Net> {
  const net = await plain(isolation, change);
  void net.internet.route();
  return net;
}

async function stacks(
  isolation: Isolation,
  internet: Internet,
  newVNIC: (address: string) => VNIC,
  linkOf: (vnic: VNIC) => LinkEndpoint = (vnic) => vnic,
): Promise<Net> {
  const [server, client] = await Promise.all([SERVER, CLIENT].map((address) => {
    const vnic = newVNIC(address);
    internet.addRoute(vnic, address);
    const create = isolation === "inline" ? Stack.createInline : Stack.create;
    return create(linkOf(vnic), { addresses: [address] });
  }));
  return {
    internet,
    server,
    client,
    async [Symbol.asyncDispose]() {
      await Promise.all([server.close(), client.close()]);
      await internet.close();
    },
  };
}

async function deliverAll(internet: Internet, see: See): Promise<void> {
  for await (const frame of internet.inFlight()) {
    see(frame.packet);
    internet.deliver(frame);
  }
}

function* seeAll(packets: Iterable<Uint8Array>, see: See): Generator<Uint8Array> {
  for (const packet of packets) {
    see(packet);
    yield packet;
  }
}

/** Every method hands the packets among its arguments to `see` first, as a logger of everything might. */
function wrapped<T extends object>(target: T, see: See): T {
  const seeArgument = (argument: unknown) => {
    const packet = argument instanceof Uint8Array ? argument : (argument as Partial<VNICFrame> | null)?.packet;
    if (packet instanceof Uint8Array) see(packet);
  };
  return new Proxy(target, {
    get(_, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => (args.forEach(seeArgument), Reflect.apply(value, target, args));
    },
  });
}

function tapped(vnic: VNIC, see: See): LinkEndpoint {
  return {
    mtu: vnic.mtu,
    attach: (dispatcher) => vnic.attach(dispatcher),
    writePackets: (packets) => vnic.writePackets(seeAll(packets, see)),
    close: () => vnic.close(),
  };
}
