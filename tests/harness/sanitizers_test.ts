import { fileURLToPath } from "node:url";
import { assertEquals } from "@std/assert";

const CONFIG = new URL("../../deno.json", import.meta.url);

const LEAKS = {
  "a timer": `setTimeout(() => {}, 60_000);`,
  "a file": `Deno.openSync(Deno.execPath());`,
  "a message port": `new MessageChannel().port1.onmessage = () => {};`,
  "an exit": `Deno.exit(0);`,
};

for (const [name, leak] of Object.entries(LEAKS)) {
  Deno.test(`the project's configuration fails a test that leaves ${name}`, async () => {
    const file = await Deno.makeTempFile({ suffix: "_test.ts" });
    try {
      await Deno.writeTextFile(file, `Deno.test("leak", () => { ${leak} });\n`);
      const args = ["test", "-A", "--no-check", "--config", fileURLToPath(CONFIG), file];
      const command = new Deno.Command(Deno.execPath(), { args, env: { NO_COLOR: "1" } });
      const output = new TextDecoder().decode((await command.output()).stdout);
      assertEquals(output.match(/\| (\d+) failed/)?.[1], "1", output);
    } finally {
      await Deno.remove(file);
    }
  });
}
