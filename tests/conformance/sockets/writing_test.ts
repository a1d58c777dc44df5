// S2: the writes of a connection, and what becomes of them when either end closes.
import { bytes, readAll, readExactly, text } from "../../scenarios/hosts.ts";
import { BROKEN_PIPE, CLOSED, completes, DONE, INTERRUPTED, outcome, outcomes, RESET, thrown } from "./outcome.ts";
import { arrival, connected, reset, unaccepted } from "./peers.ts";
import { differs, same } from "./fact.ts";

const MiB = 2 ** 20;
const NOTHING = new Uint8Array(0);
const X = bytes("x");

/** A buffer to read into. */
function room(length = 8): Uint8Array {
  return new Uint8Array(length);
}

same("S2 a write gives its length; one of length 0 gives 0", async (platform) => {
  using pair = await connected(platform);
  return [await pair.client.write(bytes("hello")), await pair.client.write(NOTHING), await pair.server.read(room())];
}, [5, 0, 5]);

same("S2 a large write is taken in part, and the next one waits", async (platform) => {
  using pair = await connected(platform);
  const { client, server } = pair;
  const first = await client.write(room(64 * MiB));
  const next = outcomes(client.write(room(64 * MiB)), client.write(room(64 * MiB)), client.write(room(64 * MiB)));
  client.close();
  const rest = await readAll(server);
  // What was taken arrives, be it of a write that was told so or of one that was interrupted.
  const written = (await next).reduce((sum: number, n) => sum + (typeof n === "number" ? n : 0), first);
  return [first > 0 && first < 64 * MiB, (await next)[2], rest.length === written];
}, [true, INTERRUPTED, true]);

same("S2 concurrent writes are first in, first out, and closeWrite queues behind them", async (platform) => {
  using pair = await connected(platform);
  const { client } = pair;
  const words = ["one ", "two ", "three ", "four"];
  const writes = words.map((word) => client.write(bytes(word)));
  const closing = completes(() => client.closeWrite());
  return [text(await readAll(pair.server)), await Promise.all(writes), await closing];
}, ["one two three four", [4, 4, 6, 4], DONE]);

same("S2 writes that wait keep their order, the end of writing behind them", async (platform) => {
  using pair = await connected(platform);
  const { client, server } = pair;
  const writes = Array.from({ length: 96 }, (_, i) => client.write(room(MiB).fill(i)));
  const closing = completes(() => client.closeWrite());
  const received = await readAll(server);
  const written = await Promise.all(writes);
  let offset = 0;
  const inOrder = written.every((n, i) => received.subarray(offset, offset += n).every((byte) => byte === i));
  return [inOrder, offset === received.length, written.every((n) => n > 0), await closing];
}, [true, true, true, DONE]);

differs("S2 the bytes of a write that waits", "ours are those of the call", async (platform) => {
  using pair = await connected(platform);
  const buffer = room(MiB);
  const writes = Array.from({ length: 64 }, (_, i) => pair.client.write(buffer.fill(i)));
  buffer.fill(255);
  const closing = pair.client.closeWrite();
  const received = await readAll(pair.server);
  await Promise.all([...writes, closing]);
  return received.includes(255);
}, { deno: true, ours: false });

same(
  "S2 close with writes pending: they and closeWrite are interrupted, the peer gets what was taken",
  async (platform) => {
    using pair = await connected(platform);
    const { client, server } = pair;
    const taken: number[] = [];
    const pending: Promise<unknown>[] = [];
    for (let i = 0; i < 64; i++) {
      pending.push(outcome(() => client.write(room(MiB)).then((n) => (taken.push(n), "taken"))));
    }
    pending.push(outcome(() => client.closeWrite()));
    client.close();
    const [received, results] = [await readAll(server), await Promise.all(pending)];
    return [results.slice(-2), received.length === taken.reduce((sum, n) => sum + n, 0), await server.read(room())];
  },
  [[INTERRUPTED, INTERRUPTED], true, null],
);

same("S2 close right after a small write that nobody awaits: it resolves, and the peer gets it", async (platform) => {
  using pair = await connected(platform);
  const writing = pair.client.write(bytes("bye"));
  pair.client.close();
  return [await writing, text(await readAll(pair.server))];
}, [3, "bye"]);

same("S2 after close, writes and closeWrite find a bad resource, also a write of length 0", async (platform) => {
  using pair = await connected(platform);
  const { client } = pair;
  client.close();
  return await outcomes(client.write(X), client.write(NOTHING), client.closeWrite());
}, [CLOSED, CLOSED, CLOSED]);

same("S2 close returns undefined; a second one throws; dispose is silent, again and again", async (platform) => {
  using pair = await connected(platform);
  const { client, server } = pair;
  server[Symbol.dispose]();
  const seen = [client.close(), thrown(() => client.close()), thrown(() => client[Symbol.dispose]())];
  return [...seen, thrown(() => server[Symbol.dispose]()), thrown(() => server.close())];
}, [undefined, CLOSED, DONE, DONE, CLOSED]);

same("S2 `using` and `await using` close a connection", async (platform) => {
  using pair = await connected(platform);
  {
    using client = pair.client;
    await using server = pair.server;
    await client.write(X);
    await server.read(room());
  }
  return [thrown(() => pair.client.close()), thrown(() => pair.server.close())];
}, [CLOSED, CLOSED]);

same("S2 closeWrite may be called again, also after the peer's close", async (platform) => {
  using pair = await connected(platform);
  const { client, server } = pair;
  const seen = [await completes(() => client.closeWrite()), await completes(() => client.closeWrite())];
  server.close();
  return [...seen, await client.read(room()), await completes(() => client.closeWrite())];
}, [DONE, DONE, null, DONE]);

same("S2 a write after closeWrite finds a broken pipe, also one of length 0", async (platform) => {
  using pair = await connected(platform);
  const { client } = pair;
  await client.closeWrite();
  return await outcomes(client.write(X), client.write(NOTHING), client.write(X));
}, [BROKEN_PIPE, BROKEN_PIPE, BROKEN_PIPE]);

same(
  "S2 the peer closed: read gives null, the first write is taken, later ones find a broken pipe",
  async (platform) => {
    using pair = await connected(platform);
    const { client } = pair;
    pair.server.close();
    const seen: unknown[] = [await client.read(room()), await client.write(X)];
    await arrival(platform);
    seen.push(...await outcomes(client.write(X), client.write(NOTHING), client.read(room())));
    return [...seen, await completes(() => client.closeWrite())];
  },
  [null, 1, BROKEN_PIPE, BROKEN_PIPE, null, DONE],
);

same("S2 the peer closed with data unread: its own data, then null, and a broken pipe", async (platform) => {
  using pair = await connected(platform);
  const { client, server } = pair;
  await client.write(bytes("unread"));
  await server.write(bytes("last words"));
  await readExactly(server, 1);
  server.close();
  await arrival(platform);
  const seen = [text(await readExactly(client, 10)), await client.read(room())];
  return [...seen, ...await outcomes(client.write(X), client.write(X)), await client.read(room())];
}, ["last words", null, BROKEN_PIPE, BROKEN_PIPE, null]);

same(
  "S2 a reset is told to a write, if that comes first; later writes find a broken pipe, reads the end",
  async (platform) => {
    using pair = await reset(platform);
    const { conn } = pair;
    return [...await outcomes(conn.write(X), conn.write(X)), await conn.read(room())];
  },
  [RESET, BROKEN_PIPE, null],
);

same("S2 a reset is told to a write of length 0", async (platform) => {
  using pair = await reset(platform);
  const { conn } = pair;
  return [...await outcomes(conn.write(NOTHING), conn.write(X)), await conn.read(room())];
}, [RESET, BROKEN_PIPE, null]);

same("S2 closeWrite after a reset resolves, tells nothing, and ends nothing", async (platform) => {
  using pair = await reset(platform);
  const { conn } = pair;
  return [
    await completes(() => conn.closeWrite()),
    ...await outcomes(conn.write(X), conn.write(X)),
    await conn.read(room()),
  ];
}, [DONE, RESET, BROKEN_PIPE, null]);

same("S2 a reset after closeWrite is told to a write all the same", async (platform) => {
  using pair = await unaccepted(platform);
  const { conn, listener } = pair;
  await conn.closeWrite();
  listener.close();
  await arrival(platform);
  return [...await outcomes(conn.write(X), conn.write(X)), await conn.read(room())];
}, [RESET, BROKEN_PIPE, null]);

same("S2 a reset with a read and writes pending: the read is told, the writes find a broken pipe", async (platform) => {
  using pair = await unaccepted(platform);
  const { conn, listener } = pair;
  const writes = Array.from({ length: 64 }, () => outcome(() => conn.write(room(MiB))));
  const closing = completes(() => conn.closeWrite());
  const reading = outcome(() => conn.read(room()));
  await arrival(platform);
  listener.close();
  return [await reading, (await Promise.all(writes)).slice(-2), await closing];
}, [RESET, [BROKEN_PIPE, BROKEN_PIPE], DONE]);

same("S2 a reset with only writes pending: the first is told", async (platform) => {
  using pair = await unaccepted(platform);
  const { conn, listener } = pair;
  const writes = Array.from({ length: 64 }, () => outcome(() => conn.write(room(MiB))));
  await arrival(platform);
  listener.close();
  const failures = (await Promise.all(writes)).filter((result) => typeof result !== "number");
  return [failures[0], [...new Set(failures.slice(1))], await conn.read(room())];
}, [RESET, [BROKEN_PIPE], null]);

same("S2 setNoDelay and setKeepAlive take anything, and throw after close", async (platform) => {
  using pair = await connected(platform);
  const { client } = pair;
  const set = (value?: boolean) => [thrown(() => client.setNoDelay(value)), thrown(() => client.setKeepAlive(value))];
  const seen = [set(), set(true), set(false)];
  client.close();
  return [...seen, set()];
}, [[DONE, DONE], [DONE, DONE], [DONE, DONE], [CLOSED, CLOSED]]);

same("S2 ref and unref never throw, also after close", async (platform) => {
  using pair = await connected(platform);
  const { client } = pair;
  const both = () => [thrown(() => client.unref()), thrown(() => client.ref())];
  const seen = both();
  client.close();
  return [...seen, ...both()];
}, [DONE, DONE, DONE, DONE]);
