/** The program is a router whose next link is narrow. It says so to who sends too large a packet, and TCP sends smaller ones. */
import { describePacket, icmpError, Internet, MTU_ETHERNET, MTU_MINIMUM_IPV6, parsePacket } from "../mod.ts";

const ADDRESSES = { 4: "10.0.0.254", 6: "2001:db8::fe" }; // of the router
const LENGTH = 100_000;

await using internet = new Internet();
let shown = new Set<string>();
const routing = route();
const server = await internet.newStack(MTU_ETHERNET, "10.0.0.1", "2001:db8::1");
const client = await internet.newStack(MTU_ETHERNET, "10.0.0.2", "2001:db8::2");

let complete = true;
for (const host of ["10.0.0.1", "[2001:db8::1]"]) {
  shown = new Set();
  const [, received] = await Promise.all([serve(`${host}:80`), download(`${host}:80`)]);
  console.log(`${received} of ${LENGTH} bytes arrived`);
  complete &&= received === LENGTH;
}

await internet.close(); // ends the loop over the packets in flight
await routing;
if (!complete) Deno.exit(1);

async function route(): Promise<void> {
  for await (const { packet } of internet.inFlight()) {
    if (packet.length <= MTU_MINIMUM_IPV6) {
      if (parsePacket(packet)?.tcp?.payload.length) show("fits", packet);
      internet.deliver({ packet });
      continue;
    }
    show("too large", packet);
    const from = ADDRESSES[parsePacket(packet)!.version];
    const report = icmpError(packet, "packet-too-big", { from, mtu: MTU_MINIMUM_IPV6 });
    if (!report) continue; // about some packets nothing may be said
    show("report", report);
    internet.deliver({ packet: report });
  }
}

/** Prints the first packet of each sort. */
function show(sort: string, packet: Uint8Array): void {
  if (!shown.has(sort)) console.log(`${sort}: ${describePacket(packet)}`);
  shown.add(sort);
}

async function serve(address: string): Promise<void> {
  using listener = server.listenTCP(address);
  const conn = await listener.accept();
  await new Response(new Uint8Array(LENGTH)).body!.pipeTo(conn.writable);
}

async function download(address: string): Promise<number> {
  const conn = await client.dialTCP(address);
  return (await new Response(conn.readable).arrayBuffer()).byteLength;
}
