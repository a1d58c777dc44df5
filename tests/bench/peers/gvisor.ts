/**
 * gVisor's netstack doing the same work, in a Go program that is built when it is first needed.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import type { Peer, Sample } from "../figure.ts";

const SOURCE = fileURLToPath(new URL("../gvisor/", import.meta.url));
/** What its module asks for. */
const GO = [1, 26];

let built: Promise<string> | undefined;

/** The program with arguments, such as `gvisor("bulk", "-mtu", 1500)`. */
export function gvisor(work: string, ...args: (string | number)[]): Peer {
  return {
    name: "gvisor",
    leftOut: whyNot,
    measure: async (seconds) => {
      const { value, ...beside } = await run(await build(), work, ...args, "-seconds", seconds);
      return { value, beside };
    },
  };
}

/** Removes the program. */
export async function removeGVisor(): Promise<void> {
  if (built !== undefined) await Deno.remove(await built);
}

async function whyNot(): Promise<string | undefined> {
  const wanted = `needs Go ${GO.join(".")} or later`;
  try {
    const { stdout } = await new Deno.Command("go", { args: ["env", "GOVERSION"] }).output();
    const version = new TextDecoder().decode(stdout).trim();
    const [major, minor] = version.replace("go", "").split(".").map(Number);
    if (major < GO[0] || major === GO[0] && minor < GO[1]) return `${wanted}, not ${version}`;
    await build();
    return undefined;
  } catch (error) {
    return error instanceof Deno.errors.NotFound ? wanted : String(error);
  }
}

function build(): Promise<string> {
  built ??= (async () => {
    const path = await Deno.makeTempFile({ prefix: "uis-gvisor-" });
    const command = new Deno.Command("go", { args: ["build", "-o", path, "."], cwd: SOURCE });
    const { success, stderr } = await command.output();
    if (!success) throw new Error(`the Go program was not built: ${new TextDecoder().decode(stderr)}`);
    return path;
  })();
  return built;
}

async function run(program: string, ...args: (string | number)[]): Promise<Sample & Record<string, number>> {
  const { success, stdout, stderr } = await new Deno.Command(program, { args: args.map(String) }).output();
  if (!success) throw new Error(`gvisor ${args.join(" ")} failed: ${new TextDecoder().decode(stderr)}`);
  return JSON.parse(new TextDecoder().decode(stdout));
}
