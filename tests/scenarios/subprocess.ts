// Programs and test files of their own process.

/** How a process ended. */
export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

const PRELOAD = new URL("../harness/preload.ts", import.meta.url).href;

async function run(args: string[], env?: Record<string, string>): Promise<Outcome> {
  const command = new Deno.Command(Deno.execPath(), { args, env: { NO_COLOR: "1", ...env }, stdin: "null" });
  const { code, stdout, stderr } = await command.output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

async function inFile<T>(source: string, suffix: string, use: (path: string) => Promise<T>): Promise<T> {
  const path = await Deno.makeTempFile({ suffix });
  try {
    await Deno.writeTextFile(path, source);
    return await use(path);
  } finally {
    await Deno.remove(path);
  }
}

/** Runs a program to its own end, with these variables in its environment besides ours. */
export function runScript(source: string, flags: string[], env?: Record<string, string>): Promise<Outcome> {
  return inFile(source, ".ts", (path) => run(["run", "--quiet", "--no-config", "--no-check", ...flags, path], env));
}

/** Runs a test file as this suite is run: with Deno's sanitizers, and leaked workers counted. */
export function runTestFile(source: string): Promise<Outcome> {
  const sanitized = `Deno.test.sanitizer({ ops: true, resources: true });\n${source}`;
  return inFile(
    sanitized,
    "_test.ts",
    (path) => run(["test", "--quiet", "-A", "--no-config", "--no-check", "--preload", PRELOAD, path]),
  );
}
