// Datagrams from socket to socket.
// Some packets here are malformed on purpose.
import { Buffer } from "node:buffer";
import { assertEquals, assertNotEquals } from "@std/assert";
import { Internet, type VNICFrame } from "../../mod.ts";
import * as failure from "./failures.ts";
import { later, rejects } from "./failures.ts";
import { bytes, CLIENT, CLIENT6, eachIsolation, Network, SERVER, SERVER6, text } from "./hosts.ts";
import { summarize, UDP, udpPacket } from "./packets.ts";

const HOSTS = [[SERVER, `${SERVER}:7`], [SERVER6, `[${SERVER6}]:7`]];

eachIsolation("UDP echo, in both families, connected and not", async (isolation) => {
  await using net = await Network.create(isolation);
  for (const [hostname, address] of HOSTS) {
    using echo = net.server.listenUDP(address);
    using conn = await net.client.dialUDP(address);
    using socket = net.client.listenUDP(hostname === SERVER ? "0.0.0.0:0" : "[::]:0");
    assertEquals(conn.remoteAddr, { transport: "udp", hostname, port: 7 });
    assertEquals(conn.localAddr.hostname, hostname === SERVER ? CLIENT : CLIENT6);

    assertEquals(await conn.write(bytes("by connection")), 13);
    const [first, from] = await echo.receive();
    assertEquals([text(first), from], ["by connection", conn.localAddr]);
    await echo.send(first, from);
    const buffer = new Uint8Array(100);
    const length = await conn.read(buffer);
    assertEquals(text(buffer.subarray(0, length)), "by connection");

    await socket.send(bytes("by datagram"), { transport: "udp", hostname, port: 7 });
    const [second, sender] = await echo.receive();
    assertEquals([text(second), sender.port], ["by datagram", socket.addr.port]);
    await echo.send(second, sender);
    const [answer, answerer] = await socket.receive();
    assertEquals([text(answer), answerer], ["by datagram", { transport: "udp", hostname, port: 7 }]);
  }
});

eachIsolation("UDP keeps the boundaries of datagrams, and empty ones", async (isolation) => {
  await using net = await Network.create(isolation);
  for (const [, address] of HOSTS) {
    using server = net.server.listenUDP(address);
    using conn = await net.client.dialUDP(address);
    const sizes = [0, 1, 0, 1000, 0, 3, 1452, 0];
    for (const [i, size] of sizes.entries()) assertEquals(await conn.write(new Uint8Array(size).fill(i)), size);
    for (const [i, size] of sizes.entries()) {
      const [datagram, from] = await server.receive();
      assertEquals(datagram, new Uint8Array(size).fill(i));
      await server.send(datagram, from);
    }
    const buffer = new Uint8Array(2000);
    for (const size of sizes) assertEquals(await conn.read(buffer), size);
  }
});

eachIsolation("UDP: over ::1 an error comes back on the narrowest link", async (isolation) => {
  await using internet = new Internet({ isolation });
  const stack = await internet.newStack(68, "10.0.0.1");
  using conn = await stack.dialUDP("[::1]:9");
  await conn.write(new Uint8Array(100));
  await rejects(conn.read(new Uint8Array(1)), failure.REFUSED);
  assertEquals((await stack.stats()).dropped.malformed, 0);
});

eachIsolation("UDP: the largest datagrams over the stack's own loopback", async (isolation) => {
  await using net = await Network.create(isolation);
  for (const [address, most] of [["127.0.0.1:7", 65507], ["[::1]:7", 65527]] as const) {
    using socket = net.server.listenUDP(address);
    using conn = await net.server.dialUDP(address);
    const datagram = Uint8Array.from({ length: most }, (_, i) => i % 251);
    assertEquals(await conn.write(datagram), most);
    socket.bufSize = most;
    const [received, from] = await socket.receive();
    assertEquals(received, datagram);
    await socket.send(received, from);
    const buffer = new Uint8Array(70_000);
    assertEquals(await conn.read(buffer), most);
    assertEquals(buffer.subarray(0, most), datagram);
  }
});

eachIsolation(
  "UDP: a connected socket hears that nobody has the port, an unconnected one does not",
  async (isolation) => {
    await using net = await Network.create(isolation);
    for (const [hostname, address] of HOSTS) {
      using conn = await net.client.dialUDP(address);
      const reading = later(conn.read(new Uint8Array(1)));
      await conn.write(bytes("anybody?"));
      await rejects(reading, failure.REFUSED);
      // It is told once; then the socket is as good as before.
      using server = net.server.listenUDP(address);
      await conn.write(bytes("now?"));
      const [question, from] = await server.receive();
      assertEquals(text(question), "now?");
      await server.send(bytes("yes"), from);
      assertEquals(await conn.read(new Uint8Array(9)), 3);

      using socket = net.client.listenUDP(hostname === SERVER ? `${CLIENT}:0` : `[${CLIENT6}]:0`);
      const receiving = socket.receive();
      await socket.send(bytes("x"), { transport: "udp", hostname, port: 8 });
      await socket.send(bytes("ping"), { transport: "udp", hostname, port: 7 });
      const [, back] = await server.receive();
      await server.send(bytes("pong"), back);
      const [answer] = await receiving;
      assertEquals(text(answer), "pong");
    }
  },
);

eachIsolation("UDP: a connected socket receives from nobody else", async (isolation) => {
  await using net = await Network.create(isolation);
  using server = net.server.listenUDP(`${SERVER}:7`);
  using stranger = net.server.listenUDP(`${SERVER}:8`);
  using conn = await net.client.dialUDP(`${SERVER}:7`);
  await stranger.send(bytes("spam"), conn.localAddr);
  await server.send(bytes("mail"), conn.localAddr);
  const buffer = new Uint8Array(9);
  assertEquals(text(buffer.subarray(0, await conn.read(buffer))), "mail");
});

eachIsolation("UDP: close() right after a send loses nothing", async (isolation) => {
  await using net = await Network.create(isolation);
  using server = net.server.listenUDP(`${SERVER}:7`);
  for (let i = 0; i < 50; i++) {
    const conn = await net.client.dialUDP(`${SERVER}:7`);
    void conn.write(Uint8Array.of(i));
    conn.close();
  }
  for (let i = 0; i < 50; i++) {
    const [datagram] = await server.receive();
    assertEquals(datagram, Uint8Array.of(i));
  }
});

eachIsolation("UDP: the bytes are those of the call", async (isolation) => {
  await using net = await Network.create(isolation);
  using server = net.server.listenUDP(`${SERVER}:7`);
  using conn = await net.client.dialUDP(`${SERVER}:7`);
  const data = bytes("before");
  const writing = conn.write(data);
  data.fill(0);
  await writing;
  const [datagram] = await server.receive();
  assertEquals(text(datagram), "before");
});

eachIsolation(
  "UDP: the bytes are those of the call, in a Buffer of Node too, and for sends that wait",
  async (isolation) => {
    await using net = await Network.create(isolation, { server: { limits: { udpQueue: 64 * 1024 * 1024 } } });
    using server = net.server.listenUDP(`${SERVER}:7`);
    using conn = await net.client.dialUDP(`${SERVER}:7`);
    const data = Buffer.alloc(1400);
    const writing = Array.from({ length: 3000 }, (_, i) => {
      data.writeUInt16BE(i);
      return conn.write(data);
    });
    data.fill(255);
    await Promise.all(writing);
    for (let i = 0; i < writing.length; i++) {
      const [datagram] = await server.receive();
      assertEquals(datagram[0] << 8 | datagram[1], i);
    }
  },
);

eachIsolation("UDP: a receiver that does not read loses datagrams, and nothing else", async (isolation) => {
  await using net = await Network.create(isolation, { server: { limits: { udpQueue: 64 * 1024 } } });
  using slow = net.server.listenUDP(`${SERVER}:7`);
  using quick = net.server.listenUDP(`${SERVER}:8`);
  using conn = await net.client.dialUDP(`${SERVER}:7`);
  using other = await net.client.dialUDP(`${SERVER}:8`);
  for (let i = 0; i < 2000; i++) await conn.write(Uint8Array.of(i >> 8, i & 0xff, ...new Uint8Array(998)));
  await other.write(bytes("still here"));
  const [datagram] = await quick.receive();
  assertEquals(text(datagram), "still here");
  // What is kept is whole and in order, and no more than the queues hold: 64 KiB in the stack, 256 KiB here.
  const kept = await receiveAll(slow);
  const numbers = kept.map(([received]) => (received[0] << 8) | received[1]);
  assertEquals(numbers, numbers.toSorted((a, b) => a - b));
  assertEquals(new Set(numbers).size, numbers.length);
  assertEquals(kept.every(([received]) => received.length === 1000), true);
  assertEquals(kept.length > 50 && kept.length < 330, true, `${kept.length} datagrams were kept`);
});

/** The datagrams that wait, up to one of three bytes which the socket sends to itself. */
async function receiveAll(socket: Deno.DatagramConn): Promise<[Uint8Array, Deno.Addr][]> {
  const all: [Uint8Array, Deno.Addr][] = [];
  for (;;) {
    await socket.send(bytes("end"), socket.addr);
    const datagram = await socket.receive();
    if (datagram[0].length === 3) return all;
    all.push(datagram);
  }
}

eachIsolation("UDP: packets that are wrong are dropped, and the socket goes on", async (isolation) => {
  await using net = await Network.create(isolation);
  using server = net.server.listenUDP(`${SERVER}:7`);
  const way = { source: CLIENT, sourcePort: 9, destination: SERVER, destinationPort: 7 };
  const good = udpPacket(way, bytes("good"));
  const flipped = good.slice();
  flipped[29] ^= 1;
  const short = good.slice(0, -1);
  const liar = good.slice();
  liar[25] = 200;
  for (const packet of [flipped, short, liar, good]) net.internet.deliver({ packet });
  const [datagram, from] = await server.receive();
  assertEquals([text(datagram), from], ["good", { transport: "udp", hostname: CLIENT, port: 9 }]);
});

eachIsolation("UDP: the program may drop, repeat and change datagrams", async (isolation) => {
  let count = 0;
  const filter = (frame: VNICFrame) => {
    const { protocol, destinationPort } = summarize(frame.packet);
    if (protocol !== UDP || destinationPort !== 7) return true;
    count++;
    if (count === 1) return false;
    if (count === 2) net.internet.deliver(frame);
    return true;
  };
  await using net = await Network.create(isolation, { filter });
  using server = net.server.listenUDP(`${SERVER}:7`);
  using conn = await net.client.dialUDP(`${SERVER}:7`);
  for (const word of ["lost", "twice", "last"]) await conn.write(bytes(word));
  const words = [];
  for (let i = 0; i < 3; i++) words.push(text((await server.receive())[0]));
  assertEquals(words, ["twice", "twice", "last"]);
});

eachIsolation("UDP: sockets at exact addresses come before those at wildcards", async (isolation) => {
  await using net = await Network.create(isolation);
  using exact = net.server.listenUDP(`${SERVER}:7`);
  using loopback = net.server.listenUDP("127.0.0.1:7");
  using conn = await net.client.dialUDP(`${SERVER}:7`);
  using inside = await net.server.dialUDP("127.0.0.1:7");
  await conn.write(bytes("from outside"));
  await inside.write(bytes("from inside"));
  assertEquals(text((await exact.receive())[0]), "from outside");
  const [datagram, from] = await loopback.receive();
  assertEquals([text(datagram), from.hostname], ["from inside", "127.0.0.1"]);
  assertNotEquals(from.port, 7);
});
