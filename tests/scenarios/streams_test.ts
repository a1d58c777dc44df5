// What a program does with a connection: ends of it, sizes of writes, readers that are slow or leave.
import { Buffer } from "node:buffer";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { patternBytes, patternDigest, receiveDigest, sendPattern } from "./data.ts";
import { delay } from "@std/async";
import * as failure from "./failures.ts";
import { later, rejects } from "./failures.ts";
import {
  bytes,
  connect,
  connectTo,
  eachIsolation,
  Network,
  readAll,
  readExactly,
  SERVER,
  text,
  writeAll,
} from "./hosts.ts";
import { FIN, RST, summarize } from "./packets.ts";

const MiB = 1024 * 1024;

eachIsolation("half close: the other direction goes on, whichever side ends first", async (isolation) => {
  await using net = await Network.create(isolation);
  for (const clientFirst of [true, false]) {
    using pair = await connect(net.client, net.server);
    const [ending, going] = clientFirst ? [pair.client, pair.server] : [pair.server, pair.client];
    await ending.write(bytes("that is all"));
    await ending.closeWrite();
    assertEquals(text(await readAll(going)), "that is all");
    assertEquals(await going.read(new Uint8Array(1)), null);
    await rejects(ending.write(bytes("x")), failure.BROKEN_PIPE);
    const answer = patternBytes(300_000, 7);
    const [received] = await Promise.all([
      readAll(ending),
      writeAll(going, answer).then(() => going.closeWrite()),
    ]);
    assertEquals(received, answer);
    assertEquals(await ending.read(new Uint8Array(1)), null);
    await ending.closeWrite();
  }
});

eachIsolation("a new connection takes 256 KiB at once, as a kernel would, though nobody reads", async (isolation) => {
  await using net = await Network.create(isolation);
  using pair = await connect(net.client, net.server);
  for (const end of [pair.client, pair.server]) assertEquals(await end.write(new Uint8Array(MiB)), 256 * 1024);
});

eachIsolation("both sides half close at once", async (isolation) => {
  await using net = await Network.create(isolation);
  for (let round = 0; round < 20; round++) {
    using pair = await connect(net.client, net.server);
    const { client, server } = pair;
    const [up, down] = await Promise.all([
      readAll(server),
      readAll(client),
      client.write(bytes("up")).then(() => client.closeWrite()),
      server.write(bytes("down")).then(() => server.closeWrite()),
    ]);
    assertEquals([text(up), text(down)], ["up", "down"]);
  }
});

eachIsolation("close() delivers what was written, whole, and then the end", async (isolation) => {
  await using net = await Network.create(isolation);
  using listener = net.server.listenTCP(`${SERVER}:80`);
  for (const length of [0, 1, 1460, 100_000, 900_000]) {
    const { client, server } = await connectTo(net.client, listener, `${SERVER}:80`);
    const data = patternBytes(length, 3);
    await writeAll(client, data);
    client.close();
    assertEquals(await readAll(server), data);
    server.close();
  }
});

eachIsolation(
  "close() with data unread: the peer reads the end first, and then finds a broken pipe",
  async (isolation) => {
    const closing: number[] = [];
    await using net = await Network.create(isolation, {
      filter: ({ packet }) => {
        const { flags, sourcePort } = summarize(packet);
        if (sourcePort === 80 && flags & (FIN | RST)) closing.push(flags & (FIN | RST));
        return true;
      },
    });
    using pair = await connect(net.client, net.server);
    await pair.client.write(bytes("unread"));
    // What arrives is known to have arrived when a part of it was read.
    assertEquals(text(await readExactly(pair.server, 2)), "un");
    pair.server.close();
    assertEquals(await pair.client.read(new Uint8Array(1)), null);
    // The reset follows at once; until it has come a write may pass, as with Deno's own.
    for (;;) {
      try {
        await pair.client.write(bytes("x"));
        await delay(1);
      } catch (error) {
        assert(error instanceof Deno.errors.BrokenPipe, `${error}`);
        break;
      }
    }
    assertEquals(closing[0], FIN);
    assert(closing.includes(RST) || closing.includes(RST | FIN));
  },
);

eachIsolation("one big write is taken in parts, as the peer reads", async (isolation) => {
  await using net = await Network.create(isolation);
  using pair = await connect(net.client, net.server);
  const data = patternBytes(16 * MiB, 5);
  const [received, first] = await Promise.all([
    receiveDigest(pair.server),
    pair.client.write(data).then(async (n) => {
      await writeAll(pair.client, data.subarray(n));
      await pair.client.closeWrite();
      return n;
    }),
  ]);
  assertEquals(received, patternDigest(16 * MiB, 5));
  assert(first > 0 && first < 16 * MiB, `${first}`);
});

// A slice of Node's Buffer is no copy.
for (const { name, alloc } of [{ name: "Uint8Array", alloc: (n: number) => new Uint8Array(n) }, Buffer]) {
  eachIsolation(`the bytes of a write are those at the call, in a ${name}`, async (isolation) => {
    await using net = await Network.create(isolation);
    using pair = await connect(net.client, net.server);
    const data = alloc(48 * 1024);
    const writes: Promise<number>[] = [];
    // The first ones are taken at once, the last ones wait.
    for (let i = 0; i < 64; i++) {
      data.fill(i);
      writes.push(pair.client.write(data));
    }
    data.fill(255);
    const closing = pair.client.closeWrite();
    const received = await readAll(pair.server);
    const written = await Promise.all(writes);
    await closing;
    let offset = 0;
    for (const [i, n] of written.entries()) {
      assert(received.subarray(offset, offset + n).every((byte) => byte === i), `write ${i}`);
      offset += n;
    }
    assertEquals(offset, received.length);
  });
}

eachIsolation("10,000 small writes that nobody awaits arrive in order, and the end behind them", async (isolation) => {
  await using net = await Network.create(isolation);
  using pair = await connect(net.client, net.server);
  const lines = Array.from({ length: 10_000 }, (_, i) => `line ${i}\n`);
  const writes = lines.map((line) => pair.client.write(bytes(line)));
  const closing = pair.client.closeWrite();
  assertEquals(text(await readAll(pair.server)), lines.join(""));
  assertEquals(await Promise.all(writes), lines.map((line) => line.length));
  await closing;
});

eachIsolation("a peer that does not read makes the writer wait; what is under way is bounded", async (isolation) => {
  const tcp = { sendBuffer: { max: MiB }, receiveBuffer: { max: MiB } };
  await using net = await Network.create(isolation, { server: { tcp }, client: { tcp } });
  using pair = await connect(net.client, net.server);
  const { client, server } = pair;
  let written = 0;
  const chunk = new Uint8Array(64 * 1024);
  const writing = later((async () => {
    while (written < 64 * MiB) written += await client.write(chunk);
    await client.closeWrite();
  })());
  // Send buffer, receive buffer, and what the program's own side holds. A window of a MiB is told in units of 32 bytes,
  // rounded up where it would else be taken back.
  const most = 3 * MiB + 31;
  await standstill(() => written);
  assert(written <= most, `${written} bytes are under way`);
  await readExactly(server, 8 * MiB);
  await standstill(() => written);
  assert(written >= 8 * MiB && written <= 8 * MiB + most, `${written} bytes are read or under way`);
  const rest = await receiveDigest(server);
  await writing;
  assertEquals(rest.length, written - 8 * MiB);
});

/** Resolves when a value has stopped to grow, but for the single bytes that probe a closed window. */
async function standstill(value: () => number): Promise<void> {
  for (let last = -Infinity; value() - last > 1000;) {
    last = value();
    await delay(100);
  }
}

eachIsolation("a slow reader gets everything", async (isolation) => {
  await using net = await Network.create(isolation, {
    server: { tcp: { receiveBuffer: { max: 8192 } } },
    client: { tcp: { sendBuffer: { max: 8192 } } },
  });
  using pair = await connect(net.client, net.server);
  const sending = sendPattern(pair.client, 512 * 1024, 9);
  const received: number[] = [];
  for (const expected of patternBytes(512 * 1024, 9)) {
    if (received.length === 0) received.push(...(await readSome(pair.server)));
    assertEquals(received.shift(), expected);
  }
  await sending;
  assertEquals(await pair.server.read(new Uint8Array(1)), null);
});

async function readSome(conn: Deno.Conn): Promise<Uint8Array> {
  const buffer = new Uint8Array(1000);
  return buffer.subarray(0, await conn.read(buffer) ?? 0);
}

eachIsolation("a reader that cancels closes the connection, and the writer hears of it", async (isolation) => {
  await using net = await Network.create(isolation);
  using pair = await connect(net.client, net.server);
  const writing = later(sendPattern(pair.client, 64 * MiB, 1));
  for await (const chunk of pair.server.readable) {
    assert(chunk.length > 0);
    break;
  }
  await rejects(pair.server.read(new Uint8Array(1)), failure.BAD_RESOURCE);
  const error = await assertRejects(() => writing);
  assert(error instanceof Deno.errors.BrokenPipe || error instanceof Deno.errors.ConnectionReset, `${error}`);
});

eachIsolation("an echo by readable.pipeTo(writable), 10 MiB", async (isolation) => {
  await using net = await Network.create(isolation);
  using pair = await connect(net.client, net.server);
  const { client, server } = pair;
  const echo = server.readable.pipeTo(server.writable);
  const [received] = await Promise.all([receiveDigest(client), sendPattern(client, 10 * MiB, 11)]);
  assertEquals(received, patternDigest(10 * MiB, 11));
  await echo;
  await rejects(server.read(new Uint8Array(1)), failure.BAD_RESOURCE);
});

eachIsolation(
  "chunks of a stream are at most 64 KiB, and a reader of its own buffers gets them filled",
  async (isolation) => {
    await using net = await Network.create(isolation);
    using pair = await connect(net.client, net.server);
    const sending = sendPattern(pair.client, MiB, 13);
    const received: Uint8Array[] = [];
    const byob = pair.server.readable.getReader({ mode: "byob" });
    for (let left = 1000; left > 0;) {
      const { value } = await byob.read(new Uint8Array(left));
      received.push(value!);
      left -= value!.length;
    }
    byob.releaseLock();
    for await (const chunk of pair.server.readable) {
      assert(chunk.length <= 64 * 1024);
      received.push(chunk);
    }
    await sending;
    const whole = new Uint8Array(await new Blob(received as Uint8Array<ArrayBuffer>[]).arrayBuffer());
    assertEquals(whole, patternBytes(MiB, 13));
  },
);
