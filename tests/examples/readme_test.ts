// The README's programs run, and its commands exist.
import { assertEquals } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { EXAMPLES, ROOT, runDeno } from "./run_example.ts";

const README = (await Deno.readTextFile(new URL("../../README.md", import.meta.url))).replaceAll("\r\n", "\n");
const [FIRST, WITH_DENO_NET, WITH_NODE_NET, WITH_HTTP] = codeBlocks("ts");

/** The blocks of code in the README with this language, without their fences. */
function codeBlocks(language: string): string[] {
  return [...README.matchAll(/^```(\w+)\n(.*?)^```$/gms)].filter((match) => match[1] === language).map((match) =>
    match[2]
  );
}

/** Runs a program as the README says: as a file in the project's folder, with these permissions. */
async function runProgram(text: string, ...permissions: string[]): Promise<string[]> {
  const path = await Deno.makeTempFile({ dir: ROOT, prefix: "readme-", suffix: ".ts" });
  try {
    await Deno.writeTextFile(path, text);
    const run = ["run", "--check", "--no-prompt", "--no-remote", "--no-npm", "--quiet", ...permissions, path];
    const { code, stdout, stderr } = await runDeno(ROOT, ...run);
    assertEquals({ code, stderr }, { code: 0, stderr: "" });
    return stdout;
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("the README's first program has ten lines and prints its greeting", async () => {
  assertEquals(FIRST.trimEnd().split("\n").length, 10);
  assertEquals(await runProgram(FIRST, "--allow-read"), ["Hello, world!"]);
});

Deno.test("the README's program with denoNet survives the loss of a packet", async () => {
  assertEquals(await runProgram(WITH_DENO_NET, `--allow-read=${ROOT}`), ["still here"]);
});

Deno.test("the README's program with Node's libraries needs no more permissions", async () => {
  assertEquals(await runProgram(WITH_NODE_NET, `--allow-read=${ROOT}`), ["You asked for /news"]);
});

Deno.test("the README's program with HTTP needs the net only for its proxy and its host", async () => {
  const permissions = [`--allow-read=${ROOT}`, "--allow-net=127.0.0.1,www.example"];
  assertEquals(await runProgram(WITH_HTTP, ...permissions), ["Hello, web!"]);
});

Deno.test("the README's other programs are none that nobody runs", () => {
  assertEquals(codeBlocks("ts"), [FIRST, WITH_DENO_NET, WITH_NODE_NET, WITH_HTTP]);
});

Deno.test("the tasks and examples that the README names exist", async () => {
  for (const [, task] of README.matchAll(/ task (\w+)/g)) assertEquals(Object.hasOwn(config.tasks, task), true, task);
  const named = new Set([...README.matchAll(/examples\/(\w+\.ts)/g)].map((match) => match[1]));
  const exist = (await Array.fromAsync(Deno.readDir(EXAMPLES))).filter(({ isFile }) => isFile).map(({ name }) => name);
  assertEquals([...named].toSorted(), exist.filter((name) => name !== "demo.ts").toSorted());
});
