/**
 * Sends a target again what it was sent once, and finds out how little of it is enough.
 *
 * @module
 */
import { Answers } from "./answers.ts";
import { Limits, RESTING } from "./limits.ts";
import type { Input, Recording } from "./recording.ts";
import { type OnPacket, Target } from "./target.ts";
import { asViolation, type Violation } from "./violation.ts";
import { STEP } from "./world.ts";

/** Packets between looks at the limits. */
const LIMITS_EVERY = 16;

/**
 * Runs the target alone; what goes wrong, if anything does. Whether guarded flows have all their bytes is not asked,
 * because their peer is not there.
 */
export function replay({ profile, seed, inputs }: Recording, onSent?: OnPacket): Violation | undefined {
  const answers = new Answers();
  try {
    const target = new Target(profile, seed, {
      sent: (packet, view) => {
        answers.note(packet, view);
        onSent?.(packet, view);
      },
      accepted: (remote) => answers.accepted(remote),
    });
    const limits = new Limits(target.engine, profile);
    for (let i = 0; i < inputs.length;) {
      const size = batchAt(inputs, i);
      target.advance(inputs[i].at);
      answers.begin();
      for (const { packet } of inputs.slice(i, i + size)) {
        const bytes = packet.slice();
        const view = new DataView(bytes.buffer);
        answers.cause(bytes, view, bytes.length, false);
        target.receive(view, 0, bytes.length);
      }
      target.settle();
      answers.end();
      if (i % LIMITS_EVERY === 0) limits.check(target.program.connections());
      i += size;
    }
    limits.check(target.program.connections());
    target.program.rest(target.now);
    target.settle();
    target.advance(target.now + RESTING);
    limits.checkEmpty();
  } catch (error) {
    return asViolation(error);
  }
  return undefined;
}

/** The inputs without those that are not needed for `fails`, which holds for all of them. */
export function shrink(inputs: readonly Input[], fails: (inputs: Input[]) => boolean): Input[] {
  let kept = [...inputs];
  for (let size = Math.ceil(kept.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < kept.length;) {
      const without = [...kept.slice(0, from), ...kept.slice(from + size)];
      if (fails(without)) kept = without;
      else from += size;
    }
  }
  return kept;
}

/** How many inputs from `index` on come together: hostile ones of the same moment. */
function batchAt(inputs: readonly Input[], index: number): number {
  const { at } = inputs[index];
  if (at % STEP === 0) return 1;
  let end = index + 1;
  while (end < inputs.length && inputs[end].at === at) end++;
  return end - index;
}
