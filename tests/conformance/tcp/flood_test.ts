// T17: backlog, the queue of half-open connections, SYN cookies (RFC 4987).
import { assert } from "@std/assert";
import { Engine } from "../../../stack/engine/engine.ts";
import { randomSyn } from "../../harness/flood.ts";
import { LoneHost, toHost } from "../../harness/lone_host.ts";
import type { TCPOption } from "../../harness/options.ts";
import { readPacket } from "../../harness/packets.ts";
import { Collector } from "../../harness/pair.ts";
import { scenario } from "../../harness/script.ts";
import { seeded } from "../../harness/seeded.ts";

const ONE_HALF_OPEN = { limits: { synQueue: 1 } };

scenario(
  "T17 a full backlog takes no more SYNs, until the program accepts",
  `
  listen 80 backlog 1
  < S 0 mss MSS
  > S. 0 ack 1
  +1 < . 1 ack 1
  event accepted
  #2 < S 0 mss MSS
  quiet
  accept
  +1000 #2 < S 0 mss MSS
  #2 > S. 0 ack 1
  #2 < . 1 ack 1
  #2 event accepted
`,
);

scenario(
  "T17 beyond the queue a SYN is answered and nothing kept; its ACK opens the connection",
  `
  listen 80
  < S 0 mss MSS
  > S. 0 ack 1
  #2 < S 0 mss 1000 ws 3 sackok ts 100 0 win 65535
  #2 > S. 0 ack 1
  +500 #2 < . 1 ack 1 win 8000 ts 600 last
  #2 event accepted
`,
  ONE_HALF_OPEN,
);

scenario(
  "T17 a SYN that was answered by a cookie is not answered again by a timer",
  `
  listen 80
  #3 < S 0 mss MSS
  #3 > S. 0 ack 1
  +1 #2 < S 0 mss MSS
  #2 > S. 0 ack 1
  +500 quiet
`,
  ONE_HALF_OPEN,
);

scenario(
  "T17 data may come with the ACK of a cookie",
  `
  listen 80
  < S 0 mss MSS
  > S. 0 ack 1
  #2 < S 0 mss MSS win 65535
  #2 > S. 0 ack 1
  +10 #2 < P. 1:11 ack 1
  #2 event accepted
  #2 event readable
  #2 readable 10
  +0..40 #2 > . 1 ack 11
`,
  ONE_HALF_OPEN,
);

scenario(
  "T17 an ACK that answers no cookie is reset",
  `
  listen 80
  < S 0 mss MSS
  > S. 0 ack 1
  #2 < S 0 mss MSS
  #2 > S. 0 ack 1
  +1 #2 < . 1 ack 2
  #2 > R 2
  #2 < . 2 ack 1
  #2 > R 1
  #2 no event accepted
`,
  ONE_HALF_OPEN,
);

scenario(
  "T17 a cookie is good for two minutes or so, not for five",
  `
  listen 80
  < S 0 mss MSS
  > S. 0 ack 1
  #2 < S 0 mss MSS
  #2 > S. 0 ack 1
  ${[1000, 3000, 7000, 15000, 31000, 63000].map((at) => `${at} > S. 0 ack 1`).join("\n")}
  300000 #2 < . 1 ack 1
  #2 > R 1
`,
  ONE_HALF_OPEN,
);

Deno.test("T17 a flood of SYNs leaves memory bounded, and an open connection as it was", () => {
  const engine = new Engine({ addresses: ["10.0.0.1"], mtu: 1500, random: seeded(1) });
  engine.listen(0, 1, { address: "0.0.0.0", port: 80 }, 128);
  const random = seeded(2);
  const out = new Collector();
  const heap = () => Deno.memoryUsage().heapUsed + Deno.memoryUsage().external;
  let before = 0;
  for (let i = 0; i < 60_000; i++) {
    if (i === 10_000) before = heap();
    const packet = randomSyn("10.0.0.1", random);
    engine.receive(i / 100, new DataView(packet.buffer), 0, packet.length);
    engine.transmit(i / 100, out);
    out.take();
    while (engine.pollEvent());
  }
  const grown = heap() - before;
  assert(grown < 30_000_000, `the heap grew by ${grown} bytes`);
});

Deno.test("T17 a peer that takes only crumbs does not make the host remember a sea of them", () => {
  const host = new LoneHost();
  host.engine.listen(0, 1, { address: "0.0.0.0", port: 80 }, 8);
  const segment = (flags: string, seq: number, ack: number, options: TCPOption[] = []) => {
    const ports = { sourcePort: 4000, destinationPort: 80 };
    const numbers = { seq, ack: ack >>> 0, window: 65535, urgent: 0 };
    return toHost(4, { kind: "tcp", ...ports, ...numbers, flags, options, payload: new Uint8Array() });
  };
  const endOf = (packets: Uint8Array[]) => {
    const { transport } = readPacket(packets[packets.length - 1]);
    if (transport.kind !== "tcp") throw new TypeError(`was ${transport.kind}`);
    return transport.seq + transport.payload.length + (transport.flags.includes("S") ? 1 : 0);
  };
  const crumbs: TCPOption[] = [{ name: "mss", value: 48 }, { name: "ws", value: 14 }];
  let ack = endOf(host.receive(segment("S", 0, 0, crumbs)));
  let sent = host.receive(segment(".", 1, ack));
  const { id } = host.events.find(({ kind }) => kind === "accepted")!;
  const chunk = new Uint8Array(1024 * 1024);
  let most = 0;
  for (let round = 0; round < 18; round++) {
    while (host.engine.write(host.now, id, chunk) === chunk.length);
    sent.push(...host.sent());
    ack = endOf(sent);
    most = Math.max(most, host.engine.holdings().segments);
    host.advance(1);
    sent = host.receive(segment(".", 1, ack));
  }
  assert(most >= 4096, `${most} segments under way: the window did not grow`);
  assert(most <= 8192, `${most} segments under way`);
});
