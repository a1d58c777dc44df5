// How long a test with one HTTP request takes: it opens two stacks, serves, fetches once, and closes everything.
// `deno run -A tests/http/one_request.ts 20` prints medians of 20 runs: each in a process of its own, where Node's HTTP
// has to be loaded, and all in one process.
import process from "node:process";
import { Internet, serveHttp, stackFetch } from "../../mod.ts";
import { median } from "../harness/statistics.ts";

/** Times in ms. */
interface Times {
  /** Until both stacks run. */
  start: number;
  /** From then until everything is closed. */
  beyond: number;
  /** What all threads computed in the second part, which other programs on the machine do not make longer. */
  cpu: number;
}

async function once(): Promise<Times> {
  const begin = performance.now();
  const internet = new Internet();
  const routing = internet.route();
  const [server, client] = await Promise.all(
    ["10.0.0.1", "10.0.0.2"].map((address) => internet.newStack(1500, address)),
  );
  const started = performance.now();
  const usage = process.cpuUsage();
  const site = serveHttp(server.listenTCP("10.0.0.1:80"), () => new Response("Hello"));
  const inside = await stackFetch(client);
  const response = await inside.fetch("http://10.0.0.1/");
  if (await response.text() !== "Hello") throw new Error("The answer is another one");
  await inside.close();
  await site.shutdown();
  await internet.close();
  await routing;
  const { user, system } = process.cpuUsage(usage);
  return { start: started - begin, beyond: performance.now() - started, cpu: (user + system) / 1000 };
}

async function inNewProcess(): Promise<Times> {
  const args = ["run", "-A", "--quiet", "--no-check", import.meta.filename!, "once"];
  const { stdout } = await new Deno.Command(Deno.execPath(), { args, stderr: "inherit" }).output();
  return JSON.parse(new TextDecoder().decode(stdout));
}

async function repeat(runs: number, run: () => Promise<Times>): Promise<Times[]> {
  const times: Times[] = [];
  for (let i = 0; i < runs; i++) times.push(await run());
  return times;
}

function report(what: string, times: Times[]): void {
  const of = (value: (time: Times) => number) => `${median(times.map(value)).toFixed(0)} ms`;
  const parts = `${of(({ start }) => start)} for the workers' start, ${of(({ beyond }) => beyond)} beyond it`;
  console.log(
    `${what}: ${of(({ start, beyond }) => start + beyond)}; ${parts}, of which computing ${of(({ cpu }) => cpu)}`,
  );
}

if (Deno.args[0] === "once") {
  console.log(JSON.stringify(await once()));
} else {
  const runs = Number(Deno.args[0] ?? 20);
  report(`median of ${runs} processes`, await repeat(runs, inNewProcess));
  report(`median of ${runs} runs in one process, the first left out`, (await repeat(runs + 1, once)).slice(1));
}
