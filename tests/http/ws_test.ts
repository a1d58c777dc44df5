// The WebSockets of serveHttp with the client of npm:ws, which can do what Deno's own does not: pings, fragments, extensions.
import { assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { type EventEmitter, once } from "node:events";
import { serveHttp, upgradeWebSocket } from "../../mod.ts";
import { nodeDuplex } from "../../adapters/node.ts";
import { fromNPM } from "../node/npm.ts";
import { Network, scenario, SERVER } from "../scenarios/hosts.ts";

/** What these tests use of the package. */
interface WSClient extends EventEmitter {
  readonly extensions: string;
  send(data: string | Uint8Array, options?: { fin?: boolean; binary?: boolean; compress?: boolean }): void;
  ping(data?: string): void;
  pong(data?: string): void;
  close(code?: number, reason?: string): void;
  terminate(): void;
}

type WSConstructor = new (url: string, options: object) => WSClient;

const WS = (await fromNPM<{ default: WSConstructor }>("ws"))?.default;

/** A client on a connection of its own to a server that does this with each socket. */
async function client(
  accept: (socket: WebSocket) => void,
  options: { idleTimeout?: number; autoPong?: boolean; perMessageDeflate?: boolean } = {},
): Promise<AsyncDisposable & { ws: WSClient }> {
  await using stack = new AsyncDisposableStack();
  const net = stack.use(await Network.create("inline"));
  stack.use(serveHttp(net.server.listenTCP(`${SERVER}:80`), (request) => {
    const { socket, response } = upgradeWebSocket(request, options);
    accept(socket);
    return response;
  }));
  const conn = await net.client.dialTCP(`${SERVER}:80`);
  const ws = new WS!(`ws://${SERVER}/`, { createConnection: () => nodeDuplex(conn), ...options });
  await once(ws, "open");
  stack.defer(() => ws.terminate());
  const rest = stack.move();
  return { ws, [Symbol.asyncDispose]: () => rest.disposeAsync() };
}

function wsTest(name: string, body: () => Promise<void>): void {
  if (WS) scenario(`npm:ws: ${name}`, body);
  else Deno.test({ name: `npm:ws: ${name} (skipped: npm is out of reach)`, ignore: true, fn: () => {} });
}

function echo(socket: WebSocket): void {
  socket.onmessage = ({ data }) => socket.send(data);
}

wsTest("text and bytes come back", async () => {
  await using peer = await client(echo);
  for (const data of ["text", "", Buffer.alloc(70_000, 7)]) {
    peer.ws.send(data);
    const [answer, isBinary] = await once(peer.ws, "message");
    assertEquals([String(answer), isBinary], [String(data), typeof data !== "string"]);
  }
});

wsTest("a message in fragments arrives as one, with a ping between them", async () => {
  await using peer = await client(echo);
  const { ws } = peer;
  const [pong, message] = [once(ws, "pong"), once(ws, "message")];
  ws.send("one ", { fin: false });
  ws.ping("are you there?");
  ws.send("message", { fin: true });
  assertEquals(String((await pong)[0]), "are you there?");
  assertEquals(String((await message)[0]), "one message");
});

wsTest("an extension that it offers is not taken", async () => {
  await using peer = await client(echo, { perMessageDeflate: true });
  assertEquals(peer.ws.extensions, "");
  peer.ws.send("x".repeat(10_000), { compress: true });
  assertEquals(String((await once(peer.ws, "message"))[0]).length, 10_000);
});

wsTest("each side closes, with code and reason", async () => {
  const accepted = Promise.withResolvers<WebSocket>();
  {
    await using peer = await client(accepted.resolve);
    const closed = once(peer.ws, "close");
    (await accepted.promise).close(3000, "enough");
    const [code, reason] = await closed;
    assertEquals([code, String(reason)], [3000, "enough"]);
  }
  const closed = Promise.withResolvers<CloseEvent>();
  await using peer = await client((socket) => socket.onclose = closed.resolve);
  const heard = once(peer.ws, "close");
  peer.ws.close(4000, "me too");
  const { code, reason, wasClean } = await closed.promise;
  assertEquals([code, reason, wasClean], [4000, "me too", true]);
  assertEquals((await heard)[0], 4000);
});

wsTest("a client that answers pings is kept, one that does not is given up", async () => {
  const closed = Promise.withResolvers<CloseEvent>();
  await using peer = await client((socket) => socket.onclose = closed.resolve, { autoPong: false, idleTimeout: 0.02 });
  for (let i = 0; i < 3; i++) {
    await once(peer.ws, "ping");
    peer.ws.pong();
  }
  const ended = once(peer.ws, "close");
  assertEquals((await closed.promise).code, 1006);
  await ended;
});

wsTest("a thousand messages each way, not one waiting for another", async () => {
  const heard: string[] = [];
  const all = Promise.withResolvers<void>();
  await using peer = await client((socket) => {
    socket.onmessage = ({ data }) => {
      heard.push(data);
      socket.send(data);
    };
  });
  const echoed: string[] = [];
  peer.ws.on("message", (data: unknown) => {
    if (echoed.push(String(data)) === 1000) all.resolve();
  });
  const sent = Array.from({ length: 1000 }, (_, i) => `message ${i}`);
  for (const message of sent) peer.ws.send(message);
  await all.promise;
  assertEquals([heard, echoed], [sent, sent]);
});
