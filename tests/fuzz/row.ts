/**
 * Long rows of segments to one flow, from a peer that sees it: what single packets cannot fill up, a row can.
 *
 * @module
 */
import type { Dice } from "./dice.ts";
import type { Draft } from "./draft.ts";
import { writeSegment } from "./segments.ts";
import type { SeenFlow, Sightings } from "./sightings.ts";

/**
 * gaps: every second byte is missing. flood: data without regard to the window. crumbs: data of one byte each.
 * holes: everything is acknowledged but the first, block by block. pull: everything is acknowledged, the window open.
 */
const KINDS = ["gaps", "gaps", "flood", "crumbs", "holes", "pull"] as const;
const LONGEST: Record<typeof KINDS[number], number> = { gaps: 1500, flood: 200, crumbs: 300, holes: 200, pull: 80 };
const ACK = 0x10;
/** Bytes of a segment in a flood. */
const FULL = 1000;

/** Segments one after the other. */
export class Row {
  readonly #flow: SeenFlow;
  readonly #kind: typeof KINDS[number];
  readonly #first: number;
  #sent: number;
  #left: number;

  constructor(flow: SeenFlow, kind: typeof KINDS[number]) {
    this.#flow = flow;
    this.#kind = kind;
    this.#first = flow.rcvNxt;
    this.#sent = 0;
    this.#left = LONGEST[kind];
  }

  /** Writes the next segment, without checksums; false when it is the last one. */
  write(draft: Draft, dice: Dice): boolean {
    const flow = this.#flow;
    writeSegment(draft, flow, dice, true);
    const { view, bytes } = draft;
    const at = flow.family === 4 ? 20 : 40;
    const header = (bytes[at + 12] >> 4) * 4;
    bytes[at + 13] = ACK;
    const length = this.#dataLength();
    draft.resize(at + header);
    draft.resize(at + header + length);
    if (length > 0) {
      view.setInt32(at + 4, this.#kind === "gaps" ? (flow.rcvNxt + this.#sent) | 0 : (this.#first + this.#sent) | 0);
    }
    this.#sent += this.#kind === "gaps" ? 2 : length;
    if (this.#kind === "holes") this.#reportHoles(draft, at, header, dice);
    this.#left--;
    return this.#left > 0;
  }

  #dataLength(): number {
    if (this.#kind === "flood") return FULL;
    return this.#kind === "gaps" || this.#kind === "crumbs" ? 1 : 0;
  }

  /** SACK blocks that lie anywhere in what is under way; the acknowledgement itself stays behind. */
  #reportHoles(draft: Draft, at: number, header: number, dice: Dice): void {
    const { view, bytes } = draft;
    const end = at + header;
    draft.resize(end + 20);
    view.setUint32(end, 0x01010512);
    for (let i = 0; i < 2; i++) {
      const left = this.#flow.sndNxt - dice.below(100_000);
      view.setInt32(end + 4 + 8 * i, left | 0);
      view.setInt32(end + 8 + 8 * i, (left + dice.below(3000)) | 0);
    }
    view.setInt32(at + 8, (this.#flow.sndNxt - 100_000) | 0);
    bytes[at + 12] = ((header + 20) / 4) << 4;
  }
}

/** A row to one of the flows that are open; undefined when none is. */
export function startRow(sightings: Sightings, dice: Dice): Row | undefined {
  const flow = sightings.openFlow(dice);
  return flow && new Row(flow, dice.pick(KINDS));
}
