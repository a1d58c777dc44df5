/**
 * The entry of a stack's worker: wiring only.
 *
 * Worker side.
 *
 * @module
 */
import { WorkerAlarm } from "./alarm.ts";
import { portCable } from "./cable.ts";
import { Driver } from "./driver.ts";

globalThis.addEventListener("message", (event) => {
  const { port, config } = (event as MessageEvent).data;
  new Driver(portCable(port), new WorkerAlarm(), config);
}, { once: true });
(globalThis as unknown as { postMessage(message: unknown): void }).postMessage("running");
