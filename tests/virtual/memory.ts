/**
 * What lives on the heap. Only a process of its own, started with `--v8-flags=--expose-gc`, can say.
 *
 * @module
 */

/** Bytes that live after a collection; throws an Error where none can be forced. */
export function liveBytes(): number {
  const { gc } = globalThis as { gc?: () => void };
  if (!gc) throw new Error("Cannot measure the heap: start with --v8-flags=--expose-gc");
  gc();
  gc();
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}

/** Runs a program, by its path from this folder, in a process of its own, and returns what it prints as JSON. */
export async function runMeasuring<T>(program: string, ...args: (number | string)[]): Promise<T> {
  const path = new URL(program, import.meta.url).href;
  const flags = ["run", "--quiet", "-A", "--no-check", "--v8-flags=--expose-gc"];
  const command = new Deno.Command(Deno.execPath(), { args: [...flags, path, ...args.map(String)], stdin: "null" });
  const { success, stdout, stderr } = await command.output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(`${program} ${args.join(" ")} failed:\n${decoder.decode(stderr)}`);
  return JSON.parse(decoder.decode(stdout));
}
