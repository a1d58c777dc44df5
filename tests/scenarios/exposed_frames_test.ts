// What a program may do with the packets that it is handed, and what an engine's own failure does.
import { assertEquals, assertRejects } from "@std/assert";
import { Internet, type VNICFrame } from "../../mod.ts";
import { Engine } from "../../stack/engine/engine.ts";
import { patternDigest, receiveDigest, sendPattern } from "./data.ts";
import { assertTalks, connect, eachIsolation, Network, scenario, SERVER } from "./hosts.ts";

eachIsolation("a program that transfers a packet's buffer loses packets, and nothing else", async (isolation) => {
  let seen = 0;
  const filter = ({ packet }: VNICFrame) => {
    if (++seen % 50 === 0) structuredClone(packet, { transfer: [packet.buffer as ArrayBuffer] });
    return true;
  };
  await using network = await Network.create(isolation, { filter });
  using pair = await connect(network.client, network.server);
  const length = 1 << 20;
  const [received, echoed] = await Promise.all([
    receiveDigest(pair.client),
    receiveDigest(pair.server),
    sendPattern(pair.server, length, 1),
    sendPattern(pair.client, length, 2),
  ]);
  assertEquals([received, echoed], [patternDigest(length, 1), patternDigest(length, 2)]);
});

eachIsolation(
  "a program that writes beyond the ends of a packet loses packets, and nothing else",
  async (isolation) => {
    let seen = 0;
    const filter = ({ packet }: VNICFrame) => {
      if (++seen % 50 === 0) new Uint8Array(packet.buffer).fill(255);
      return true;
    };
    await using network = await Network.create(isolation, { filter });
    using pair = await connect(network.client, network.server);
    const length = 1 << 20;
    const [received] = await Promise.all([receiveDigest(pair.server), sendPattern(pair.client, length, 2)]);
    assertEquals(received, patternDigest(length, 2));
  },
);

scenario("an inline engine that throws: its stack rejects, and the others go on", async () => {
  await using internet = new Internet({ isolation: "inline" });
  const broken = await internet.newStack({ addresses: [SERVER] });
  const other = await internet.newStack({ addresses: ["10.0.0.3"] });
  const original = Engine.prototype.connect;
  Engine.prototype.connect = () => {
    throw new Error("no engine does this");
  };
  try {
    await assertRejects(() => broken.dialTCP("10.0.0.3:80"), Deno.errors.ConnectionAborted);
  } finally {
    Engine.prototype.connect = original;
  }
  await assertRejects(() => broken.closed, Error, "The stack's engine died");
  using pair = await connect(other, other, "10.0.0.3:80");
  await assertTalks(pair);
});
