// Nothing of a test in withInternet() is left, however it ends: each runs in a process of its own, under Deno's sanitizers, with
// leaked workers counted. And what it may not do, it says.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { runScript, runTestFile } from "../scenarios/subprocess.ts";

const MOD = new URL("../../mod.ts", import.meta.url);

/** A test that makes all kinds of things, closes none of them and ends as told. */
function forgetfulTest(isolation: string, folder: string, { end, timeout = 60_000 }: Ending): string {
  const options = JSON.stringify({ isolation, timeout, delay: 2, pcap: folder });
  return `
    import { withInternet } from "${MOD}";
    Deno.test("forgets", () => withInternet(${options}, async (net) => {
      const server = await net.stack("10.0.0.1");
      const client = await net.stack("10.0.0.2");
      const listener = server.listenTCP("10.0.0.1:80");
      const conn = await client.dialTCP("10.0.0.1:80");
      const accepted = await listener.accept();
      conn.setReadDeadline(Date.now() + 60_000);
      conn.read(new Uint8Array(1)).catch(() => {});
      conn.readable.getReader();
      void accepted.write(new Uint8Array(1e6));
      listener.accept().catch(() => {});
      const udp = await client.dialUDP("10.0.0.1:53");
      udp.read(new Uint8Array(1)).catch(() => {});
      net.stack("10.0.0.3").catch(() => {});
      net.internet.newVNIC(1500);
      ${end}
    }));
    Deno.test("follows", () => {});
  `;
}

/** How a test ends: what it does last, and after how many ms it is given up. */
interface Ending {
  end: string;
  timeout?: number;
}

const WAIT = "await new Promise(() => {});";
const THROW = `throw new Error("as meant");`;
const ENDINGS: Record<string, Ending> = {
  "throws": { end: THROW },
  "has a filter that throws": { end: `net.filter = () => { ${THROW} }; ${WAIT}` },
  // Enough to start workers even on a busy machine; it does not matter if not.
  "hangs": { end: WAIT, timeout: 1500 },
  "hangs on a closed internet": { end: `await net.close(); ${WAIT}`, timeout: 1500 },
};

for (const isolation of ["worker", "inline"]) {
  for (const [name, ending] of Object.entries(ENDINGS)) {
    Deno.test(`a test that ${name} leaves nothing behind (${isolation})`, async () => {
      const folder = await Deno.makeTempDir();
      const { code, stdout } = await runTestFile(forgetfulTest(isolation, folder, ending));
      assert(code !== 0);
      assert(!/[Ll]eak/.test(stdout), stdout);
      const error = ending.timeout ? "TimedOut: Test took longer than 1500 ms" : "Error: as meant";
      assertStringIncludes(stdout, `error: ${error}`);
      assertStringIncludes(stdout, "1 passed | 1 failed");
      if (!ending.timeout) assertEquals([...Deno.readDirSync(folder)].length, 1, "there is one pcap");
      await Deno.remove(folder, { recursive: true });
    });
  }

  Deno.test(`a test that passes leaves nothing behind (${isolation})`, async () => {
    const folder = await Deno.makeTempDir();
    const { code, stdout } = await runTestFile(forgetfulTest(isolation, folder, { end: "" }));
    assertEquals(code, 0, stdout);
    assertStringIncludes(stdout, "2 passed | 0 failed");
    assertEquals([...Deno.readDirSync(folder)], []);
    await Deno.remove(folder);
  });
}

const FAILS = `
  import { withInternet } from "${MOD}";
  try {
    await withInternet({ isolation: "inline" }, async (net) => {
      const stack = await net.stack("10.0.0.1");
      await stack.dialUDP("10.0.0.2:53").then((conn) => conn.write(new Uint8Array(1)));
      await stack.stats();
      throw new Error("as meant");
    });
  } catch (error) {
    console.log(String(error));
  }
`;

Deno.test("without --allow-write it says what the pcap needs, and fails with the test's error", async () => {
  const { stdout, stderr } = await runScript(FAILS, ["--no-prompt"]);
  assertEquals(stdout, "Error: as meant\n");
  assertMatch(stderr, /IP 10\.0\.0\.1\.\d+ > 10\.0\.0\.2\.53: .*length 1/);
  assert(stderr.endsWith("pcap: not written, as it needs --allow-write\n"), stderr);
  const inFolder = await runScript(FAILS.replace(`"inline"`, `"inline", pcap: "traces"`), ["--no-prompt"]);
  assert(inFolder.stderr.endsWith("pcap: not written, as it needs --allow-write=traces\n"), inFolder.stderr);
});

const SEED = `
  import { withInternet } from "${MOD}";
  await withInternet((net) => console.log(net.seed));
  await withInternet({ seed: 5 }, (net) => console.log(net.seed));
`;

Deno.test("the seed: a random one, that of UIS_SEED where it may be read, or that of the option", async () => {
  const seeds = async (flags: string[], seed: string) => {
    Deno.env.set("UIS_SEED", seed);
    try {
      return await runScript(SEED, ["--no-prompt", ...flags]);
    } finally {
      Deno.env.delete("UIS_SEED");
    }
  };
  assertEquals((await seeds(["--allow-env=UIS_SEED"], "-17")).stdout, "-17\n5\n");
  const [first, second] = [await seeds([], "17"), await seeds([], "17")].map(({ stdout }) => stdout.split("\n"));
  assertEquals([first[1], second[1]], ["5", "5"]);
  assert(first[0] !== second[0] && first[0] !== "17", `${first[0]} and ${second[0]}`);
  const bad = await seeds(["--allow-env"], "x");
  assertStringIncludes(bad.stderr, `TypeError: Cannot use UIS_SEED="x": must be an integer`);
});
