// Connections of simulated clients that go to a service of the machine.
import { assertEquals, assertRejects } from "@std/assert";
import { createServer, type Socket } from "node:net";
import { reach } from "../../mod.ts";
import { IN_USE, NET_DOWN, NOT_AVAILABLE, rejects, RESET } from "../scenarios/failures.ts";
import {
  bytes,
  eachIsolation,
  Network,
  readAll,
  readExactly,
  scenario,
  SERVER,
  SERVER6,
  text,
  writeAll,
} from "../scenarios/hosts.ts";

const ADDRESS = `${SERVER}:80`;

eachIsolation("a simulated client talks to Deno.serve, over both families", async (isolation) => {
  await using service = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => new Response("real"));
  await using net = await Network.create(isolation);
  for (const address of [ADDRESS, `[${SERVER6}]:80`]) {
    await using gateway = await reach(net.server, address, { to: service.addr });
    assertEquals(gateway.addr.port, 80);
    using conn = await net.client.dialTCP(address);
    await writeAll(conn, bytes("GET / HTTP/1.1\r\nHost: real\r\nConnection: close\r\n\r\n"));
    const response = text(await readAll(conn));
    assertEquals([response.split("\r\n")[0], response.split("\r\n").at(-1)], ["HTTP/1.1 200 OK", "real"]);
  }
});

eachIsolation("a reset by the simulated client reaches the service", async (isolation) => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using net = await Network.create(isolation);
  await using _gateway = await reach(net.server, ADDRESS, { to: listener.addr });
  using conn = await net.client.dialTCP(ADDRESS);
  using accepted = await listener.accept();
  conn.abort();
  await rejects(accepted.read(new Uint8Array(1)), RESET);
});

eachIsolation("a reset by the service reaches the simulated client", async (isolation) => {
  const accepted = Promise.withResolvers<Socket>();
  const service = createServer(accepted.resolve);
  const port = await new Promise<number>((resolve) => {
    service.listen(0, "127.0.0.1", () => resolve((service.address() as { port: number }).port));
  });
  await using _service = {
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => service.close(() => resolve())),
  };
  await using net = await Network.create(isolation);
  await using _gateway = await reach(net.server, ADDRESS, { to: { port } });
  using conn = await net.client.dialTCP(ADDRESS);
  (await accepted.promise).resetAndDestroy();
  await rejects(conn.read(new Uint8Array(1)), RESET);
});

eachIsolation("without a service the simulated client is reset, and the gateway goes on", async (isolation) => {
  const unused = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  unused.close();
  await using net = await Network.create(isolation);
  await using _gateway = await reach(net.server, ADDRESS, { to: unused.addr });
  for (let i = 0; i < 2; i++) {
    using conn = await net.client.dialTCP(ADDRESS);
    await rejects(conn.read(new Uint8Array(1)), RESET);
  }
});

eachIsolation("a gateway closes with its stack, and the service sees a reset", async (isolation) => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using net = await Network.create(isolation);
  await using gateway = await reach(net.server, ADDRESS, { to: listener.addr });
  using conn = await net.client.dialTCP(ADDRESS);
  using accepted = await listener.accept();
  await writeAll(conn, bytes("hello"));
  await readExactly(accepted, 5);
  await net.server.close();
  await rejects(accepted.read(new Uint8Array(1)), RESET);
  await gateway.close();
});

scenario("addresses are those that a stack can listen on", async () => {
  const to = { port: 1 };
  await using net = await Network.create("inline");
  {
    await using _gateway = await reach(net.server, ADDRESS, { to });
    await rejects(reach(net.server, ADDRESS, { to }), IN_USE);
    await rejects(reach(net.client, ADDRESS, { to }), NOT_AVAILABLE);
    await assertRejects(() => reach(net.server, "web:80", { to }), TypeError, '"web:80"');
  }
  await using _freed = await reach(net.server, ADDRESS, { to });
  await net.client.close();
  await rejects(reach(net.client, "0.0.0.0:80", { to }), NET_DOWN);
});

scenario("a service that cannot be meant is refused, and the address stays free", async () => {
  await using net = await Network.create("inline");
  for (const port of [-1, 65536, 1.5, NaN]) {
    await assertRejects(() => reach(net.server, ADDRESS, { to: { port } }), RangeError, `${port}`);
  }
  for (const options of [undefined, {}]) {
    await assertRejects(() => reach(net.server, ADDRESS, options as { to: { port: number } }), TypeError);
  }
  net.server.listenTCP(ADDRESS).close();
});
