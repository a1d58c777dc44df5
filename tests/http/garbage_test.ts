// Peers that speak something like the protocol: valid bytes with changes by chance, at each door into the adapters.
import { assertEquals } from "@std/assert";
import { proxy, serveHttp, type Stack, type TCPAddr, upgradeWebSocket } from "../../mod.ts";
import { seeded } from "../harness/seeded.ts";
import { bytes, Network, readAll, scenario, SERVER, text, writeAll } from "../scenarios/hosts.ts";

const ROUNDS = 300;
const ADDRESS = `${SERVER}:80`;

const HEAD = "Host: www.example\r\nConnection: close\r\n";
const UPGRADE = "GET /socket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

const REQUESTS = [
  `GET /path?query HTTP/1.1\r\n${HEAD}\r\n`,
  `POST / HTTP/1.1\r\nContent-Length: 5\r\n${HEAD}\r\nhello`,
  `POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n${HEAD}\r\n5\r\nhello\r\n0\r\n\r\n`,
  `GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\n${HEAD}\r\n`,
].map((request) => bytes(request));

const FRAMES = [
  [0x81, 0x85, 1, 2, 3, 4, ...bytes("hello")],
  [0x01, 0x81, 0, 0, 0, 0, 65, 0x89, 0x80, 0, 0, 0, 0, 0x80, 0x81, 0, 0, 0, 0, 65],
  [0x82, 0xfe, 0, 200, 0, 0, 0, 0, ...new Uint8Array(200)],
  [0x88, 0x82, 0, 0, 0, 0, 3, 0xe8],
].map((frames) => new Uint8Array([...bytes(UPGRADE), ...frames]));

const GREETINGS = [
  [5, 1, 0, 5, 1, 0, 1, 10, 0, 0, 1, 0, 80, ...REQUESTS[0]],
  [5, 1, 0, 5, 1, 0, 3, 11, ...bytes("www.example"), 0, 80, ...REQUESTS[1]],
  [...bytes(`CONNECT www.example:80 HTTP/1.1\r\n${HEAD}\r\n`), ...REQUESTS[0]],
  [...bytes(`GET http://www.example/ HTTP/1.1\r\n${HEAD}\r\n`)],
].map((greeting) => Uint8Array.from(greeting));

/** A copy with up to four bytes changed, put in or left out, and sometimes without its end. */
function damaged(original: Uint8Array, random: () => number): Uint8Array {
  const below = (n: number) => Math.floor(random() * n);
  const changed = [...original];
  for (let i = below(5); i > 0; i--) {
    const at = below(changed.length);
    const byte = below(256);
    if (random() < 0.6) changed[at] = byte;
    else if (random() < 0.5) changed.splice(at, 0, byte);
    else changed.splice(at, 1);
  }
  return Uint8Array.from(random() < 0.2 ? changed.slice(0, below(changed.length)) : changed);
}

/** Says each damaged original on a connection of its own, and waits until that ends. */
async function speak(dial: () => Promise<Deno.Conn>, originals: Uint8Array[]): Promise<void> {
  const seed = Math.floor(Math.random() * 2 ** 32);
  console.log(`seed ${seed}`);
  const random = seeded(seed);
  for (let i = 0; i < ROUNDS; i++) {
    using conn = await dial();
    await writeAll(conn, damaged(originals[i % originals.length], random)).catch(() => {});
    await conn.closeWrite().catch(() => {});
    await readAll(conn).catch(() => {});
  }
}

function serve(stack: Stack): Deno.HttpServer {
  const listener = stack.listenTCP(ADDRESS);
  return serveHttp({ listener, onError: () => new Response("failed", { status: 500 }) }, async (request) => {
    if (!request.url.endsWith("/socket")) return new Response(await request.text());
    const { socket, response } = upgradeWebSocket(request);
    socket.onmessage = ({ data }) => socket.send(data);
    return response;
  });
}

async function assertServes(dial: () => Promise<Deno.Conn>, request: Uint8Array): Promise<void> {
  using conn = await dial();
  await writeAll(conn, request);
  assertEquals(/HTTP\/1\.1 200 OK\r\n/.test(text(await readAll(conn))), true);
}

for (const [what, originals] of [["HTTP", REQUESTS], ["WebSockets", FRAMES]] as const) {
  scenario(`a server that hears damaged ${what} goes on, and leaves nothing`, async () => {
    await using net = await Network.create("inline");
    await using _server = serve(net.server);
    const dial = () => net.client.dialTCP(ADDRESS);
    await speak(dial, originals);
    await assertServes(dial, REQUESTS[0]);
  });
}

scenario("a proxy that hears damaged greetings goes on, and leaves nothing", async () => {
  await using net = await Network.create("inline");
  await using _server = serve(net.server);
  await using gateway = await proxy(net.client, { hosts: { "www.example": SERVER }, timeout: 20 });
  const addr: TCPAddr = gateway.addr;
  await speak(() => Deno.connect(addr), GREETINGS);
  for (const greeting of GREETINGS) await assertServes(() => Deno.connect(addr), greeting);
});
