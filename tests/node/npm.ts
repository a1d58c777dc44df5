// Libraries from npm, pinned. They are imported by a name that is put together here, so that checking the types of the
// project fetches nothing.
import { eachNodeNet, type NodeNetBody } from "./nets.ts";

const VERSIONS = { aedes: "1.2.0", mqtt: "5.16.0", pg: "8.23.1", undici: "8.12.4", ws: "8.23.0" };

const REGISTRY = Deno.env.get("NPM_CONFIG_REGISTRY") ?? "https://registry.npmjs.org/";

/** A library, or undefined and a line about it when the registry is out of reach and the library in no cache. */
export async function fromNPM<Library>(name: keyof typeof VERSIONS): Promise<Library | undefined> {
  const specifier = `npm:${name}@${VERSIONS[name]}`;
  try {
    return await import(specifier) as Library;
  } catch (error) {
    const reason = await whyOutOfReach();
    if (reason === undefined) throw error;
    console.log(`Skipped: tests with ${specifier}: the npm registry is out of reach: ${reason}`);
    return undefined;
  }
}

async function whyOutOfReach(): Promise<string | undefined> {
  try {
    const response = await fetch(REGISTRY, { method: "HEAD", signal: AbortSignal.timeout(10_000) });
    await response.body?.cancel();
    return response.ok ? undefined : `status ${response.status}`;
  } catch (error) {
    return String(error);
  }
}

/** A test over stacks inline and in workers, which is skipped where the libraries that it needs are out of reach. */
export function eachNodeNetWith(libraries: unknown[], name: string, body: NodeNetBody): void {
  if (libraries.every((library) => library !== undefined)) eachNodeNet(name, body);
  else Deno.test({ name: `${name} (skipped: npm is out of reach)`, ignore: true, fn: () => {} });
}
