// T12: what a peer can make a connection hold.
import { assert, assertEquals } from "@std/assert";
import { Engine } from "../../../stack/engine/engine.ts";
import { buildPacket, type TCPSegment } from "../../harness/packets.ts";
import { Collector } from "../../harness/pair.ts";
import { readPacket } from "../../harness/packets.ts";
import { seeded } from "../../harness/seeded.ts";

/** An engine with one accepted connection, and a way to send it segments. */
function connected(max: number) {
  const engine = new Engine({
    addresses: ["10.0.0.1"],
    mtu: 1500,
    random: seeded(1),
    tcp: { receiveBuffer: { max } },
  });
  const out = new Collector();
  let now = 0;
  const exchange = (fields: Partial<TCPSegment>, ms = 0) => {
    const transport: TCPSegment = {
      kind: "tcp",
      sourcePort: 40000,
      destinationPort: 80,
      seq: 0,
      ack: 0,
      flags: ".",
      window: 65535,
      urgent: 0,
      options: [],
      payload: new Uint8Array(),
      ...fields,
    };
    const addresses = { source: "10.0.0.2", destination: "10.0.0.1", ttl: 64, identification: 0, dontFragment: true };
    const packet = buildPacket({ ...addresses, transport });
    engine.receive(now, new DataView(packet.buffer), 0, packet.length);
    engine.transmit(now, out);
    now += ms;
    engine.tick(now);
    engine.transmit(now, out);
    return out.take().map((bytes) => readPacket(bytes).transport as TCPSegment);
  };
  engine.listen(0, 1, { address: "0.0.0.0", port: 80 }, 8);
  const options = [{ name: "mss", value: 1460 } as const, { name: "ws", value: 0 } as const];
  const [synAck] = exchange({ flags: "S", options });
  const ack = synAck.seq + 1;
  exchange({ seq: 1, ack });
  let id = 0;
  for (let event = engine.pollEvent(); event; event = engine.pollEvent()) {
    if (event.kind === "accepted") id = event.id;
  }
  return { engine, id, ack, exchange };
}

for (const size of [3, 31, 100, 1460]) {
  Deno.test(`T12 segments of ${size} bytes cannot fill more than the receive buffer`, () => {
    const max = 70_000;
    const { engine, id, ack, exchange } = connected(max);
    let seq = 1;
    let window = 0;
    for (let i = 0; i < 3 * max / size; i++) {
      // After 50 ms each segment has an acknowledgement of its own.
      for (const answer of exchange({ seq, ack, payload: new Uint8Array(size) }, 50)) {
        assert(answer.ack >= seq || answer.ack === 1, `acknowledged ${answer.ack} after ${seq}`);
        seq = answer.ack;
        window = answer.window;
      }
    }
    const held = engine.readable(id);
    // One unit of the scaled window may be rounded up.
    assert(held <= max + 4, `${held} bytes are held, the buffer is ${max}; the window field is ${window}`);
    assert(held >= max - 2 * 1460, `only ${held} of ${max} bytes were taken`);
  });
}

Deno.test("T18 segments with a gap after each byte cannot make the engine slow or large", () => {
  const { engine, id, ack, exchange } = connected(1024 * 1024);
  const started = performance.now();
  for (let i = 20_000; i > 0; i--) exchange({ seq: 2 * i, ack, payload: new Uint8Array(1) });
  const ms = performance.now() - started;
  assert(ms < 10_000, `20,000 segments took ${ms} ms`);
  assertEquals(engine.readable(id), 0);
});
