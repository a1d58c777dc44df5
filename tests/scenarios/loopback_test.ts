// What a stack says to itself stays inside it.
import { assertEquals } from "@std/assert";
import { Internet, type VNICFrame } from "../../mod.ts";
import * as failure from "./failures.ts";
import { rejects } from "./failures.ts";
import { assertTalks, bytes, connect, eachIsolation, readAll, text, writeAll } from "./hosts.ts";
import { SYN, tcpPacket } from "./packets.ts";

const OWN = ["127.0.0.1", "127.8.8.8", "[::1]", "10.0.0.1", "[2001:db8::1]"];

eachIsolation("TCP and UDP to loopback and to own addresses never touch the NIC", async (isolation) => {
  await using internet = new Internet({ isolation });
  const frames: VNICFrame[] = [];
  const routing = internet.route({ filter: (frame) => frames.push(frame) > 0 });
  const stack = await internet.newStack(1500, "10.0.0.1", "2001:db8::1");
  for (const host of OWN) {
    using pair = await connect(stack, stack, `${host}:80`);
    await assertTalks(pair);
    assertEquals(`${pair.client.remoteAddr.hostname}`, host.replace(/[[\]]/g, ""));
    const [, received] = await Promise.all([
      writeAll(pair.client, new Uint8Array(300_000)).then(() => pair.client.closeWrite()),
      readAll(pair.server),
    ]);
    assertEquals(received.length, 300_000);

    using socket = stack.listenUDP(`${host}:53`);
    using conn = await stack.dialUDP(`${host}:53`);
    await conn.write(bytes("to myself"));
    const [datagram, from] = await socket.receive();
    assertEquals([text(datagram), from], ["to myself", conn.localAddr]);
    await rejects(stack.dialTCP(`${host}:9`), failure.REFUSED);
  }
  assertEquals(frames, []);
  await internet.close();
  await routing;
});

eachIsolation(
  "a wildcard listener serves loopback and own addresses, and dials to a wildcard go to loopback",
  async (isolation) => {
    await using internet = new Internet({ isolation });
    const stack = await internet.newStack(1500, "10.0.0.1", "2001:db8::1");
    using listener = stack.listenTCP("0.0.0.0:80");
    for (const host of ["127.0.0.1", "10.0.0.1", "0.0.0.0"]) {
      using client = await stack.dialTCP(`${host}:80`);
      using server = await listener.accept();
      await assertTalks({ client, server });
      assertEquals(server.localAddr.hostname, host === "0.0.0.0" ? "127.0.0.1" : host);
    }
    await rejects(stack.dialTCP("[::1]:80"), failure.REFUSED);
  },
);

eachIsolation("a listener at loopback is out of reach from outside", async (isolation) => {
  await using internet = new Internet({ isolation });
  const routing = internet.route();
  const server = await internet.newStack(1500, "10.0.0.1");
  const client = await internet.newStack(1500, "10.0.0.2");
  using _ = server.listenTCP("127.0.0.1:80");
  await rejects(client.dialTCP("10.0.0.1:80"), failure.REFUSED);
  // Nor does a packet that pretends to come from inside.
  const way = { source: "127.0.0.1", sourcePort: 5, destination: "10.0.0.1", destinationPort: 80 };
  internet.deliver({ packet: tcpPacket(way, { seq: 1, flags: SYN }) });
  await rejects(client.dialTCP("10.0.0.1:81"), failure.REFUSED);
  await internet.close();
  await routing;
});

eachIsolation("stacks have a loopback each", async (isolation) => {
  await using internet = new Internet({ isolation });
  const [first, second] = await Promise.all(["10.0.0.1", "10.0.0.2"].map((host) => internet.newStack(1500, host)));
  using one = await connect(first, first, "127.0.0.1:80");
  using two = await connect(second, second, "127.0.0.1:80");
  await assertTalks(one);
  await assertTalks(two);
  using _ = first.listenTCP("127.0.0.1:81");
  await rejects(second.dialTCP("127.0.0.1:81"), failure.REFUSED);
});
