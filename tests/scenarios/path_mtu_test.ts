// A path that becomes narrower under a transfer: its router says so, and TCP goes on in smaller packets, never in fragments.
import { assert, assertEquals } from "@std/assert";
import { describePacket, icmpError, parsePacket, type VNICFrame } from "../../mod.ts";
import { patternDigest, receiveDigest, sendPattern } from "./data.ts";
import { connect, eachIsolation, Network, SERVER, SERVER6 } from "./hosts.ts";

const LENGTH = 4 * 1024 * 1024;
/** So many packets pass before the path becomes narrower. */
const STEP = 1000;

/** A router whose next link takes `mtus[0]` bytes, and after every thousand packets the next of them. */
class NarrowingRouter {
  /** How many packets were too large, for each MTU. */
  readonly reported: number[];
  /** By source, the lengths of the packets that came, too large or not, since the path is as narrow as it gets. */
  readonly lengths: Map<string, number[]>;
  /** What came in parts, or might have been divided on its way. */
  readonly fragments: string[];
  readonly #address: string;
  readonly #mtus: readonly number[];
  #passed: number;

  constructor(address: string, mtus: readonly number[]) {
    this.reported = mtus.map(() => 0);
    this.lengths = new Map();
    this.fragments = [];
    this.#address = address;
    this.#mtus = mtus;
    this.#passed = 0;
  }

  /** Passes a packet on, or puts the report in its place that it does not fit. */
  pass({ packet }: VNICFrame): boolean | VNICFrame {
    const step = Math.min(Math.floor(this.#passed / STEP), this.#mtus.length - 1);
    const mtu = this.#mtus[step];
    this.#look(packet, step === this.#mtus.length - 1);
    if (packet.length <= mtu) {
      this.#passed++;
      return true;
    }
    this.reported[step]++;
    const report = icmpError(packet, "packet-too-big", { from: this.#address, mtu });
    return report ? { packet: report } : false;
  }

  #look(packet: Uint8Array, isNarrow: boolean): void {
    const view = parsePacket(packet)!;
    if (view.fragment || (view.version === 4 && !view.dontFragment)) this.fragments.push(describePacket(packet));
    if (!isNarrow) return;
    const lengths = this.lengths.get(view.source) ?? [];
    lengths.push(packet.length);
    this.lengths.set(view.source, lengths);
  }
}

for (
  const { family, address, router, mtus } of [
    { family: 4, address: `${SERVER}:80`, router: "10.0.0.254", mtus: [1500, 1300, 700] },
    { family: 6, address: `[${SERVER6}]:80`, router: "2001:db8::fe", mtus: [1500, 1400, 1280] },
  ]
) {
  eachIsolation(`IPv${family}: TCP follows a path that narrows from 1500 to ${mtus[2]} bytes`, async (isolation) => {
    const path = new NarrowingRouter(router, mtus);
    await using net = await Network.create(isolation, { filter: (frame) => path.pass(frame) });
    using pair = await connect(net.client, net.server, address);
    const [up, down] = await Promise.all([
      receiveDigest(pair.server),
      receiveDigest(pair.client),
      sendPattern(pair.client, LENGTH, 1),
      sendPattern(pair.server, LENGTH, 2),
    ]);
    assertEquals([up, down], [patternDigest(LENGTH, 1), patternDigest(LENGTH, 2)]);
    assertEquals(path.fragments, []);
    const [none, first, second] = path.reported;
    assert(first > 0 && second > 0, `reports at each MTU: ${path.reported}`);
    assertEquals([none, path.lengths.size], [0, 2]);
    for (const [source, lengths] of path.lengths) {
      const latter = lengths.slice(lengths.length / 2);
      assert(latter.length > 500, `${source}: ${latter.length} packets`);
      assertEquals(Math.max(...latter), mtus[2], source);
    }
  });
}
