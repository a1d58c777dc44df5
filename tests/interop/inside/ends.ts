// How connections between the kernel and a simulated host end, and how they stand still.
import { delay } from "@std/async";
import { assert, assertEquals, assertRejects } from "@std/assert";
import type { TCPConn } from "../../../mod.ts";
import { patternDigest, receiveDigest, sendPattern } from "../../scenarios/data.ts";
import { bytes, readExactly, writeAll } from "../../scenarios/hosts.ts";
import { run } from "../namespace.ts";
import { connect, type Dialler, ECHO, type Ends, FAMILIES, HOST, join, KERNEL, kernelTest } from "./kernel.ts";
import { readSegments } from "./segments.ts";

const KiB = 1024;
/** More than both ends keep for a program that does not read. */
const TOO_MUCH = 3 * 1024 * KiB;
const STANDSTILL = 2000; // ms
const SEED = 3;

const SIDES: Dialler[] = ["kernel", "host"];

/** The ends with `first` first. */
function ordered(first: Dialler, { host, kernel }: Ends): [Deno.Conn, Deno.Conn] {
  return first === "host" ? [host, kernel] : [kernel, host];
}

/** Until the window has no room for a segment. The rest is less than a unit of its scale, or goes in a window probe. */
async function full(connection: TCPConn, window: "receiveWindow" | "sendWindow"): Promise<void> {
  for (;; await delay(1)) {
    const info = await connection.info();
    if (info[window] < info.mss) return;
  }
}

for (const family of FAMILIES) {
  kernelTest(`half close over IPv${family}: each writes no more and reads on`, {}, async (network) => {
    for (const side of SIDES) {
      using connection = await connect(network, family, side);
      const [first, second] = ordered(side, connection);
      await Promise.all([sendPattern(first, 256 * KiB, SEED), receiveDigest(second)]);
      const [received] = await Promise.all([receiveDigest(first), sendPattern(second, 256 * KiB, SEED)]);
      assertEquals(received, patternDigest(256 * KiB, SEED), `${side} first`);
    }
  });

  kernelTest(`reset over IPv${family}: the kernel resets`, {}, async (network) => {
    using connection = await connect(network, family, "host");
    const address = family === 4 ? HOST[4] : `[${HOST[6]}]`;
    const reading = connection.host.read(new Uint8Array(1));
    await Promise.all([
      run("ss", "-Ktn", "dst", address),
      assertRejects(() => reading, Deno.errors.ConnectionReset),
    ]);
  });

  kernelTest(
    `over IPv${family} the kernel closes with data unread, which is a FIN, then a reset`,
    {},
    async (network) => {
      using connection = await connect(network, family, "host");
      await writeAll(connection.host, bytes("two"));
      await readExactly(connection.kernel, 1);
      connection.kernel.close();
      assertEquals(await connection.host.read(new Uint8Array(1)), null);
      await assertRejects(async () => {
        for (;; await delay(1)) await connection.host.write(bytes("more"));
      }, Deno.errors.BrokenPipe);
    },
  );

  kernelTest(`reset over IPv${family}: the host aborts`, {}, async (network) => {
    using connection = await connect(network, family, "kernel");
    const reading = connection.kernel.read(new Uint8Array(1));
    connection.host.abort();
    await assertRejects(() => reading, Deno.errors.ConnectionReset);
  });

  kernelTest(`refused over IPv${family}, both ways`, {}, async ({ host }) => {
    await assertRejects(() => host.dialTCP(join(KERNEL[family], ECHO)), Deno.errors.ConnectionRefused);
    const dial = () => Deno.connect({ hostname: HOST[family], port: ECHO });
    await assertRejects(dial, Deno.errors.ConnectionRefused);
  });
}

kernelTest("a window of zero for seconds, at both sides and over both families", {}, async (network) => {
  await Promise.all(FAMILIES.flatMap((family) =>
    SIDES.map(async (reader) => {
      using connection = await connect(network, family, reader, reader === "host" ? 7 : 8007);
      const [reads, writes] = ordered(reader, connection);
      const sending = sendPattern(writes, TOO_MUCH, SEED);
      await full(connection.host, reader === "host" ? "receiveWindow" : "sendWindow");
      await delay(STANDSTILL);
      assertEquals(await receiveDigest(reads), patternDigest(TOO_MUCH, SEED));
      await sending;
    })
  ));

  return async (tracePath) => {
    const segments = await readSegments(tracePath);
    for (const side of [...Object.values(HOST), ...Object.values(KERNEL)]) {
      assert(segments.some((segment) => segment.source === side && segment.window === 0 && !segment.isRST), side);
    }
  };
});
