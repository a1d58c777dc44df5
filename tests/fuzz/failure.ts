/**
 * Makes a file of a failure: all that the target was sent, or the little of it that is enough.
 *
 * @module
 */
import { type EpisodeOptions, runEpisode, targetOf } from "./episode.ts";
import { encodeInputs, fileName, type Input, type Recording } from "./recording.ts";
import { replay, shrink } from "./replay.ts";

/** Records an episode that fails once more, shrinks it where the target fails alone, and returns the file's name and bytes. */
export function recordFailure(
  corpus: readonly Uint8Array<ArrayBuffer>[],
  options: EpisodeOptions,
): { name: string; bytes: Uint8Array<ArrayBuffer>; packets: number } {
  const inputs: Input[] = [];
  runEpisode(corpus, { ...options, record: (at, packet) => inputs.push({ at, packet: packet.slice() }) });
  const recording = { ...targetOf(options.seed, options.episode), inputs };
  const shrunk = { ...recording, inputs: shrinkRecording(recording) };
  const name = fileName(`failure-${options.seed}-${options.episode}`, shrunk);
  return { name, bytes: encodeInputs(shrunk.inputs), packets: shrunk.inputs.length };
}

function shrinkRecording(recording: Recording): Input[] {
  const violation = replay(recording);
  if (!violation) return recording.inputs;
  return shrink(recording.inputs, (inputs) => {
    const other = replay({ ...recording, inputs });
    return other !== undefined && sayingOf(other.message) === sayingOf(violation.message);
  });
}

/** A message without its numbers, which depend on how much came before. */
function sayingOf(message: string): string {
  return message.replace(/\d+/g, "N");
}
