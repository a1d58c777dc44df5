/**
 * UDP datagrams a second, none lost: a window of them is under way, and each window is answered by one datagram.
 *
 * @module
 */
import type { Figure, Measure } from "../figure.ts";
import { Hosts, ignoreEnd, type Isolation, rateOf } from "../hosts.ts";
import { gvisor } from "../peers/gvisor.ts";

const WINDOW = 64;
const PORT = 7;

function datagrams(isolation: Isolation, size: number): Measure {
  return async (seconds) => {
    await using hosts = await Hosts.create({ isolation });
    using receiver = hosts.server.listenUDP(`0.0.0.0:${PORT}`);
    void answerWindows(receiver).catch(ignoreEnd);
    using sender = await hosts.client.dialUDP(`10.0.0.1:${PORT}`);
    const data = new Uint8Array(size);
    const windows = await rateOf(seconds, async () => {
      await Promise.all(Array.from({ length: WINDOW }, () => sender.write(data)));
      await sender.read(data);
    });
    return { value: WINDOW * windows };
  };
}

async function answerWindows(receiver: Deno.DatagramConn): Promise<void> {
  const answer = new Uint8Array(1);
  for (let received = 1;; received++) {
    const [, from] = await receiver.receive();
    if (received % WINDOW === 0) await receiver.send(answer, from);
  }
}

/** The figures of this file. */
export const datagramFigures: Figure[] = ([["worker", ""], ["inline", "_inline"]] as const).flatMap(
  ([isolation, suffix]) =>
    [64, 1400].map((size) => ({
      name: `udp_${size}b${suffix}`,
      unit: "datagrams/s",
      more: true,
      ours: datagrams(isolation, size),
      peers: [gvisor("udp", "-size", size)],
    })),
);
