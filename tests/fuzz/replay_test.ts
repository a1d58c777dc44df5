// What failed once is sent again, to the target alone; and what records and shrinks a failure.
// Some packets here are malformed on purpose.
import { assert, assertEquals } from "@std/assert";
import { makeCorpus } from "./corpus.ts";
import { runEpisode, targetOf } from "./episode.ts";
import { decodeInputs, encodeInputs, type Input, readRecording } from "./recording.ts";
import { replay, shrink } from "./replay.ts";
import { STEP } from "./world.ts";

const REGRESSIONS = new URL("regressions/", import.meta.url);

for (const { name } of [...Deno.readDirSync(REGRESSIONS)].filter(({ name }) => name.endsWith(".pcap"))) {
  Deno.test(`fixed: ${name}`, async () => {
    const violation = replay(await readRecording(new URL(name, REGRESSIONS)));
    if (violation) throw violation;
  });
}

const corpus = makeCorpus();

function record(episode: number, packets: number): Input[] {
  const inputs: Input[] = [];
  runEpisode(corpus, {
    seed: 5,
    episode,
    packets,
    record: (at, packet) => inputs.push({ at, packet: packet.slice() }),
  });
  return inputs;
}

Deno.test("a target that is sent a recording answers as it did", () => {
  const inputs: Input[] = [];
  const sent: string[] = [];
  let underAttack = 0;
  const record = (at: number, packet: Uint8Array) => {
    inputs.push({ at, packet: packet.slice() });
    if (at % STEP !== 0) underAttack = sent.length;
  };
  runEpisode(corpus, { seed: 5, episode: 1, packets: 2000, record, onSent: (packet) => sent.push(String(packet)) });
  const again: string[] = [];
  const recording = { ...targetOf(5, 1), inputs: decodeInputs(encodeInputs(inputs)) };
  assertEquals(replay(recording, (packet) => again.push(String(packet))), undefined);
  assert(underAttack > 500);
  assertEquals(again.slice(0, underAttack), sent.slice(0, underAttack));
});

Deno.test("a pcap file keeps packets and times exactly", () => {
  const inputs = record(1, 300);
  assertEquals(decodeInputs(encodeInputs(inputs)), inputs);
});

Deno.test("a recording of a run without a failure has none", () => {
  for (const episode of [0, 1, 2, 3, 4]) {
    assertEquals(replay({ ...targetOf(5, episode), inputs: record(episode, 500) }), undefined);
  }
});

Deno.test("what is not needed for a failure is left out", () => {
  const inputs = Array.from({ length: 1000 }, (_, at) => ({ at, packet: new Uint8Array() }));
  const needed = [17, 600, 601, 999];
  const fails = (some: Input[]) => needed.every((at) => some.some((input) => input.at === at));
  assertEquals(shrink(inputs, fails).map(({ at }) => at), needed);
});
