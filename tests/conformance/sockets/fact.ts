// Facts about sockets, each seen on every platform: the same on all of them, or different on purpose.
import { assertEquals } from "@std/assert";
import { scenario } from "../../scenarios/hosts.ts";
import { DENO, OURS, type Platform } from "./platform.ts";

/** What a program sees of a platform's sockets. */
export type Observation = (platform: Platform) => unknown;

/** A fact that no program can tell the platforms by. */
export function same(name: string, see: Observation, is: unknown, ours = OURS): void {
  for (const [platform, create] of Object.entries({ ...DENO, ...ours })) {
    register(`${name} (${platform})`, create, see, is);
  }
}

/** One of many facts about an argument: all is decided on the main thread, and workers would only take time. */
export function sameArgument(name: string, see: Observation, is: unknown): void {
  const { workers: _, ...others } = OURS;
  same(name, see, is, others);
}

/** A fact that differs on purpose; `why` is part of the name. */
export function differs(name: string, why: string, see: Observation, is: { deno: unknown; ours: unknown }): void {
  const full = `${name}: differs, ${why}`;
  for (const [platform, create] of Object.entries(DENO)) register(`${full} (${platform})`, create, see, is.deno);
  for (const [platform, create] of Object.entries(OURS)) register(`${full} (${platform})`, create, see, is.ours);
}

function register(name: string, create: () => Promise<Platform>, see: Observation, expected: unknown): void {
  scenario(name, async () => {
    await using platform = await create();
    assertEquals(await see(platform), expected);
  });
}
