/**
 * Two connections made into one.
 *
 * Main side.
 *
 * @module
 */
import type { End } from "./end.ts";

/**
 * Carries bytes both ways until both have ended. Each direction reads only when what it read before is written, so that
 * a slow reader slows the writer down. An end of writing is passed on by itself, which leaves the other direction open;
 * when one connection fails, the other is reset. Both are closed when it resolves, and it never rejects.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Internet } from "@uis/uis";
 * import { simulatedEnd } from "./end.ts";
 * import { splice } from "./splice.ts";
 *
 * await using internet = new Internet();
 * void internet.route();
 * const stack = await internet.newStack(1500, "10.0.0.1");
 * using listener = stack.listenTCP("10.0.0.1:80");
 * const [client, left] = [await stack.dialTCP("10.0.0.1:80"), await listener.accept()];
 * const [right, server] = [await stack.dialTCP("10.0.0.1:80"), await listener.accept()];
 *
 * const splicing = splice(simulatedEnd(left), simulatedEnd(right));
 * await client.write(new TextEncoder().encode("through both"));
 * await client.closeWrite();
 * assertEquals(await new Response(server.readable).text(), "through both");
 * await splicing;
 * client.close();
 * ```
 */
export async function splice(a: End, b: End): Promise<void> {
  try {
    await Promise.all([carry(a, b), carry(b, a)]);
  } catch {
    a.abort();
    b.abort();
  } finally {
    a.close();
    b.close();
  }
}

async function carry(from: End, to: End): Promise<void> {
  for (let bytes = await from.read(); bytes !== null; bytes = await from.read()) await to.write(bytes);
  await to.closeWrite();
}
