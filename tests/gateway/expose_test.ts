// Connections of the machine that go to a simulated server.
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { connect as connectNode, type Socket } from "node:net";
import { expose, Internet, type TCPAddr } from "../../mod.ts";
import { IN_USE, rejects, RESET } from "../scenarios/failures.ts";
import {
  bytes,
  CLIENT,
  eachIsolation,
  Network,
  readAll,
  scenario,
  SERVER,
  text,
  writeAll,
} from "../scenarios/hosts.ts";
import { runScript } from "../scenarios/subprocess.ts";
import { socketFolder } from "./crossings.ts";

const ADDRESS = `${SERVER}:80`;

eachIsolation("a server sees the stack that the gateway is on, not the machine", async (isolation) => {
  await using net = await Network.create(isolation);
  using listener = net.server.listenTCP(ADDRESS);
  await using gateway = await expose(net.client, ADDRESS, { to: { port: 0 } });
  assertEquals(gateway.addr.hostname, "127.0.0.1");
  using conn = await Deno.connect(gateway.addr);
  using accepted = await listener.accept();
  assertEquals(accepted.remoteAddr.hostname, CLIENT);
  assertEquals({ ...conn.remoteAddr }, { ...gateway.addr });
});

eachIsolation(
  "a reset by the simulated server reaches the machine's client, after the data before it",
  async (isolation) => {
    await using net = await Network.create(isolation);
    using listener = net.server.listenTCP(ADDRESS);
    await using gateway = await expose(net.client, ADDRESS, { to: { port: 0 } });
    using conn = await Deno.connect(gateway.addr);
    using accepted = await listener.accept();
    await writeAll(accepted, bytes("half of "));
    const buffer = new Uint8Array(8);
    assertEquals(await conn.read(buffer), 8);
    accepted.abort();
    await rejects(conn.read(buffer), RESET);
  },
);

eachIsolation("a reset by the machine's client reaches the simulated server", async (isolation) => {
  await using net = await Network.create(isolation);
  using listener = net.server.listenTCP(ADDRESS);
  await using gateway = await expose(net.client, ADDRESS, { to: { port: 0 } });
  const socket = await connected(connectNode({ host: "127.0.0.1", port: gateway.addr.port }));
  using accepted = await listener.accept();
  socket.resetAndDestroy();
  await rejects(accepted.read(new Uint8Array(1)), RESET);
});

function connected(socket: Socket): Promise<Socket> {
  return new Promise((resolve, reject) => socket.once("connect", () => resolve(socket)).once("error", reject));
}

eachIsolation("where nobody listens, the machine's client is reset, and the gateway goes on", async (isolation) => {
  await using net = await Network.create(isolation);
  await using gateway = await expose(net.client, ADDRESS, { to: { port: 0 } });
  await rejects(connectAndRead(gateway.addr), RESET);

  using listener = net.server.listenTCP(ADDRESS);
  using conn = await Deno.connect(gateway.addr);
  using accepted = await listener.accept();
  await writeAll(accepted, bytes("now"));
  await accepted.closeWrite();
  assertEquals(text(await readAll(conn)), "now");
});

/** The reset may come before the connection is even there for the client. */
async function connectAndRead(addr: TCPAddr): Promise<number | null> {
  using conn = await Deno.connect(addr);
  return await conn.read(new Uint8Array(1));
}

scenario("a gateway that closes while it dials resets the client", async () => {
  await using internet = new Internet({ isolation: "inline" });
  const stack = await internet.newStack({ addresses: [CLIENT] });
  const gateway = await expose(stack, "10.9.9.9:80", { to: { port: 0 } });
  using conn = await Deno.connect(gateway.addr);
  // The SYN is in flight, so the gateway has accepted the connection.
  for await (const _ of internet.inFlight()) break;
  const reading = conn.read(new Uint8Array(1));
  await Promise.all([gateway.close(), rejects(reading, RESET)]);
});

eachIsolation("a gateway closes with its stack, and frees its port", async (isolation) => {
  await using net = await Network.create(isolation);
  using listener = net.server.listenTCP(ADDRESS);
  await using gateway = await expose(net.client, ADDRESS, { to: { port: 0 } });
  using conn = await Deno.connect(gateway.addr);
  using _accepted = await listener.accept();
  await net.client.close();
  await rejects(conn.read(new Uint8Array(1)), RESET);
  // By itself, in one of the next turns of the event loop.
  while (!isFree(gateway.addr)) await new Promise(setImmediate);
  await gateway.close();
});

function isFree(addr: TCPAddr): boolean {
  try {
    Deno.listen(addr).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return false;
    throw error;
  }
}

scenario("a Unix socket is gone with its gateway", async () => {
  await using folder = await socketFolder();
  await using net = await Network.create("inline");
  const gateway = await expose(net.client, ADDRESS, { to: { path: folder.path } });
  assertEquals(gateway.addr.path, folder.path);
  assert((await Deno.stat(folder.path)).isSocket);
  await gateway.close();
  await assertRejects(() => Deno.stat(folder.path), Deno.errors.NotFound);
});

scenario("what cannot be listened on is refused, and nothing is left", async () => {
  await using folder = await socketFolder();
  await using net = await Network.create("inline");
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await rejects(expose(net.client, ADDRESS, { to: taken.addr }), IN_USE, `"127.0.0.1:${taken.addr.port}"`);
  using _socket = Deno.listen({ transport: "unix", path: folder.path });
  await rejects(expose(net.client, ADDRESS, { to: { path: folder.path } }), IN_USE, folder.path);
  await assertRejects(() => expose(net.client, "example:80", { to: { port: 0 } }), TypeError, '"example:80"');
  for (const port of [-1, 65536, 1.5, NaN]) {
    await assertRejects(() => expose(net.client, ADDRESS, { to: { port } }), RangeError, `${port}`);
  }
});

scenario("without --allow-net the gateway is refused, and the program goes on", async () => {
  const MOD = new URL("../../mod.ts", import.meta.url);
  const program = `
    import { expose, Internet, type TCPAddr } from "${MOD}";
    await using internet = new Internet({ isolation: "inline" });
    const stack = await internet.newStack(1500, "10.0.0.1");
    for (const to of [{ port: 0 }, { path: "/tmp/uis-none" }]) {
      await expose(stack, "10.0.0.1:80", { to }).catch((error) => console.log(error.name, error.message));
    }`;
  const { code, stdout, stderr } = await runScript(program, [
    "--no-prompt",
    `--allow-read=${new URL("../..", MOD).pathname}`,
  ]);
  assertEquals({ code, stderr }, { code: 0, stderr: "" });
  assertMatch(stdout, /^NotCapable .*"127\.0\.0\.1:0".*--allow-net\nNotCapable .*uis-none/);
});

scenario("a thousand clients at once", async () => {
  await using net = await Network.create("inline");
  using listener = net.server.listenTCP(ADDRESS);
  const serving = echo(listener);
  await using gateway = await expose(net.client, ADDRESS, { to: { port: 0 } });
  await Promise.all(Array.from({ length: 1000 }, async (_, i) => {
    using conn = await Deno.connect(gateway.addr);
    await writeAll(conn, bytes(`client ${i}`));
    await conn.closeWrite();
    assertEquals(text(await readAll(conn)), `client ${i}`);
  }));
  listener.close();
  await serving;
});

async function echo(listener: AsyncIterable<Deno.Conn>): Promise<void> {
  const echoes: Promise<void>[] = [];
  for await (const conn of listener) {
    echoes.push((async () => {
      using _closing = conn;
      await writeAll(conn, await readAll(conn));
    })());
  }
  await Promise.all(echoes);
}
