/**
 * Segments written from nothing: of flows whose numbers are known, and SYNs of new ones.
 *
 * @module
 */
import { FLAG_LETTERS } from "../harness/packets.ts";
import type { Dice } from "./dice.ts";
import type { Draft } from "./draft.ts";
import { TCP } from "./layout.ts";
import { ATTACKER_PORTS, GUARDED_PORT, NARROW_PORT, OPEN_PORT } from "./places.ts";
import type { SeenFlow } from "./sightings.ts";

type Addresses = Pick<SeenFlow, "family" | "local" | "remote">;

const [SYN, RST, ACK, ECN] = ["S", "R", ".", "EW"].map(bitsOf);
/** Flags: what is usual, each alone, and what must not be together; "-" is none. */
export const FLAGS = ". . P. F. FP. S S. R R. - F FS SR P.U .U SEW S.E FSRP.UEW".split(" ").map(bitsOf);
/** Those that move a flow on. */
const USUAL_FLAGS = ". . . . P. P. P. F. FP. .U".split(" ").map(bitsOf);
/** Where SYNs go. */
const SERVERS = [OPEN_PORT, OPEN_PORT, OPEN_PORT, OPEN_PORT, NARROW_PORT, NARROW_PORT, GUARDED_PORT];
/** Window fields. */
export const WINDOWS = [0, 1, 2, 100, 536, 1460, 0x7fff, 0xffff, 0xffff];
/** How far a number may be off: not, a little, a segment, a window, half of the space. */
const A_LITTLE = [0, 0, 1, -1, 2, 10, -10];
const MUCH = [536, -536, 1448, 1460, -1460, 4000, 65_535, -65_535, 262_144, 0x7fffffff, -0x80000000];
const NEAR = [...A_LITTLE, ...MUCH];

/** Writes a segment of a flow, with its numbers or some nearby. `exact`: nothing is wrong with it. */
export function writeSegment(draft: Draft, flow: SeenFlow, dice: Dice, exact: boolean): void {
  const at = writeAddresses(draft, flow, dice);
  const { view, bytes } = draft;
  const flags = flagsFor(flow, dice, exact);
  const seq = flow.flags === SYN ? dice.int32() : flow.rcvNxt;
  const payload = (flags & (SYN | RST)) !== 0 ? 0 : dice.oneIn(2) ? 0 : dice.pick([1, 10, 100, 536, 1000]);
  view.setUint16(at, flow.remotePort);
  view.setUint16(at + 2, flow.localPort);
  view.setInt32(at + 4, exact ? seq : (seq + aDistance(dice)) | 0);
  view.setInt32(at + 8, exact || dice.oneIn(2) ? flow.sndNxt : (flow.sndNxt + aDistance(dice)) | 0);
  bytes[at + 13] = flags;
  view.setUint16(at + 14, exact ? 0xffff : dice.pick(WINDOWS));
  view.setUint32(at + 16, 0);
  let end = at + 20;
  if (flow.hasTimestamps && (exact || !dice.oneIn(8))) end = writeTimestamps(draft, flow, dice, end);
  if ((flags & SYN) !== 0) end = writeSynOptions(draft, dice, end);
  else if (!exact && dice.oneIn(6)) end = writeSackBlocks(draft, flow, dice, end);
  bytes[at + 12] = ((end - at) / 4) << 4;
  bytes.fill(0x61, end, end + payload);
  draft.length = end + payload;
}

/** Writes the SYN of a new flow. */
export function writeSyn(draft: Draft, local: Uint8Array, remote: Uint8Array, dice: Dice): void {
  const at = writeAddresses(draft, { family: local.length === 4 ? 4 : 6, local, remote }, dice);
  const { view, bytes } = draft;
  view.setUint16(at, dice.oneIn(2) ? dice.pick(ATTACKER_PORTS) : 1024 + dice.below(64));
  view.setUint16(at + 2, dice.pick(SERVERS));
  view.setInt32(at + 4, dice.int32());
  view.setInt32(at + 8, 0);
  bytes[at + 13] = dice.oneIn(8) ? SYN | ECN : SYN;
  view.setUint16(at + 14, dice.pick(WINDOWS));
  view.setUint32(at + 16, 0);
  let end = at + 20;
  if (!dice.oneIn(3)) end = writeTimestamps(draft, { echo: dice.below(1000), timestamp: 0 }, dice, end);
  end = writeSynOptions(draft, dice, end);
  bytes[at + 12] = ((end - at) / 4) << 4;
  draft.length = end;
}

/** The IP header of a packet to the target; returns where it ends. */
function writeAddresses({ bytes, view }: Draft, { family, remote, local }: Addresses, dice: Dice): number {
  const header = family === 4 ? 20 : 40;
  bytes.fill(0, 0, header);
  bytes.set(remote, family === 4 ? 12 : 8);
  bytes.set(local, family === 4 ? 16 : 24);
  if (family === 4) {
    bytes[0] = 0x45;
    view.setUint16(4, dice.below(65536));
    bytes[8] = 64;
    bytes[9] = TCP;
  } else {
    bytes[0] = 0x60;
    bytes[6] = TCP;
    bytes[7] = 64;
  }
  return header;
}

/** A dial is answered, anything else goes on, in most cases. */
function flagsFor(flow: SeenFlow, dice: Dice, exact: boolean): number {
  if (flow.flags === SYN) return exact || !dice.oneIn(4) ? SYN | (dice.oneIn(8) ? 0 : ACK) : dice.pick(FLAGS);
  return exact || dice.oneIn(2) ? dice.pick(USUAL_FLAGS) : dice.pick(FLAGS);
}

function writeTimestamps({ view }: Draft, flow: Pick<SeenFlow, "echo" | "timestamp">, dice: Dice, at: number): number {
  view.setUint32(at, 0x0101080a);
  view.setInt32(at + 4, (flow.echo + (dice.oneIn(8) ? aDistance(dice) : dice.below(2))) | 0);
  view.setInt32(at + 8, (flow.timestamp + (dice.oneIn(8) ? aDistance(dice) : 0)) | 0);
  return at + 12;
}

function writeSynOptions({ view }: Draft, dice: Dice, at: number): number {
  view.setUint32(at, 0x02040000 | dice.pick([0, 48, 100, 536, 1220, 1460, 8960, 65535]));
  view.setUint32(at + 4, dice.oneIn(2) ? 0x01010402 : 0x01010101);
  view.setUint32(at + 8, dice.oneIn(2) ? 0x01030300 | dice.below(16) : 0x01010101);
  return at + 12;
}

function writeSackBlocks({ view }: Draft, flow: SeenFlow, dice: Dice, at: number): number {
  const count = 1 + dice.below(2);
  view.setUint32(at, (0x01010500 | (2 + 8 * count)) >>> 0);
  for (let i = 0; i < 2 * count; i++) {
    view.setInt32(at + 4 + 4 * i, (flow.sndNxt - dice.below(40_000) + aDistance(dice)) | 0);
  }
  return at + 4 + 8 * count;
}

/** How far a number is off that may be any. */
export function aDistance(dice: Dice): number {
  return dice.oneIn(8) ? dice.int32() : dice.pick(NEAR);
}

/** The bits of flags as `FLAG_LETTERS` names them. */
function bitsOf(letters: string): number {
  return [...letters].reduce((bits, letter) => letter === "-" ? bits : bits | (1 << FLAG_LETTERS.indexOf(letter)), 0);
}
