// Runs examples as their readers do: each in a process of its own, in whatever folder they are in.
import { assertEquals } from "@std/assert";
import { fileURLToPath } from "node:url";

/** The folder of the project. */
export const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** The folder of the examples. */
export const EXAMPLES = new URL("../../examples/", import.meta.url);

/** What a process wrote and how it ended. */
export interface Run {
  code: number;
  stdout: string[];
  stderr: string;
}

/** Runs Deno with `args` in the folder `cwd`; its standard output comes back in lines. */
export async function runDeno(cwd: string, ...args: string[]): Promise<Run> {
  const command = new Deno.Command(Deno.execPath(), { args, cwd, env: { NO_COLOR: "1" }, stdin: "null" });
  const { code, stdout, stderr } = await command.output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout).trimEnd().split(/\r?\n/), stderr: decoder.decode(stderr) };
}

/** Runs an example, which may fetch nothing, and gives the lines that it prints. Anything else it says is a failure. */
export async function runExample(cwd: string, script: string, ...args: string[]): Promise<string[]> {
  const url = new URL(script, EXAMPLES).href;
  const { code, stdout, stderr } = await runDeno(cwd, "run", "-A", "--no-remote", "--no-npm", "--quiet", url, ...args);
  assertEquals({ code, stderr }, { code: 0, stderr: "" });
  return stdout;
}

/** A new folder, removed in the end. */
export async function temporaryFolder(): Promise<AsyncDisposable & { path: string }> {
  const path = await Deno.makeTempDir({ prefix: "uis-" });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}
