/**
 * Mutations of UDP and ICMP, and ICMP errors about packets that the target did send.
 *
 * @module
 */
import type { Dice } from "./dice.ts";
import { CAPACITY, type Draft } from "./draft.ts";
import { ICMPV4, ICMPV6, Layout, UDP } from "./layout.ts";
import type { Mutation } from "./mutate_bytes.ts";
import { aPort } from "./mutate_tcp.ts";
import { ATTACKER_BYTES, DATAGRAM_PORTS } from "./places.ts";

const ERROR_TYPES = { 4: [3, 3, 3, 3, 4, 5, 11, 12], 6: [1, 1, 1, 2, 2, 3, 4, 127] };
const TYPES = {
  4: [0, 3, 4, 5, 8, 9, 10, 11, 12, 13, 14, 17, 42, 255],
  6: [0, 1, 2, 3, 4, 100, 127, 128, 129, 130, 135, 137, 255],
};
/** MTUs that a router may name, or lie about. */
const MTUS = [0, 1, 67, 68, 296, 551, 552, 576, 1279, 1280, 1400, 1499, 1500, 9000, 65535, 0x10000, 0xffffffff];

/** For datagrams. */
export const UDP_MUTATIONS: Mutation[] = [
  (draft, dice) => withUDP(draft, (at) => draft.view.setUint16(at, aPort(dice))),
  (draft, dice) =>
    withUDP(draft, (at) => draft.view.setUint16(at + 2, dice.oneIn(3) ? aPort(dice) : dice.pick(DATAGRAM_PORTS))),
  (draft, dice) =>
    withUDP(draft, (at) => draft.view.setUint16(at + 4, dice.pick([0, 1, 7, 8, 9, draft.length, 0xffff]) & 0xffff)),
  (draft) => withUDP(draft, (at) => draft.view.setUint16(at + 6, 0)),
  (draft, dice) => withUDP(draft, () => draft.resize(draft.length + dice.pick([-8, -1, 1, 8, 500, 1400]))),
];

/** For messages of both families. */
export const ICMP_MUTATIONS: Mutation[] = [
  (draft, dice) => withICMP(draft, (at, family) => draft.bytes[at] = dice.pick(TYPES[family])),
  (draft, dice) => withICMP(draft, (at) => draft.bytes[at + 1] = dice.below(dice.oneIn(4) ? 256 : 16)),
  (draft, dice) => withICMP(draft, (at) => draft.view.setUint32(at + 4, dice.pick(MTUS))),
  (draft, dice) => withICMP(draft, (at) => draft.view.setInt32(at + 4, dice.int32())),
  (draft, dice) => withICMP(draft, (at) => draft.resize(at + 8 + dice.below(80))),
  (draft, dice) => withICMP(draft, (at) => draft.resize(draft.length + dice.pick([1, 8, 100, 600, 1300]) - at % 2)),
  (draft, dice) => withICMP(draft, (at) => changeQuoted(draft, dice, at + 8)),
  (draft, dice) => withICMP(draft, (at) => changeQuoted(draft, dice, at + 8)),
];

/** An ICMP error from a router about a packet, of which `quoted` is at least the start. */
export function writeReport(draft: Draft, quoted: Uint8Array, dice: Dice): void {
  const family = quoted[0] >> 4 === 4 ? 4 : 6;
  const [header, size, from] = family === 4 ? [20, 4, 12] as const : [40, 16, 8] as const;
  const router = dice.oneIn(2) ? dice.pick(ATTACKER_BYTES[family]) : quoted.subarray(from + size, from + 2 * size);
  const { bytes, view } = draft;
  const kept = dice.oneIn(4) ? dice.below(quoted.length + 1) : Math.min(quoted.length, header + 28);
  bytes.fill(0, 0, header + 8);
  bytes.set(router, from);
  bytes.set(quoted.subarray(from, from + size), from + size);
  bytes.set(quoted.subarray(0, kept), header + 8);
  draft.length = header + 8 + kept;
  if (family === 4) {
    bytes[0] = 0x45;
    bytes[8] = 64;
    bytes[9] = ICMPV4;
  } else {
    bytes[0] = 0x60;
    bytes[6] = ICMPV6;
    bytes[7] = 64;
  }
  bytes[header] = dice.pick(ERROR_TYPES[family]);
  bytes[header + 1] = dice.below(dice.oneIn(8) ? 256 : 6);
  view.setUint32(header + 4, dice.pick(MTUS));
}

const quotedLayout = new Layout();

/** Changes a field of the packet that an error quotes. */
function changeQuoted(draft: Draft, dice: Dice, start: number): void {
  const length = draft.length - start;
  if (length < 1) return;
  const inner = new DataView(draft.bytes.buffer, draft.bytes.byteOffset + start, Math.min(length, CAPACITY - start));
  const { transport, protocolAt } = quotedLayout.read(inner, length);
  const places = [0, 2, 4, 6, protocolAt, transport, transport + 2, transport + 4, transport + 7, dice.below(length)];
  const place = dice.pick(places);
  if (place >= length) return;
  inner.setUint8(place, dice.oneIn(2) ? dice.below(256) : inner.getUint8(place) ^ (1 << dice.below(8)));
}

function withUDP(draft: Draft, change: (at: number) => void): void {
  const { protocol, isLaterFragment, payloadLength, transport } = draft.layout();
  if (protocol === UDP && !isLaterFragment && payloadLength >= 8) change(transport);
}

function withICMP(draft: Draft, change: (at: number, family: 4 | 6) => void): void {
  const { isICMP, isLaterFragment, payloadLength, transport, family } = draft.layout();
  if (isICMP && family !== 0 && !isLaterFragment && payloadLength >= 8) change(transport, family);
}
