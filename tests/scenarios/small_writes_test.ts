// Small writes: at once by default, together where Nagle's algorithm is on.
import { assertEquals } from "@std/assert";
import type { VNICFrame } from "../../mod.ts";
import { bytes, connect, eachIsolation, type Isolation, Network, readExactly, SERVER, text } from "./hosts.ts";
import { summarize, UDP } from "./packets.ts";

const NO_REPEATS = { rack: false, minRto: 60_000 };

/** The sizes of the segments in which three writes of a byte leave while no acknowledgement comes back, and what arrives. */
async function segmentsOf(isolation: Isolation, noDelay?: boolean): Promise<[sizes: number[], received: string]> {
  const sizes = new Map<number, number>();
  const held: VNICFrame[] = [];
  let holding = false;
  let onDatagram = () => {};
  const filter = (frame: VNICFrame) => {
    const { protocol, sourcePort, destinationPort, seq, length } = summarize(frame.packet);
    if (protocol === UDP) onDatagram();
    else if (destinationPort === 80 && length > 0) sizes.set(seq, length);
    if (!holding || sourcePort !== 80) return true;
    held.push(frame);
    return false;
  };
  await using net = await Network.create(isolation, { filter, client: { tcp: NO_REPEATS } });
  using pair = await connect(net.client, net.server);
  // Without it, "port unreachable" would end a later write, if it came in time.
  using _sink = net.server.listenUDP(`${SERVER}:53`);
  using follower = await net.client.dialUDP(`${SERVER}:53`);
  if (noDelay !== undefined) pair.client.setNoDelay(noDelay);
  holding = true;
  for (const word of ["a", "b", "c"]) {
    // The datagram leaves behind the segment, if one leaves.
    const { promise, resolve } = Promise.withResolvers<void>();
    onDatagram = resolve;
    await pair.client.write(bytes(word));
    await follower.write(bytes("behind it"));
    await promise;
  }
  const atOnce = [...sizes.values()];
  holding = false;
  for (const frame of held) net.internet.deliver(frame);
  return [atOnce, text(await readExactly(pair.server, 3))];
}

eachIsolation("small writes go out at once, each by itself", async (isolation) => {
  assertEquals(await segmentsOf(isolation), [[1, 1, 1], "abc"]);
  assertEquals(await segmentsOf(isolation, true), [[1, 1, 1], "abc"]);
});

eachIsolation(
  "setNoDelay(false): small writes wait for the acknowledgement of what is under way",
  async (isolation) => {
    assertEquals(await segmentsOf(isolation, false), [[1], "abc"]);
  },
);
