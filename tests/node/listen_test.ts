// Servers of Node on listeners of a stack.
import { assertEquals, assertThrows } from "@std/assert";
import { once } from "node:events";
import http from "node:http";
import type net from "node:net";
import { nodeListen } from "../../adapters/node.ts";
import { SERVER } from "../scenarios/hosts.ts";
import { textOf } from "./data.ts";
import { eachNodeNet, eventsOf } from "./nets.ts";

/** A server that says which path was asked for. */
function echo(): http.Server {
  return http.createServer((request, response) => response.end(request.url));
}

eachNodeNet("a server that listens does not listen again", async ({ client }, { server: stack }) => {
  const server = nodeListen(echo(), stack.listenTCP(`${SERVER}:80`));
  using second = stack.listenTCP(`${SERVER}:81`);
  const error = assertThrows(() => nodeListen(server, second), Error, "listens already");
  assertEquals(Reflect.get(error, "code"), "ERR_SERVER_ALREADY_LISTEN");
  // The listener is still the program's.
  const conn = client.connect(81, SERVER);
  const accepted = await second.accept();
  accepted.close();
  await once(conn.resume(), "close");
  server.close();
  await once(server, "close");
});

eachNodeNet("a server that is closed at once never listened", async (_nets, { server: stack }) => {
  const server = nodeListen(echo(), stack.listenTCP(`${SERVER}:80`));
  const events = eventsOf(server, "listening", "close");
  server.close();
  await once(server, "close");
  assertEquals(events, ["close"]);
  // The port is free.
  stack.listenTCP(`${SERVER}:80`).close();
});

eachNodeNet("the server closes with its listener", async ({ client }, { server: stack }) => {
  const listener = stack.listenTCP(`${SERVER}:80`);
  const server = nodeListen(echo(), listener);
  const [response] = await once(http.get(`http://${SERVER}/`, { createConnection: client.connect }), "response");
  assertEquals(await textOf(response), "/");
  listener.close();
  await once(server, "close");
  assertEquals(server.listening, false);
});

eachNodeNet("a server is closed by its disposal, and listens anew", async ({ client }, { server: stack }) => {
  const server = echo();
  for (const port of [80, 81]) {
    nodeListen(server, stack.listenTCP(`${SERVER}:${port}`));
    const request = http.get(`http://${SERVER}:${port}/${port}`, { createConnection: client.connect });
    const [response] = await once(request, "response");
    assertEquals([await textOf(response), (server.address() as net.AddressInfo).port], [`/${port}`, port]);
    await server[Symbol.asyncDispose]();
    assertEquals([server.listening, server.address()], [false, null]);
  }
});

eachNodeNet("a close waits for the request under way", async ({ client }, { server: stack }) => {
  const { promise: asked, resolve } = Promise.withResolvers<http.ServerResponse>();
  const server = nodeListen(
    http.createServer((_request, response) => resolve(response)),
    stack.listenTCP(`${SERVER}:80`),
  );
  const agent = new http.Agent({ keepAlive: true });
  agent.createConnection = client.connect;
  const responding = once(http.get(`http://${SERVER}/`, { agent }), "response");
  const response = await asked;
  const events = eventsOf(server, "close");
  const over = once(server, "close");
  server.close();
  response.end("in peace");
  assertEquals(events, []);
  assertEquals(await textOf((await responding)[0]), "in peace");
  await over;
  agent.destroy();
});
