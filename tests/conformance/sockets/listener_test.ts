// S4: listeners.
import { assertTalks, bytes, readExactly, text } from "../../scenarios/hosts.ts";
import { BUSY, CLOSED, DONE, IN_USE, LISTENER_CLOSED, outcome, outcomes, REFUSED, RESET, thrown } from "./outcome.ts";
import { arrival, connected, unaccepted } from "./peers.ts";
import type { Host } from "./platform.ts";
import { differs, same } from "./fact.ts";

const END = { value: undefined, done: true };

function listen({ listen, ipv4 }: Host, port = 0): Deno.TcpListener {
  return listen({ hostname: ipv4, port });
}

function iterate(listener: Deno.TcpListener): AsyncIterableIterator<Deno.TcpConn> {
  return listener[Symbol.asyncIterator]();
}

same("S4 close with an accept pending: it finds the listener closed, and so do later ones", async ({ server }) => {
  const listener = listen(server);
  const accept = listener.accept();
  const seen = [listener.close()];
  return [...seen, ...await outcomes(accept, listener.accept(), listener.accept())];
}, [undefined, LISTENER_CLOSED, LISTENER_CLOSED, LISTENER_CLOSED]);

same("S4 a second accept while one waits is one too many; the first goes on", async ({ client, server }) => {
  using listener = listen(server);
  const first = listener.accept();
  const others = await outcomes(listener.accept(), iterate(listener).next());
  using conn = await client.connect({ hostname: server.ipv4, port: listener.addr.port });
  using accepted = await first;
  return [...others, accepted.remoteAddr.port === conn.localAddr.port];
}, [BUSY, BUSY, true]);

same("S4 two accepts at once, when two connections wait, both get one", async (platform) => {
  const { client, server } = platform;
  using listener = listen(server);
  const { port } = listener.addr;
  using first = await client.connect({ hostname: server.ipv4, port });
  using second = await client.connect({ hostname: server.ipv4, port });
  await arrival(platform);
  const accepted = await Promise.all([listener.accept(), listener.accept()]);
  const ports = accepted.map(({ remoteAddr }) => remoteAddr.port);
  for (const conn of accepted) conn.close();
  return [ports[0] === first.localAddr.port, ports[1] === second.localAddr.port];
}, [true, true]);

same("S4 a second close throws, and so does return; dispose is silent", async ({ server }) => {
  const listener = listen(server);
  listener.close();
  return [
    thrown(() => listener.close()),
    await outcome(() => iterate(listener).return!()),
    thrown(() => listener[Symbol.dispose]()),
    thrown(() => listener[Symbol.dispose]()),
  ];
}, [CLOSED, `throws ${CLOSED}`, DONE, DONE]);

same("S4 return closes, and gives its value back; a next that waits is done", async ({ server }) => {
  const listener = listen(server);
  const next = iterate(listener).next();
  return [await iterate(listener).return!(7), await next, await outcome(() => listener.accept())];
}, [{ value: 7, done: true }, END, LISTENER_CLOSED]);

same("S4 a listener is its own iterator; next is done at close and after it", async ({ server }) => {
  const listener = listen(server);
  const next = iterate(listener).next();
  const seen = [Object.is(iterate(listener), listener)];
  listener.close();
  return [...seen, await next, await iterate(listener).next()];
}, [true, END, END]);

same("S4 leaving a loop closes the listener, by break and by an error", async ({ client, server }) => {
  const seen = [];
  for (const error of [undefined, new Error("enough")]) {
    const listener = listen(server);
    using _ = await client.connect({ hostname: server.ipv4, port: listener.addr.port });
    const loop = (async () => {
      for await (const conn of listener) {
        conn.close();
        if (error) throw error;
        break;
      }
    })();
    seen.push(await outcome(() => loop), thrown(() => listener.close()));
  }
  return seen;
}, [undefined, CLOSED, "Error: enough", CLOSED]);

same("S4 a loop over a listener ends when it is closed", async ({ client, server }) => {
  const listener = listen(server);
  using _ = await client.connect({ hostname: server.ipv4, port: listener.addr.port });
  let count = 0;
  for await (const conn of listener) {
    conn.close();
    count++;
    listener.close();
  }
  return count;
}, 1);

same("S4 a dial resolves before the accept, and what is sent before it is kept", async (platform) => {
  using pair = await unaccepted(platform);
  const { conn, listener } = pair;
  await conn.write(bytes("early"));
  await conn.closeWrite();
  await arrival(platform);
  using accepted = await listener.accept();
  return [text(await readExactly(accepted, 5)), await accepted.read(new Uint8Array(1))];
}, ["early", null]);

same("S4 connections are accepted in the order in which they came", async ({ client, server }) => {
  using listener = listen(server);
  const seen = [];
  const dialled: Deno.TcpConn[] = [];
  for (let i = 0; i < 5; i++) {
    dialled.push(await client.connect({ hostname: server.ipv4, port: listener.addr.port }));
  }
  for (const conn of dialled) {
    using accepted = await listener.accept();
    seen.push(accepted.remoteAddr.port === conn.localAddr.port);
    conn.close();
  }
  return seen;
}, [true, true, true, true, true]);

same("S4 closing a listener resets who was not accepted; accepted connections go on", async (platform) => {
  const { client, server } = platform;
  const listener = listen(server);
  const address = { hostname: server.ipv4, port: listener.addr.port };
  using accepted = await client.connect(address);
  using other = await listener.accept();
  using waiting = await client.connect(address);
  listener.close();
  const seen = [await outcome(() => waiting.read(new Uint8Array(1))), await outcome(() => client.connect(address))];
  await assertTalks({ client: accepted, server: other });
  return seen;
}, [RESET, REFUSED]);

same("S4 a port can be listened on again at once, also beside connections accepted before", async (platform) => {
  const { client, server } = platform;
  using pair = await connected(platform);
  const { port } = pair.server.localAddr;
  for (let round = 0; round < 3; round++) {
    using listener = listen(server, port);
    using conn = await client.connect({ hostname: server.ipv4, port });
    using accepted = await listener.accept();
    await assertTalks({ client: conn, server: accepted });
  }
  await assertTalks(pair);
  return thrown(() => listen(server, port).close());
}, DONE);

same("S4 a port can be listened on again while its last connection is in TIME-WAIT", async (platform) => {
  using pair = await connected(platform);
  const { port } = pair.server.localAddr;
  pair.server.close();
  const end = await pair.client.read(new Uint8Array(1));
  pair.client.close();
  await arrival(platform);
  return [end, thrown(() => listen(platform.server, port).close())];
}, [null, DONE]);

same("S4 an accepted connection's local address is the real one, not the wildcard", async ({ client, server }) => {
  using listener = server.listen({ port: 0 });
  using conn = await client.connect({ hostname: server.ipv4, port: listener.addr.port });
  using accepted = await listener.accept();
  return [
    listener.addr.hostname,
    accepted.localAddr.hostname === server.ipv4,
    conn.remoteAddr.port === listener.addr.port,
  ];
}, ["0.0.0.0", true, true]);

same("S4 `using` closes a listener, also one that was closed before", async ({ server }) => {
  let kept: Deno.TcpListener;
  {
    using listener = listen(server);
    using closed = listen(server);
    closed.close();
    kept = listener;
  }
  return [thrown(() => kept.close()), await outcome(() => kept.accept())];
}, [CLOSED, LISTENER_CLOSED]);

same("S4 a listener that is unref'd accepts all the same, one at a time", async ({ client, server }) => {
  using listener = listen(server);
  listener.unref();
  listener.ref();
  const first = listener.accept();
  listener.unref();
  const busy = await outcome(() => listener.accept());
  using _ = await client.connect({ hostname: server.ipv4, port: listener.addr.port });
  using accepted = await first;
  listener.ref();
  return [busy, accepted.localAddr.port === listener.addr.port];
}, [BUSY, true]);

same("S4 tcpBacklog is taken as the kernel takes it: 0, negative, fractional, huge", ({ server }) => {
  return [undefined, null, 0, 1, -1, 1.5, NaN, 1e10].map((tcpBacklog) =>
    thrown(() => Reflect.apply(server.listen, undefined, [{ port: 0, tcpBacklog }]).close())
  );
}, Array(8).fill(DONE));

same(
  "S4 reusePort: listeners share a port when all of them say so, and each gets some connections",
  async (platform) => {
    const { client, server } = platform;
    const options = { hostname: server.ipv4, reusePort: true };
    using first = server.listen({ ...options, port: 0 });
    const { port } = first.addr;
    using second = server.listen({ ...options, port });
    const seen = [thrown(() => listen(server, port))];
    const served = new Set<Deno.TcpListener>();
    const accepts = [first, second].map((listener) =>
      outcome(async () => {
        for await (const conn of listener) {
          served.add(listener);
          conn.close();
        }
      })
    );
    while (served.size < 2) {
      using conn = await client.connect({ hostname: server.ipv4, port });
      await conn.read(new Uint8Array(1));
    }
    first.close();
    second.close();
    return [...seen, ...await Promise.all(accepts), thrown(() => listen(server, port).close())];
  },
  [IN_USE, undefined, undefined, DONE],
);

differs("S4 tcpBacklog 1, for dials one after another", "ours keeps no more than it says", async (platform) => {
  const { client, server } = platform;
  using listener = server.listen({ hostname: server.ipv4, port: 0, tcpBacklog: 1 });
  const controller = new AbortController();
  const address = { hostname: server.ipv4, port: listener.addr.port, signal: controller.signal };
  const dials: Promise<unknown>[] = [];
  let connections = 0;
  for (let i = 0; i < 4; i++) {
    dials.push(client.connect(address).then((conn) => (connections++, conn.close()), () => {}));
    await arrival(platform);
  }
  controller.abort();
  await Promise.all(dials);
  return connections;
}, { deno: 2, ours: 1 });
