// Real programs, over the kernel's stack, with a simulated host.
import { assertEquals, assertGreater, assertMatch } from "@std/assert";
import type { Stack } from "../../../mod.ts";
import { runExample } from "../../examples/run_example.ts";
import { patternBytes } from "../../scenarios/data.ts";
import { readAll, writeAll } from "../../scenarios/hosts.ts";
import { run } from "../namespace.ts";
import { readMessage, writeMessage } from "./http.ts";
import { ECHO, FAMILIES, type Family, HOST, join, KERNEL, kernelTest } from "./kernel.ts";

const MiB = 1024 * 1024;
/** Not its own: what it sends is random, and Wireshark would find anything in it. */
const IPERF = ECHO;

/** A new folder, removed in the end. */
async function temporaryFolder(): Promise<AsyncDisposable & { path: string }> {
  const path = await Deno.makeTempDir({ prefix: "uis-" });
  // nginx serves as another user.
  await Deno.chmod(path, 0o755);
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

/** A program that runs until it is disposed of. */
function start(command: string, ...args: string[]): AsyncDisposable {
  const child = new Deno.Command(command, { args, stdin: "null", stdout: "null", stderr: "null" }).spawn();
  const stop = async (): Promise<void> => {
    child.kill();
    await child.status;
  };
  return { [Symbol.asyncDispose]: stop };
}

/** Waits until a program of the kernel listens on a port. */
async function untilListening(port: number): Promise<void> {
  while (!(await run("ss", "-Hltn", `sport = ${port}`)).trim());
}

/** A web server on a simulated host: what is PUT there, GET gives back. */
async function serveFiles(listener: AsyncIterable<Deno.Conn>, requests: number): Promise<void> {
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  for await (const conn of listener) {
    const { start, body } = await readMessage(conn);
    const [method, path] = start.split(" ");
    if (method === "PUT") files.set(path, body);
    await writeMessage(conn, "HTTP/1.1 200 OK", method === "PUT" ? undefined : files.get(path));
    conn.close();
    if (--requests === 0) return;
  }
}

/** Carries bytes between two connections, both ways, until both have ended. */
async function relay(a: Deno.Conn, b: Deno.Conn): Promise<void> {
  await Promise.allSettled([a.readable.pipeTo(b.writable), b.readable.pipeTo(a.writable)]);
}

/** The simulated host stands in for an iperf3 server: what reaches it goes to the real one over the kernel's loopback. */
async function relayIperf(host: Stack, family: Family, connections: number): Promise<void> {
  using listener = host.listenTCP(join(HOST[family], IPERF));
  const relays: Promise<void>[] = [];
  for (let i = 0; i < connections; i++) {
    const conn = await listener.accept();
    relays.push(relay(conn, await Deno.connect({ hostname: "127.0.0.1", port: IPERF })));
  }
  await Promise.all(relays);
}

for (const family of FAMILIES) {
  kernelTest(`curl over IPv${family} to a web server on the host`, {}, async ({ host }) => {
    await using folder = await temporaryFolder();
    const sent = patternBytes(2 * MiB, family);
    await Deno.writeFile(`${folder.path}/sent`, sent);
    using listener = host.listenTCP(join(HOST[family], 80));
    const serving = serveFiles(listener, 2);
    const url = `http://${join(HOST[family], 80)}/file`;
    await run("curl", "-sSfg", "--max-time", "30", "-H", "Expect:", "-T", `${folder.path}/sent`, url);
    await run("curl", "-sSfg", "--max-time", "30", "-o", `${folder.path}/received`, url);
    await serving;
    assertEquals(await Deno.readFile(`${folder.path}/received`), sent);
  });

  kernelTest(`nginx over IPv${family} serves the host`, {}, async ({ host }) => {
    await using folder = await temporaryFolder();
    const sent = patternBytes(2 * MiB, family);
    await Deno.writeFile(`${folder.path}/file`, sent);
    await Deno.writeTextFile(
      `${folder.path}/nginx.conf`,
      `daemon off; pid ${folder.path}/pid; error_log stderr; events {}
       http { access_log off; server { listen ${join(KERNEL[family], 80)}; root ${folder.path}; } }`,
    );
    await using _nginx = start("nginx", "-c", `${folder.path}/nginx.conf`);
    await untilListening(80);
    for (let i = 0; i < 3; i++) {
      using conn = await host.dialTCP(join(KERNEL[family], 80));
      await writeMessage(conn, "GET /file HTTP/1.1");
      const { start, body } = await readMessage(conn);
      assertEquals(start, "HTTP/1.1 200 OK");
      assertEquals(body, sent);
    }
  });

  kernelTest(`netcat over IPv${family}, as a client and as a server`, {}, async ({ host }) => {
    using listener = host.listenTCP(join(HOST[family], ECHO));
    const echoing = listener.accept().then((conn) => conn.readable.pipeTo(conn.writable));
    assertEquals(await run("sh", "-c", `echo question | nc -N -w 10 ${HOST[family]} ${ECHO}`), "question\n");
    await echoing;

    const serving = run("sh", "-c", `echo answer | nc -N -l ${KERNEL[family]} ${ECHO}`);
    await untilListening(ECHO);
    using conn = await host.dialTCP(join(KERNEL[family], ECHO));
    await writeAll(conn, new TextEncoder().encode("question\n"));
    await conn.closeWrite();
    assertEquals(new TextDecoder().decode(await readAll(conn)), "answer\n");
    assertEquals(await serving, "question\n");
  });

  kernelTest(`iperf3 over IPv${family} through the host, with four streams, up and down`, {}, async ({ host }) => {
    await using _server = start("iperf3", "-s", "-B", "127.0.0.1", "-p", `${IPERF}`);
    await untilListening(IPERF);
    const STREAMS = 4;
    for (const direction of [[], ["-R"]]) {
      const relaying = relayIperf(host, family, 1 + STREAMS);
      const size = ["-P", `${STREAMS}`, "-n", `${4 * MiB}`];
      const report = await run("iperf3", "-J", "-c", HOST[family], "-p", `${IPERF}`, ...size, ...direction);
      assertGreater(JSON.parse(report).end.sum_received.bytes, 0);
      await relaying;
    }
  });
}

Deno.test("the example of a web server that curl asks", async () => {
  await using folder = await temporaryFolder();
  const [answer, packets] = await runExample(folder.path, "tun_http.ts");
  assertEquals(answer, `You asked for /, from ${KERNEL[4]}.`);
  assertMatch(packets, /^\d+ packets from the kernel, \d+ to it, all seen here: true$/);
});
