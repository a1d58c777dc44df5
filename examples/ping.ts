/** One host pings another over a path of 10 ms each way that loses every fifth packet, and prints what ping prints. */
import { Internet, MTU_ETHERNET, ping } from "../mod.ts";

const COUNT = 8;
const DELAY = 10; // ms, each way
const times: number[] = [];

await using internet = new Internet();
const routing = delayAndLose();
await internet.newStack(MTU_ETHERNET, "10.0.0.1");
const client = await internet.newStack(MTU_ETHERNET, "10.0.0.2");

console.log("PING 10.0.0.1: 56 bytes of data");
for (let sequence = 1; sequence <= COUNT; sequence++) {
  try {
    const { from, size, ttl, time } = await ping(client, "10.0.0.1", { sequence });
    times.push(time);
    console.log(`${size + 8} bytes from ${from}: icmp_seq=${sequence} ttl=${ttl} time=${time.toFixed(3)} ms`);
  } catch (error) {
    if (!(error instanceof Deno.errors.TimedOut)) throw error;
    console.log(`no answer for icmp_seq=${sequence}`);
  }
}

const lost = (1 - times.length / COUNT) * 100;
const average = times.reduce((sum, time) => sum + time, 0) / times.length;
const [least, middle, most] = [Math.min(...times), average, Math.max(...times)].map((time) => time.toFixed(3));
console.log(`${COUNT} packets transmitted, ${times.length} received, ${lost.toFixed(0)}% packet loss`);
console.log(`round trip min/avg/max = ${least}/${middle}/${most} ms`);

await internet.close(); // ends the loop over the packets in flight
await routing;

/** A packet is lost when it is not delivered, and late when it is delivered later. */
async function delayAndLose(): Promise<void> {
  let packets = 0;
  for await (const frame of internet.inFlight()) {
    if (++packets % 5 === 0) continue;
    setTimeout(() => internet.deliver(frame), DELAY);
  }
}
