// `deno task ok`: everything a change must pass. `--static` leaves the tests out; naming checks, as in `deno task ok lint`, runs only those.
import { deno, standardLibrary, test } from "./run.ts";

const ENTRIES = Object.values((await import("../deno.json", { with: { type: "json" } })).default.exports);

const library = await standardLibrary();
const checks: Record<string, () => Promise<number>> = {
  format: () => deno("fmt", "--check"),
  lint: () => deno("lint"),
  types: () => deno("check", ...library, "."),
  // No timer, Worker, Deno or DOM name exists in the library of this configuration.
  engine: () => deno("check", "--config", "tests/lint/engine.deno.json", "stack/wire", "stack/engine"),
  documentation: () => deno("doc", "--lint", ...ENTRIES),
  publish: () => deno("publish", "--dry-run", "--allow-dirty", "--quiet"),
  tests: () => test(library, []),
};

const wanted = Deno.args.filter((arg) => !arg.startsWith("--"));
const names = wanted.length > 0 ? wanted : Object.keys(checks);
const failed: string[] = [];
for (const name of names) {
  if (name === "tests" && Deno.args.includes("--static")) continue;
  if (!Object.hasOwn(checks, name)) {
    throw new Error(`Cannot run "${name}": must be one of ${Object.keys(checks).join(", ")}`);
  }
  console.log(`\n${name}:`);
  if (await checks[name]() !== 0) failed.push(name);
}
console.log(failed.length > 0 ? `\nnot ok: ${failed.join(", ")}` : "\nok");
Deno.exit(failed.length > 0 ? 1 : 0);
