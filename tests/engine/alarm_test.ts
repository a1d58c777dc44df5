// The alarm of a stack's worker, and that the worker needs none of Deno's timers beside it.
import { assert, assertEquals } from "@std/assert";
import { WorkerAlarm } from "../../stack/alarm.ts";

const ROOT = new URL("../../", import.meta.url);

/** What `deno info --json` says of a module. */
interface Module {
  specifier: string;
  /** With `code` where it is loaded, without where only its types are read. */
  dependencies?: { code?: { specifier: string } }[];
}

/** An alarm does not keep a thread running, as a worker's port does. */
function alarmTest(name: string, test: () => Promise<void>): void {
  Deno.test(name, async () => {
    const running = setInterval(() => {}, 1000);
    try {
      await test();
    } finally {
      clearInterval(running);
    }
  });
}

/** Waits for another alarm: what was set for less has rung by then, if it rings. */
function lateEnough(delay: number): Promise<void> {
  return new Promise((resolve) => new WorkerAlarm().set(delay, resolve));
}

alarmTest("an alarm rings once", async () => {
  let rings = 0;
  const alarm = new WorkerAlarm();
  await new Promise<void>((resolve) => alarm.set(5, () => resolve(void rings++)));
  await lateEnough(10);
  assertEquals(rings, 1);
});

alarmTest("an alarm for a time that has passed rings too, but not at once", async () => {
  let rings = 0;
  const rung = new Promise<void>((resolve) => new WorkerAlarm().set(-1, () => resolve(void rings++)));
  await Promise.resolve();
  assertEquals(rings, 0);
  await rung;
});

alarmTest("an alarm that was cleared does not ring, and can be set again", async () => {
  const rings: string[] = [];
  const alarm = new WorkerAlarm();
  alarm.set(2, () => rings.push("cleared"));
  alarm.clear();
  alarm.clear();
  await lateEnough(10);
  alarm.set(2, () => rings.push("set again"));
  await lateEnough(10);
  assertEquals(rings, ["set again"]);
});

alarmTest("what is set last is what counts, be it earlier or later", async () => {
  const rings: string[] = [];
  const alarm = new WorkerAlarm();
  alarm.set(2, () => rings.push("replaced"));
  alarm.set(60_000, () => rings.push("replaced too"));
  alarm.set(4, () => rings.push("last"));
  await lateEnough(20);
  assertEquals(rings, ["last"]);
});

alarmTest("what is due soon comes whatever is set, and leaves it set", async () => {
  const calls: string[] = [];
  const alarm = new WorkerAlarm();
  alarm.set(5, () => calls.push("later"));
  await new Promise<void>((resolve) => alarm.soon(() => resolve(void calls.push("soon"))));
  assertEquals(calls, ["soon"]);
  await lateEnough(20);
  assertEquals(calls, ["soon", "later"]);
});

Deno.test("a stack's worker loads few modules, and none that touches Deno's timers", async () => {
  const modules = await loadedBy("stack/worker.ts");
  assert(modules.has("stack/alarm.ts") && modules.has("stack/engine/engine.ts"));
  assert(!modules.has("stack/real_time.ts"));
  assert(modules.size < 100, `${modules.size} modules`);
});

/** The modules that one loads at its start, itself among them, by their paths in the project. */
async function loadedBy(entry: string): Promise<Set<string>> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json", entry], cwd: ROOT }).output();
  const { modules }: { modules: Module[] } = JSON.parse(new TextDecoder().decode(stdout));
  const dependencies = new Map(modules.map(({ specifier, dependencies = [] }) => [specifier, dependencies]));
  const loaded = new Set([new URL(entry, ROOT).href]);
  for (const specifier of loaded) {
    for (const { code } of dependencies.get(specifier)!) {
      if (code) loaded.add(code.specifier);
    }
  }
  return new Set([...loaded].map((specifier) => specifier.slice(ROOT.href.length)));
}
