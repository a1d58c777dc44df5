// UDP and ICMP between the kernel and a simulated host.
import { assertEquals, assertGreater, assertGreaterOrEqual, assertRejects } from "@std/assert";
import { type ICMPReport, ping } from "../../../mod.ts";
import { countMatches } from "../../harness/tshark.ts";
import { patternBytes } from "../../scenarios/data.ts";
import { run } from "../namespace.ts";
import { ECHO, FAMILIES, type Family, HOST, join, KERNEL, kernelTest } from "./kernel.ts";

/** Bytes of data: none, some, the most that one packet carries, and what takes fragments. */
const SIZES = { 4: [0, 1, 1472, 1473, 9000, 65507], 6: [0, 1, 1452, 1453, 9000, 65527] };

/** A datagram socket of the kernel; Deno's are not disposable. */
function kernelSocket(family: Family, port: number): Disposable & { socket: Deno.DatagramConn } {
  const socket = Deno.listenDatagram({ transport: "udp", hostname: KERNEL[family], port });
  return { socket, [Symbol.dispose]: () => socket.close() };
}

function unlessTimedOut(error: unknown): void {
  if (!(error instanceof Deno.errors.TimedOut)) throw error;
}

/** How many answers ping has counted: with a deadline it goes on asking until it has as many as it was told, or more. */
function answersIn(printed: string): number {
  return Number(/, (\d+) received/.exec(printed)?.[1]);
}

for (const family of FAMILIES) {
  kernelTest(`UDP over IPv${family}: the host answers the kernel`, {}, async ({ host }) => {
    using socket = host.listenUDP(join(HOST[family], ECHO));
    using kernel = kernelSocket(family, 0);
    for (const size of SIZES[family]) {
      const sent = patternBytes(size, size);
      await kernel.socket.send(sent, { transport: "udp", hostname: HOST[family], port: ECHO });
      const [question, from] = await socket.receive(new Uint8Array(65536));
      await socket.send(question, from);
      const [answer] = await kernel.socket.receive(new Uint8Array(65536));
      assertEquals(answer, sent, `${size} bytes`);
    }
  });

  kernelTest(`UDP over IPv${family}: the kernel answers the host`, {}, async ({ host }) => {
    using kernel = kernelSocket(family, ECHO);
    using conn = await host.dialUDP(join(KERNEL[family], ECHO));
    const buffer = new Uint8Array(65536);
    for (const size of SIZES[family]) {
      const sent = patternBytes(size, size);
      const reading = conn.read(buffer);
      await conn.write(sent);
      const [question, from] = await kernel.socket.receive(new Uint8Array(65536));
      await kernel.socket.send(question, from);
      assertEquals(buffer.slice(0, await reading ?? undefined), sent, `${size} bytes`);
    }
  });

  kernelTest(`UDP over IPv${family}: nobody there, told both ways`, {}, async ({ host }) => {
    using conn = await host.dialUDP(join(KERNEL[family], ECHO));
    await conn.write(Uint8Array.of(1));
    await assertRejects(() => conn.read(new Uint8Array(1)), Deno.errors.ConnectionRefused);
    // The socket of nc is connected, and so it hears of it, at its next write.
    const flag = family === 4 ? "-4" : "-6";
    await run("sh", "-c", `(echo 1; sleep 0.2; echo 2) | nc ${flag} -u -w 1 ${HOST[family]} ${ECHO} || true`);

    return async (tracePath) => {
      const unreachable = family === 4 ? "icmp.type == 3 && icmp.code == 3" : "icmpv6.type == 1 && icmpv6.code == 4";
      const source = family === 4 ? "ip.src" : "ipv6.src";
      for (const address of [HOST[family], KERNEL[family]]) {
        assertGreater(await countMatches(tracePath, `${source} == ${address} && ${unreachable}`), 0, address);
      }
    };
  });

  kernelTest(`ping over IPv${family}: the kernel asks the host, also in fragments`, {}, async () => {
    // Without a deadline, ping gives the last answer only twice the time of the slowest before it.
    const patient = ["-n", "-w", "60"];
    for (const size of [56, 1473, 8000, 65507]) {
      const printed = await run("ping", ...patient, "-c", "3", "-i", "0.01", "-s", `${size}`, HOST[family]);
      assertGreaterOrEqual(answersIn(printed), 3, printed);
    }
    const printed = await run("ping", ...patient, "-A", "-q", "-c", "100", HOST[family]);
    assertGreaterOrEqual(answersIn(printed), 100, printed);
  });

  kernelTest(`ping over IPv${family}: the host asks the kernel, also in fragments`, {}, async ({ host }) => {
    for (const size of [...SIZES[family], 56]) {
      const { from, ttl, time } = await ping(host, KERNEL[family], { size, timeout: 60_000 });
      assertEquals([from, ttl], [KERNEL[family], 64], `${size} bytes`);
      assertGreater(time, 0);
    }
  });

  kernelTest(`ICMP over IPv${family}: the host overhears what the kernel reports`, {}, async ({ host }) => {
    const reports: ICMPReport[] = [];
    host.onIcmp = (report) => reports.push(report);
    using socket = host.listenUDP(join(HOST[family], ECHO));
    // The kernel may hold one report back, or lose it, or its answer to the ping behind it.
    while (reports.length === 0) {
      await socket.send(patternBytes(9, 9), { transport: "udp", hostname: KERNEL[family], port: ECHO });
      await ping(host, KERNEL[family], { timeout: 1000 }).catch(unlessTimedOut);
    }
    const [{ from, kind, packet }] = reports;
    assertEquals([from, kind, packet.slice(-9)], [KERNEL[family], "port-unreachable", patternBytes(9, 9)]);
  });
}
