// What holds for each connection through a gateway, in whichever direction it was made.
import { assertEquals, assertLess } from "@std/assert";
import { patternDigest, receiveDigest, sendPattern } from "../scenarios/data.ts";
import { bytes, readAll, readExactly, text, writeAll } from "../scenarios/hosts.ts";
import { cross, eachDirection } from "./crossings.ts";

const MiB = 1024 * 1024;

eachDirection("two megabytes each way at once, then the end of both", async (direction, isolation) => {
  await using crossing = await cross(direction, isolation);
  const { near, far } = crossing;
  const [there, back] = await Promise.all([
    receiveDigest(far),
    receiveDigest(near),
    sendPattern(near, 2 * MiB, 1),
    sendPattern(far, 2 * MiB, 2),
  ]);
  assertEquals(there, patternDigest(2 * MiB, 1));
  assertEquals(back, patternDigest(2 * MiB, 2));
});

for (const first of ["near", "far"] as const) {
  eachDirection(`the ${first} end may end first, and is still answered`, async (direction, isolation) => {
    await using crossing = await cross(direction, isolation);
    const [from, to] = first === "near" ? [crossing.near, crossing.far] : [crossing.far, crossing.near];
    await writeAll(from, bytes("one last thing"));
    await from.closeWrite();
    assertEquals(text(await readAll(to)), "one last thing");
    await writeAll(to, bytes("noted"));
    await to.closeWrite();
    assertEquals(text(await readAll(from)), "noted");
  });
}

eachDirection("who does not read slows the writer down", async (direction, isolation) => {
  await using crossing = await cross(direction, isolation);
  const { near, far } = crossing;
  let sent = 0;
  const stalled = Promise.withResolvers<void>();
  const sending = (async () => {
    const chunk = new Uint8Array(64 * 1024);
    while (sent < 64 * MiB) {
      const timer = setTimeout(stalled.resolve, 500);
      sent += await near.write(chunk);
      clearTimeout(timer);
    }
    stalled.resolve();
    await near.closeWrite();
  })();
  await stalled.promise;
  // The kernel's buffers, those of both stacks and the gateway's own.
  assertLess(sent, 32 * MiB);
  assertEquals((await receiveDigest(far)).length, sent);
  await sending;
});

eachDirection("a gateway that closes resets what goes through it", async (direction, isolation) => {
  await using crossing = await cross(direction, isolation);
  const { near, far, gateway } = crossing;
  await writeAll(near, bytes("question"));
  assertEquals(text(await readExactly(far, 8)), "question");
  const [nearRead, farRead] = [near.read(new Uint8Array(1)), far.read(new Uint8Array(1))].map((read) =>
    read.then((n) => n, (error) => error.code)
  );
  await gateway.close();
  const isUnix = (conn: Deno.Conn) => conn.localAddr.transport === "unix";
  assertEquals(await nearRead, isUnix(near) ? null : "ECONNRESET");
  assertEquals(await farRead, isUnix(far) ? null : "ECONNRESET");
  await gateway.close();
});
