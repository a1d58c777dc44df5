/**
 * Mutations of IP headers, IPv4 options and IPv6 extension headers.
 *
 * @module
 */
import type { Dice } from "./dice.ts";
import type { Draft } from "./draft.ts";
import type { Mutation } from "./mutate_bytes.ts";
import { ATTACKER_BYTES, ODD_BYTES, PEER_BYTES, TARGET_BYTES } from "./places.ts";

const PROTOCOLS = [0, 1, 2, 4, 6, 17, 41, 43, 44, 50, 51, 58, 59, 60, 135, 253, 255];
const EXTENSIONS = [0, 43, 44, 60];
const IPV4_OPTIONS = [0, 1, 7, 68, 82, 131, 137, 148, 255];
/** Of Pad1, PadN, router alert, jumbo payload, and unknown ones with each action. */
const IPV6_OPTIONS = [0, 1, 5, 0xc2, 0x1e, 0x5e, 0x9e, 0xde, 0xff];
const LENGTHS = [0, 1, 19, 20, 21, 39, 40, 41, 576, 1280, 1500, 0xfff8, 0xffff];

/** For packets of either family. */
export const IP_MUTATIONS: Mutation[] = [
  (draft, dice) => ifFamily(draft, 4, () => draft.bytes[0] = 0x40 | dice.below(16)),
  (draft, dice) => ifFamily(draft, 4, () => draft.view.setUint16(2, aLength(draft, dice))),
  (draft, dice) => ifFamily(draft, 4, () => draft.view.setUint16(4, dice.below(4))),
  (draft, dice) => ifFamily(draft, 4, () => draft.view.setUint16(6, aFragmentWord(dice))),
  (draft, dice) => ifFamily(draft, 4, () => draft.bytes[8] = dice.pick([0, 1, 64, 255])),
  (draft, dice) => ifFamily(draft, 4, () => draft.bytes[1] = dice.below(256)),
  (draft, dice) => ifFamily(draft, 4, () => insertOptions(draft, dice)),
  (draft, dice) => ifFamily(draft, 6, () => draft.view.setUint16(4, aLength(draft, dice))),
  (draft, dice) => ifFamily(draft, 6, () => draft.bytes[7] = dice.pick([0, 1, 64, 255])),
  (draft, dice) => ifFamily(draft, 6, () => draft.view.setInt32(0, 0x6000_0000 | (dice.int32() & 0xfffffff))),
  (draft, dice) => ifFamily(draft, 6, () => insertExtension(draft, dice)),
  (draft, dice) => ifFamily(draft, 6, () => insertExtension(draft, dice)),
  (draft, dice) => draft.bytes[draft.layout().protocolAt] = dice.pick(PROTOCOLS),
  (draft, dice) => setAddress(draft, dice, "source"),
  (draft, dice) => setAddress(draft, dice, "source"),
  (draft, dice) => setAddress(draft, dice, "destination"),
  (draft, dice) => draft.bytes[0] = (dice.below(16) << 4) | (draft.bytes[0] & 15),
];

/** Another sender: the peer, an attacker, or one that cannot be. */
export function setAddress(draft: Draft, dice: Dice, which: "source" | "destination"): void {
  const { family } = draft.layout();
  if (family === 0) return;
  const own = which === "source" ? PEER_BYTES[family] : TARGET_BYTES[family];
  const address = dice.oneIn(4)
    ? dice.pick(ODD_BYTES[family])
    : dice.oneIn(2)
    ? own
    : dice.pick(ATTACKER_BYTES[family]);
  const start = family === 4 ? 12 : 8;
  draft.bytes.set(address, which === "source" ? start : start + address.length);
}

function ifFamily(draft: Draft, family: 4 | 6, change: () => void): void {
  if (draft.layout().family === family) change();
}

function aLength(draft: Draft, dice: Dice): number {
  return dice.oneIn(2) ? dice.pick(LENGTHS) : Math.max(0, draft.length + dice.below(17) - 8) & 0xffff;
}

/** Flags and offset: small offsets, those at the end of what is possible, any. */
function aFragmentWord(dice: Dice): number {
  const flags = dice.below(8) << 13;
  return flags | (dice.oneIn(3) ? dice.pick([0, 1, 2, 0x1ffe, 0x1fff]) : dice.below(0x2000));
}

function insertOptions(draft: Draft, dice: Dice): void {
  const words = 1 + dice.below(3);
  const header = draft.bytes[0] & 15;
  if (header + words > 15 || !draft.insert(20, 4 * words)) return;
  draft.bytes[0] = 0x40 | (header + words);
  for (let at = 20; at < 20 + 4 * words;) {
    const length = dice.oneIn(8) ? dice.below(256) : 2 + dice.below(8);
    draft.bytes[at] = dice.pick(IPV4_OPTIONS);
    draft.bytes[at + 1] = length;
    draft.bytes[at + 2] = dice.pick([0, 4, 5, 255]);
    at += dice.oneIn(4) ? 1 : Math.max(2, length);
  }
}

/** Puts an extension header right behind the fixed header, or behind the chain. */
function insertExtension(draft: Draft, dice: Dice): void {
  const layout = draft.layout();
  const [at, nameAt] = dice.oneIn(2) ? [40, 6] : [layout.transport, layout.protocolAt];
  const kind = dice.pick(EXTENSIONS);
  const units = kind === 44 ? 0 : dice.oneIn(16) ? dice.below(32) : dice.below(3);
  const next = draft.bytes[nameAt];
  if (!draft.insert(at, 8 + 8 * units)) return;
  draft.bytes[nameAt] = kind;
  draft.bytes[at] = next;
  if (kind === 44) {
    draft.view.setUint16(at + 2, dice.oneIn(2) ? 0 : aFragmentWord(dice));
    draft.view.setUint32(at + 4, dice.below(4));
    return;
  }
  draft.bytes[at + 1] = dice.oneIn(16) ? dice.below(256) : units;
  if (kind === 43) {
    draft.bytes[at + 2] = dice.below(5);
    draft.bytes[at + 3] = dice.pick([0, 0, 1, 255]);
  } else fillOptions(draft, dice, at + 2, at + 8 + 8 * units);
}

function fillOptions(draft: Draft, dice: Dice, from: number, end: number): void {
  for (let at = from; at < end;) {
    const room = end - at - 2;
    const length = room < 0 ? 0 : dice.oneIn(16) ? dice.below(256) : dice.below(Math.min(room, 8) + 1);
    draft.bytes[at] = room < 0 ? 0 : dice.pick(IPV6_OPTIONS);
    if (draft.bytes[at] === 0) at++;
    else {
      draft.bytes[at + 1] = length;
      at += 2 + length;
    }
  }
}
