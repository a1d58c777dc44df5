// node:http2 over stacks, with and without TLS.
import { assert, assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { once } from "node:events";
import http2 from "node:http2";
import type net from "node:net";
import tls from "node:tls";
import { nodeListen } from "../../adapters/node.ts";
import { patternBytes, patternDigest } from "../scenarios/data.ts";
import { SERVER } from "../scenarios/hosts.ts";
import { identity } from "../../examples/helpers/certificate.ts";
import { digestOf, textOf } from "./data.ts";
import { eachNodeNet } from "./nets.ts";

async function close(server: net.Server): Promise<void> {
  server.close();
  await once(server, "close");
}

eachNodeNet("http2: many streams over one connection", async ({ client: here }, { server: stack }) => {
  const server = http2.createServer();
  server.on("stream", (stream, headers) => {
    stream.respond({ ":status": 200, "x-path": headers[":path"] });
    stream.pipe(stream);
  });
  nodeListen(server, stack.listenTCP(`${SERVER}:80`));
  let connections = 0;
  server.on("session", () => connections++);
  const session = http2.connect(`http://${SERVER}`, { createConnection: () => here.connect(80, SERVER) });
  const length = 300_000;
  await Promise.all(Array.from({ length: 10 }, async (_, seed) => {
    const stream = session.request({ ":method": "POST", ":path": `/${seed}` });
    const responding = once(stream, "response");
    stream.end(Buffer.from(patternBytes(length, seed)));
    const digest = digestOf(stream);
    const [headers] = await responding;
    assertEquals([headers[":status"], headers["x-path"]], [200, `/${seed}`]);
    assertEquals(await digest, patternDigest(length, seed));
  }));
  assertEquals(connections, 1);
  session.close();
  await once(session, "close");
  await close(server);
});

eachNodeNet(
  "http2: over TLS, with the compatible request and response",
  async ({ client: here }, { server: stack }) => {
    const { ca, ...credentials } = identity("server.test", SERVER);
    const server = http2.createSecureServer(credentials, (request, response) => {
      response.end(`${request.httpVersion} ${request.url}`);
    });
    nodeListen(server, stack.listenTCP(`${SERVER}:443`));
    const raw = here.connect(443, SERVER);
    const socket = tls.connect({ socket: raw, ca, servername: "server.test", ALPNProtocols: ["h2"] });
    const session = http2.connect("https://server.test", { createConnection: () => socket });
    assertEquals(await textOf(session.request({ ":path": "/path" })), "2.0 /path");
    assertEquals(session.alpnProtocol, "h2");
    session.close();
    await once(session, "close");
    await close(server);
  },
);

eachNodeNet(
  "http2: garbage from the client, and a client that vanishes",
  async ({ client: here }, { server: stack }) => {
    const server = http2.createServer((_request, response) => response.end("fine"));
    server.on("sessionError", () => {});
    nodeListen(server, stack.listenTCP(`${SERVER}:80`));
    const socket = here.connect(80, SERVER);
    const ended = new Promise<void>((resolve) => socket.on("error", () => {}).once("close", () => resolve()));
    socket.resume().end(Buffer.from(patternBytes(1000, 9)));
    await ended;

    const raw = here.connect(80, SERVER);
    const session = http2.connect(`http://${SERVER}`, { createConnection: () => raw });
    assertEquals(await textOf(session.request({ ":path": "/" })), "fine");
    const stream = session.request({ ":method": "POST", ":path": "/" });
    stream.on("error", () => {});
    session.on("error", () => {});
    const over = once(session, "close");
    stream.write("half of");
    raw.resetAndDestroy();
    await over;
    assert(stream.destroyed);
    await close(server);
  },
);
