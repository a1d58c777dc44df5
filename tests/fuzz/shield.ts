/**
 * Keeps packets from flows that must come to no harm: whoever does not see a flow cannot know its numbers, and what he
 * sends must not hurt it (RFC 5961). Packets that could only be made by one who sees it are made blind.
 *
 * @module
 */
import type { Dice } from "./dice.ts";
import type { Draft } from "./draft.ts";
import { Layout, TCP } from "./layout.ts";
import { ATTACKER_BYTES, GUARDED_PORT, isAt, PEER_BYTES } from "./places.ts";

const SYN = 0x02;
const RST = 0x04;
const ACK = 0x10;
/** More than any window of the two hosts. */
const WIDEST_WINDOW = 8 * 1024 * 1024;
const FAR = 0x40000000;

/** The four flows: the peer's dials come from these ports, the target's own from these. */
export const PEER_DIALS = { 4: 40_004, 6: 40_006 };
export const TARGET_DIALS = { 4: 50_004, 6: 50_006 };

interface GuardedFlow {
  /** What the target acknowledged last, and how far it has sent. */
  targetAck: number;
  targetNxt: number;
  /** How far the peer has sent. */
  peerNxt: number;
}

/** Watches the packets of the guarded flows both ways. */
export class Shield {
  readonly #flows: Map<number, GuardedFlow>;
  readonly #layout: Layout;

  constructor() {
    this.#flows = new Map();
    this.#layout = new Layout();
    for (const family of [4, 6] as const) {
      this.#flows.set(keyOf(family, PEER_DIALS[family], GUARDED_PORT), { targetAck: 0, targetNxt: 0, peerNxt: 0 });
      this.#flows.set(keyOf(family, GUARDED_PORT, TARGET_DIALS[family]), { targetAck: 0, targetNxt: 0, peerNxt: 0 });
    }
  }

  /** The target has sent a packet to the peer. */
  noteFromTarget(view: DataView, length: number): void {
    const { family, isTCP, transport, end } = this.#layout.read(view, length);
    if (!isTCP || family === 0) return;
    const flow = this.#flows.get(keyOf(family, view.getUint16(transport + 2), view.getUint16(transport)));
    // Answers to forged segments have numbers of their own.
    if (!flow || (view.getUint8(transport + 13) & RST) !== 0) return;
    flow.targetAck = view.getInt32(transport + 8);
    flow.targetNxt = later(flow.targetNxt, endOf(view, transport, end), (view.getUint8(transport + 13) & SYN) !== 0);
  }

  /** The peer has sent a packet to the target. */
  noteFromPeer(view: DataView, length: number): void {
    const { family, isTCP, transport, end } = this.#layout.read(view, length);
    if (!isTCP || family === 0) return;
    const flow = this.#flows.get(keyOf(family, view.getUint16(transport), view.getUint16(transport + 2)));
    if (!flow) return;
    flow.peerNxt = later(flow.peerNxt, endOf(view, transport, end), (view.getUint8(transport + 13) & SYN) !== 0);
  }

  /** Whether a draft is for a guarded flow. */
  guards(draft: Draft): boolean {
    const layout = draft.layout();
    return isFromPeer(draft, layout) && this.#find(draft.view, layout) !== undefined;
  }

  /** Makes the draft one that can do no harm to a guarded flow; its checksums may be wrong after that. */
  blind(draft: Draft, dice: Dice): void {
    const layout = draft.layout();
    const { family, transport, end, isFragment } = layout;
    if (family === 0 || !isFromPeer(draft, layout)) return;
    // What fragments come to is not known.
    if (isFragment && (family === 6 || layout.protocol === TCP)) return disown(draft, family, dice);
    const flow = this.#find(draft.view, layout);
    if (!flow) return;
    const { view } = draft;
    const flags = view.getUint8(transport + 13);
    const seq = view.getInt32(transport + 4);
    if ((flags & RST) !== 0) {
      if (!isBetween(seq, flow.targetAck, flow.peerNxt)) return;
      view.setInt32(transport + 4, (flow.peerNxt + 1 + dice.below(1000)) | 0);
      return draft.fixChecksums();
    }
    if ((flags & SYN) !== 0 || (flags & ACK) === 0) return;
    const reaches = isBetween(seq, (flow.targetAck - 1 - (end - transport)) | 0, (flow.peerNxt + WIDEST_WINDOW) | 0);
    const ack = view.getInt32(transport + 8);
    if (!reaches || !isBetween(ack, (flow.targetNxt - 2 * WIDEST_WINDOW) | 0, (flow.targetNxt + 1) | 0)) return;
    view.setInt32(transport + 8, (ack + FAR + dice.below(FAR)) | 0);
    draft.fixChecksums();
  }

  #find(view: DataView, { family, isTCP, transport }: Layout): GuardedFlow | undefined {
    if (family === 0 || !isTCP) return undefined;
    return this.#flows.get(keyOf(family, view.getUint16(transport), view.getUint16(transport + 2)));
  }
}

function isFromPeer({ bytes }: Draft, { family }: Layout): boolean {
  return family !== 0 && isAt(bytes, family === 4 ? 12 : 8, PEER_BYTES[family]);
}

function keyOf(family: 4 | 6, peerPort: number, targetPort: number): number {
  return (family * 65_536 + peerPort) * 65_536 + targetPort;
}

/** The sequence number after a segment. */
function endOf(view: DataView, transport: number, end: number): number {
  const flags = view.getUint8(transport + 13);
  const data = end - transport - (view.getUint8(transport + 12) >> 4) * 4;
  return (view.getInt32(transport + 4) + data + (flags & 1) + ((flags & SYN) >> 1)) | 0;
}

function later(before: number, now: number, starts: boolean): number {
  return starts || ((now - before) | 0) > 0 ? now : before;
}

function isBetween(seq: number, first: number, last: number): boolean {
  return ((seq - first) | 0) >= 0 && ((last - seq) | 0) >= 0;
}

/** Lets an attacker be the sender. */
function disown(draft: Draft, family: 4 | 6, dice: Dice): void {
  draft.bytes.set(dice.pick(ATTACKER_BYTES[family]), family === 4 ? 12 : 8);
  draft.fixChecksums();
}
