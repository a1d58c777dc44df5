// T7: initial sequence numbers (RFC 6528).
import { assertEquals, assertGreater, assertNotEquals } from "@std/assert";
import { Engine } from "../../../stack/engine/engine.ts";
import { readPacket } from "../../harness/packets.ts";
import { Collector, Pair } from "../../harness/pair.ts";
import { seeded } from "../../harness/seeded.ts";

interface Dial {
  seed?: number;
  localPort?: number;
  remote?: string;
  remotePort?: number;
  now?: number;
}

/** The sequence number of the SYN of a dial, from an engine of its own. */
function isn({ seed = 1, localPort = 50000, remote = "10.0.0.2", remotePort = 80, now = 1000 }: Dial = {}): number {
  const engine = new Engine({ addresses: ["10.0.0.1", "2001:db8::1"], mtu: 1500, random: seeded(seed) });
  engine.connect(now, 1, localPort, { address: remote, port: remotePort });
  const out = new Collector();
  engine.transmit(now, out);
  const { transport } = readPacket(out.take()[0]);
  if (transport.kind !== "tcp") throw new TypeError("no SYN");
  return transport.seq;
}

Deno.test("T7 the initial sequence number advances by one every 4 µs", () => {
  assertEquals((isn({ now: 1001 }) - isn()) >>> 0, 250);
  assertEquals((isn({ now: 1000.004 }) - isn()) >>> 0, 1);
  assertEquals((isn({ now: 1000 + 3_600_000 }) - isn()) >>> 0, 900_000_000);
  // It goes round in 4.77 hours.
  assertEquals((isn({ now: 1000 + 2 ** 32 / 250 }) - isn()) >>> 0, 0);
});

Deno.test("T7 each part of the four-tuple gives another initial sequence number", () => {
  const numbers = [
    isn(),
    isn({ localPort: 50001 }),
    isn({ remotePort: 81 }),
    isn({ remote: "10.0.0.3" }),
    isn({ remote: "2001:db8::2" }),
    isn({ remote: "2001:db8:0:1::2" }),
    isn({ localPort: 80, remotePort: 50000 }),
  ];
  assertEquals(new Set(numbers).size, numbers.length);
});

Deno.test("T7 initial sequence numbers of neighbours are spread over the whole space", () => {
  const counts = new Array<number>(16).fill(0);
  for (let port = 1; port <= 1600; port++) counts[isn({ remotePort: port }) >>> 28]++;
  for (const count of counts) assertEquals(count > 60 && count < 140, true, `${counts}`);
});

Deno.test("T7 another secret gives other initial sequence numbers", () => {
  assertNotEquals(isn({ seed: 2 }), isn());
  const offset = (isn({ seed: 2 }) - isn()) | 0;
  assertNotEquals((isn({ seed: 2, remotePort: 81 }) - isn({ remotePort: 81 })) | 0, offset);
});

for (const connections of [1, 2]) {
  Deno.test(`T7 a new connection begins behind what the one before it sent, at a limit of ${connections}`, () => {
    const pair = new Pair({ a: { limits: { connections } }, wire: ({ packet }) => [{ after: 0.01, packet }] });
    const { a, b } = pair;
    const server = { address: "10.0.0.2", port: 80 };
    b.engine.listen(0, 1, server, 10);
    b.onEvent = ({ kind, id }) => {
      if (kind === "readable") b.discard(pair.now, id);
      if (kind === "ended") b.engine.close(pair.now, id);
    };
    a.engine.connect(0, 1, 50000, server);
    pair.run(() => a.saw("connected"));
    // Faster than the clock of initial sequence numbers goes.
    let left = 8 * 1024 * 1024;
    pair.run(() => {
      left -= a.engine.write(pair.now, 1, new Uint8Array(Math.min(left, 64 * 1024)));
      return left === 0;
    });
    a.engine.close(pair.now, 1);
    pair.run(() => a.saw("timeWait", 1));
    const before = sequencesFrom(pair, "a").at(-1)!;
    a.engine.connect(pair.now, 2, 50000, server);
    pair.flush();
    assertGreater((sequencesFrom(pair, "a").at(-1)! - before) | 0, 0);
  });
}

/** The sequence numbers of what a host has sent. */
function sequencesFrom(pair: Pair, host: "a" | "b"): number[] {
  return pair.trace.filter(({ from }) => from === host).map(({ packet }) => {
    const { transport } = readPacket(packet);
    return transport.kind === "tcp" ? transport.seq : NaN;
  });
}
