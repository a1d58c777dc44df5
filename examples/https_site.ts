/** An HTTPS site inside the internet, with a name and a certificate, and Deno's own `fetch` that goes there. */
import { Internet, MTU_ETHERNET, PCAPTrace, serveHttp, stackFetch } from "../mod.ts";
import { identity } from "./helpers/certificate.ts";

// What is declared first is closed last: when the internet is gone, the trace has seen its last packet.
await using trace = await PCAPTrace.open("httpsSite.pcap", MTU_ETHERNET);
await using internet = new Internet();
void internet.route({ trace });
const server = await internet.newStack(MTU_ETHERNET, "192.0.2.1");
const client = await internet.newStack(MTU_ETHERNET, "192.0.2.2");

const { cert, key, ca } = identity("www.example");
await using _site = serveHttp({ listener: server.listenTCP("192.0.2.1:443"), cert, key }, handle);
await using inside = await stackFetch(client, { hosts: { "www.example": "192.0.2.1" }, caCerts: [ca] });

console.log(await headline(inside.fetch));

/** What the site's program is: it would run as well with `Deno.serve`. */
function handle(request: Request, info: Deno.ServeHandlerInfo<Deno.NetAddr>): Response {
  const { pathname } = new URL(request.url);
  return Response.json({ headline: `Hello, ${info.remoteAddr.hostname}, this is ${pathname}` });
}

/** What the client's program is: it takes any `fetch`. */
async function headline(fetch: typeof globalThis.fetch): Promise<string> {
  const response = await fetch("https://www.example/news");
  return (await response.json()).headline;
}
