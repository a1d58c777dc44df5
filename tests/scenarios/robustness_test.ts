// Many connections, one after the other and at once.
import { assertEquals } from "@std/assert";
import { patternBytes } from "./data.ts";
import { bytes, eachIsolation, Network, readAll, readExactly, SERVER, text, writeAll } from "./hosts.ts";

const ADDRESS = `${SERVER}:80`;

eachIsolation("2,000 connections to one listener, one after the other", async (isolation) => {
  await using net = await Network.create(isolation);
  using listener = net.server.listenTCP(ADDRESS);
  const serving = (async () => {
    for (let i = 0; i < 2000; i++) {
      using conn = await listener.accept();
      await writeAll(conn, await readExactly(conn, 4));
    }
  })();
  for (let i = 0; i < 2000; i++) {
    using conn = await net.client.dialTCP(ADDRESS);
    await conn.write(bytes("ping"));
    assertEquals(text(await readExactly(conn, 4)), "ping");
  }
  await serving;
});

eachIsolation("2,000 connections and a port range of 100: those in TIME-WAIT give way", async (isolation) => {
  await using net = await Network.create(isolation, { client: { limits: { ephemeralPorts: [40000, 40099] } } });
  using listener = net.server.listenTCP(ADDRESS);
  for (let i = 0; i < 2000; i++) {
    using client = await net.client.dialTCP(ADDRESS);
    using server = await listener.accept();
    await client.closeWrite();
    assertEquals(await server.read(new Uint8Array(1)), null);
    server.close();
    assertEquals(await client.read(new Uint8Array(1)), null);
  }
});

eachIsolation("200 connections at once, each an echo", async (isolation) => {
  await using net = await Network.create(isolation);
  using listener = net.server.listenTCP(ADDRESS);
  const serving = (async () => {
    const echoes: Promise<void>[] = [];
    for (let i = 0; i < 200; i++) {
      const conn = await listener.accept();
      echoes.push(conn.readable.pipeTo(conn.writable));
    }
    await Promise.all(echoes);
  })();
  await Promise.all(Array.from({ length: 200 }, async (_, i) => {
    using conn = await net.client.dialTCP(ADDRESS);
    const data = patternBytes(20_000, i + 1);
    const [received] = await Promise.all([readAll(conn), writeAll(conn, data).then(() => conn.closeWrite())]);
    assertEquals(received, data);
  }));
  await serving;
});

eachIsolation("connections that both sides abort at random moments leave nothing behind", async (isolation) => {
  await using net = await Network.create(isolation);
  using listener = net.server.listenTCP(ADDRESS);
  const serving = (async () => {
    let i = 0;
    for await (const conn of listener) {
      if (i++ % 3 === 0) conn.abort();
      else if (i % 3 === 1) conn.close();
      else conn.readable.pipeTo(conn.writable).catch(() => {});
    }
  })();
  await Promise.all(Array.from({ length: 300 }, async (_, i) => {
    const conn = await net.client.dialTCP(ADDRESS);
    const writing = conn.write(patternBytes(i * 50, 1)).catch(() => {});
    if (i % 2 === 0) await writing;
    if (i % 5 === 0) conn.abort();
    else conn.close();
  }));
  listener.close();
  await serving;
});
