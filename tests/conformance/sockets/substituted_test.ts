import { assertEquals, assertStringIncludes } from "@std/assert";
import { scenario } from "../../scenarios/hosts.ts";

const ROOT = new URL("../../../", import.meta.url);

/** A test for Deno's own sockets that can tell whose they are: the machine's loopback would be the peer's host. */
const PROGRAM = `
  Deno.test("echo", async () => {
    using listener = Deno.listen({ port: 0 });
    using conn = await Deno.connect({ hostname: "10.0.0.1", port: listener.addr.port });
    using accepted = await listener.accept();
    await conn.write(new Uint8Array(3));
    if (await accepted.read(new Uint8Array(9)) !== 3) throw new Error("lost");
    Deno.listenDatagram({ port: 0, transport: "udp" }).close();
    if (accepted.localAddr.hostname !== "10.0.0.1") throw new Error(accepted.localAddr.hostname);
  });
  Deno.test("leak", () => void Deno.openSync(Deno.execPath()));
`;

scenario("deno task net-test: a file's sockets are simulated, the sanitizers are on", async () => {
  const path = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(path, PROGRAM);
    const args = ["task", "--quiet", "net-test", path];
    const { stdout } = await new Deno.Command(Deno.execPath(), { args, cwd: ROOT, env: { NO_COLOR: "1" } }).output();
    const output = new TextDecoder().decode(stdout);
    assertStringIncludes(output, "echo ... ok");
    assertEquals(output.match(/(\d+) passed \| (\d+) failed/)?.slice(1), ["1", "1"], output);
  } finally {
    await Deno.remove(path);
  }
});
