// A simulated host beside the kernel, joined by a TUN device. Whoever uses this runs in a network namespace of its own.
import { deadline } from "@std/async";
import { assertEquals } from "@std/assert";
import {
  Internet,
  openTUN,
  PCAPTrace,
  readPCAP,
  type Stack,
  type StackOptions,
  type TCPConn,
  type TCPListener,
  type TUN,
  type VNICFrame,
} from "../../../mod.ts";
import { checkPCAP, requireTshark } from "../../harness/tshark.ts";
import { run } from "../namespace.ts";
import { formatEndpoint } from "../../../adapters/address_text.ts";

/** The address of each side, by family. */
export const HOST = { 4: "10.9.0.1", 6: "2001:db8::1" };
export const KERNEL = { 4: "10.9.0.254", 6: "2001:db8::254" };
export const FAMILIES = [4, 6] as const;
export type Family = 4 | 6;

/** A port whose data Wireshark takes as it is, whatever it looks like. */
export const ECHO = 7;

const DEVICE = "uis0";
/** Packets that the kernel keeps for the device: a lossless path must have room for a whole window. */
const QUEUE = "10000";
/** So long may a test take, in ms, before it counts as hung: no measure of anything. */
const HUNG = 60_000;

/** What the program between the two does with a packet: it calls `deliver` now, later, twice or never. */
export type Path = (frame: VNICFrame, deliver: (frame: VNICFrame) => void, network: KernelNetwork) => void;

export interface KernelNetworkOptions {
  mtu?: number;
  path?: Path;
  host?: Partial<StackOptions>;
}

/** The kernel, a simulated host, and the program between them. Every packet is in the trace, as it was sent. */
export class KernelNetwork implements AsyncDisposable {
  readonly internet: Internet;
  readonly host: Stack;
  readonly tun: TUN;
  readonly #routing: Promise<void>;

  private constructor(internet: Internet, host: Stack, tun: TUN, routing: Promise<void>) {
    this.internet = internet;
    this.host = host;
    this.tun = tun;
    this.#routing = routing;
  }

  static async create(tracePath: string, options: KernelNetworkOptions = {}): Promise<KernelNetwork> {
    const { mtu = 1500, path = (frame, deliver) => deliver(frame) } = options;
    const internet = new Internet({ maxInflight: 100_000 });
    try {
      const tun = openTUN(internet, { name: DEVICE, mtu, addresses: Object.values(KERNEL) });
      const host = await internet.newStack({ addresses: Object.values(HOST), mtu, ...options.host });
      await configure(tun.name);
      const deliver = (frame: VNICFrame): void => void internet.deliver(frame);
      const routing = route(internet, tracePath, (frame) => path(frame, deliver, network));
      const network: KernelNetwork = new KernelNetwork(internet, host, tun, routing);
      return network;
    } catch (error) {
      await internet.close();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.tun.close();
    await this.internet.close();
    await this.#routing;
  }
}

async function configure(device: string): Promise<void> {
  await run("ip", "link", "set", device, "txqueuelen", QUEUE, "up");
  for (const family of FAMILIES) {
    // There is nobody to detect a duplicate.
    await run("ip", "address", "add", KERNEL[family], "dev", device, "nodad");
    // Said of the route, as a namespace may not choose its default from all that the kernel has.
    await run("ip", "route", "add", HOST[family], "dev", device, "congctl", "cubic");
  }
}

async function route(internet: Internet, tracePath: string, forward: (frame: VNICFrame) => void): Promise<void> {
  await using trace = await PCAPTrace.open(tracePath, 65535, { buffer: 100_000 });
  for await (const frame of internet.inFlight()) {
    trace.dump(frame.packet);
    forward(frame);
  }
  assertEquals(trace.dropped, 0);
}

/**
 * A test over a fresh network. What it returns runs when the trace is complete; Wireshark must find each packet well formed.
 */
export function kernelTest(
  name: string,
  options: KernelNetworkOptions,
  body: (network: KernelNetwork) => Promise<void | ((tracePath: string) => Promise<void>)>,
): void {
  Deno.test(name, () =>
    inTrace(name, async (tracePath) => {
      const after = await useNetwork(tracePath, options, body);
      if (!await requireTshark()) return;
      assertEquals(await faults(tracePath), []);
      await after?.(tracePath);
    }));
}

async function useNetwork<T>(
  tracePath: string,
  options: KernelNetworkOptions,
  body: (network: KernelNetwork) => Promise<T>,
): Promise<T> {
  await using network = await KernelNetwork.create(tracePath, options);
  return await deadline(body(network), HUNG);
}

/**
 * What is wrong with a trace. Linux writes 0xffff for a TCP checksum of 0, as UDP must; it means the same, and Wireshark calls it bad
 * (RFC 1624 §3).
 */
async function faults(tracePath: string): Promise<string[]> {
  const complaints = await checkPCAP(tracePath);
  if (complaints.length === 0) return [];
  const { packets } = readPCAP(await Deno.readFile(tracePath));
  return complaints.filter((complaint) => {
    const [, number] = /^packet (\d+): bad tcp checksum:/.exec(complaint) ?? [];
    return number === undefined || tcpChecksum(packets[Number(number) - 1].bytes) !== 0xffff;
  });
}

/** The field of a packet without extension headers. */
function tcpChecksum(packet: Uint8Array): number {
  const start = packet[0] >> 4 === 4 ? (packet[0] & 0x0f) * 4 : 40;
  return packet[start + 16] << 8 | packet[start + 17];
}

/** A trace is removed in the end, unless UIS_INTEROP_TRACES names a folder for it. */
async function inTrace(name: string, use: (path: string) => Promise<void>): Promise<void> {
  const folder = Deno.env.get("UIS_INTEROP_TRACES");
  const path = folder
    ? `${folder}/${name.replace(/\W+/g, "-")}.pcap`
    : await Deno.makeTempFile({ prefix: "uis-", suffix: ".pcap" });
  try {
    await use(path);
  } finally {
    if (!folder) await Deno.remove(path);
  }
}

/** Both ends of one connection: the simulated host's and the kernel's. */
export interface Ends extends Disposable {
  host: TCPConn;
  kernel: Deno.TcpConn;
}

/** Who dials. */
export type Dialler = "kernel" | "host";

/** A connection between the two, dialled by one of them, without a listener left. */
export async function connect(network: KernelNetwork, family: Family, dialler: Dialler, port = ECHO): Promise<Ends> {
  if (dialler === "kernel") {
    using listener = network.host.listenTCP(join(HOST[family], port));
    return await kernelDials(listener, family, port);
  }
  using listener = Deno.listen({ hostname: KERNEL[family], port });
  return await hostDials(network.host, listener, family, port);
}

/** The kernel dials a listener of the host. */
export async function kernelDials(listener: TCPListener, family: Family, port: number): Promise<Ends> {
  const accepting = listener.accept();
  const kernel = await Deno.connect({ hostname: HOST[family], port });
  return ends(await accepting, kernel);
}

/** The host dials a listener of the kernel. */
export async function hostDials(host: Stack, listener: Deno.TcpListener, family: Family, port: number): Promise<Ends> {
  const accepting = listener.accept();
  const dialled = await host.dialTCP(join(KERNEL[family], port));
  return ends(dialled, await accepting);
}

function ends(host: TCPConn, kernel: Deno.TcpConn): Ends {
  const dispose = (): void => {
    host[Symbol.dispose]();
    kernel[Symbol.dispose]();
  };
  return { host, kernel, [Symbol.dispose]: dispose };
}

/** An address and a port, as dials take them. */
export function join(address: string, port: number): string {
  return formatEndpoint({ address, port });
}
