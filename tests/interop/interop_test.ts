// The kernel's own TCP, and real programs, with simulated hosts. A process has one network namespace, so that each file of
// inside/ is a test run of its own in a namespace of its own, and each of its tests a step here.
import { fileURLToPath } from "node:url";
import { Namespace, whyNot } from "./namespace.ts";

const FILES = ["device", "transfers", "ends", "datagrams", "path_mtu", "programs"];
const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const STAND_INS = ["--import-map", "tests/std/import_map.json"];

interface Outcome {
  name: string;
  failure?: string;
}

const reason = await whyNot();
if (reason !== undefined) console.log(`Skipped: interop with the kernel: ${reason}`);

for (const file of FILES) {
  Deno.test({
    name: `interop with the kernel: ${file}${reason === undefined ? "" : ` (skipped: ${reason})`}`,
    ignore: reason !== undefined,
    async fn(t) {
      await using namespace = await Namespace.create();
      for await (const { name, failure } of runInside(namespace, `tests/interop/inside/${file}.ts`)) {
        await t.step(name, () => {
          if (failure !== undefined) throw new Error(failure);
        });
      }
    },
  });
}

/** Runs a test file in a namespace, and tells how its tests end, as they end. */
async function* runInside(namespace: Namespace, file: string): AsyncGenerator<Outcome> {
  const flags = [
    "-A",
    "--quiet",
    "--no-check",
    "--reporter=tap",
    "--preload",
    "./tests/harness/preload.ts",
    ...STAND_INS,
  ];
  const environment = ["NO_COLOR=1", ...["CI", "UIS_INTEROP_TRACES"].flatMap(variable)];
  const [command, ...args] = namespace.inside("env", ...environment, Deno.execPath(), "test", ...flags, file);
  const child = new Deno.Command(command, { args, cwd: ROOT, stdin: "null", stdout: "piped", stderr: "piped" }).spawn();
  const stderr = new Response(child.stderr).text();
  let failed = 0;
  let outcome: Outcome | undefined;
  for await (const line of lines(child.stdout)) {
    const [, not, name] = /^(not )?ok \d+ - (.*)$/.exec(line) ?? [];
    if (name !== undefined) {
      if (outcome !== undefined) yield outcome;
      outcome = { name, failure: not && "" };
      if (not) failed++;
    } else if (outcome?.failure !== undefined && /^\s*\{/.test(line)) {
      outcome.failure += JSON.parse(line).message;
    }
  }
  if (outcome !== undefined) yield outcome;
  const { success } = await child.status;
  if (!success && failed === 0) throw new Error(`${file} failed: ${await stderr}`);
  await stderr;
}

async function* lines(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const [...whole] = (rest + text).split("\n");
    rest = whole.pop()!;
    yield* whole;
  }
}

function variable(name: string): string[] {
  const value = Deno.env.get(name);
  return value ? [`${name}=${value}`] : [];
}
