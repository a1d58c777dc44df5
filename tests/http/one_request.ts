// How long a test with one HTTP request takes: it opens two stacks, serves, fetches once, and closes everything.
// `deno run -A tests/http/one_request.ts 20` prints medians of 20 runs: each in a process of its own, where Node's HTTP
// has to be loaded, and all in one process.
import { Internet, serveHttp, stackFetch } from "../../mod.ts";

/** Wall time in ms. */
interface Times {
  /** Until both stacks run. */
  start: number;
  /** From then until everything is closed. */
  beyond: number;
}

async function once(): Promise<Times> {
  const begin = performance.now();
  const internet = new Internet();
  const routing = internet.route();
  const [server, client] = await Promise.all(
    ["10.0.0.1", "10.0.0.2"].map((address) => internet.newStack(1500, address)),
  );
  const started = performance.now();
  const site = serveHttp(server.listenTCP("10.0.0.1:80"), () => new Response("Hello"));
  const inside = await stackFetch(client);
  const response = await inside.fetch("http://10.0.0.1/");
  if (await response.text() !== "Hello") throw new Error("The answer is another one");
  await inside.close();
  await site.shutdown();
  await internet.close();
  await routing;
  return { start: started - begin, beyond: performance.now() - started };
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

function median(values: number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
  return `${middle.toFixed(0)} ms`;
}

function report(what: string, times: Times[]): void {
  const [start, beyond] = [times.map((time) => time.start), times.map((time) => time.beyond)];
  const all = median(times.map((time) => time.start + time.beyond));
  console.log(`${what}: ${all}; ${median(start)} for the workers' start, ${median(beyond)} beyond it`);
}

if (Deno.args[0] === "once") {
  console.log(JSON.stringify(await once()));
} else {
  const runs = Number(Deno.args[0] ?? 20);
  report(`median of ${runs} processes`, await repeat(runs, inNewProcess));
  report(`median of ${runs} runs in one process, the first left out`, (await repeat(runs + 1, once)).slice(1));
}
