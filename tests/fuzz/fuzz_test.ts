// Thousands of hostile packets; `deno task fuzz` sends millions. What fails here fails there:
// `deno task fuzz --seed=SEED --only=EPISODE`.
// Some packets here are malformed on purpose.
import { assert, assertEquals } from "@std/assert";
import { makeCorpus } from "./corpus.ts";
import { Draft } from "./draft.ts";
import { Layout } from "./layout.ts";
import { runEpisode } from "./episode.ts";
import { PROFILES } from "./profiles.ts";

const PACKETS = 3000;
/** Reasons to drop what a program sends. */
const OF_SENDERS = ["tooBig", "noRoute"];
/** Episodes after which all should have happened that can. */
const MOST_EPISODES = 60;
const corpus = makeCorpus();

function pass(seed: number, episode: number): Record<string, number> {
  const { violation, reached } = runEpisode(corpus, { seed, episode, packets: PACKETS });
  if (violation) {
    throw new Error(`seed ${seed}, episode ${episode}, episodes of ${PACKETS} packets`, { cause: violation });
  }
  return reached;
}

for (const [episode, profile] of Object.keys(PROFILES).entries()) {
  Deno.test(`hostile packets harm nobody: ${profile}, seed 1`, () => {
    pass(1, episode);
  });
}

Deno.test("hostile packets harm nobody: any seed", () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  console.log(`seed ${seed}`);
  for (const episode of Object.keys(PROFILES).keys()) pass(seed, episode);
});

Deno.test("the same seed does the same again", () => {
  const record = () => {
    const inputs: string[] = [];
    runEpisode(corpus, { seed: 3, episode: 1, packets: 500, record: (at, packet) => inputs.push(`${at} ${packet}`) });
    return inputs;
  };
  const first = record();
  assert(first.length > 500);
  assertEquals(record(), first);
});

Deno.test("hostile packets get far: into every state, and into each way to be dropped", () => {
  const states = ["SYN-SENT", "SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT", "CLOSING"];
  const missing = new Set([...states, "LAST-ACK", "TIME-WAIT"]);
  for (let episode = 0; episode < MOST_EPISODES && (episode === 0 || missing.size > 0); episode++) {
    for (const [name, count] of Object.entries(pass(2, episode))) {
      if (count > 0) missing.delete(name);
      else if (episode === 0 && !OF_SENDERS.includes(name)) missing.add(name);
    }
  }
  assertEquals([...missing], []);
});

Deno.test("the corpus has both families, all protocols, options, fragments and extension headers", () => {
  const draft = new Draft();
  const seen = new Set<string>();
  for (const packet of corpus) {
    draft.load(packet);
    const { family, protocol, isFragment, transport, isTCP } = draft.layout();
    seen.add(`${family} ${protocol}${isFragment ? " fragment" : ""}`);
    if (family === 6 && transport > 40) seen.add(`chain ${packet[6]}`);
    if (family === 4 && transport > 20) seen.add("IPv4 options");
    if (isTCP) { for (const kind of optionsOf(packet, transport)) seen.add(`option ${kind}`); }
  }
  const wanted = ["6", "17", "17 fragment"].flatMap((protocol) => [`4 ${protocol}`, `6 ${protocol}`]);
  for (const name of [...wanted, "4 1", "6 58", "chain 0", "chain 43", "chain 44", "chain 60", "IPv4 options"]) {
    assert(seen.has(name), name);
  }
  for (const kind of [2, 3, 4, 5, 8]) assert(seen.has(`option ${kind}`), `option ${kind}`);
});

Deno.test("a packet of the corpus keeps its checksums when they are made right", () => {
  const draft = new Draft();
  const layout = new Layout();
  for (const packet of corpus) {
    draft.load(packet);
    draft.fixLengths();
    draft.fixChecksums();
    const { isFragment } = layout.read(draft.view, draft.length);
    if (!isFragment) assertEquals(draft.copy(), packet);
  }
});

function optionsOf(packet: Uint8Array, transport: number): number[] {
  const kinds: number[] = [];
  const end = transport + (packet[transport + 12] >> 4) * 4;
  for (let at = transport + 20; at < end; at += packet[at] < 2 ? 1 : packet[at + 1]) kinds.push(packet[at]);
  return kinds;
}
