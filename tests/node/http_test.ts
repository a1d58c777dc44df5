// node:http over stacks: servers, requests, agents, upgrades.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Buffer } from "node:buffer";
import { once } from "node:events";
import http from "node:http";
import type net from "node:net";
import type { Duplex } from "node:stream";
import { nodeListen, type NodeNet, nodeNet } from "../../adapters/node.ts";
import { patternBytes, patternDigest } from "../scenarios/data.ts";
import { SERVER } from "../scenarios/hosts.ts";
import { digestOf, textOf } from "./data.ts";
import { assertNothingOpen, eachNodeNet } from "./nets.ts";

const ORIGIN = `http://${SERVER}`;

/** A request without a body, and the answer to it. */
async function get(url: string, options: http.RequestOptions): Promise<http.IncomingMessage> {
  const [response] = await once(http.get(url, options), "response");
  return response;
}

/** An agent that keeps its connections, of which it has at most so many. */
function agentOf(client: NodeNet, options: http.AgentOptions = {}): http.Agent {
  const agent = new http.Agent({ keepAlive: true, ...options });
  agent.createConnection = client.connect;
  return agent;
}

async function close(server: http.Server): Promise<void> {
  server.close();
  await once(server, "close");
}

eachNodeNet("http: a request and its answer", async ({ client }, network) => {
  const server = http.createServer((request, response) => {
    response.setHeader("x-peer", request.socket.remoteAddress ?? "");
    response.end(`${request.method} ${request.url}`);
  });
  nodeListen(server, network.server.listenTCP(`${SERVER}:80`));
  await once(server, "listening");
  assertEquals(server.address(), { address: SERVER, family: "IPv4", port: 80 });
  const response = await get(`${ORIGIN}/path?query`, { createConnection: client.connect });
  assertEquals([response.statusCode, response.headers["x-peer"]], [200, "10.0.0.2"]);
  assertEquals(await textOf(response), "GET /path?query");
  await close(server);
});

eachNodeNet("http: connections are kept, and used again", async ({ client }, network) => {
  const server = http.createServer((_request, response) => response.end("Hello"));
  nodeListen(server, network.server.listenTCP(`${SERVER}:80`));
  let connections = 0;
  server.on("connection", () => connections++);
  const agent = agentOf(client, { maxSockets: 1 });
  for (let i = 0; i < 5; i++) assertEquals(await textOf(await get(ORIGIN, { agent })), "Hello");
  assertEquals(connections, 1);
  const several = await Promise.all(Array.from({ length: 5 }, () => get(ORIGIN, { agent }).then(textOf)));
  assertEquals([several.join(""), connections], ["HelloHelloHelloHelloHello", 1]);
  // The server's close ends the connection that is idle.
  await close(server);
  agent.destroy();
});

eachNodeNet("http: bodies of any length, in chunks, both ways", async ({ client }, network) => {
  const [length, seed] = [3_000_000, 11];
  const server = http.createServer((request, response) => request.pipe(response));
  nodeListen(server, network.server.listenTCP(`${SERVER}:80`));
  const request = http.request(ORIGIN, { method: "POST", createConnection: client.connect });
  const responding = once(request, "response");
  const data = patternBytes(length, seed);
  for (let at = 0; at < length; at += 100_000) request.write(data.subarray(at, at + 100_000));
  request.end();
  const [response] = await responding as [http.IncomingMessage];
  assertEquals(response.headers["transfer-encoding"], "chunked");
  assertEquals(await digestOf(response), patternDigest(length, seed));
  await close(server);
});

eachNodeNet("http: 100 Continue, trailers, and a body that stops", async ({ client }, network) => {
  const server = http.createServer(async (request, response) => {
    const body = await textOf(request).catch((error) => `${error.code}`);
    response.writeHead(200, { trailer: "x-length" });
    response.addTrailers({ "x-length": String(body.length) });
    response.end(body);
  });
  nodeListen(server, network.server.listenTCP(`${SERVER}:80`));
  const headers = { expect: "100-continue" };
  const request = http.request(ORIGIN, { method: "PUT", headers, createConnection: client.connect });
  request.flushHeaders();
  await once(request, "continue");
  const responding = once(request, "response");
  request.end("the body");
  const [response] = await responding as [http.IncomingMessage];
  assertEquals(await textOf(response), "the body");
  assertEquals(response.trailers["x-length"], "8");

  const stopped = http.request(ORIGIN, { method: "PUT", createConnection: client.connect });
  stopped.write("half of");
  const aborted = once(server, "request");
  await once(stopped, "socket");
  const [received] = await aborted as [http.IncomingMessage];
  const failed = once(received, "error");
  stopped.on("error", () => {});
  stopped.destroy();
  const [error] = await failed;
  assertEquals(error.code, "ECONNRESET");
  await close(server);
});

eachNodeNet("http: an upgrade to another protocol", async ({ client }, network) => {
  const server = http.createServer();
  nodeListen(server, network.server.listenTCP(`${SERVER}:80`));
  server.on("upgrade", (_request, socket: Duplex, head: Buffer) => {
    socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: shout\r\n\r\n");
    socket.write(String(head).toUpperCase());
    socket.on("data", (data) => socket.write(String(data).toUpperCase()));
    socket.on("end", () => socket.end("!"));
  });
  const headers = { connection: "Upgrade", upgrade: "shout" };
  const request = http.get(ORIGIN, { headers, createConnection: client.connect });
  const [response, socket] = await once(request, "upgrade") as [http.IncomingMessage, net.Socket, Buffer];
  assertEquals([response.statusCode, response.headers.upgrade], [101, "shout"]);
  const echo = textOf(socket);
  socket.write("hello, ");
  socket.end("world");
  assertEquals(await echo, "HELLO, WORLD!");
  await close(server);
});

eachNodeNet("http: pipelined requests, and bytes in all sizes", async ({ client }, network) => {
  const server = http.createServer((request, response) => response.end(request.url));
  nodeListen(server, network.server.listenTCP(`${SERVER}:80`));
  const socket = client.connect(80, SERVER);
  const text = textOf(socket);
  for (const byte of `GET /one HTTP/1.1\r\nHost: x\r\n\r\nGET /two HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`) {
    socket.write(byte);
  }
  const answer = await text;
  assertEquals(answer.match(/HTTP\/1\.1 200 OK/g)?.length, 2);
  assert(answer.indexOf("/one") < answer.indexOf("/two"));
  await close(server);
});

eachNodeNet("http: timeouts of a request and of a server's idle connections", async ({ client }, network) => {
  const server = http.createServer(() => {});
  nodeListen(server, network.server.listenTCP(`${SERVER}:80`));
  const request = http.get(ORIGIN, { timeout: 20, createConnection: client.connect });
  await once(request, "timeout");
  const failed = once(request, "error");
  request.destroy();
  assertEquals((await failed)[0].code, "ECONNRESET");

  server.removeAllListeners("request");
  server.on("request", (_request, response) => response.end("Hello"));
  server.keepAliveTimeout = 10;
  const agent = agentOf(client);
  const kept = http.get(ORIGIN, { agent });
  const [socket] = await once(kept, "socket") as [net.Socket];
  const dropped = once(socket, "close");
  const [response] = await once(kept, "response");
  assertEquals(await textOf(response), "Hello");
  await dropped;
  agent.destroy();
  await close(server);
});

eachNodeNet("http: a server of nodeNet hands its sockets on, and a server listens at all addresses", async (nets) => {
  const server = http.createServer((request, response) => response.end(request.socket.localAddress));
  const front = nets.server.createServer((socket) => server.emit("connection", socket)).listen(8080);
  for (const host of [SERVER, "[2001:db8::1]"]) {
    const response = await get(`http://${host}:8080/`, { createConnection: nets.client.connect });
    assertStringIncludes(await textOf(response), host.replace(/[[\]]/g, ""));
  }
  front.close();
  await once(front, "close");
});

eachNodeNet("http: nobody listens, and a server that is full of garbage", async ({ client }, network) => {
  const request = http.get(ORIGIN, { createConnection: client.connect });
  const [refused] = await once(request, "error");
  assertEquals([refused.code, refused.address, refused.port], ["ECONNREFUSED", SERVER, 80]);

  const garbage = nodeNet(network.server).createServer((socket) => {
    socket.on("error", () => {}).resume();
    socket.end(Buffer.from(patternBytes(1000, 3)));
  }).listen(80);
  const [nonsense] = await once(http.get(ORIGIN, { createConnection: client.connect }), "error");
  assertStringIncludes(nonsense.code, "HPE_");
  garbage.close();
  await once(garbage, "close");
  await assertNothingOpen(network.server, network.client);
});

eachNodeNet("http: clients that talk garbage are told, and do no harm", async ({ client }, network) => {
  const server = http.createServer((_request, response) => response.end("fine"));
  nodeListen(server, network.server.listenTCP(`${SERVER}:80`));
  for (const seed of [1, 2, 3, 4, 5]) {
    const socket = client.connect(80, SERVER);
    socket.on("error", () => {});
    socket.write(Buffer.from(patternBytes(2000, seed)));
    assertStringIncludes(await textOf(socket), "400 Bad Request", `seed ${seed}`);
  }
  const half = client.connect(80, SERVER);
  half.write("GET / HTTP/1.1\r\nHost: nobody\r\nX-Half: ");
  await once(half, "connect");
  half.resetAndDestroy();
  assertEquals(await textOf(await get(ORIGIN, { createConnection: client.connect })), "fine");
  await close(server);
});
