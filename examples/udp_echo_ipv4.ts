/** One host sends a datagram to another over UDP and IPv4, and gets it back. */
import { Internet, MTU_JUMBO, PCAPTrace } from "../mod.ts";

// What is declared first is closed last: when the internet is gone, the trace has seen its last packet.
await using trace = await PCAPTrace.open("udpEchoIPv4.pcap", MTU_JUMBO);
await using internet = new Internet({ maxInflight: 256 });

void internet.route({ trace }); // records every packet and delivers it, until the internet is closed
const server = await internet.newStack(MTU_JUMBO, "10.0.0.1");
const client = await internet.newStack(MTU_JUMBO, "10.0.0.2");

using socket = server.listenUDP("10.0.0.1:7"); // bound when this returns, so no datagram comes too early
using conn = await client.dialUDP("10.0.0.1:7");
await conn.write(new TextEncoder().encode("Hello, IPv4!"));

const [question, sender] = await socket.receive();
await socket.send(question, sender);

const buffer = new Uint8Array(1024);
const length = await conn.read(buffer); // one datagram
console.log(new TextDecoder().decode(buffer.subarray(0, length)));
