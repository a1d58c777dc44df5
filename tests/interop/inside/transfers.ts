// Much data, and many connections, between the kernel and a simulated host.
import { assert, assertEquals } from "@std/assert";
import { patternDigest, receiveDigest, sendPattern } from "../../scenarios/data.ts";
import { readExactly, writeAll } from "../../scenarios/hosts.ts";
import {
  connect,
  type Dialler,
  ECHO,
  type Ends,
  FAMILIES,
  HOST,
  hostDials,
  join,
  KERNEL,
  kernelDials,
  kernelTest,
} from "./kernel.ts";
import { harmful } from "./path.ts";
import { readSegments, type Segment } from "./segments.ts";

const MiB = 1024 * 1024;
const HARM = { loss: 0.02, duplication: 0.02, reordering: 0.05, holdBack: 5 };
const SEEDS = { fromHost: 1, fromKernel: 2 };

/** Sends both ways at once, and has the hashes compared. */
async function bothWays({ host, kernel }: Ends, length: number): Promise<void> {
  const [atKernel, atHost] = await Promise.all([
    receiveDigest(kernel),
    receiveDigest(host),
    sendPattern(host, length, SEEDS.fromHost),
    sendPattern(kernel, length, SEEDS.fromKernel),
  ]);
  assertEquals(atKernel, patternDigest(length, SEEDS.fromHost));
  assertEquals(atHost, patternDigest(length, SEEDS.fromKernel));
}

/** One way, then the other. */
async function eachWay({ host, kernel }: Ends, length: number): Promise<void> {
  const [atKernel] = await Promise.all([receiveDigest(kernel), sendPattern(host, length, SEEDS.fromHost)]);
  assertEquals(atKernel, patternDigest(length, SEEDS.fromHost));
  const [atHost] = await Promise.all([receiveDigest(host), sendPattern(kernel, length, SEEDS.fromKernel)]);
  assertEquals(atHost, patternDigest(length, SEEDS.fromKernel));
}

/** That a side has offered what this TCP and Linux offer each other, and used it when packets were lost and doubled. */
function assertNegotiated(sent: Segment[], side: string): void {
  assert(
    sent.some(({ isSYN, offersSACK, hasTimestamp }) => isSYN && offersSACK && hasTimestamp),
    `${side} offers both`,
  );
  assert(sent.every(({ isRST, hasTimestamp }) => isRST || hasTimestamp), `${side} stamps every segment`);
  assert(sent.some(({ hasSACKBlocks }) => hasSACKBlocks), `${side} sends SACK blocks`);
  assert(sent.some(({ hasDSACK }) => hasDSACK), `${side} reports duplicates`);
}

for (const family of FAMILIES) {
  kernelTest(`bulk each way over IPv${family}, dialled by each`, {}, async (network) => {
    for (const dialler of ["kernel", "host"] as Dialler[]) {
      using connection = await connect(network, family, dialler);
      await eachWay(connection, 2 * MiB);
    }
  });

  kernelTest(`bulk both ways at once over IPv${family}, MTU 9000`, { mtu: 9000 }, async (network) => {
    using connection = await connect(network, family, "kernel");
    await bothWays(connection, 3 * MiB);
  });

  kernelTest(
    `bulk through loss, duplication and reordering over IPv${family}`,
    { path: harmful(family, HARM) },
    async (network) => {
      using connection = await connect(network, family, "kernel");
      await bothWays(connection, MiB);

      return async (tracePath) => {
        const segments = await readSegments(tracePath);
        for (const side of [HOST[family], KERNEL[family]]) {
          assertNegotiated(segments.filter(({ source }) => source === side), side);
        }
      };
    },
  );

  kernelTest(`1,000 short connections over IPv${family}, half of them dialled by each`, {}, async (network) => {
    using atHost = network.host.listenTCP(join(HOST[family], ECHO));
    using atKernel = Deno.listen({ hostname: KERNEL[family], port: ECHO });
    const open: Record<Dialler, () => Promise<Ends>> = {
      kernel: () => kernelDials(atHost, family, ECHO),
      host: () => hostDials(network.host, atKernel, family, ECHO),
    };
    const converse = async (dialler: Dialler, count: number): Promise<void> => {
      for (let i = 0; i < count; i++) {
        using connection = await open[dialler]();
        const [asks, answers] = dialler === "kernel"
          ? [connection.kernel, connection.host]
          : [connection.host, connection.kernel];
        await writeAll(asks, Uint8Array.of(i, i >> 8));
        const question = await readExactly(answers, 2);
        await writeAll(answers, question.toReversed());
        assertEquals(await readExactly(asks, 2), Uint8Array.of(i >> 8, i));
      }
    };
    await Promise.all([converse("kernel", 500), converse("host", 500)]);
  });
}
