/**
 * `deno task interop-figures`: the goodput of the kernel's sender (CUBIC) and of ours, over the same link and to the same receiver,
 * which is the kernel of another network namespace. On the wall clock, and so not among the tests.
 *
 * Flags, with their defaults: --loss=0.001,0.01 --rtt=50 (ms) --rate=100 (Mbit/s) --duration=10 (s) --runs=5 --congestion=cubic
 * --trace=FOLDER keeps what the senders and the receiver sent.
 */
import { fileURLToPath } from "node:url";
import { Namespace, whyNot } from "./namespace.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

const reason = await whyNot();
if (reason !== undefined) {
  console.error(`Cannot measure: ${reason}`);
  Deno.exit(1);
}

await using sender = await Namespace.create();
await using receiver = await Namespace.create();
const script = "tests/interop/inside/measure_senders.ts";
const [command, ...args] = sender.inside(Deno.execPath(), "run", "-A", "--quiet", script, receiver.name, ...Deno.args);
const { code } = await new Deno.Command(command, { args, cwd: ROOT, stdin: "null" }).spawn().status;
Deno.exitCode = code;
