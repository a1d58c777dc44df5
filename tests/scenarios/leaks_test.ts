// Nothing is left: not after close(), and not of a test that throws half-way.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { liveWorkers } from "../harness/preload.ts";
import { assertTalks, connect, eachIsolation, Network, scenario, SERVER } from "./hosts.ts";
import { runTestFile } from "./subprocess.ts";

const MOD = new URL("../../mod.ts", import.meta.url);

/** A test that makes all kinds of things and then fails, in a file with one that follows it. */
function throwingTest(isolation: string, place: string): string {
  const stop = (at: string) => at === place ? `throw new Error("half-way");` : "";
  return `
    import { Internet, ping } from "${MOD}";
    Deno.test("throws", async () => {
      await using internet = new Internet({ isolation: "${isolation}" });
      void internet.route();
      ${stop("routing")}
      const server = await internet.newStack(1500, "10.0.0.1");
      const starting = internet.newStack(1500, "10.0.0.2");
      starting.catch(() => {});
      ${stop("starting")}
      const client = await starting;
      await using extra = await internet.newStack(1500, "10.0.0.3");
      using listener = server.listenTCP("10.0.0.1:80");
      ${stop("listening")}
      const dialling = client.dialTCP("10.0.0.1:80");
      dialling.catch(() => {});
      ${stop("dialling")}
      const conn = await dialling;
      const accepted = await listener.accept();
      conn.setReadDeadline(Date.now() + 60_000);
      conn.read(new Uint8Array(1)).catch(() => {});
      conn.readable.getReader();
      void accepted.write(new Uint8Array(1e6));
      using udp = await client.dialUDP("10.0.0.1:53");
      udp.read(new Uint8Array(1)).catch(() => {});
      client.onIcmp = () => {};
      ping(client, "10.0.0.9", { timeout: 60_000 }).catch(() => {});
      ${stop("talking")}
    });
    Deno.test("follows", () => {});
  `;
}

for (const isolation of ["worker", "inline"]) {
  for (const place of ["routing", "starting", "listening", "dialling", "talking"]) {
    scenario(`a test that throws while ${place} leaves nothing behind (${isolation})`, async () => {
      const { code, stdout } = await runTestFile(throwingTest(isolation, place));
      assert(code !== 0);
      assertStringIncludes(stdout, "Error: half-way");
      assert(!/[Ll]eak/.test(stdout), stdout);
      assertStringIncludes(stdout, "1 passed | 1 failed");
    });
  }
  scenario(`a test that passes leaves nothing behind (${isolation})`, async () => {
    const { code, stdout } = await runTestFile(throwingTest(isolation, "nowhere"));
    assertEquals(code, 0, stdout);
    assertStringIncludes(stdout, "2 passed | 0 failed");
  });
}

scenario("a stack that a test forgets is found", async () => {
  const { code, stdout } = await runTestFile(`
    import { Internet } from "${MOD}";
    Deno.test("forgets", async () => void await new Internet().newStack(1500, "10.0.0.1"));
  `);
  assert(code !== 0);
  assertStringIncludes(stdout, "Leaked workers: 1");
});

eachIsolation("closing a stack twice, and an internet with stacks that are closed", async (isolation) => {
  await using net = await Network.create(isolation);
  using pair = await connect(net.client, net.server, `${SERVER}:80`);
  await assertTalks(pair);
  const closing = net.client.close();
  assert(net.client.close() === closing);
  await Promise.all([closing, net.client[Symbol.asyncDispose](), net.internet.close(), net.server.close()]);
  assertEquals(liveWorkers(), 0);
});

eachIsolation("stacks that come and go leave no workers and no addresses", async (isolation) => {
  await using net = await Network.create(isolation);
  for (let round = 0; round < 20; round++) {
    await using stack = await net.internet.newStack(1500, "10.0.0.9", "2001:db8::9");
    using pair = await connect(stack, net.server);
    await assertTalks(pair);
  }
  assertEquals(liveWorkers(), isolation === "worker" ? 2 : 0);
});
