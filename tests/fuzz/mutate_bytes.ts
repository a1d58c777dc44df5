/**
 * Mutations that know nothing of what the bytes mean.
 *
 * @module
 */
import type { Dice } from "./dice.ts";
import { CAPACITY, type Draft } from "./draft.ts";

/** Changes a draft. It may do nothing, where the draft has no place for it. */
export type Mutation = (draft: Draft, dice: Dice) => void;

const INTERESTING_BYTES = [0, 1, 4, 5, 6, 7, 8, 0x0f, 0x10, 0x40, 0x7f, 0x80, 0xfe, 0xff];
const INTERESTING_WORDS = [0, 1, 7, 8, 20, 40, 0x7f, 0xff, 0x100, 0x5b4, 0x5dc, 0x7fff, 0x8000, 0xfff8, 0xfffe, 0xffff];
/** Most changes go where the headers are. */
const HEADERS = 96;

/** For any packet. */
export const BYTE_MUTATIONS: Mutation[] = [
  (draft, dice) => at(draft, dice, 1, (i) => draft.bytes[i] ^= 1 << dice.below(8)),
  (draft, dice) => at(draft, dice, 1, (i) => draft.bytes[i] = dice.below(256)),
  (draft, dice) => at(draft, dice, 1, (i) => draft.bytes[i] = dice.pick(INTERESTING_BYTES)),
  (draft, dice) => at(draft, dice, 2, (i) => draft.view.setUint16(i, dice.pick(INTERESTING_WORDS))),
  (draft, dice) => at(draft, dice, 4, (i) => draft.view.setInt32(i, dice.int32())),
  (draft, dice) => draft.resize(dice.below(draft.length + 1)),
  (draft, dice) => draft.resize(draft.length + 1 + dice.below(dice.oneIn(50) ? CAPACITY : 64)),
  (draft, dice) => at(draft, dice, 1, (i) => draft.remove(i, 1 + dice.below(Math.min(16, draft.length - i)))),
  (draft, dice) => at(draft, dice, 1, (i) => void draft.insert(i, 1 + dice.below(16))),
  (draft, dice) => at(draft, dice, 8, (i) => repeat(draft, i, 8)),
  (draft, dice) => at(draft, dice, 4, (i) => draft.bytes.copyWithin(i, dice.below(draft.length), i + 4)),
];

/** The start of the draft, the end of another packet. */
export function splice(draft: Draft, other: Uint8Array, dice: Dice): void {
  const keep = dice.below(Math.min(draft.length, HEADERS) + 1);
  const from = dice.oneIn(2) ? Math.min(keep, other.length) : dice.below(other.length);
  draft.resize(Math.min(CAPACITY, keep + other.length - from));
  draft.bytes.set(other.subarray(from, from + draft.length - keep), keep);
}

/** Random bytes, with a version of IP in most cases. */
export function makeGarbage(draft: Draft, dice: Dice): void {
  draft.resize(dice.below(120));
  for (let i = 0; i < draft.length; i++) draft.bytes[i] = dice.below(256);
  if (draft.length > 0 && !dice.oneIn(8)) draft.bytes[0] = dice.pick([0x45, 0x46, 0x4f, 0x60]);
}

function at(draft: Draft, dice: Dice, size: number, change: (index: number) => void): void {
  const places = Math.min(draft.length, dice.oneIn(8) ? Infinity : HEADERS) - size + 1;
  if (places > 0) change(dice.below(places));
}

function repeat(draft: Draft, index: number, count: number): void {
  if (draft.insert(index, count)) draft.bytes.copyWithin(index, index + count, index + 2 * count);
}
