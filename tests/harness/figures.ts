/**
 * Programs that print figures, each beside what it must reach, in groups that can be asked for by name.
 *
 * @module
 */
const MIB = 1024 * 1024;

let failures = 0;

/** Prints a figure. */
export function report(ok: boolean, text: string): void {
  if (!ok) failures++;
  console.log(`${ok ? "ok    " : "FAILED"} ${text}`);
}

/** Bytes as text. */
export function mebibytes(bytes: number): string {
  return `${(bytes / MIB).toFixed(1)} MiB`;
}

/** Runs the groups that the arguments name, or all, and exits with 1 when a figure was not reached. */
export async function runGroups(groups: Record<string, () => void | Promise<void>>): Promise<never> {
  for (const name of Deno.args.length > 0 ? Deno.args : Object.keys(groups)) {
    if (!Object.hasOwn(groups, name)) {
      throw new Error(`Cannot measure "${name}": must be ${Object.keys(groups).join(", ")}`);
    }
    await groups[name]();
  }
  Deno.exit(failures === 0 ? 0 : 1);
}
