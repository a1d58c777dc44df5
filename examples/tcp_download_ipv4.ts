/** One host downloads a line of text from another over TCP and IPv4, while the program carries every packet between them. */
import { Internet, MTU_JUMBO, PCAPTrace, type Stack } from "../mod.ts";

// What is declared first is closed last: when the internet is gone, the trace has seen its last packet.
await using trace = await PCAPTrace.open("tcpDownloadIPv4.pcap", MTU_JUMBO);
await using internet = new Internet({ maxInflight: 256 });

const routing = route();
const server = await internet.newStack(MTU_JUMBO, "10.0.0.1");
const client = await internet.newStack(MTU_JUMBO, "10.0.0.2");

// `serve` listens before it first waits, so the client is not refused.
const [, text] = await Promise.all([serve(server), download(client)]);
console.log(text);

await internet.close(); // ends the loop over the packets in flight
await routing;

/** This is the internet: a packet that nobody delivers is lost. `internet.route({ trace })` does the same. */
async function route(): Promise<void> {
  for await (const frame of internet.inFlight()) {
    trace.dump(frame.packet);
    internet.deliver(frame);
  }
}

async function serve(stack: Stack): Promise<void> {
  using listener = stack.listenTCP("10.0.0.1:80");
  using conn = await listener.accept();
  await conn.write(new TextEncoder().encode("Hello, world!"));
  await conn.closeWrite();
  // The client ends its side too; had we not waited for it, its last packets would be missing in the trace.
  await conn.read(new Uint8Array(1));
}

async function download(stack: Stack): Promise<string> {
  using conn = await stack.dialTCP("10.0.0.1:80");
  return await new Response(conn.readable).text();
}
