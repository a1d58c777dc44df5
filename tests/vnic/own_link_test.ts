import { assertEquals, assertRejects } from "@std/assert";
import { Internet } from "../../internet/mod.ts";
import { Stack } from "../../stack/mod.ts";
import { type LinkEndpoint, MTU_ETHERNET, type NetworkDispatcher, VNIC } from "../../vnic/mod.ts";

/** One end of a cable between two stacks, without a NIC or an internet. */
class CableEnd implements LinkEndpoint {
  readonly mtu = MTU_ETHERNET;
  peer: CableEnd | undefined;
  isClosed = false;
  #dispatcher: NetworkDispatcher | null = null;

  attach(dispatcher: NetworkDispatcher | null): void {
    this.#dispatcher = dispatcher;
  }

  writePackets(packets: Iterable<Uint8Array>): number {
    let sent = 0;
    for (const packet of packets) {
      this.peer?.receive(packet);
      sent++;
    }
    return sent;
  }

  receive(packet: Uint8Array): void {
    this.#dispatcher?.deliverNetworkPacket(packet);
  }

  close(): void {
    this.isClosed = true;
  }
}

/** Sends a datagram from one stack to another and back, by way of whatever links they have. */
async function assertEchoes(client: Stack, server: Stack, address: string): Promise<void> {
  using socket = server.listenUDP(address);
  using conn = await client.dialUDP(address);
  await conn.write(new TextEncoder().encode("ping"));
  const [datagram, from] = await socket.receive();
  await socket.send(datagram, from);
  const buffer = new Uint8Array(100);
  assertEquals(await conn.read(buffer), 4);
  assertEquals(new TextDecoder().decode(buffer.subarray(0, 4)), "ping");
}

Deno.test("a program's own LinkEndpoint carries a stack's packets", async () => {
  const [left, right] = [new CableEnd(), new CableEnd()];
  [left.peer, right.peer] = [right, left];
  {
    await using client = await Stack.create(left, "10.0.0.1");
    await using server = await Stack.create(right, "10.0.0.2", "2001:db8::2");
    await assertEchoes(client, server, "10.0.0.2:7");
  }
  assertEquals([left.isClosed, right.isClosed], [true, true]);
});

Deno.test("a link that lacks a method is refused before the stack starts", async () => {
  for (const method of ["attach", "writePackets", "close"]) {
    const link: LinkEndpoint = Object.assign(new CableEnd(), { [method]: undefined });
    const create = () => Stack.createInline(link, { addresses: ["10.0.0.1"] });
    await assertRejects(create, TypeError, "its link must have attach(), writePackets() and close()");
  }
});

Deno.test("a program's own VNICNetwork sees every packet on its way to the internet", async () => {
  await using internet = new Internet();
  const versions = new Set<number>();
  const vnic = new VNIC(MTU_ETHERNET, {
    sendFrame(frame) {
      versions.add(frame.packet[0] >> 4);
      return internet.sendFrame(frame);
    },
  });
  await using client = await Stack.create(vnic, "10.0.0.1", "2001:db8::1");
  internet.addRoute(vnic, "10.0.0.1", "2001:db8::1");
  const server = await internet.newStack(MTU_ETHERNET, "10.0.0.2", "2001:db8::2");
  const routing = internet.route();
  await assertEchoes(client, server, "10.0.0.2:7");
  await assertEchoes(client, server, "[2001:db8::2]:7");
  assertEquals([...versions].sort(), [4, 6]);
  await internet.close();
  await routing;
});
