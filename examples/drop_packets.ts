/** The program loses every third packet that carries data. TCP sends them again, so the download still arrives whole. */
import { Internet, MTU_ETHERNET, parsePacket, type Stack } from "../mod.ts";

const sent = crypto.getRandomValues(new Uint8Array(65_536));

await using internet = new Internet();
let [packets, dropped] = [0, 0];
const routing = loseSome();
const server = await internet.newStack(MTU_ETHERNET, "10.0.0.1");
const client = await internet.newStack(MTU_ETHERNET, "10.0.0.2");

const [, received] = await Promise.all([serve(server), download(client)]);
const same = await sha256(received) === await sha256(sent);
console.log(`${received.length} of ${sent.length} bytes arrived, SHA-256 ${same ? "equal" : "different"}`);
console.log(`${dropped} of ${packets} data packets dropped`);

await internet.close(); // ends the loop over the packets in flight
await routing;
if (!same) Deno.exit(1);

/** A packet is lost when it is not delivered. As a filter: `internet.route({ filter: (frame) => !isLost(frame) })`. */
async function loseSome(): Promise<void> {
  for await (const frame of internet.inFlight()) {
    if (hasData(frame.packet) && ++packets % 3 === 0) dropped++;
    else internet.deliver(frame);
  }
}

function hasData(packet: Uint8Array): boolean {
  const segment = parsePacket(packet)?.tcp;
  return segment !== undefined && segment.payload.length > 0;
}

async function serve(stack: Stack): Promise<void> {
  using listener = stack.listenTCP("10.0.0.1:80");
  const conn = await listener.accept();
  // Writes all of it however little TCP takes at a time, and closes the connection.
  await new Response(sent).body!.pipeTo(conn.writable);
}

async function download(stack: Stack): Promise<Uint8Array> {
  const conn = await stack.dialTCP("10.0.0.1:80");
  return new Uint8Array(await new Response(conn.readable).arrayBuffer());
}

async function sha256(bytes: Uint8Array): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new Uint8Array(bytes))).toHex();
}
