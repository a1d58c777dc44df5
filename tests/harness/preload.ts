// Deno's sanitizers do not see a leaked Web Worker. This module, which tests/run.ts loads before every test file, counts the
// workers that were started and not terminated, and fails the test that leaves one behind.

// On globalThis, so that a second copy of this module counts the same workers.
const LIVE = Symbol.for("uis.tests.liveWorkers");
const shared = globalThis as typeof globalThis & { [LIVE]?: Map<Worker, string> };

const live: Map<Worker, string> = shared[LIVE] ?? install();

/** How many workers this thread has started and not terminated yet. */
export function liveWorkers(): number {
  return live.size;
}

function install(): Map<Worker, string> {
  const started = shared[LIVE] = new Map<Worker, string>();
  Object.defineProperty(globalThis, "Worker", { value: counting(globalThis.Worker, started) });
  Deno.test.afterEach(() => {
    const places = [...started.values()];
    // The next test is judged by its own workers.
    for (const worker of started.keys()) worker.terminate();
    if (places.length > 0) throw new Error(`Leaked workers: ${places.length}\n${places.join("\n")}`);
  });
  return started;
}

function counting(Native: typeof Worker, started: Map<Worker, string>): typeof Worker {
  return class Worker extends Native {
    constructor(specifier: string | URL, options?: WorkerOptions) {
      super(specifier, options);
      const stack = new Error().stack?.split("\n").slice(2).join("\n") ?? "";
      started.set(this, `  ${specifier} started\n${stack}`);
    }

    override terminate(): void {
      started.delete(this);
      super.terminate();
    }
  };
}

const traces = Deno.env.get("UIS_TRACES");
if (traces) (await import("../traces/recorder.ts")).recordTraces(traces);
