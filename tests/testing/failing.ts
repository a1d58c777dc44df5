// Tests of what withInternet() does about a test that fails, from within one that passes.
import { assert } from "@std/assert";
import { type TestInternet, withInternet, type WithInternetOptions } from "../../mod.ts";

/** How a test failed, and what was printed meanwhile by `console.error`. */
export interface FailedTest {
  error: unknown;
  printed: string;
  /** The pcap that the printed text names. */
  pcap: string | undefined;
}

/** Runs a test that must fail. Its pcap is removed in the end. */
export async function failing(
  options: WithInternetOptions,
  body: (net: TestInternet) => unknown,
  look: (failed: FailedTest) => void | Promise<void> = () => {},
): Promise<FailedTest> {
  const texts: string[] = [];
  const original = console.error;
  console.error = (...args: unknown[]) => void texts.push(args.join(" "));
  const outcome = await Promise.allSettled([withInternet(options, body)]).finally(() => console.error = original);
  assert(outcome[0].status === "rejected", "the test did not fail");
  const printed = texts.join("\n");
  const pcap = /^pcap: (?!not )(.*\.pcap)$/m.exec(printed)?.[1];
  const failed = { error: outcome[0].reason, printed, pcap };
  try {
    await look(failed);
  } finally {
    if (pcap !== undefined) await Deno.remove(pcap);
  }
  return failed;
}
