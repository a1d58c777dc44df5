// WebSockets of Deno's own server and of the simulated one, with Deno's own client.
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { Internet, serveHttp, stackFetch, upgradeWebSocket } from "../../mod.ts";
import { bytes, Network, readAll, scenario, SERVER, text, writeAll } from "../scenarios/hosts.ts";
import { parse, readUntil } from "./servers.ts";

/** What a server's side does with its socket, and the protocols that its client offered. */
type Accept = (socket: WebSocket, offered: string | null) => void;

/** A server of WebSockets, and clients of it. */
interface Hub extends AsyncDisposable {
  server: Deno.HttpServer;
  connect(protocols?: string[]): WebSocket;
  dial(): Promise<Deno.Conn>;
}

interface Options {
  protocol?: string;
  idleTimeout?: number;
}

const HUBS = { "Deno.serve": realHub, "serveHttp": simulatedHub };

function eachHub(name: string, body: (hub: typeof realHub) => Promise<void>): void {
  for (const [server, hub] of Object.entries(HUBS)) scenario(`${name} (${server})`, () => body(hub));
}

async function realHub(accept: Accept, options: Options = {}): Promise<Hub> {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const offered = request.headers.get("sec-websocket-protocol");
    const { socket, response } = Deno.upgradeWebSocket(request, options);
    accept(socket, offered);
    return response;
  });
  const { port } = server.addr;
  return {
    server,
    connect: (protocols) => new WebSocket(`ws://127.0.0.1:${port}/`, protocols),
    dial: () => Deno.connect({ hostname: "127.0.0.1", port }),
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

async function simulatedHub(accept: Accept, options: Options = {}): Promise<Hub> {
  const internet = new Internet({ isolation: "inline" });
  const routing = internet.route();
  const host = await internet.newStack(1500, "10.0.0.1");
  const client = await internet.newStack(1500, "10.0.0.2");
  const inside = await stackFetch(client);
  const server = serveHttp(host.listenTCP("10.0.0.1:80"), (request) => {
    const offered = request.headers.get("sec-websocket-protocol");
    const { socket, response } = upgradeWebSocket(request, options);
    accept(socket, offered);
    return response;
  });
  return {
    server,
    connect: (protocols) => new WebSocket("ws://10.0.0.1/", { client: inside.client, protocols }),
    dial: () => client.dialTCP("10.0.0.1:80"),
    async [Symbol.asyncDispose]() {
      await server.shutdown();
      await inside.close();
      await internet.close();
      await routing;
    },
  };
}

function next<K extends keyof WebSocketEventMap>(socket: WebSocket, type: K): Promise<WebSocketEventMap[K]> {
  return new Promise((resolve) => socket.addEventListener(type, resolve, { once: true }));
}

/** How a socket was closed. */
async function closing(socket: WebSocket): Promise<[code: number, reason: string, wasClean: boolean]> {
  const { code, reason, wasClean } = await next(socket, "close");
  return [code, reason, wasClean];
}

const echo: Accept = (socket) => socket.onmessage = ({ data }) => socket.send(data);

eachHub("text and bytes of all lengths come back, in order", async (hub) => {
  await using web = await hub(echo);
  const socket = web.connect();
  socket.binaryType = "arraybuffer";
  await next(socket, "open");
  const sent: (string | Uint8Array<ArrayBuffer>)[] = [];
  for (const length of [0, 1, 125, 126, 65535, 65536, 300_000]) {
    sent.push("€".repeat(length), new Uint8Array(length).map((_, i) => i));
  }
  const received: (string | Uint8Array<ArrayBuffer>)[] = [];
  const all = new Promise<void>((resolve) => {
    socket.onmessage = ({ data }) => {
      received.push(typeof data === "string" ? data : new Uint8Array(data));
      if (received.length === sent.length) resolve();
    };
  });
  for (const data of sent) socket.send(data);
  await all;
  for (const [i, data] of sent.entries()) assertEquals(received[i], data, `message ${i}`);
  const closed = closing(socket);
  socket.close();
  await closed;
});

eachHub("a server speaks first, with a Blob, a view and text in the order in which it sent them", async (hub) => {
  await using web = await hub((socket) => {
    socket.onopen = () => {
      socket.send(new Blob(["one"]));
      socket.send(new DataView(bytes("-two-").buffer, 1, 3));
      socket.send(bytes("three").buffer);
      socket.send("four");
      socket.close(1000, "done");
    };
  });
  const socket = web.connect();
  socket.binaryType = "arraybuffer";
  const received: string[] = [];
  socket.onmessage = ({ data }) => received.push(typeof data === "string" ? data : new TextDecoder().decode(data));
  assertEquals(await closing(socket), [1000, "done", true]);
  assertEquals(received, ["one", "two", "three", "four"]);
});

for (const [code, reason] of [[undefined, undefined], [1000, ""], [3000, "x".repeat(123)], [4999, "ändern"]] as const) {
  eachHub(`either side closes with ${code}, and both hear of it`, async (hub) => {
    for (const who of ["client", "server"]) {
      const accepted = Promise.withResolvers<WebSocket>();
      await using web = await hub((socket) => socket.onopen = () => accepted.resolve(socket));
      const client = web.connect();
      await next(client, "open");
      const server = await accepted.promise;
      const [closer, other] = who === "client" ? [client, server] : [server, client];
      const closed = Promise.all([closing(closer), closing(other)]);
      closer.close(code, reason);
      assertEquals(closer.readyState, WebSocket.CLOSING);
      assertEquals((await closed)[1], [code ?? 1005, reason ?? "", true]);
      assertEquals([closer.readyState, other.readyState], [WebSocket.CLOSED, WebSocket.CLOSED]);
    }
  });
}

eachHub("a protocol is agreed on", async (hub) => {
  const asked = Promise.withResolvers<string | null>();
  await using web = await hub((_socket, offered) => asked.resolve(offered), { protocol: "chat" });
  const socket = web.connect(["other", "chat"]);
  await next(socket, "open");
  assertEquals([socket.protocol, await asked.promise], ["chat", "other, chat"]);
  const closed = closing(socket);
  socket.close();
  await closed;
});

eachHub("a server that ends says goodbye", async (hub) => {
  await using web = await hub(echo);
  const socket = web.connect();
  await next(socket, "open");
  const closed = closing(socket);
  await Promise.all([web.server.shutdown(), closed]);
  assertEquals(await closed, [1001, "Server shutting down", true]);
});

eachHub("a client that vanishes is an error, then a close", async (hub) => {
  const events: string[] = [];
  const closed = Promise.withResolvers<CloseEvent>();
  await using web = await hub((socket) => {
    socket.onerror = () => events.push("error");
    socket.onclose = closed.resolve;
  });
  const conn = await web.dial();
  await writeAll(conn, bytes(HANDSHAKE));
  await readUntil(conn, "\r\n\r\n");
  conn.close();
  const { code, wasClean } = await closed.promise;
  // Deno's own says 0 instead of what RFC 6455 has for it (§7.1.5).
  assertEquals([events, code || 1006, wasClean], [["error"], 1006, false]);
});

const HANDSHAKE = "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

eachHub("the handshake of the RFC (§1.3), with the first frame right behind it", async (hub) => {
  await using web = await hub(echo);
  using conn = await web.dial();
  await writeAll(conn, new Uint8Array([...bytes(HANDSHAKE), 0x81, 0x82, 1, 2, 3, 4, 72 ^ 1, 105 ^ 2]));
  const { status, headers } = parse(await readUntil(conn, "\r\n\r\n"));
  assertEquals(status, "HTTP/1.1 101 Switching Protocols");
  assertEquals(headers.get("sec-websocket-accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  assertEquals(await readUntil(conn, "Hi"), "\x81\x02Hi");
  await writeAll(conn, Uint8Array.of(0x88, 0x80, 0, 0, 0, 0));
  assertEquals(await readUntil(conn, "\x88\x00"), "\x88\x00");
});

scenario("what a handler adds to the headers of an upgrade is sent", async () => {
  await using net = await Network.create("inline");
  await using _server = serveHttp(net.server.listenTCP(`${SERVER}:80`), (request) => {
    const { response } = upgradeWebSocket(request);
    response.headers.append("set-cookie", "a=b");
    response.headers.append("set-cookie", "c=d");
    return response;
  });
  using conn = await net.client.dialTCP(`${SERVER}:80`);
  await writeAll(conn, bytes(HANDSHAKE));
  const { headers } = parse(await readUntil(conn, "\r\n\r\n"));
  assertEquals(headers.getSetCookie(), ["a=b", "c=d"]);
  assertEquals(headers.get("sec-websocket-accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  await writeAll(conn, Uint8Array.of(0x88, 0x80, 0, 0, 0, 0));
  await readUntil(conn, "\x88\x00");
});

for (const ends of [false, true]) {
  scenario(`an upgrade waits for the responses before it${ends ? ", also when the server ends" : ""}`, async () => {
    const asked = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    await using net = await Network.create("inline");
    await using server = serveHttp(net.server.listenTCP(`${SERVER}:80`), async (request) => {
      if (request.headers.has("upgrade")) return upgradeWebSocket(request).response;
      asked.resolve();
      await gate.promise;
      return new Response(`at ${request.url}`);
    });
    using conn = await net.client.dialTCP(`${SERVER}:80`);
    const requests = ["1", "2"].map((path) => `GET /${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
    await writeAll(conn, bytes(`${requests.join("")}${HANDSHAKE}`));
    await asked.promise;
    if (ends) void server.shutdown();
    gate.resolve();
    for (const path of ["1", "2"]) await readUntil(conn, `at http://x/${path}`);
    assertEquals(parse(await readUntil(conn, "\r\n\r\n")).status, "HTTP/1.1 101 Switching Protocols");
    const goodbye = "\x88\x16\x03\xe9Server shutting down";
    if (ends) assertEquals(await readUntil(conn, goodbye), goodbye);
    await writeAll(conn, Uint8Array.of(0x88, 0x80, 0, 0, 0, 0));
    if (!ends) assertEquals(await readUntil(conn, "\x88\x00"), "\x88\x00");
    assertEquals(await conn.read(new Uint8Array(1)), null);
  });
}

scenario("an upgrade waits for a response that is larger than what is buffered", async () => {
  const chunk = new Uint8Array(1_000_000).fill(97);
  await using net = await Network.create("inline");
  await using _server = serveHttp(net.server.listenTCP(`${SERVER}:80`), (request) => {
    if (request.headers.has("upgrade")) return upgradeWebSocket(request).response;
    return new Response(ReadableStream.from([chunk, chunk, chunk]));
  });
  using conn = await net.client.dialTCP(`${SERVER}:80`);
  const close = [0x88, 0x80, 0, 0, 0, 0];
  await writeAll(conn, new Uint8Array([...bytes(`GET / HTTP/1.1\r\nHost: x\r\n\r\n${HANDSHAKE}`), ...close]));
  const answer = text(await readAll(conn));
  assertEquals(answer.match(/a{1000000}/g)?.length, 3);
  assertEquals(parse(answer.slice(answer.lastIndexOf("HTTP/1.1"))).status, "HTTP/1.1 101 Switching Protocols");
});

for (const leave of ["half", "whole"] as const) {
  scenario(
    `a client that closes ${leave} its connection before the handler is done is an error, then a close`,
    async () => {
      const closed = Promise.withResolvers<[string[], number]>();
      const asked = Promise.withResolvers<void>();
      const gone = Promise.withResolvers<void>();
      await using net = await Network.create("inline");
      await using _server = serveHttp(net.server.listenTCP(`${SERVER}:80`), async (request) => {
        asked.resolve();
        await gone.promise;
        const { socket, response } = upgradeWebSocket(request);
        const events: string[] = [];
        socket.onopen = () => events.push("open");
        socket.onmessage = ({ data }) => events.push(data);
        socket.onerror = () => events.push("error");
        socket.onclose = ({ code }) => closed.resolve([events, code]);
        return response;
      });
      using conn = await net.client.dialTCP(`${SERVER}:80`);
      await writeAll(conn, new Uint8Array([...bytes(HANDSHAKE), 0x81, 0x82, 0, 0, 0, 0, 72, 105]));
      await asked.promise;
      if (leave === "half") await conn.closeWrite();
      else conn.close();
      // The server has the end when its host has it, some turns of the event loop later.
      while (!(await net.server.netstat()).some(({ state }) => state === "CLOSE-WAIT")) await new Promise(setImmediate);
      for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
      gone.resolve();
      assertEquals(await closed.promise, [["open", "Hi", "error"], 1006]);
    },
  );
}

scenario("garbage instead of frames is answered with why, and ends the socket", async () => {
  const closed = Promise.withResolvers<[number, string]>();
  await using web = await simulatedHub((socket) => {
    let message = "";
    socket.onerror = (event) => message = (event as ErrorEvent).message;
    socket.onclose = ({ code }) => closed.resolve([code, message]);
  });
  using conn = await web.dial();
  await writeAll(conn, bytes(`${HANDSHAKE}garbage`));
  await readUntil(conn, "\r\n\r\n");
  const answer = await readUntil(conn, "set a reserved bit");
  assertEquals([answer.charCodeAt(0), answer.charCodeAt(2), answer.charCodeAt(3)], [0x88, 1002 >> 8, 1002 & 0xff]);
  assertEquals(await closed.promise, [1006, "No extension was negotiated that would set a reserved bit"]);
  assertEquals(await conn.read(new Uint8Array(1)), null);
});

scenario("a client that is silent is pinged, and given up when it stays silent", async () => {
  const closed = Promise.withResolvers<[number, string]>();
  await using web = await simulatedHub((socket) => {
    let message = "";
    socket.onerror = (event) => message = (event as ErrorEvent).message;
    socket.onclose = ({ code }) => closed.resolve([code, message]);
  }, { idleTimeout: 0.02 });
  using conn = await web.dial();
  await writeAll(conn, bytes(HANDSHAKE));
  await readUntil(conn, "\r\n\r\n");
  // Three pings are answered, the fourth is not.
  for (let i = 0; i < 4; i++) {
    assertEquals(await readUntil(conn, "\x00"), "\x89\x00");
    if (i < 3) await writeAll(conn, Uint8Array.of(0x8a, 0x80, 0, 0, 0, 0));
  }
  assertEquals(await closed.promise, [1006, "No response from ping frame."]);
  assertEquals(await conn.read(new Uint8Array(1)), null);
});

scenario("what a program may not do with a socket", async () => {
  const accepted = Promise.withResolvers<WebSocket>();
  await using web = await simulatedHub((socket) => {
    assertEquals([socket.readyState, socket.url, socket.extensions, socket.binaryType], [0, "", "", "arraybuffer"]);
    assertThrows(() => socket.send("too early"), DOMException, "not open");
    accepted.resolve(socket);
  });
  const client = web.connect();
  await next(client, "open");
  const socket = await accepted.promise;
  for (const code of [999, 1001, 2999, 5000, NaN]) {
    const error = assertThrows(() => socket.close(code), DOMException, `Code ${code}`);
    assertEquals(error.name, "InvalidAccessError");
  }
  assertEquals(assertThrows(() => socket.close(1000, "x".repeat(124)), DOMException).name, "SyntaxError");
  const closed = Promise.all([closing(socket), closing(client)]);
  socket.close();
  socket.close(4000);
  socket.send("too late");
  assertEquals(socket.bufferedAmount, 8);
  await closed;
});

scenario("a socket that a handler closes before it returns is closed at once", async () => {
  await using web = await simulatedHub((socket) => socket.close(3001, "not you"));
  const client = web.connect();
  client.onerror = () => {};
  assertEquals((await closing(client)).slice(0, 2), [3001, "not you"]);
});

const UPGRADE = "Upgrade: websocket";
const KEY = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
const VERSION = "Sec-WebSocket-Version: 13";

const REFUSED: [path: string, fields: string[], answer: string][] = [
  ["/plain", [UPGRADE, KEY, VERSION], "not upgraded"],
  ["/plain", ["Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA"], "not upgraded"],
  ["/", [], "TypeError: Invalid Header: 'upgrade' header must contain 'websocket'"],
  ["/", ["Upgrade: h2c"], "TypeError: Invalid Header: 'upgrade' header must contain 'websocket'"],
  ["/", [UPGRADE, VERSION], "TypeError: Invalid Header: 'sec-websocket-key' header must be set"],
  ["/", [UPGRADE, KEY], "TypeError: Invalid Header: 'sec-websocket-version' header must be '13'"],
  ["/copy", [UPGRADE, KEY, VERSION], "TypeError: Cannot upgrade: it must be the very request that"],
  ["/timeout", [UPGRADE, KEY, VERSION], "RangeError: Cannot upgrade: idleTimeout -1 must be a number of seconds"],
  ["/keep", [UPGRADE, KEY, VERSION], "kept"],
  ["/kept", [UPGRADE, KEY, VERSION], "TypeError: The response upgrades another request"],
  ["/kept", [], "TypeError: The response upgrades another request"],
];

scenario("requests that are not upgraded are answered like any other", async () => {
  await using internet = new Internet({ isolation: "inline" });
  void internet.route();
  const stack = await internet.newStack(1500, "10.0.0.1");
  let kept: Response | undefined;
  const paths: Record<string, (request: Request) => Response | undefined> = {
    "/plain": () => new Response("not upgraded"),
    "/": (request) => upgradeWebSocket(request).response,
    "/copy": (request) => upgradeWebSocket(new Request(request)).response,
    "/timeout": (request) => upgradeWebSocket(request, { idleTimeout: -1 }).response,
    "/keep": (request) => {
      kept = upgradeWebSocket(request).response;
      return new Response("kept");
    },
    "/kept": () => kept,
  };
  const listener = stack.listenTCP("10.0.0.1:80");
  await using _server = serveHttp({ listener, onError: (error) => new Response(String(error)) }, (request) => {
    return paths[new URL(request.url).pathname](request) as Response;
  });
  for (const [path, fields, answer] of REFUSED) {
    using conn = await stack.dialTCP("10.0.0.1:80");
    const head = [`GET ${path} HTTP/1.1`, "Host: x", "Connection: Upgrade, close", ...fields];
    await writeAll(conn, bytes(`${head.join("\r\n")}\r\n\r\n`));
    const { status, body } = parse(text(await readAll(conn)));
    assertEquals([path, status], [path, "HTTP/1.1 200 OK"]);
    assertStringIncludes(body, answer);
  }
});
