// The README's programs run, and its commands exist.
import { assertEquals, assertMatch } from "@std/assert";
import { fileURLToPath } from "node:url";
import config from "../../deno.json" with { type: "json" };
import { failing } from "../testing/failing.ts";
import { EXAMPLES, ROOT, runDeno } from "./run_example.ts";

const README = (await Deno.readTextFile(new URL("../../README.md", import.meta.url))).replaceAll("\r\n", "\n");
const [FIRST, IN_A_TEST, WITH_DENO_NET, WITH_NODE_NET, WITH_HTTP] = codeBlocks("ts");
const STAND_INS = fileURLToPath(new URL("../std/import_map.json", import.meta.url));

/** The blocks of code in the README with this language, without their fences. */
function codeBlocks(language: string): string[] {
  return [...README.matchAll(/^```(\w+)\n(.*?)^```$/gms)].filter((match) => match[1] === language).map((match) =>
    match[2]
  );
}

/** Runs a file as the README says: in the project's folder, by these arguments. */
async function runFile(text: string, suffix: string, ...args: string[]): Promise<string[]> {
  const path = await Deno.makeTempFile({ dir: ROOT, prefix: "readme-", suffix });
  try {
    await Deno.writeTextFile(path, text);
    const common = ["--check", "--no-prompt", "--no-remote", "--no-npm", "--quiet"];
    const { code, stdout, stderr } = await runDeno(ROOT, args[0], ...common, ...args.slice(1), path);
    assertEquals({ code, stderr }, { code: 0, stderr: "" }, stdout.join("\n"));
    return stdout;
  } finally {
    await Deno.remove(path);
  }
}

function runProgram(text: string, ...permissions: string[]): Promise<string[]> {
  return runFile(text, ".ts", "run", ...permissions);
}

Deno.test("the README's first program has ten lines and prints its greeting", async () => {
  assertEquals(FIRST.trimEnd().split("\n").length, 10);
  assertEquals(await runProgram(FIRST, "--allow-read"), ["Hello, world!"]);
});

Deno.test("the README's test passes, with the permission that it names", async () => {
  const lines = await runFile(IN_A_TEST, "_test.ts", "test", "--allow-read", "--import-map", STAND_INS);
  assertMatch(lines.join("\n"), /^ok \| 1 passed \| 0 failed/m);
});

Deno.test("the README's report is that of such a test", async () => {
  const { printed } = await failing({}, async (net) => {
    const [server, client] = [await net.stack("10.0.0.1"), await net.stack("10.0.0.2")];
    server.listenTCP("10.0.0.1:80");
    await client.dialTCP("10.0.0.1:81");
  });
  const report = codeBlocks("text").find((block) => block.startsWith("withInternet"));
  assertEquals(withoutChance(printed), withoutChance(report ?? ""));
});

/** A report without what differs each time. */
function withoutChance(report: string): string {
  return report.trimEnd()
    .replaceAll(/(seed |SEED=)\d+/g, "$1N")
    .replaceAll(/(?<=10\.0\.0\.2\.)\d+/g, "PORT")
    .replaceAll(/\d\.\d{6}/g, "TIME")
    .replace(/\/\S*uis-\w+(?=\.pcap)/, "FILE");
}

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
  assertEquals(codeBlocks("ts"), [FIRST, IN_A_TEST, WITH_DENO_NET, WITH_NODE_NET, WITH_HTTP]);
});

Deno.test("the tasks and examples that the README names exist", async () => {
  for (const [, task] of README.matchAll(/ task (\w+)/g)) assertEquals(Object.hasOwn(config.tasks, task), true, task);
  const named = new Set([...README.matchAll(/examples\/(\w+\.ts)/g)].map((match) => match[1]));
  const exist = (await Array.fromAsync(Deno.readDir(EXAMPLES))).filter(({ isFile }) => isFile).map(({ name }) => name);
  assertEquals([...named].toSorted(), exist.filter((name) => name !== "demo.ts").toSorted());
});
