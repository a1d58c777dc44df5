/**
 * A test's frame: an internet for the time of its body, and on failure what there is to know about it.
 *
 * Main side.
 *
 * @module
 */
import { clearTimeout, LONGEST_TIMER, setImmediate, setTimeout, within } from "../../stack/real_time.ts";
import type { Stack } from "../../stack/mod.ts";
import type { Faults } from "./faults.ts";
import { savePCAP } from "./pcap_file.ts";
import { describeFailure, type HostReport } from "./report.ts";
import { TestInternet } from "./test_internet.ts";
import { Uncaught } from "./uncaught.ts";

const SEED_VARIABLE = "UIS_SEED";
const DEFAULT_PACKETS = 500;
const DEFAULT_TIMEOUT = 60_000;
/** How long a host may take to tell its sockets, in ms. */
const ANSWER_TIME = 1000;
/** How long a body that was given up may take to end, now that its internet is closed, in ms. */
const PARTING_TIME = 200;

/**
 * How {@linkcode withInternet} runs a test. The faults are those that it begins with.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { withInternet, type WithInternetOptions } from "@uis/uis";
 *
 * const slow: WithInternetOptions = { isolation: "inline", delay: 10, seed: 7 };
 * await withInternet(slow, (net) => assertEquals([net.delay, net.seed], [10, 7]));
 * ```
 */
export interface WithInternetOptions extends Partial<Faults> {
  /** Where its stacks run: each in a worker of its own, which is the default, or all on this thread. */
  isolation?: "worker" | "inline";
  /**
   * An integer that the random faults follow from. By default that of the environment variable `UIS_SEED`, if the program
   * may read it and it is set, else a random one, which a failure prints.
   */
  seed?: number;
  /** How many packets to keep for a failure; 500. */
  packets?: number;
  /** The folder for the pcap of a failure, made if need be; by default the system's for temporary files. */
  pcap?: string;
  /** After how many milliseconds of real time the test fails; 60,000. Infinity is never. */
  timeout?: number;
}

/**
 * Runs a test in an internet of its own, which is closed in the end with all its hosts and sockets, and returns what the
 * test returns. The test may throw, hang or forget to close its sockets: nothing of the internet is left.
 *
 * What nobody catches meanwhile, as a server of the test that nobody awaits, fails the test, not the whole file; what waits
 * for a socket when the test has ended is let go.
 *
 * When the test fails, it prints by `console.error` the last packets, a line each, the sockets of each host, and where it
 * has written those packets as a pcap, which needs `--allow-write`. A test without a failure writes and prints nothing.
 *
 * Rejects with what the test throws, the very same object, or what {@linkcode Faults.filter} throws; with
 * Deno.errors.TimedOut (ETIMEDOUT) when the test takes too long; with a TypeError or RangeError for a bad option. It works in
 * real time where a test fakes the clock of the program.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { withInternet } from "@uis/uis";
 *
 * Deno.test("a greeting survives loss", () =>
 *   withInternet(async (net) => {
 *     const server = await net.stack("10.0.0.1");
 *     const client = await net.stack("10.0.0.2");
 *     net.loss = 0.2;
 *     const listener = server.listenTCP("10.0.0.1:80");
 *     const conn = await client.dialTCP("10.0.0.1:80");
 *     const accepted = await listener.accept();
 *     await new Blob(["Hello!"]).stream().pipeTo(accepted.writable);
 *     assertEquals(await new Response(conn.readable).text(), "Hello!");
 *   }));
 * ```
 */
export function withInternet<T>(body: (net: TestInternet) => T | Promise<T>): Promise<T>;
/**
 * The same with options.
 *
 * @example
 * ```ts
 * import { assertRejects } from "@std/assert";
 * import { withInternet } from "@uis/uis";
 *
 * const cut = withInternet({ loss: 1, packets: 0, timeout: 100 }, async (net) => {
 *   const stack = await net.stack("10.0.0.1");
 *   await stack.dialTCP("10.0.0.2:80");
 * });
 * await assertRejects(() => cut, Deno.errors.TimedOut);
 * ```
 */
export function withInternet<T>(
  options: WithInternetOptions,
  body: (net: TestInternet) => T | Promise<T>,
): Promise<T>;
export async function withInternet<T>(
  ...args: [(net: TestInternet) => T | Promise<T>] | [WithInternetOptions, (net: TestInternet) => T | Promise<T>]
): Promise<T> {
  const [options, body] = args.length === 1 ? [{}, args[0]] : args;
  if (typeof body !== "function") throw new TypeError("Cannot run a test: its body must be a function");
  if (typeof options !== "object" || options === null) {
    throw new TypeError("Cannot run a test: options must be an object");
  }
  const { seed = chooseSeed(), packets = DEFAULT_PACKETS, timeout = DEFAULT_TIMEOUT, pcap, ...rest } = options;
  checkOptions({ seed, packets, timeout });
  const broken = Promise.withResolvers<never>();
  const net = new TestInternet({ ...rest, seed, packets }, broken.reject);
  const stop = failAfter(timeout, broken.reject);
  using uncaught = new Uncaught(broken.reject);
  const running = Promise.try(body, net);
  const [ended] = await Promise.allSettled([unlessBroken(broken.promise, running)]);
  stop();
  // Before anything is closed, so that it tells how things were.
  if (ended.status === "rejected") await report(net, ended.reason, pcap);
  uncaught.closing();
  const closing = close(net, running);
  await Promise.allSettled([closing]);
  if (ended.status === "rejected") throw ended.reason;
  const [closed] = await Promise.allSettled([unlessBroken(broken.promise, closing)]);
  if (closed.status === "fulfilled") return ended.value;
  await report(net, closed.reason, pcap);
  throw closed.reason;
}

/** Closes the internet, and lets a body that was given up end, whose calls on sockets then fail. */
async function close(net: TestInternet, running: Promise<unknown>): Promise<void> {
  try {
    await net.close();
  } finally {
    await within(running, PARTING_TIME);
    // A turn later it has been told what nobody caught of all that.
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

/** Prints what there is to know. Never rejects, as the test's own error is what counts. */
async function report(net: TestInternet, error: unknown, folder: string | undefined): Promise<void> {
  try {
    const { seed, packets, sent, internet } = net;
    const hosts = await Promise.all(internet.stacks.map(askHost));
    const file = await savePCAP(packets, folder);
    console.error(describeFailure({ error, seed, packets, sent, hosts, file }));
  } catch (problem) {
    console.error("withInternet: the test failed, and so did its report:", problem);
  }
}

function chooseSeed(): number {
  const variable = { name: "env", variable: SEED_VARIABLE } as const;
  const text = Deno.permissions.querySync(variable).state === "granted" ? Deno.env.get(SEED_VARIABLE) : undefined;
  if (text === undefined) return crypto.getRandomValues(new Uint32Array(1))[0];
  if (/^-?\d+$/.test(text)) return Number(text);
  throw new TypeError(`Cannot use ${SEED_VARIABLE}=${JSON.stringify(text)}: must be an integer`);
}

function checkOptions({ seed, packets, timeout }: { seed: number; packets: number; timeout: number }): void {
  if (!Number.isSafeInteger(seed)) throw new RangeError(`Cannot use seed ${seed}: must be an integer`);
  if (!Number.isInteger(packets) || packets < 0) {
    throw new RangeError(`Cannot keep ${packets} packets: must be an integer of at least 0`);
  }
  if (!(timeout > 0)) throw new RangeError(`Cannot use timeout ${timeout}: must be milliseconds above 0`);
}

/** Calls `fail` after `timeout` ms, unless stopped. */
function failAfter(timeout: number, fail: (error: Error) => void): () => void {
  if (timeout > LONGEST_TIMER) return () => {};
  // Made at once, so that its stack trace leads to the test.
  const error = Object.assign(new Deno.errors.TimedOut(`Test took longer than ${timeout} ms`), { code: "ETIMEDOUT" });
  const timer = setTimeout(() => fail(error), timeout);
  return () => clearTimeout(timer);
}

/** What `running` gives, if `broken` has not rejected by then. */
async function unlessBroken<T>(broken: Promise<never>, running: Promise<T>): Promise<T> {
  const value = await Promise.race([broken, running]);
  return await Promise.race([broken, value]);
}

async function askHost(stack: Stack): Promise<HostReport> {
  const name = stack.addresses.join(", ");
  let sockets: HostReport["sockets"] = `no answer within ${ANSWER_TIME} ms`;
  const asking = Promise.race([stack.closed.then(() => "closed"), stack.netstat()]);
  await within(
    asking.then((answer) => void (sockets = answer), (error) => void (sockets = String(error))),
    ANSWER_TIME,
  );
  return { name, sockets };
}
