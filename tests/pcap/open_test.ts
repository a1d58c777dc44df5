import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { PCAPTrace, readPCAP } from "../../pcap/mod.ts";

const PACKET = new Uint8Array(1500).map((_, i) => i);

async function inFolder(body: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await body(`${folder}/trace.pcap`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("PCAPTrace.open: creates the file, and empties one that exists", async () => {
  await inFolder(async (path) => {
    for (const count of [3, 1]) {
      await using trace = await PCAPTrace.open(path, 100);
      for (let i = 0; i < count; i++) trace.dump(PACKET);
      await trace.close();
      const { snapLen, packets } = readPCAP(await Deno.readFile(path));
      assertEquals(snapLen, 100);
      assertEquals(packets.map((packet) => packet.bytes), Array(count).fill(PACKET.subarray(0, 100)));
    }
  });
});

Deno.test("PCAPTrace.open: a program that never rests loses nothing, slabs are not mixed up", async () => {
  await inFolder(async (path) => {
    const trace = await PCAPTrace.open(path, 65_535, { buffer: 1000 });
    const packet = PACKET.slice();
    const view = new DataView(packet.buffer);
    for (let i = 0; i < 30_000; i++) {
      view.setUint32(0, i);
      trace.dump(packet);
      if (i % 64 === 0) { for (let j = 0; j < 8; j++) await null; // no turn of the event loop
       }
      if (i % 5000 === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await trace.close();
    assertEquals(trace.dropped, 0);
    const { packets } = readPCAP(await Deno.readFile(path));
    assertEquals(packets.length, 30_000);
    for (const [i, { bytes }] of packets.entries()) {
      assertEquals(new DataView(bytes.buffer, bytes.byteOffset).getUint32(0), i);
    }
    view.setUint32(0, 29_999);
    assertEquals(packets[29_999].bytes, packet);
  });
});

Deno.test("PCAPTrace.open: the file can be read while the trace goes on", async () => {
  await inFolder(async (path) => {
    await using trace = await PCAPTrace.open(path, 100);
    for (let count = 1; count <= 3; count++) {
      trace.dump(PACKET);
      while ((await Deno.stat(path)).size < 24 + count * 116) await new Promise((resolve) => setTimeout(resolve, 1));
      assertEquals(readPCAP(await Deno.readFile(path)).packets.length, count);
    }
  });
});

Deno.test("PCAPTrace.open: bad arguments open no file", async () => {
  await inFolder(async (path) => {
    for (const snapSize of [0, 65_536, 1.5, NaN]) {
      await assertRejects(() => PCAPTrace.open(path, snapSize), RangeError, `got ${snapSize}`);
    }
    await assertRejects(() => PCAPTrace.open(path, 100, { buffer: 1.5 }), RangeError, "got 1.5");
    await assertRejects(() => Deno.stat(path), Deno.errors.NotFound);
  });
});

Deno.test("PCAPTrace.open: a path that cannot be opened", async () => {
  await inFolder(async (path) => {
    await assertRejects(() => PCAPTrace.open(`${path}/missing/trace.pcap`, 100), Deno.errors.NotFound, "missing");
  });
});

Deno.test("PCAPTrace.open: without permission to write", { permissions: { write: false } }, async () => {
  await assertRejects(() => PCAPTrace.open("trace.pcap", 100), Deno.errors.NotCapable, "write access");
});

Deno.test("PCAPTrace.open: a full disk rejects close, and the file is closed", {
  ignore: Deno.build.os !== "linux", // only there is /dev/full
}, async () => {
  const trace = await PCAPTrace.open("/dev/full", 100);
  trace.dump(PACKET);
  const error = await assertRejects(() => trace.close(), Error, "No space left on device");
  assertStrictEquals(await assertRejects(() => trace.close()), error);
  assertEquals(trace.dropped, 1); // that the file is closed, the sanitizers see
});

Deno.test("PCAPTrace.open: a full disk is noticed without close", { ignore: Deno.build.os !== "linux" }, async () => {
  const trace = await PCAPTrace.open("/dev/full", 100);
  trace.dump(PACKET);
  while (trace.dropped === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  trace.dump(PACKET);
  assertEquals(trace.dropped, 2);
  await assertRejects(() => trace.close(), Error, "No space left on device");
});

Deno.test("PCAPTrace.open: await using closes it when the body throws", async () => {
  await inFolder(async (path) => {
    async function body(): Promise<void> {
      await using trace = await PCAPTrace.open(path, 100);
      trace.dump(PACKET);
      throw new Error("half-way");
    }
    await assertRejects(body, Error, "half-way");
    assert(readPCAP(await Deno.readFile(path)).packets.length === 1);
  });
});

Deno.test("PCAPTrace.open: an open trace that is idle does not keep the process alive", async () => {
  await inFolder(async (path) => {
    const url = new URL("../../pcap/mod.ts", import.meta.url).href;
    const code = `
      const { PCAPTrace } = await import(${JSON.stringify(url)});
      const trace = await PCAPTrace.open(${JSON.stringify(path)}, 100);
      trace.dump(new Uint8Array(40));
    `;
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["eval", "--ext=ts", "--no-lock", code],
      stderr: "piped",
    }).output();
    assert(success, new TextDecoder().decode(stderr));
    assertEquals(readPCAP(await Deno.readFile(path)).packets.length, 1);
  });
});
