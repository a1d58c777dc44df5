// npm:undici over stacks, by a connector of its own.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { once } from "node:events";
import http from "node:http";
import type net from "node:net";
import { Readable } from "node:stream";
import tls from "node:tls";
import { nodeListen } from "../../adapters/node.ts";
import { pattern, patternDigest } from "../scenarios/data.ts";
import { SERVER } from "../scenarios/hosts.ts";
import { identity } from "../../examples/helpers/certificate.ts";
import { digestOf } from "./data.ts";
import { eachNodeNetWith, fromNPM } from "./npm.ts";

/** What is used of undici here. */
interface Undici {
  Agent: new (options: AgentOptions) => Dispatcher;
  request(url: string, options: RequestOptions): Promise<{ statusCode: number; body: Body }>;
  fetch(url: string, options: RequestOptions): Promise<Response>;
}

interface AgentOptions {
  connect: Connector;
  connections?: number;
  headersTimeout?: number;
  bodyTimeout?: number;
}

type Connector = (
  options: { hostname: string; port: string; protocol: string },
  callback: (error: Error | null, socket: net.Socket | null) => void,
) => void;

interface Dispatcher {
  close(): Promise<void>;
}

interface RequestOptions {
  dispatcher: Dispatcher;
  method?: string;
  body?: Readable | string;
}

type Body = Readable & { text(): Promise<string> };

const undici = (await fromNPM<Undici>("undici"))!;

/** An agent without the timeouts for which undici leaves a timer of its own running. */
function agent(options: AgentOptions): Dispatcher {
  return new undici.Agent({ headersTimeout: 0, bodyTimeout: 0, ...options });
}

/** A connector that connects as `connect` does. */
function connector(connect: (hostname: string, port: number) => net.Socket): Connector {
  return ({ hostname, port, protocol }, callback) => {
    const socket = connect(hostname, Number(port) || (protocol === "https:" ? 443 : 80));
    socket.once("error", (error) => callback(error, null));
    socket.once(socket instanceof tls.TLSSocket ? "secureConnect" : "connect", () => callback(null, socket));
  };
}

async function close(server: net.Server): Promise<void> {
  server.close();
  await once(server, "close");
}

eachNodeNetWith(
  [undici],
  "undici: requests, bodies as streams, connections used again",
  async ({ client }, { server: stack }) => {
    const server = http.createServer((request, response) => request.pipe(response));
    nodeListen(server, stack.listenTCP(`${SERVER}:80`));
    let connections = 0;
    server.on("connection", () => connections++);
    const dispatcher = agent({
      connect: connector((host, port) => client.connect(port, host)),
      connections: 2,
    });
    for (let i = 0; i < 3; i++) {
      const { statusCode, body } = await undici.request(`http://${SERVER}/`, {
        dispatcher,
        method: "POST",
        body: `${i}`,
      });
      assertEquals([statusCode, await body.text()], [200, `${i}`]);
    }
    assertEquals(connections, 2);
    const [length, seed] = [1_000_000, 21];
    await Promise.all(Array.from({ length: 4 }, async () => {
      const stream = Readable.from(pattern(length, seed));
      const { body } = await undici.request(`http://${SERVER}/`, { dispatcher, method: "PUT", body: stream });
      assertEquals(await digestOf(body), patternDigest(length, seed));
    }));
    assertEquals(connections, 2);
    const response = await undici.fetch(`http://${SERVER}/`, { dispatcher, method: "POST", body: '{"a":1}' });
    assertEquals(await response.json(), { a: 1 });
    await dispatcher.close();
    await close(server);
  },
);

eachNodeNetWith([undici], "undici: over TLS", async ({ client }, { server: stack }) => {
  const { ca, ...credentials } = identity("server.test");
  const server = tls.createServer(credentials);
  const inner = http.createServer((request, response) => response.end(`${request.headers.host}`));
  server.on("secureConnection", (socket) => inner.emit("connection", socket));
  nodeListen(server, stack.listenTCP(`${SERVER}:443`));
  const dispatcher = agent({
    connect: connector((servername, port) => tls.connect({ socket: client.connect(port, SERVER), ca, servername })),
  });
  const { body } = await undici.request("https://server.test/", { dispatcher });
  assertEquals(await body.text(), "server.test");
  await dispatcher.close();
  await close(server);
});

eachNodeNetWith([undici], "undici: nobody listens, and a server that resets", async ({ client, server: there }) => {
  const dispatcher = agent({ connect: connector((host, port) => client.connect(port, host)) });
  const refused = await assertRejects(() => undici.request(`http://${SERVER}/`, { dispatcher }), Error);
  assertEquals(Reflect.get(refused, "code"), "ECONNREFUSED");
  const server = there.createServer((socket) => socket.once("data", () => socket.resetAndDestroy())).listen(80);
  const reset = await assertRejects(() => undici.request(`http://${SERVER}/`, { dispatcher }), Error);
  assert(["ECONNRESET", "UND_ERR_SOCKET"].includes(Reflect.get(reset, "code")), String(reset));
  await dispatcher.close();
  await close(server);
});
