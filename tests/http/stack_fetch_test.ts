// Deno's own fetch inside the internet: names, redirects, streams, TLS, and what fails.
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { serveHttp, stackFetch, type StackFetchOptions, upgradeWebSocket } from "../../mod.ts";
import { identity } from "../../examples/helpers/certificate.ts";
import { patternBytes } from "../scenarios/data.ts";
import { eachIsolation, type Isolation, Network, scenario, SERVER, SERVER6 } from "../scenarios/hosts.ts";
import { runScript } from "../scenarios/subprocess.ts";
import type { Handler } from "./servers.ts";

const NAME = "www.example";

/** A site on port 80, or with a certificate on 443, and a fetch on another host that knows its name. */
interface Site extends AsyncDisposable {
  net: Network;
  fetch: typeof fetch;
  client: Deno.HttpClient;
}

async function site(
  isolation: Isolation,
  handler: Handler,
  options: StackFetchOptions & { tls?: { cert: string; key: string } } = {},
): Promise<Site> {
  const { tls, ...fetchOptions } = options;
  await using stack = new AsyncDisposableStack();
  const net = stack.use(await Network.create(isolation));
  const listener = net.server.listenTCP(tls ? "[::]:443" : "[::]:80");
  stack.use(serveHttp({ listener, ...tls }, handler));
  const inside = stack.use(await stackFetch(net.client, { hosts: { [NAME]: SERVER }, ...fetchOptions }));
  const rest = stack.move();
  return { net, fetch: inside.fetch, client: inside.client, [Symbol.asyncDispose]: () => rest.disposeAsync() };
}

eachIsolation(
  "fetch reaches a name and addresses of both families, and follows a redirect between them",
  async (isolation) => {
    await using web = await site(isolation, ({ url }) => {
      if (url.endsWith("/moved")) return Response.redirect(`http://[${SERVER6}]/there`);
      return new Response(`at ${url}`, { headers: { "x-seen": "yes" } });
    });
    const { fetch } = web;
    for (const host of [NAME, SERVER, `[${SERVER6}]`]) {
      const response = await fetch(`http://${host}/path?query#fragment`);
      assertEquals([response.status, response.headers.get("x-seen")], [200, "yes"]);
      assertEquals(await response.text(), `at http://${host}/path?query`);
    }
    const moved = await fetch(new URL(`http://${NAME}/moved`));
    assertEquals([moved.redirected, await moved.text()], [true, `at http://[${SERVER6}]/there`]);
  },
);

eachIsolation("bodies go both ways, also as streams, at the same time", async (isolation) => {
  await using web = await site(isolation, ({ body }) => new Response(body));
  const data = patternBytes(1_000_000, 5);
  const response = await web.fetch(new Request(`http://${NAME}/`, { method: "POST", body: data }));
  assertEquals(await response.bytes(), data);

  const { readable, writable } = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>();
  const echoing = web.fetch(`http://${NAME}/`, { method: "PUT", body: readable });
  const writer = writable.getWriter();
  await writer.write(Uint8Array.of(1));
  const reader = (await echoing).body!.getReader();
  assertEquals((await reader.read()).value, Uint8Array.of(1));
  await writer.write(Uint8Array.of(2));
  assertEquals((await reader.read()).value, Uint8Array.of(2));
  await writer.close();
  assertEquals((await reader.read()).done, true);
});

eachIsolation("HTTPS, and a WebSocket over it, with an authority of the test", async (isolation) => {
  const { ca, ...tls } = identity(NAME, SERVER);
  await using web = await site(isolation, (request) => {
    if (request.headers.get("upgrade") !== "websocket") return new Response(`safe at ${request.url}`);
    const { socket, response } = upgradeWebSocket(request);
    socket.onmessage = ({ data }) => socket.send(data);
    return response;
  }, { tls, caCerts: [ca] });
  for (const host of [NAME, SERVER]) {
    const response = await web.fetch(`https://${host}/`);
    assertEquals(await response.text(), `safe at https://${host}/`);
  }
  const large = await web.fetch(`https://${NAME}/`, { method: "POST", body: patternBytes(300_000, 1) });
  assertEquals(await large.text(), `safe at https://${NAME}/`);
  const socket = new WebSocket(`wss://${NAME}/`, { client: web.client });
  socket.onopen = () => socket.send("secret");
  assertEquals(await new Promise((resolve) => socket.onmessage = ({ data }) => resolve(data)), "secret");
  socket.close();
  await new Promise((resolve) => socket.onclose = resolve);
});

scenario("a certificate is refused for another name, and without its authority", async () => {
  const { ca, ...tls } = identity("other.example");
  for (const caCerts of [[ca], []]) {
    await using web = await site("inline", () => new Response("never"), { tls, caCerts });
    const error = await assertRejects(() => web.fetch(`https://${NAME}/`), TypeError);
    assertMatch(String(error.cause ?? error), caCerts.length > 0 ? /not valid for name/i : /UnknownIssuer/);
  }
});

scenario("plain text on the port of TLS ends that connection only", async () => {
  const { ca, ...tls } = identity(NAME);
  await using web = await site("inline", () => new Response("safe"), { tls, caCerts: [ca] });
  using conn = await web.net.client.dialTCP(`${SERVER}:443`);
  await conn.write(new TextEncoder().encode("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
  const buffer = new Uint8Array(1000);
  for (let n = await conn.read(buffer).catch(() => null); n; n = await conn.read(buffer).catch(() => null));
  assertEquals(await (await web.fetch(`https://${NAME}/`)).text(), "safe");
});

scenario("a request that is given up, before and in the middle of its answer", async () => {
  const asked = Promise.withResolvers<void>();
  const gone = Promise.withResolvers<void>();
  await using web = await site("inline", async ({ url, signal }) => {
    if (url.endsWith("/stream")) {
      const start = new Uint8Array(1000);
      return new Response(new ReadableStream({ start: (to) => to.enqueue(start), cancel: () => gone.resolve() }));
    }
    asked.resolve();
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    return new Response();
  });
  const controller = new AbortController();
  const pending = web.fetch(`http://${NAME}/`, { signal: controller.signal });
  await asked.promise;
  controller.abort();
  assertEquals((await assertRejects(() => pending, DOMException)).name, "AbortError");

  const streaming = await web.fetch(`http://${NAME}/stream`);
  await streaming.body!.cancel();
  await gone.promise;
});

scenario("an answer that breaks off fails, whether it has a length, chunks or neither", async () => {
  await using net = await Network.create("inline");
  await using inside = await stackFetch(net.client);
  for (const head of ["Content-Length: 10\r\n", "Transfer-Encoding: chunked\r\n", "Connection: close\r\n"]) {
    using listener = net.server.listenTCP(`${SERVER}:80`);
    const asking = inside.fetch(`http://${SERVER}/`);
    using conn = await listener.accept();
    await conn.read(new Uint8Array(1000));
    await conn.write(
      new TextEncoder().encode(`HTTP/1.1 200 OK\r\n${head}\r\n${head.startsWith("T") ? "4\r\npart" : "part"}`),
    );
    const response = await asking;
    const reader = response.body!.getReader();
    assertEquals(new TextDecoder().decode((await reader.read()).value), "part");
    conn.abort();
    await assertRejects(() => reader.read(), TypeError);
  }
});

scenario("what the internet does not have cannot be fetched", async () => {
  await using web = await site("inline", () => new Response());
  for (const url of ["http://other.example/", `http://${NAME}:81/`, "http://localhost/"]) {
    await assertRejects(() => web.fetch(url), TypeError);
  }
});

scenario("NO_PROXY in the environment leads nobody out to the machine", async () => {
  await using real = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => new Response("outside"));
  const mod = new URL("../../mod.ts", import.meta.url);
  const program = `
    import { Internet, serveHttp, stackFetch } from "${mod}";
    await using internet = new Internet({ isolation: "inline" });
    const stack = await internet.newStack(1500, "10.0.0.1");
    await using _site = serveHttp(stack.listenTCP("127.0.0.1:${real.addr.port}"), () => new Response("inside"));
    await using inside = await stackFetch(stack);
    const response = await inside.fetch("http://127.0.0.1:${real.addr.port}/");
    console.log(await response.text(), Deno.env.get("NO_PROXY"));`;
  const env = { NO_PROXY: "127.0.0.1", no_proxy: "127.0.0.1" };
  assertEquals(await runScript(program, ["-A"], env), { code: 0, stdout: "inside 127.0.0.1\n", stderr: "" });
});

scenario("closing ends the requests under way, and may be done twice", async () => {
  const asked = Promise.withResolvers<void>();
  await using net = await Network.create("inline");
  await using _site = serveHttp(net.server.listenTCP(`${SERVER}:80`), () => {
    asked.resolve();
    return new Promise(() => {});
  });
  const inside = await stackFetch(net.client);
  const pending = inside.fetch(`http://${SERVER}/`);
  await asked.promise;
  await Promise.all([inside.close(), assertRejects(() => pending)]);
  await inside.close();
  await assertRejects(() => inside.fetch(`http://${SERVER}/`));
});

scenario("it closes with its stack, and leaves nothing", async () => {
  await using net = await Network.create("inline");
  await using _site = serveHttp(net.server.listenTCP(`${SERVER}:80`), () => new Response("hello"));
  for (const isClosed of [false, true]) {
    const stack = await net.internet.newStack(1500, "10.0.0.3");
    const inside = await stackFetch(stack);
    assertEquals(await (await inside.fetch(`http://${SERVER}/`)).text(), "hello");
    if (isClosed) inside.client.close();
    await stack.close();
    await assertRejects(() => inside.fetch(`http://${SERVER}/`));
  }
});

scenario("options that Deno refuses leave nothing behind", async () => {
  await using net = await Network.create("inline");
  await assertRejects(() => stackFetch(net.client, { http1: false, http2: false }), TypeError);
  await assertRejects(() => stackFetch(net.client, { hosts: { web: "nowhere" } }), TypeError, '"nowhere"');
});

scenario("code that takes a fetch gets one that may be taken apart", async () => {
  await using web = await site("inline", () => Response.json({ ok: true }));
  const program = async (get: typeof globalThis.fetch) => (await (await get(`http://${NAME}/`)).json()).ok;
  assert(await program(web.fetch));
});
