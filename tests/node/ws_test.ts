// npm:ws over stacks, both sides.
import { assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import type { EventEmitter } from "node:events";
import { once } from "node:events";
import http from "node:http";
import { nodeListen, type NodeNet } from "../../adapters/node.ts";
import { patternBytes } from "../scenarios/data.ts";
import { SERVER } from "../scenarios/hosts.ts";
import { eachNodeNetWith, fromNPM } from "./npm.ts";

/** What is used of ws here. */
interface Library {
  WebSocket: new (url: string, options: { createConnection: NodeNet["connect"] }) => Socket;
  WebSocketServer: new (options: { server: http.Server; perMessageDeflate?: boolean }) => Server;
}

interface Socket extends EventEmitter {
  send(data: string | Uint8Array): void;
  ping(data: string): void;
  close(code?: number, reason?: string): void;
  terminate(): void;
}

interface Server extends EventEmitter {
  close(): void;
}

const ws = (await fromNPM<Library>("ws"))!;

for (const perMessageDeflate of [false, true]) {
  const how = perMessageDeflate ? "compressed" : "plain";
  eachNodeNetWith([ws], `ws: text and bytes both ways, ${how}`, async ({ client }, { server: stack }) => {
    const server = http.createServer();
    const sockets = new ws.WebSocketServer({ server, perMessageDeflate });
    sockets.on("connection", (socket: Socket) => {
      socket.on("message", (data: Buffer, isBinary: boolean) => socket.send(isBinary ? data : `${data}!`));
    });
    nodeListen(server, stack.listenTCP(`${SERVER}:80`));
    const socket = new ws.WebSocket(`ws://${SERVER}/`, { createConnection: client.connect });
    await once(socket, "open");
    socket.send("Grüße");
    const [text] = await once(socket, "message");
    assertEquals(String(text), "Grüße!");
    for (const length of [0, 1, 125, 126, 65535, 65536, 1_000_000]) {
      const data = Buffer.from(patternBytes(length, length));
      socket.send(data);
      const [echo] = await once(socket, "message") as [Buffer];
      assertEquals(echo.equals(data), true, `${length} bytes`);
    }
    socket.ping("are you there");
    assertEquals(String((await once(socket, "pong"))[0]), "are you there");
    socket.close(4000, "enough");
    const [code, reason] = await once(socket, "close");
    assertEquals([code, String(reason)], [4000, "enough"]);
    sockets.close();
    server.close();
    await once(server, "close");
  });
}

eachNodeNetWith(
  [ws],
  "ws: a peer that vanishes, and one that is none",
  async ({ client, server: there }, { server: stack }) => {
    const server = http.createServer();
    const sockets = new ws.WebSocketServer({ server });
    nodeListen(server, stack.listenTCP(`${SERVER}:80`));
    const socket = new ws.WebSocket(`ws://${SERVER}/`, { createConnection: client.connect });
    const [accepted] = await once(sockets, "connection") as [Socket];
    if (Reflect.get(socket, "readyState") === 0) await once(socket, "open");
    accepted.on("error", () => {});
    const gone = new Promise((resolve) => accepted.once("close", resolve));
    socket.terminate();
    assertEquals(await gone, 1006);
    sockets.close();
    server.close();
    await once(server, "close");

    const none = there.createServer((socket) => socket.resume().end("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
      .listen(81);
    const [error] = await once(new ws.WebSocket(`ws://${SERVER}:81/`, { createConnection: client.connect }), "error");
    assertEquals(error.message, "Unexpected server response: 200");
    none.close();
    await once(none, "close");
  },
);
