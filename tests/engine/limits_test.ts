// Every limit of a host binds: what exceeds it is dropped and counted, or refused, and what was there before goes on.
import { assert, assertEquals } from "@std/assert";
import { MemoryPool } from "../../stack/engine/memory_pool.ts";
import { PacketQueue } from "../../stack/engine/packet_sink.ts";
import { fragmentOf } from "../harness/fragments.ts";
import { datagram, LoneHost, toHost } from "../harness/lone_host.ts";
import { Pair } from "../harness/pair.ts";
import { ACCEPTED, scenario } from "../harness/script.ts";

const SECOND = `
  #2 < S 0 win 65535 mss MSS
  #2 > S. 0 ack 1
  +1 #2 < . 1 ack 1 win 65535
  #2 event accepted
`;
const TALKS = `
  < P. 1:11 ack 1
  readable 10
  +0..40 > . 1 ack 11
  write 10
  > . 1:11 ack 11
  +1 < . 11 ack 11
`;

scenario(
  "connections: one too many is not answered, a dial fails, and those that are open go on",
  `
  ${ACCEPTED}
  ${SECOND}
  #3 < S 0 mss MSS
  dropped connectionLimit
  quiet
  #4 connect 81
  #4 event failed no-buffers
  ${TALKS}
`,
  { limits: { connections: 2 } },
);

scenario(
  "connections: one that the program has closed makes way, however long its peer would keep it",
  `
  ${ACCEPTED}
  ${SECOND}
  #2 accept
  #2 write 10
  #2 > . 1:11 ack 1
  +1 #2 < . 1 ack 11 win 0
  #2 write 10
  #2 close
  #3 < S 0 mss MSS
  #3 > S. 0 ack 1
  #2 < . 1 ack 11 win 100
  #2 > R 11
  ${TALKS}
`,
  { limits: { connections: 2 } },
);

scenario(
  "connections: one in TIME-WAIT makes way before one that still has something to send",
  `
  ${ACCEPTED}
  ${SECOND}
  close
  > F. 1 ack 1
  #2 close
  #2 > F. 1 ack 1
  +1 #2 < F. 1 ack 2
  #2 > . 2 ack 2
  #2 event timeWait
  #3 < S 0 mss MSS
  #3 > S. 0 ack 1
  #2 event released
  +1 < . 1 ack 2
  < F. 1 ack 2
  > . 2 ack 2
`,
  { limits: { connections: 2 } },
);

scenario(
  "backlog: what a listener asks for is cut to it",
  `
  listen 80 backlog 100
  < S 0 mss MSS
  > S. 0 ack 1
  +1 < . 1 ack 1
  event accepted
  #2 < S 0 mss MSS
  dropped queueFull
  quiet
`,
  { limits: { backlog: 1 } },
);

scenario(
  "backlog: a connection that was reset waits like any other, until the program takes it",
  `
  listen 80 backlog 1
  < S 0 mss MSS
  > S. 0 ack 1
  +1 < . 1 ack 1
  event accepted
  < R 1
  event released
  #2 < S 0 mss MSS
  dropped queueFull
  quiet
  accept
  #2 < S 0 mss MSS
  #2 > S. 0 ack 1
  #2 < . 1 ack 1
  #2 event accepted
`,
);

scenario(
  "backlog: a connection that the program lets go of without taking it waits no more",
  `
  listen 80 backlog 1
  < S 0 mss MSS
  > S. 0 ack 1
  +1 < . 1 ack 1
  event accepted
  abort
  > R. 1 ack 1
  #2 < S 0 mss MSS
  #2 > S. 0 ack 1
`,
);

for (const end of ["close", "abort"]) {
  scenario(
    `backlog: nor does one that its peer has reset, when the program lets go of it (${end})`,
    `
    listen 80 backlog 1
    < S 0 mss MSS
    > S. 0 ack 1
    +1 < . 1 ack 1
    event accepted
    < P. 1:11 ack 1
    +1 < R 11
    ${end}
    #2 < S 0 mss MSS
    #2 > S. 0 ack 1
  `,
  );
}

scenario(
  "synQueue: with 0 every handshake goes by cookies",
  `
  listen 80
  < S 0 mss MSS
  > S. 0 ack 1
  +5000 < . 1 ack 1
  event accepted
  ${TALKS}
`,
  { limits: { synQueue: 0 } },
);

scenario(
  "receiveMemory: when it is used up, a connection is offered 4 KiB, and what it has no room for is dropped",
  `
  listen 80
  < S 0 win 65535 mss MSS
  > S. 0 ack 1 win 8192
  +1 < . 1 ack 1 win 65535
  event accepted
  accept
  < P. 1:1001 ack 1
  < P. 1001:2001 ack 1
  > . 1 ack 2001
  < P. 2001:3001 ack 1
  < P. 3001:4001 ack 1
  > . 1 ack 4001
  < P. 4001:5001 ack 1
  +40 > . 1 ack 5001
  -- The other 8 KiB are gone.
  #2 < S 0 win 65535 mss MSS
  #2 > S. 0 ack 1 win 4096
  +1 #2 < . 1 ack 1 win 65535
  #2 event accepted
  #2 < P. 1:1001 ack 1
  #2 < P. 1001:2001 ack 1
  #2 > . 1 ack 2001
  #2 < . 4097:5001 ack 1
  #2 dropped unacceptable
  #2 > . 1 ack 2001
  #2 < P. 2001:4097 ack 1
  #2 readable 4096
  #2 > . 1 ack 4097 win 0
  -- Room for it comes when it is read.
  #2 read 4096
  #2 > . 1 ack 4097 win 4096
  read 5000
  > . 1 ack 5001
`,
  { limits: { receiveMemory: 8192 }, only: 4 },
);

scenario(
  "receiveMemory: bytes far ahead in many connections take no more of it than there is",
  `
  ${ACCEPTED}
  ${SECOND}
  < . 60001:60002 ack 1
  > . 1 ack 1
  #2 < . 60001:60002 ack 1
  #2 dropped memoryLimit
  #2 > . 1 ack 1
  ${TALKS}
`,
  { limits: { receiveMemory: 200_000 } },
);

scenario(
  "sendMemory: a connection that finds it used up may write 4 KiB, and what is not needed any more is free again",
  `
  ${ACCEPTED}
  ${SECOND}
  #2 accept
  #2 write 10000 takes 4096
  #2 > . 1:1+MSS ack 1
  #2 > . 1+MSS:1+2*MSS ack 1
  #2 > . 1+2*MSS:4097 ack 1
  write 10000 takes 8192
  > . 1:1+MSS ack 1
  > . 1+MSS:1+2*MSS ack 1
  > . 1+2*MSS:1+3*MSS ack 1
  > . 1+3*MSS:1+4*MSS ack 1
  > . 1+4*MSS:1+5*MSS ack 1
  > . 1+5*MSS:8193 ack 1
  +1 < . 1 ack 8193
  close
  > F. 8193 ack 1
  #2 abort
  #2 > R. 4097 ack 1
  #3 < S 0 win 65535 mss MSS
  #3 > S. 0 ack 1
  +1 #3 < . 1 ack 1 win 0
  #3 event accepted
  #3 accept
  #3 write 10000 takes 8192
`,
  { tcp: { sendBuffer: { max: 8192 } }, limits: { sendMemory: 8192 }, only: 4 },
);

scenario(
  "a program hears of room to write by the kibibyte, or when all is acknowledged",
  `
  ${ACCEPTED}
  write 8192
  > . 1:1+MSS ack 1
  > . 1+MSS:1+2*MSS ack 1
  > . 1+2*MSS:1+3*MSS ack 1
  > . 1+3*MSS:1+4*MSS ack 1
  > . 1+4*MSS:1+5*MSS ack 1
  > . 1+5*MSS:8193 ack 1
  +1 < . 1 ack 2
  < . 1 ack 1024
  no event writable
  < . 1 ack 1025
  event writable 1024
  < . 1 ack 1026
  no event writable
  < . 1 ack 8193
  event writable 7168
`,
  { tcp: { sendBuffer: { max: 8192 } }, only: 4 },
);

scenario(
  "a connection that the program has closed ends after eight probes, though its peer answers each with a closed window",
  `
  ${ACCEPTED}
  write 100
  > . 1:101 ack 1
  +1 < . 1 ack 101 win 0
  write 10
  close
  ${
    Array.from({ length: 8 }, (_, i) => `+${150 * 2 ** i}..${300 * 2 ** i} > . 101:102 ack 1\n< . 1 ack 101 win 0`)
      .join("\n")
  }
  +60000 event released
`,
);

Deno.test("icmpRate: 0 reports nothing, and counts what it does not report", () => {
  const host = new LoneHost({ limits: { icmpRate: 0 } });
  assertEquals(host.receive(toHost(4, datagram(10)), toHost(6, datagram(10))), []);
  assertEquals(host.dropped, { noSocket: 2, rateLimited: 2 });
});

Deno.test("udpQueue: what does not fit is dropped and counted, and what fits is kept", () => {
  const host = new LoneHost({ limits: { udpQueue: 3000 } });
  host.bind(1, 7);
  for (let seed = 0; seed < 3; seed++) host.receive(toHost(4, datagram(1000, seed)));
  assertEquals(host.dropped, { queueFull: 1 });
  assertEquals(host.datagrams(1).map(({ bytes }) => bytes[0]), [0, 1]);
  host.receive(toHost(4, datagram(1000, 3)));
  assertEquals(host.datagrams(1).map(({ bytes }) => bytes[0]), [3]);
});

Deno.test("reassembly: the oldest fragments make way, are counted, and whole datagrams go on", () => {
  const host = new LoneHost({ limits: { reassembly: 10_000 } });
  host.bind(1, 7);
  const whole = toHost(4, datagram(2000));
  for (let id = 0; id < 100; id++) host.receive(fragmentOf(whole, { from: 0, to: 1000, id }));
  assert(host.engine.holdings().reassembly <= 10_000, `${host.engine.holdings().reassembly} bytes`);
  assertEquals(host.dropped, { fragmentLimit: 95 });
  host.receive(fragmentOf(whole, { from: 1000, to: 2008, id: 99 }), toHost(4, datagram(10)));
  assertEquals(host.datagrams(1).map(({ bytes }) => bytes.length), [2000, 10]);
});

Deno.test("packets of a host to itself wait for room, and none is lost", () => {
  const host = new LoneHost({ limits: { udpQueue: 100_000_000 } });
  host.bind(1, 7);
  host.bind(2, 9);
  const bytes = new Uint8Array(60_000);
  const count = 400;
  assert(count * bytes.length > 16 * 1024 * 1024);
  for (let i = 0; i < count; i++) host.engine.send(0, 1, bytes, { address: "127.0.0.1", port: 9 });
  assertEquals(host.sent(), []);
  assertEquals([host.datagrams(2).length, host.dropped], [count, {}]);
});

Deno.test("a queue that never empties keeps no more than what waits in it", () => {
  const queue = new PacketQueue(8192);
  let most = 0;
  for (let i = 0; i < 100_000; i++) {
    assert(queue.reserve(1000));
    queue.commit(1000);
    if (i >= 3) queue.shift();
    most = Math.max(most, queue.remembered);
  }
  assert(most <= 32, `${most} packets were remembered`);
});

Deno.test("a pool may be overdrawn, and has nothing free until that is given back", () => {
  const pool = new MemoryPool(100);
  pool.take(90);
  assertEquals([pool.free, pool.held, pool.spare], [10, 90, 0]);
  pool.take(30);
  assertEquals([pool.free, pool.held], [0, 120]);
  pool.give(90);
  assertEquals([pool.free, pool.spare], [70, 20]);
});

for (const end of ["closeWrite", "close"] as const) {
  Deno.test(`sendMemory: once a program has written all, its connection holds what is not acknowledged (${end})`, () => {
    const pair = new Pair({ wire: ({ packet }) => [{ after: 20, packet }] });
    const { a, b } = pair;
    b.engine.listen(0, 1, { address: "0.0.0.0", port: 80 }, 1);
    a.engine.connect(0, 1, 50000, { address: "10.0.0.2", port: 80 });
    pair.run(() => a.saw("connected"));
    b.onEvent = ({ kind, id }) => {
      if (kind === "readable") b.discard(pair.now, id);
    };
    const written = a.engine.write(pair.now, 1, new Uint8Array(1024 * 1024));
    a.engine[end](pair.now, 1);
    pair.run(() => {
      const { promised, unacknowledged } = a.engine.holdings();
      assert(promised <= unacknowledged, `${promised} bytes are promised, ${unacknowledged} of ${written} under way`);
      return unacknowledged === 0;
    });
  });
}
