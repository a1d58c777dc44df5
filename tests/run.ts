// `deno task test`: runs the suite, whose assertions come from JSR where it can be reached and from tests/std/ where it cannot.
// Arguments go through to `deno test`. UIS_STD=jsr or UIS_STD=standin decides without asking the network.

const ROOT = new URL("../", import.meta.url);
const PROBE = "https://jsr.io/@std/assert/meta.json";
const PROBE_TIMEOUT = 3000; // ms

/** Runs `deno <args>` in the project's root, and gives its exit code. */
export async function deno(...args: string[]): Promise<number> {
  const command = new Deno.Command(Deno.execPath(), { args, cwd: ROOT, stdout: "inherit", stderr: "inherit" });
  return (await command.spawn().status).code;
}

/** Chooses where the standard library comes from, says so in one line, and gives the arguments for `deno test` and `deno check`. */
export async function standardLibrary(): Promise<string[]> {
  const forced = Deno.env.get("UIS_STD");
  if (forced !== undefined && forced !== "jsr" && forced !== "standin") {
    throw new Error(`Cannot use UIS_STD="${forced}": must be "jsr" or "standin"`);
  }
  const fromJSR = forced === undefined ? await jsrAnswers() : forced === "jsr";
  const why = forced === undefined ? (fromJSR ? "reached" : "out of reach") : `UIS_STD=${forced}`;
  console.log(`standard library: ${fromJSR ? "JSR" : "stand-ins in tests/std"} (${why})`);
  return fromJSR ? [] : ["--import-map", "tests/std/import_map.json"];
}

/** Runs all tests and documentation examples, or those which `args` name. */
export function test(library: string[], args: string[]): Promise<number> {
  return deno("test", "-A", "--doc", "--preload", "./tests/harness/preload.ts", ...library, ...args);
}

async function jsrAnswers(): Promise<boolean> {
  try {
    const response = await fetch(PROBE, { signal: AbortSignal.timeout(PROBE_TIMEOUT) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

if (import.meta.main) Deno.exit(await test(await standardLibrary(), Deno.args));
