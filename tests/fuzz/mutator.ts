/**
 * Makes hostile packets: from real ones, from what the target has sent, or from nothing.
 *
 * @module
 */
import { fragmentOf } from "../harness/fragments.ts";
import type { Dice } from "./dice.ts";
import { Draft } from "./draft.ts";
import { TCP, UDP } from "./layout.ts";
import { BYTE_MUTATIONS, makeGarbage, type Mutation, splice } from "./mutate_bytes.ts";
import { ICMP_MUTATIONS, UDP_MUTATIONS, writeReport } from "./mutate_datagrams.ts";
import { IP_MUTATIONS, setAddress } from "./mutate_ip.ts";
import { aPort, TCP_MUTATIONS } from "./mutate_tcp.ts";
import { ATTACKER_BYTES, TARGET_BYTES } from "./places.ts";
import { type Row, startRow } from "./row.ts";
import { writeSegment, writeSyn } from "./segments.ts";
import type { Shield } from "./shield.ts";
import type { Sightings } from "./sightings.ts";

/** Once in so many packets begins a long row of packets to one flow. */
const ROW_EVERY = 4000;
/** Most mutations of a packet. */
const MOST_MUTATIONS = 4;

/** What a mutator works with. */
export interface MutatorSources {
  corpus: readonly Uint8Array<ArrayBuffer>[];
  sightings: Sightings;
  shield: Shield;
  dice: Dice;
}

/** An endless line of packets. */
export class Mutator {
  readonly draft: Draft;
  readonly #corpus: readonly Uint8Array<ArrayBuffer>[];
  readonly #sightings: Sightings;
  readonly #shield: Shield;
  readonly #dice: Dice;
  /** Packets that are made already: fragments, and what comes twice. */
  readonly #waiting: Uint8Array<ArrayBuffer>[];
  #row: Row | undefined;

  constructor({ corpus, sightings, shield, dice }: MutatorSources) {
    this.draft = new Draft();
    this.#corpus = corpus;
    this.#sightings = sightings;
    this.#shield = shield;
    this.#dice = dice;
    this.#waiting = [];
    this.#row = undefined;
  }

  /** Puts the next packet into {@link draft}. */
  next(): void {
    const dice = this.#dice;
    const waiting = this.#waiting.pop();
    if (waiting) {
      this.draft.load(waiting);
      if (dice.oneIn(4)) this.#mutate(1);
    } else if (this.#row && !dice.oneIn(8)) {
      if (!this.#row.write(this.draft, dice)) this.#row = undefined;
      this.draft.fixLengths();
      this.draft.fixChecksums();
    } else {
      if (dice.oneIn(ROW_EVERY)) this.#row = startRow(this.#sightings, dice);

      const exact = this.#start();
      if (!exact) this.#mutate(dice.below(MOST_MUTATIONS + 1));
      if (exact || !dice.oneIn(6)) this.draft.fixLengths();
      this.#shield.blind(this.draft, dice);
      if (exact || dice.oneIn(2)) this.draft.fixChecksums();
      const fate = dice.below(32);
      if (fate === 0) this.#cutUp();
      else if (fate === 1) this.#waiting.push(this.draft.copy());
    }
    this.#shield.blind(this.draft, dice);
  }

  /** Fills the draft; whether it is to stay as it is. */
  #start(): boolean {
    const dice = this.#dice;
    const choice = dice.below(100);
    if (choice < 35) return this.#startSegment(choice < 12);
    if (choice < 39) return this.#startSyn();
    if (choice < 47) return this.#startReport();
    if (choice < 50) {
      const sent = dice.oneIn(4) ? this.#sightings.ping() : this.#sightings.packet(dice);
      if (sent) return this.#startBack(sent);
    }
    if (choice < 52) makeGarbage(this.draft, dice);
    else this.#startReal();
    return false;
  }

  #startReal(): void {
    const dice = this.#dice;
    this.draft.load(dice.pick(this.#corpus));
    if (dice.oneIn(20)) splice(this.draft, dice.pick(this.#corpus), dice);
    // Real addresses and ports are few: other ones open other doors.
    if (dice.oneIn(3)) setAddress(this.draft, dice, "source");
    const { isTCP, transport } = this.draft.layout();
    if (isTCP && dice.oneIn(3)) this.draft.view.setUint16(transport, aPort(dice));
    if (isTCP && dice.oneIn(3)) this.draft.view.setUint16(transport + 2, aPort(dice));
  }

  #startSegment(exact: boolean): boolean {
    const flow = this.#sightings.flow(this.#dice);
    if (!flow) this.#startReal();
    else writeSegment(this.draft, flow, this.#dice, exact);
    return exact && flow !== undefined;
  }

  /** An attacker opens a flow. */
  #startSyn(): boolean {
    const family = this.#dice.pick([4, 6] as const);
    writeSyn(this.draft, TARGET_BYTES[family], this.#dice.pick(ATTACKER_BYTES[family]), this.#dice);
    return this.#dice.oneIn(2);
  }

  #startReport(): boolean {
    const sent = this.#sightings.packet(this.#dice);
    if (!sent) this.#startReal();
    else writeReport(this.draft, sent, this.#dice);
    return sent !== undefined && this.#dice.oneIn(3);
  }

  /** What the target sent comes back to it. */
  #startBack(sent: Uint8Array): boolean {
    const { draft } = this;
    draft.load(sent);
    const [at, size] = sent[0] >> 4 === 4 ? [12, 4] : [8, 16];
    draft.bytes.copyWithin(at, at + size, at + 2 * size);
    draft.bytes.set(sent.subarray(at, at + size), at + size);
    const { isICMP, isLaterFragment, payloadLength, transport, family } = draft.layout();
    if (!isICMP || isLaterFragment || payloadLength < 8 || this.#dice.oneIn(4)) return false;
    // The reply to a ping.
    draft.bytes[transport] = family === 4 ? 0 : 129;
    draft.fixChecksums();
    return this.#dice.oneIn(2);
  }

  #mutate(times: number): void {
    const { draft } = this;
    const dice = this.#dice;
    for (let i = 0; i < times; i++) dice.pick(this.#mutations())(draft, dice);
  }

  #mutations(): Mutation[] {
    const choice = this.#dice.below(8);
    if (choice === 0) return BYTE_MUTATIONS;
    if (choice < 3) return IP_MUTATIONS;
    const { protocol, isICMP } = this.draft.layout();
    if (protocol === TCP) return TCP_MUTATIONS;
    if (protocol === UDP) return UDP_MUTATIONS;
    return isICMP ? ICMP_MUTATIONS : BYTE_MUTATIONS;
  }

  /** The draft in fragments, some of which may be missing, doubled, overlapping or out of order; it becomes one of them. */
  #cutUp(): void {
    const { draft } = this;
    const dice = this.#dice;
    const { family, transport, isFragment, end } = draft.layout();
    if (family === 0 || isFragment || (family === 4 && transport !== 20) || end - transport < 16) return;
    const whole = draft.copy();
    const header = family === 4 ? 20 : transport;
    const before = header - (family === 4 ? 20 : 40);
    const step = Math.max(8 * (1 + dice.below(20)), 8 * Math.ceil((whole.length - header) / 128));
    const id = dice.oneIn(4) ? dice.below(8) : dice.below(65536);
    for (let from = 0; from < whole.length - header; from += step) {
      if (dice.oneIn(20)) continue;
      const to = Math.min(from + step + (dice.oneIn(20) ? 8 : 0), whole.length - header);
      const offset = dice.oneIn(40) ? 8 * dice.below(0x2000) : from;
      this.#waiting.push(fragmentOf(whole, { from, to, offset, id, before }));
    }
    if (dice.oneIn(2)) this.#waiting.reverse();
    const last = this.#waiting.pop();
    if (last) draft.load(last);
  }
}
