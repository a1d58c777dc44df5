// `deno task conformance`: runs the scenarios and counts them row by row, "T1 12 passed, 0 failed". Arguments go to `deno test`:
// `deno task conformance --filter T12`. The names of failures come after the counts; their traces come from `deno task test`.
// A row without a test is a failure too, unless arguments chose some.
import { standardLibrary } from "../run.ts";

/** How many rows there are of each letter. */
const ROWS = { T: 21, N: 11 };
const ROOT = new URL("../../", import.meta.url);

const library = await standardLibrary();
const args = ["test", "-A", "--reporter", "tap", ...library, "tests/conformance", ...Deno.args];
const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args, cwd: ROOT }).output();
const rows = new Map<string, { passed: number; failed: number }>();
const failures: string[] = [];
for (const line of new TextDecoder().decode(stdout).split("\n")) {
  const result = /^(not )?ok \d+ - ((\S+) .*)$/.exec(line);
  if (!result) continue;
  const [, failed, name, row] = result;
  const counts = rows.get(row) ?? { passed: 0, failed: 0 };
  rows.set(row, counts);
  if (failed) failures.push(name);
  if (failed) counts.failed++;
  else counts.passed++;
}
if (Deno.args.length === 0) {
  for (const [letter, count] of Object.entries(ROWS)) {
    for (let i = 1; i <= count; i++) if (!rows.has(`${letter}${i}`)) failures.push(`${letter}${i} has no test`);
  }
}
for (const row of [...rows.keys()].sort(byLetterAndNumber)) {
  const { passed, failed } = rows.get(row)!;
  console.log(`${row} ${passed} passed, ${failed} failed`);
}
for (const name of failures) console.log(`failed: ${name}`);
if (rows.size === 0) console.error(new TextDecoder().decode(stderr));
Deno.exit(failures.length > 0 || rows.size === 0 ? 1 : code);

function byLetterAndNumber(a: string, b: string): number {
  return b.charCodeAt(0) - a.charCodeAt(0) || Number(a.slice(1)) - Number(b.slice(1));
}
