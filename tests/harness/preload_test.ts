import { assert, assertEquals, assertInstanceOf, assertStringIncludes } from "@std/assert";
import { liveWorkers } from "./preload.ts";

const PRELOAD = new URL("./preload.ts", import.meta.url);
const IDLE = "data:text/javascript,onmessage = () => {}";

async function runTest(source: string): Promise<{ code: number; output: string }> {
  const file = await Deno.makeTempFile({ suffix: "_test.ts" });
  try {
    await Deno.writeTextFile(file, source);
    const args = ["test", "-A", "--no-config", "--no-check", "--preload", PRELOAD.href, file];
    const { code, stdout } = await new Deno.Command(Deno.execPath(), { args, env: { NO_COLOR: "1" } }).output();
    return { code, output: new TextDecoder().decode(stdout) };
  } finally {
    await Deno.remove(file);
  }
}

function startAndLeave(then = ""): string {
  return `() => { new Worker("${IDLE}", { type: "module" }); ${then} }`;
}

Deno.test("a test that leaks a worker fails, and says where it was started", async () => {
  const { code, output } = await runTest(`Deno.test("leaky", ${startAndLeave()}); Deno.test("next", () => {});`);
  assert(code !== 0, output);
  assertStringIncludes(output, "leaky ... FAILED");
  assertStringIncludes(output, "next ... ok");
  assertStringIncludes(output, "Leaked workers: 1");
  assertStringIncludes(output, "_test.ts:1:");
});

Deno.test("a test step that leaks a worker fails its test", async () => {
  const { code, output } = await runTest(
    `Deno.test("outer", async (t) => { await t.step("s", ${startAndLeave()}); });`,
  );
  assert(code !== 0, output);
  assertStringIncludes(output, "Leaked workers: 1");
});

Deno.test("a test that throws half-way does not charge its workers to the next one", async () => {
  const own = startAndLeave(`throw new Error("own");`);
  const { output } = await runTest(`Deno.test("thrower", ${own}); Deno.test("next", () => {});`);
  assertStringIncludes(output, "Error: own");
  assertStringIncludes(output, "1 passed | 1 failed");
});

Deno.test("a test that terminates its workers passes", async () => {
  const body = `() => { const w = new Worker("${IDLE}", { type: "module" }); w.terminate(); w.terminate(); }`;
  const { code, output } = await runTest(`Deno.test("clean", ${body});`);
  assertEquals(code, 0, output);
});

Deno.test("liveWorkers counts what is started and not terminated", () => {
  assertEquals(liveWorkers(), 0);
  const first = new Worker(IDLE, { type: "module" });
  const second = new Worker(IDLE, { type: "module" });
  assertEquals(liveWorkers(), 2);
  first.terminate();
  assertEquals(liveWorkers(), 1);
  second.terminate();
  assertEquals(liveWorkers(), 0);
});

Deno.test("a counted Worker is still a Worker: it answers, and it can be subclassed", async () => {
  class Named extends Worker {
    readonly label = "mine";
  }
  const worker = new Named("data:text/javascript,onmessage = (e) => postMessage(e.data + 1)", { type: "module" });
  try {
    assertInstanceOf(worker, Worker);
    assertInstanceOf(worker, EventTarget);
    assertEquals([Worker.name, worker.label, liveWorkers()], ["Worker", "mine", 1]);
    const reply = Promise.withResolvers<number>();
    worker.onmessage = (event) => reply.resolve(event.data);
    worker.postMessage(41);
    assertEquals(await reply.promise, 42);
  } finally {
    worker.terminate();
  }
});
