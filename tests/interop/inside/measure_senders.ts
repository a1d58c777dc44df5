// Measures senders over one link. Runs in the sender's network namespace, and is told the receiver's: see ../figures.ts.
import { Internet, openTUN, PCAPTrace, type TUN } from "../../../mod.ts";
import { median } from "../../harness/statistics.ts";
import { seeded } from "../../harness/seeded.ts";
import { run } from "../namespace.ts";
import { Link } from "./link.ts";

const MTU = 1500;
const HOST = "10.9.0.1";
const SENDER = "10.9.0.254";
const RECEIVER = "10.9.1.254";
const PORT = 7;
const GOAL = 0.9;
/** What headers leave of a packet: IPv4 and TCP with timestamps. */
const PAYLOAD = (MTU - 52) / MTU;

const [receiverNamespace, ...flags] = Deno.args;
const { loss, rtt, rate, duration, runs, congestion, trace: folder } = parseFlags({
  loss: "0.001,0.01",
  rtt: "50",
  rate: "100",
  duration: "10",
  runs: "5",
  congestion: "cubic",
  trace: "",
}, flags);

await using internet = new Internet({ maxInflight: 100_000 });
const link = new Link((frame) => void internet.deliver(frame), RECEIVER, Number(rate), Number(rtt));
let trace: PCAPTrace | undefined;
const routing = route();
const host = await internet.newStack({ addresses: [HOST], mtu: MTU, tcp: { congestion: congestion as "cubic" } });
await using sending = openTUN(internet, { name: "uis0", mtu: MTU, addresses: [SENDER] });
await using receiving = openTUN(internet, { name: "uis1", mtu: MTU, addresses: [RECEIVER] });
await configure(sending, receiving);

const sink = startSink();
const reports = lines(sink.stdout);
let missed = false;
try {
  await untilListening();
  console.log(
    `${rate} Mbit/s, ${rtt} ms, queue of one bandwidth-delay product, ${duration} s for each of ${runs} runs`,
  );
  for (const probability of loss.split(",").map(Number)) await compare(probability);
} finally {
  sink.kill();
  await sink.status;
  for await (const _ of reports);
}
await sending.close();
await receiving.close();
await internet.close();
await routing;
Deno.exitCode = missed ? 1 : 0;

async function route(): Promise<void> {
  for await (const frame of internet.inFlight()) {
    trace?.dump(frame.packet);
    if (frame.packet[0] >> 4 === 4) link.send(frame);
  }
}

async function configure(here: TUN, there: TUN): Promise<void> {
  await run("ip", "link", "set", there.name, "netns", receiverNamespace);
  for (
    const [namespace, device, own, other] of [[[], here.name, SENDER, RECEIVER], [
      ["-n", receiverNamespace],
      there.name,
      RECEIVER,
      "10.9.0.0/24",
    ]] as const
  ) {
    await run("ip", ...namespace, "link", "set", device, "txqueuelen", "10000", "up");
    await run("ip", ...namespace, "address", "add", own, "dev", device);
    await run("ip", ...namespace, "route", "add", other, "dev", device, "congctl", "cubic");
  }
}

function startSink(): Deno.ChildProcess {
  const script = new URL("sink.ts", import.meta.url).href;
  const arguments_ = [RECEIVER, `${PORT}`, `${1000 * Number(duration)}`];
  const args = ["netns", "exec", receiverNamespace, Deno.execPath(), "run", "-A", "--quiet", script, ...arguments_];
  return new Deno.Command("ip", { args, stdin: "null", stdout: "piped" }).spawn();
}

async function untilListening(): Promise<void> {
  while (!(await run("ip", "netns", "exec", receiverNamespace, "ss", "-Hltn", `sport = ${PORT}`)).trim());
}

/** Interleaves both senders, and prints their medians. */
async function compare(probability: number): Promise<void> {
  const goodputs = { kernel: [] as number[], ours: [] as number[] };
  for (let i = 1; i <= Number(runs); i++) {
    for (const who of i % 2 ? ["kernel", "ours"] as const : ["ours", "kernel"] as const) {
      goodputs[who].push(await measure(who, probability, i));
    }
  }
  const ratio = median(goodputs.ours) / median(goodputs.kernel);
  if (ratio < GOAL) missed = true;
  const limit = Number(rate) * PAYLOAD;
  console.log(`loss ${100 * probability} %: ratio ${ratio.toFixed(2)}, at least ${GOAL} wanted`);
  for (const [who, values] of Object.entries(goodputs)) {
    const share = (100 * median(values) / limit).toFixed(0);
    console.log(
      `  ${who}: ${median(values).toFixed(2)} Mbit/s, ${share} % of the link (${
        values.map((value) => value.toFixed(1)).join(" ")
      })`,
    );
  }
}

/** Mbit/s, as the receiver sees it. */
async function measure(who: "kernel" | "ours", probability: number, seed: number): Promise<number> {
  link.loss = probability;
  link.random = seeded(seed);
  const path = `${folder}/${who}-${100 * probability}-percent-${seed}.pcap`;
  trace = folder ? await PCAPTrace.open(path, 120, { buffer: 100_000 }) : undefined;
  const conn = await dial(who);
  const chunk = new Uint8Array(64 * 1024);
  const writing = (async () => {
    for (;;) await conn.write(chunk);
  })().catch(() => {}); // the receiver resets when it has seen enough
  const { value } = await reports.next();
  const { bytes, ms } = JSON.parse(value!);
  await writing;
  try {
    conn.close();
  } catch {
    // It is closed by the reset.
  }
  await trace?.close();
  trace = undefined;
  return bytes * 8 / 1000 / ms;
}

function dial(who: "kernel" | "ours"): Promise<Deno.Conn> {
  return who === "kernel" ? Deno.connect({ hostname: RECEIVER, port: PORT }) : host.dialTCP(`${RECEIVER}:${PORT}`);
}

async function* lines(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const whole = (rest + text).split("\n");
    rest = whole.pop()!;
    yield* whole;
  }
}

function parseFlags<Flags extends Record<string, string>>(defaults: Flags, given: string[]): Flags {
  const known = Object.keys(defaults);
  for (const flag of given) {
    const [, name = "", value = ""] = /^--(\w+)=(.+)$/.exec(flag) ?? [];
    if (!known.includes(name)) throw new Error(`Cannot use "${flag}": flags are --${known.join("=, --")}=`);
    Object.assign(defaults, { [name]: value });
  }
  return defaults;
}
