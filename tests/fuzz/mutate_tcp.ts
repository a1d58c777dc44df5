/**
 * Mutations of TCP segments.
 *
 * @module
 */
import type { Dice } from "./dice.ts";
import type { Draft } from "./draft.ts";
import type { Mutation } from "./mutate_bytes.ts";
import { ATTACKER_PORTS, GUARDED_PORT, OPEN_PORT } from "./places.ts";
import { aDistance, FLAGS, WINDOWS } from "./segments.ts";

/** Options as bytes, most of them broken: lengths, counts, blocks that cannot be, values at the ends. */
const ODD_OPTIONS = [
  [2, 4, 0, 0],
  [2, 4, 0, 1],
  [2, 4, 0xff, 0xff],
  [2, 4, 0, 48],
  [3, 3, 0, 1],
  [3, 3, 14, 1],
  [3, 3, 255, 1],
  [4, 2, 1, 1],
  [4, 2, 5, 2],
  [5, 10, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1],
  [5, 10, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 1, 1],
  [5, 34, ...new Array<number>(32).fill(0x7f), 1, 1],
  [5, 255, 1, 1],
  [8, 10, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1],
  [8, 10, 0x7f, 0xff, 0xff, 0xff, 0x80, 0, 0, 0, 1, 1],
  [8, 0, 0, 0],
  [8, 9, 0, 0],
  [34, 2, 1, 1],
  [28, 4, 0, 1],
  [19, 18, ...new Array<number>(16).fill(0), 1, 1],
  [253, 255, 0, 0],
  [1, 1, 1, 0],
  [0, 0, 0, 0],
  [255, 1, 1, 255],
];

/** For segments. */
export const TCP_MUTATIONS: Mutation[] = [
  (draft, dice) => withHeader(draft, (at) => draft.bytes[at + 13] = dice.pick(FLAGS)),
  (draft, dice) => withHeader(draft, (at) => draft.bytes[at + 13] ^= 1 << dice.below(8)),
  (draft, dice) => withHeader(draft, (at) => move(draft, at + 4, dice)),
  (draft, dice) => withHeader(draft, (at) => move(draft, at + 8, dice)),
  (draft, dice) => withHeader(draft, (at) => draft.view.setUint16(at + 14, dice.pick(WINDOWS))),
  (draft, dice) => withHeader(draft, (at) => draft.view.setUint16(at + 18, dice.pick([0, 1, 2, 100, 0xffff]))),
  (draft, dice) => withHeader(draft, (at) => draft.bytes[at + 12] = (dice.below(16) << 4) | dice.below(16)),
  (draft, dice) => withHeader(draft, (at) => draft.view.setUint16(at, aPort(dice))),
  (draft, dice) => withHeader(draft, (at) => draft.view.setUint16(at + 2, aPort(dice))),
  (draft, dice) => withHeader(draft, (at) => insertOption(draft, dice, at)),
  (draft, dice) => withHeader(draft, (at) => insertOption(draft, dice, at)),
  (draft, dice) => withHeader(draft, (at) => changeOption(draft, dice, at)),
  (draft, dice) => withHeader(draft, () => draft.resize(draft.length + dice.pick([-1, 1, -8, 8, 100, 1460, -1460]))),
];

/** A port of anybody. */
export function aPort(dice: Dice): number {
  if (dice.oneIn(4)) return dice.below(65536);
  return dice.oneIn(2) ? dice.pick(ATTACKER_PORTS) : dice.pick([OPEN_PORT, GUARDED_PORT, 7]);
}

function withHeader(draft: Draft, change: (at: number) => void): void {
  const layout = draft.layout();
  if (layout.isTCP) change(layout.transport);
}

function move(draft: Draft, at: number, dice: Dice): void {
  draft.view.setInt32(at, (draft.view.getInt32(at) + aDistance(dice)) | 0);
}

function insertOption(draft: Draft, dice: Dice, at: number): void {
  const option = dice.pick(ODD_OPTIONS);
  const header = (draft.bytes[at + 12] >> 4) * 4;
  if (header + option.length > 60 || header < 20 || !draft.insert(at + 20, option.length)) return;
  draft.bytes.set(option, at + 20);
  draft.bytes[at + 12] = ((header + option.length) / 4) << 4;
}

/** Changes a byte among the options. */
function changeOption(draft: Draft, dice: Dice, at: number): void {
  const options = (draft.bytes[at + 12] >> 4) * 4 - 20;
  if (options <= 0 || at + 20 + options > draft.length) return;
  draft.bytes[at + 20 + dice.below(options)] = dice.oneIn(2) ? dice.below(16) : dice.below(256);
}
