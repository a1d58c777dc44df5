// S2: the reads of a connection, and its addresses.
import { bytes, readAll, text, writeAll } from "../../scenarios/hosts.ts";
import { BROKEN_PIPE, classOf, CLOSED, completes, INTERRUPTED, outcome, outcomes, RESET } from "./outcome.ts";
import { arrival, connected, reset, resetAfter } from "./peers.ts";
import { same } from "./fact.ts";

/** A buffer to read into. */
function room(length = 8): Uint8Array<ArrayBuffer> {
  return new Uint8Array(length);
}

same("S2 a read takes what has come, and leaves the tail of the buffer alone", async (platform) => {
  using pair = await connected(platform);
  await pair.server.write(bytes("ab"));
  await pair.server.write(bytes("cde"));
  await arrival(platform);
  const buffer = bytes("........");
  return [await pair.client.read(buffer), text(buffer)];
}, [5, "abcde..."]);

same("S2 a read takes no more than the buffer holds", async (platform) => {
  using pair = await connected(platform);
  await pair.server.write(bytes("abcde"));
  const buffer = room(3);
  return [await pair.client.read(buffer), text(buffer), await pair.client.read(room())];
}, [3, "abc", 2]);

same("S2 a read after the end gives null, every time, and what came before it first", async (platform) => {
  using pair = await connected(platform);
  await pair.server.write(bytes("last"));
  pair.server.close();
  const { client } = pair;
  return [await client.read(room()), await client.read(room()), await client.read(room()), await client.read(room())];
}, [4, null, null, null]);

same("S2 a read of length 0 gives 0: without data, with data, at the end, after close", async (platform) => {
  using pair = await connected(platform);
  const seen = [await pair.client.read(room(0))];
  await pair.server.write(bytes("x"));
  await arrival(platform);
  seen.push(await pair.client.read(room(0)), await pair.client.read(room()));
  pair.server.close();
  await arrival(platform);
  seen.push(await pair.client.read(room(0)), await pair.client.read(room()), await pair.client.read(room(0)));
  pair.client.close();
  return [...seen, await pair.client.read(room(0))];
}, [0, 0, 1, 0, null, 0, 0]);

/** What no socket reads into or writes. */
const NO_BYTES = [
  undefined,
  null,
  "text",
  5,
  [1],
  {},
  new ArrayBuffer(4),
  new Uint16Array(2),
  new Uint8ClampedArray(2),
  new DataView(new ArrayBuffer(4)),
];

for (const method of ["read", "write"] as const) {
  same(`S2 ${method} rejects what is no Uint8Array with a TypeError, before and after close`, async (platform) => {
    using pair = await connected(platform);
    const { client } = pair;
    const seen = new Set<unknown>();
    const attempt = async (value: unknown) =>
      seen.add(classOf(await outcome(() => Reflect.apply(client[method], client, [value]))));
    for (const value of NO_BYTES) await attempt(value);
    client.close();
    // A read looks at the length first.
    await attempt("text");
    return [...seen];
  }, ["TypeError"]);
}

same("S2 a Uint8Array in shared memory is read into and written", async (platform) => {
  using pair = await connected(platform);
  const shared = new Uint8Array(new SharedArrayBuffer(4));
  shared.set(bytes("abcd"));
  const written = await pair.client.write(shared);
  const buffer = new Uint8Array(new SharedArrayBuffer(8));
  return [written, await pair.server.read(buffer), text(buffer.slice(0, 4))];
}, [4, 4, "abcd"]);

same("S2 a detached buffer is an empty one", async (platform) => {
  using pair = await connected(platform);
  await pair.server.write(bytes("x"));
  const buffer = room();
  structuredClone(buffer.buffer, { transfer: [buffer.buffer] });
  return [await pair.client.read(buffer), await pair.client.write(buffer), await pair.client.read(room())];
}, [0, 0, 1]);

same("S2 concurrent reads are first in, first out, and the end gives null to the rest", async (platform) => {
  using pair = await connected(platform);
  const buffers = [room(2), room(2), room(2), room(2)];
  const reads = buffers.map((buffer) => pair.client.read(buffer));
  await pair.server.write(bytes("abc"));
  pair.server.close();
  return [await Promise.all(reads), buffers.map(text)];
}, [[2, 1, null, null], ["ab", "c\0", "\0\0", "\0\0"]]);

same("S2 close interrupts the reads that wait; later ones find a bad resource", async (platform) => {
  using pair = await connected(platform);
  const { client } = pair;
  const reads = outcomes(client.read(room()), client.read(room()));
  client.close();
  return [...await reads, await outcome(() => client.read(room()))];
}, [INTERRUPTED, INTERRUPTED, CLOSED]);

same("S2 closeWrite leaves reads alone: the peer reads null and may go on writing", async (platform) => {
  using pair = await connected(platform);
  const { client, server } = pair;
  const reading = client.read(room());
  const seen = [await completes(() => client.closeWrite()), await server.read(room()), await server.write(bytes("on"))];
  seen.push(await reading);
  await writeAll(server, bytes("and on"));
  server.close();
  return [...seen, text(await readAll(client))];
}, ["done", null, 2, 2, "and on"]);

same("S2 a reset is told to one read, then reads find the end", async (platform) => {
  using pair = await reset(platform);
  const { conn } = pair;
  return [await outcome(() => conn.read(room())), await outcome(() => conn.read(room())), await conn.read(room(0))];
}, [RESET, null, 0]);

same("S2 what had arrived before a reset is read before it is told", async (platform) => {
  using conn = await resetAfter(platform, bytes("last words"));
  const seen = [await conn.read(room(4)), await conn.read(room())];
  return [...seen, await outcome(() => conn.read(room())), await conn.read(room())];
}, [4, 6, RESET, null]);

same("S2 what had arrived before a reset can be read after a write was told of it", async (platform) => {
  using conn = await resetAfter(platform, bytes("last words"));
  const seen = await outcomes(conn.write(bytes("x")), conn.write(bytes("x")));
  return [...seen, await conn.read(room(16)), await conn.read(room())];
}, [RESET, BROKEN_PIPE, 10, null]);

same("S2 of the reads that wait, the first is told of the reset", async (platform) => {
  using pair = await reset(platform);
  return await outcomes(pair.conn.read(room()), pair.conn.read(room()));
}, [RESET, null]);

same("S2 each end's local address is the other's remote one", async (platform) => {
  using pair = await connected(platform);
  const { client, server } = pair;
  const texts = [client.remoteAddr, server.localAddr, client.localAddr, server.remoteAddr].map((at) =>
    JSON.stringify(at)
  );
  return [texts[0] === texts[1], texts[2] === texts[3], client.remoteAddr.hostname === platform.server.ipv4];
}, [true, true, true]);
