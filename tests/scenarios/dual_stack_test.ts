// A listener at :: serves both families.
import { assertEquals } from "@std/assert";
import * as failure from "./failures.ts";
import { rejects, throws } from "./failures.ts";
import {
  assertTalks,
  bytes,
  CLIENT,
  CLIENT6,
  connectTo,
  eachIsolation,
  Network,
  SERVER,
  SERVER6,
  text,
} from "./hosts.ts";

eachIsolation("a listener at :: serves IPv6, and IPv4 with mapped addresses", async (isolation) => {
  await using net = await Network.create(isolation);
  using listener = net.server.listenTCP("[::]:80");
  assertEquals(listener.addr, { transport: "tcp", hostname: "::", port: 80 });
  using six = await connectTo(net.client, listener, `[${SERVER6}]:80`);
  assertEquals([six.server.localAddr.hostname, six.server.remoteAddr.hostname], [SERVER6, CLIENT6]);
  await assertTalks(six);
  using four = await connectTo(net.client, listener, `${SERVER}:80`);
  assertEquals([four.client.localAddr.hostname, four.client.remoteAddr.hostname], [CLIENT, SERVER]);
  assertEquals(
    [four.server.localAddr.hostname, four.server.remoteAddr.hostname],
    [`::ffff:${SERVER}`, `::ffff:${CLIENT}`],
  );
  await assertTalks(four);
});

eachIsolation("a listener at 0.0.0.0 serves IPv4 only", async (isolation) => {
  await using net = await Network.create(isolation);
  using listener = net.server.listenTCP("0.0.0.0:80");
  using four = await connectTo(net.client, listener, `${SERVER}:80`);
  assertEquals([four.server.localAddr.hostname, four.server.remoteAddr.hostname], [SERVER, CLIENT]);
  await rejects(net.client.dialTCP(`[${SERVER6}]:80`), failure.REFUSED);
});

eachIsolation("an exact address and another family's wildcard share a port", async (isolation) => {
  await using net = await Network.create(isolation);
  using four = net.server.listenTCP("0.0.0.0:80");
  using six = net.server.listenTCP(`[${SERVER6}]:80`);
  throws(() => net.server.listenTCP("[::]:80"), failure.IN_USE);
  using first = await connectTo(net.client, four, `${SERVER}:80`);
  using second = await connectTo(net.client, six, `[${SERVER6}]:80`);
  await assertTalks(first);
  await assertTalks(second);
});

eachIsolation("a datagram socket at :: receives from both families", async (isolation) => {
  await using net = await Network.create(isolation);
  using socket = net.server.listenUDP("[::]:7");
  using four = await net.client.dialUDP(`${SERVER}:7`);
  using six = await net.client.dialUDP(`[${SERVER6}]:7`);
  await six.write(bytes("six"));
  const [datagram, from] = await socket.receive();
  assertEquals([text(datagram), from.hostname], ["six", CLIENT6]);
  await four.write(bytes("four"));
  const [mapped, sender] = await socket.receive();
  assertEquals([text(mapped), sender.hostname], ["four", `::ffff:${CLIENT}`]);
  // An answer goes to the address as it was told.
  await socket.send(bytes("back"), sender);
  const buffer = new Uint8Array(9);
  assertEquals(text(buffer.subarray(0, await four.read(buffer))), "back");
});
