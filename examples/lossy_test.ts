/** Tests a program's own network code under loss: `deno test -A examples/lossy_test.ts`. Only a failure leaves a trace. */
import { denoNet, withInternet } from "../mod.ts";

// The program. It is given the functions of Deno that it needs, so that a test can give it those of a simulated host.

async function download(connect: typeof Deno.connect, hostname: string): Promise<string> {
  using conn = await connect({ hostname, port: 80 });
  return await new Response(conn.readable).text();
}

async function serve(listen: typeof Deno.listen, text: string): Promise<void> {
  for await (const conn of listen({ port: 80 })) await new Blob([text]).stream().pipeTo(conn.writable);
}

/** Asks by a datagram, and asks again until there is an answer. */
async function ask(listenDatagram: typeof Deno.listenDatagram, question: string, to: Deno.Addr): Promise<string> {
  const socket = listenDatagram({ transport: "udp", port: 0 });
  const send = () => socket.send(new TextEncoder().encode(question), to);
  const asking = setInterval(send, 50);
  try {
    await send();
    const [answer] = await socket.receive();
    return new TextDecoder().decode(answer);
  } finally {
    clearInterval(asking);
    socket.close();
  }
}

// Its tests.

Deno.test("a download arrives whole, though packets are lost and late", () =>
  withInternet(async (net) => {
    const [server, client] = [await net.stack("10.0.0.1"), await net.stack("10.0.0.2")];
    const text = "Every word of it. ".repeat(2000);
    void serve(denoNet(server).listen, text); // until the internet is closed, which is when the test ends
    net.loss = 0.1;
    net.delay = 5; // ms
    const received = await download(denoNet(client).connect, "10.0.0.1");
    if (received !== text) throw new Error(`${received.length} of ${text.length} characters arrived`);
  }));

Deno.test("a question is asked until it is answered", () =>
  withInternet({ timeout: 10_000, pcap: "traces" }, async (net) => {
    const [server, client] = [await net.stack("10.0.0.1"), await net.stack("10.0.0.2")];
    const socket = server.listenUDP("10.0.0.1:7");
    net.loss = 0.5;
    const answer = ask(denoNet(client).listenDatagram, "Are you there?", socket.addr);
    const [question, sender] = await socket.receive();
    net.loss = 0;
    await socket.send(question, sender);
    if (await answer !== "Are you there?") throw new Error(`The answer was ${await answer}`);
  }));
