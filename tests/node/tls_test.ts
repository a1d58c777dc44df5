// node:tls and node:https over stacks, with certificates made here.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { Buffer } from "node:buffer";
import { once } from "node:events";
import type http from "node:http";
import https from "node:https";
import type net from "node:net";
import tls from "node:tls";
import { nodeDuplex, nodeListen } from "../../adapters/node.ts";
import { patternBytes, patternDigest } from "../scenarios/data.ts";
import { SERVER } from "../scenarios/hosts.ts";
import { type Identity, identity } from "../../examples/helpers/certificate.ts";
import { digestOf, textOf } from "./data.ts";
import { closed, eachNodeNet } from "./nets.ts";

const IDENTITY = identity("server.test", SERVER);

/** A client over a connection to the server, which trusts only this authority. */
function secured(socket: net.Socket, { ca }: Identity = IDENTITY, servername = "server.test"): tls.TLSSocket {
  return tls.connect({ socket, ca, servername });
}

async function close(server: net.Server): Promise<void> {
  server.close();
  await once(server, "close");
}

eachNodeNet("tls: both sides, each of which ends by itself", async ({ client: here }, { server: stack }) => {
  const server = tls.createServer({ ...IDENTITY, allowHalfOpen: true }, async (socket) => {
    const question = await textOf(socket);
    socket.end(`${question}? ${socket.getProtocol()}, ${socket.remoteAddress}`);
  });
  nodeListen(server, stack.listenTCP(`${SERVER}:443`));
  const raw = here.connect(443, SERVER);
  const client = secured(raw);
  const answer = textOf(client);
  await once(client, "secureConnect");
  assertEquals([client.authorized, client.encrypted], [true, true]);
  client.end("who");
  assertMatch(await answer, /^who\? TLSv1\.3, /);
  await closed(raw);
  await close(server);
});

eachNodeNet("tls: both sides over connections that stand", async (_nets, { server, client }) => {
  using listener = server.listenTCP(`${SERVER}:443`);
  const theirs = client.dialTCP(`${SERVER}:443`).then((conn) => nodeDuplex(conn));
  const ours = new tls.TLSSocket(nodeDuplex(await listener.accept()), { isServer: true, ...IDENTITY });
  const [length, seed] = [2_000_000, 5];
  const remote = secured(await theirs);
  const digest = digestOf(ours);
  await once(remote, "secureConnect");
  remote.end(Buffer.from(patternBytes(length, seed)));
  assertEquals(await digest, patternDigest(length, seed));
  ours.end();
  await Promise.all([closed(remote.resume()), closed(ours)]);
});

eachNodeNet(
  "tls: a certificate of somebody else, and for another name",
  async ({ client: here }, { server: stack }) => {
    const server = tls.createServer(IDENTITY);
    const failures: unknown[] = [];
    server.on("tlsClientError", (error) => failures.push(error));
    nodeListen(server, stack.listenTCP(`${SERVER}:443`));
    const stranger = secured(here.connect(443, SERVER), identity("server.test"));
    const [untrusted] = await once(stranger, "error");
    assert(
      ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "CERT_SIGNATURE_FAILURE"].includes(
        untrusted.code,
      ),
      untrusted.code,
    );
    const other = secured(here.connect(443, SERVER), IDENTITY, "other.test");
    const [misnamed] = await once(other, "error");
    assertEquals(misnamed.code, "ERR_TLS_CERT_ALTNAME_INVALID");
    await close(server);
  },
);

eachNodeNet("tls: garbage from either side", async ({ client: here, server: there }, { server: stack }) => {
  const server = tls.createServer(IDENTITY, (socket) => socket.end("fine"));
  nodeListen(server, stack.listenTCP(`${SERVER}:443`));
  for (const seed of [1, 2, 3]) {
    const failing = once(server, "tlsClientError");
    const socket = here.connect(443, SERVER);
    const ended = closed(socket.resume());
    socket.end(Buffer.from(patternBytes(1000, seed)));
    const [error] = await failing;
    assert(error instanceof Error, `seed ${seed}`);
    await ended;
  }
  assertEquals(await textOf(secured(here.connect(443, SERVER))), "fine");
  await close(server);

  const garbage = there.createServer((socket) => {
    socket.on("error", () => {}).resume();
    socket.end(Buffer.from(patternBytes(1000, 4)));
  }).listen(443);
  const raw = here.connect(443, SERVER);
  const [error] = await once(secured(raw), "error");
  assert(error instanceof Error);
  raw.destroy();
  await close(garbage);
});

eachNodeNet("tls: a peer that goes away in the middle of the handshake", async ({ client: here, server: there }) => {
  const server = there.createServer((socket) => socket.once("data", () => socket.resetAndDestroy())).listen(443);
  const raw = here.connect(443, SERVER);
  const [error] = await once(secured(raw), "error");
  assertEquals(error.code, "ECONNRESET");
  await close(server);
});

eachNodeNet(
  "https: requests, with an agent that keeps its connections",
  async ({ client: here }, { server: stack }) => {
    const server = https.createServer(IDENTITY, (request, response) => request.pipe(response));
    nodeListen(server, stack.listenTCP(`${SERVER}:443`));
    let connections = 0;
    server.on("secureConnection", () => connections++);
    const agent = new https.Agent({ keepAlive: true, maxSockets: 1 });
    agent.createConnection = (options) =>
      tls.connect({ ...options as tls.ConnectionOptions, ca: IDENTITY.ca, socket: here.connect(options) });
    for (let i = 0; i < 3; i++) {
      const request = https.request(`https://${SERVER}/`, { method: "POST", agent });
      const responding = once(request, "response");
      request.end(`body ${i}`);
      const [response] = await responding as [http.IncomingMessage];
      assertEquals(await textOf(response), `body ${i}`);
    }
    assertEquals(connections, 1);
    agent.destroy();
    await close(server);
  },
);
