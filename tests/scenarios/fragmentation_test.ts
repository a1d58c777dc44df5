// Datagrams that are larger than the MTU, from socket to socket.
import { assert, assertEquals } from "@std/assert";
import { eachIsolation, Network, SERVER, SERVER6 } from "./hosts.ts";

eachIsolation("UDP: 60,000 bytes and the largest datagrams over an MTU of 1280", async (isolation) => {
  let largest = 0;
  const filter = ({ packet }: { packet: Uint8Array }) => {
    largest = Math.max(largest, packet.length);
    return true;
  };
  await using net = await Network.create(isolation, { mtu: 1280, filter });
  for (const [address, most] of [[`${SERVER}:7`, 65507], [`[${SERVER6}]:7`, 65527]] as const) {
    using server = net.server.listenUDP(address);
    using conn = await net.client.dialUDP(address);
    server.bufSize = most;
    for (const length of [60_000, most]) {
      const datagram = Uint8Array.from({ length }, (_, i) => i % 251);
      assertEquals(await conn.write(datagram), length);
      const [received, from] = await server.receive();
      assertEquals(received, datagram);
      await server.send(received, from);
      const buffer = new Uint8Array(70_000);
      assertEquals(await conn.read(buffer), length);
      assertEquals(buffer.subarray(0, length), datagram);
    }
  }
  assert(largest <= 1280, `a packet of ${largest} bytes was sent`);
});
