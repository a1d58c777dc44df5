/**
 * Scenarios: one engine against packets written by hand, in virtual time. `tests/conformance/README.md` describes the
 * language.
 *
 * @module
 */
import type { EngineConfig } from "../../stack/engine/engine.ts";
import { ScenarioRun } from "./scenario_run.ts";
import { parseScenario } from "./script_text.ts";

/** What a scenario may choose. */
export interface ScenarioOptions {
  mtu?: number;
  tcp?: EngineConfig["tcp"];
  limits?: EngineConfig["limits"];
  /** Only one family; both otherwise. */
  only?: 4 | 6;
  seed?: number;
}

/** A connection that the engine has accepted, after 1 ms: sequence numbers stand at 1 on both sides. */
export const ACCEPTED = `
  listen 80
  < S 0 win 65535 mss MSS
  > S. 0 ack 1
  +1 < . 1 ack 1 win 65535
  event accepted
  accept
`;

/** A connection that the engine has dialled, after 1 ms: sequence numbers stand at 1 on both sides. */
export const DIALLED = `
  connect 80
  > S 0
  +1 < S. 0 ack 1 win 65535 mss MSS
  > . 1 ack 1
  event connected
`;

/** Registers a scenario as a test for each family. The first word of the name is its row in the table of behaviour. */
export function scenario(name: string, text: string, options: ScenarioOptions = {}): void {
  const families: (4 | 6)[] = options.only ? [options.only] : [4, 6];
  for (const family of families) {
    Deno.test(`${name} (IPv${family})`, () => runScenario(name, text, family, options));
  }
}

/** Runs a scenario; throws an Error with the trace and the difference when the engine does otherwise. */
export function runScenario(name: string, text: string, family: 4 | 6, options: ScenarioOptions = {}): void {
  new ScenarioRun(`${name} (IPv${family})`, parseScenario(text), family, options).run();
}
