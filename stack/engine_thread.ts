/**
 * Where a stack's engine runs: in a worker of its own, or on this thread.
 *
 * Main side.
 *
 * @module
 */
import type { Alarm } from "./alarm.ts";
import { type Cable, portCable } from "./cable.ts";
import { Driver } from "./driver.ts";
import { inlineCables } from "./inline_cable.ts";
import type { Call, Event, StackConfig } from "./messages.ts";
import { clearTimeout, LONGEST_TIMER, setTimeout } from "./real_time.ts";

/** A running engine's place. */
export interface EngineThread {
  readonly cable: Cable<Call, Event>;
  /** Resolves with the error when the engine dies by itself. */
  readonly died: Promise<Error>;
  /** Ends it at once. */
  terminate(): void;
}

/**
 * Starts a worker.
 *
 * Rejects with Deno.errors.NotCapable when the program may not read the worker's module.
 */
export async function startWorker(config: StackConfig): Promise<EngineThread> {
  const module = new URL("./worker.ts", import.meta.url);
  await requireReadable(module);
  const worker = new Worker(module, { type: "module", name: `stack ${config.addresses.join(" ")}` });
  const { port1, port2 } = new MessageChannel();
  const died = Promise.withResolvers<Error>();
  worker.addEventListener("error", (event) => {
    event.preventDefault();
    died.resolve(workerError(event.message));
  });
  worker.addEventListener("messageerror", () => died.resolve(new Error("The stack's worker sent what cannot be read")));
  // Not before it runs: Deno keeps a port for ever that was sent to a worker which had failed.
  worker.addEventListener("message", () => worker.postMessage({ port: port2, config }, [port2]), { once: true });
  const terminate = () => {
    worker.terminate();
    port2.close();
  };
  return { cable: portCable(port1), died: died.promise, terminate };
}

/** An error that Deno tells of only by its text. */
function workerError(message: string): Error {
  if (message.startsWith("Requires read access")) return new Deno.errors.NotCapable(message);
  return new Error(`The stack's worker died: ${message}`);
}

/** Runs the engine on this thread. */
export function startInline(config: StackConfig): EngineThread {
  const [here, there] = inlineCables<Call, Event>();
  const died = Promise.withResolvers<Error>();
  const onError = (cause: unknown) => died.resolve(new Error("The stack's engine died", { cause }));
  const driver = new Driver(there, inlineAlarm(), config, onError);
  return { cable: here, died: died.promise, terminate: () => driver.terminate() };
}

function inlineAlarm(): Alarm {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const clear = () => clearTimeout(timer);
  const set = (delay: number, action: () => void) => {
    clear();
    timer = setTimeout(action, Math.min(delay, LONGEST_TIMER));
  };
  // On one thread a turn comes at once, and there is nothing to wait for.
  return { set, clear, soon: (action) => action() };
}

/** Lets Deno itself say what is missing: a worker that may not be read only fails with an event. */
async function requireReadable(module: URL): Promise<void> {
  if (module.protocol !== "file:") return;
  const { state } = Deno.permissions.querySync({ name: "read", path: module });
  if (state !== "granted") await Deno.stat(module);
}
