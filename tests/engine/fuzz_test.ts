// Hostile packets at an engine with open connections: nothing is thrown, and an established flow goes on.
import { assertEquals } from "@std/assert";
import { buildPacket, readPacket, type TCPSegment } from "../harness/packets.ts";
import { Pair } from "../harness/pair.ts";
import { delay, link } from "../harness/link.ts";
import { seeded } from "../harness/seeded.ts";
import { startTransfer } from "../harness/transfer.ts";

const SEQUENCES = [0, 1, -1, 1000, 65535, 0x7fffffff, -0x80000000, 0x40000000];
const ODD_OPTIONS = [[3, 3, 15], [2, 4, 0, 0], [5, 2], [5, 10, 0, 0, 0, 1, 0, 0, 0, 0], [
  8,
  10,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
]];

for (const seed of [1, 2, 3, 4, 5]) {
  Deno.test(`segments injected blindly do not disturb a transfer, seed ${seed}`, () => {
    const random = seeded(seed);
    const pick = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)];
    const pair = new Pair({ seed, wire: link(seed, delay(2)) });
    const [a, b] = startTransfer(pair, 4, { send: 500_000 }, { send: 500_000 });
    for (let i = 0; i < 4000 && !(a.isDone && b.isDone); i++) {
      pair.step();
      const seen = pair.trace[pair.trace.length - 1];
      const segment = readPacket(seen.packet);
      const transport = segment.transport as TCPSegment;
      const flags = pick(["S", "S.", "R", "R.", "F", "P", "none", "SF", "SR.", "FR.", "SFRP.UEW", "U.", "."]);
      // Never the exact number: what lies one beside it must not do harm either.
      const seq = (transport.seq + transport.payload.length + pick(SEQUENCES) + (/[R]/.test(flags) ? 70_000 : 0)) >>> 0;
      const hostile: TCPSegment = {
        ...transport,
        flags: flags === "none" ? "" : flags,
        seq,
        ack: (transport.ack + 0x10000000 + Math.floor(random() * 0x60000000)) >>> 0,
        window: pick([0, 1, 65535]),
        options: [{ name: "raw", bytes: pick(ODD_OPTIONS) }],
        payload: new Uint8Array(pick([0, 1, 100])).fill(0xee),
      };
      const packet = buildPacket({ ...segment, transport: hostile });
      const to = seen.from === "a" ? pair.b : pair.a;
      to.engine.receive(pair.now, new DataView(packet.buffer), 0, packet.length);
    }
    pair.run(() => a.isDone && b.isDone, pair.now + 600_000);
    assertEquals([a.failure, b.failure, a.received, b.received], [undefined, undefined, 500_000, 500_000]);
  });

  Deno.test(`any bytes are taken without an error, seed ${seed}`, () => {
    const random = seeded(100 + seed);
    const pair = new Pair({ seed, wire: link(seed, delay(2)) });
    const [a, b] = startTransfer(pair, seed % 2 === 0 ? 4 : 6, { send: 100_000 }, { send: 100_000 });
    pair.run(() => b.received > 20_000);
    const templates = pair.trace.map(({ packet }) => packet);
    for (let i = 0; i < 20_000; i++) {
      const packet = templates[Math.floor(random() * templates.length)].slice();
      const view = new DataView(packet.buffer);
      for (let k = Math.floor(random() * 4); k >= 0; k--) {
        packet[Math.floor(random() * Math.min(packet.length, 80))] = Math.floor(random() * 256);
      }
      const length = random() < 0.1 ? Math.floor(random() * packet.length) : packet.length;
      const host = random() < 0.5 ? pair.a : pair.b;
      host.engine.receive(pair.now, view, 0, length);
      if (i % 100 === 0) pair.step();
    }
    pair.run(() => a.isDone && b.isDone, pair.now + 600_000);
    assertEquals([a.failure, b.failure, a.received, b.received], [undefined, undefined, 100_000, 100_000]);
  });
}
