/**
 * The turn that a side is collecting: items in causal order, the packets and the bytes that go with them, and the credit
 * by which neither side drowns the other in packets.
 *
 * Both sides.
 *
 * @module
 */
import { BatchWriter, RECORD_HEADER } from "../vnic/batch.ts";
import type { Cable } from "./cable.ts";
import { BATCH_BYTES, PACKET_CREDIT_FROM_ENGINE } from "./messages.ts";

/** Credit that is worth a message of its own. */
const CREDIT_TO_RETURN = PACKET_CREDIT_FROM_ENGINE / 4;

/** Collects one turn after the other. */
export class TurnWriter<Out, In> {
  /** Packets. The other side may give their buffer to the program for good: nothing that is still needed may lie in there. */
  readonly packets: BatchWriter;
  /** Bytes of streams and datagrams. */
  readonly bytes: BatchWriter;
  readonly #cable: Cable<Out, In>;
  readonly #packetItem: (count: number) => Out;
  readonly #packetCredit: number;
  #items: Out[];
  /** Packets since the last item that says so. */
  #count: number;
  #packetBytes: number;
  /** Packet bytes posted and not taken apart by the other side. */
  #underWay: number;
  /** Packet bytes taken apart here, to be told with the next turn. */
  #credit: number;

  /** `packetItem` makes the item that takes packets; `packetCredit` bytes of them may be under way. */
  constructor(cable: Cable<Out, In>, packetItem: (count: number) => Out, packetCredit: number) {
    this.packets = new BatchWriter(cable.sharesBuffers);
    this.bytes = new BatchWriter(cable.sharesBuffers);
    this.#cable = cable;
    this.#packetItem = packetItem;
    this.#packetCredit = packetCredit;
    this.#items = [];
    this.#count = 0;
    this.#packetBytes = 0;
    this.#underWay = 0;
    this.#credit = 0;
  }

  /** Whether a record of `length` bytes fits into a batch of this turn; otherwise the turn must be posted first. */
  hasRoom(batch: BatchWriter, length: number): boolean {
    return batch.length === 0 || batch.length + RECORD_HEADER + length <= BATCH_BYTES;
  }

  /** Whether the other side keeps up well enough for a packet of `length` bytes. */
  hasCredit(length: number): boolean {
    return this.#underWay + this.#packetBytes + length <= this.#packetCredit;
  }

  /** A packet of `length` bytes was written to {@link packets}. */
  countPacket(length: number): void {
    this.#count++;
    this.#packetBytes += length;
  }

  /** Adds an item, behind the packets so far. */
  push(item: Out): void {
    this.#closePackets();
    this.#items.push(item);
  }

  /** The other side has taken packets apart. */
  packetsTaken(bytes: number): void {
    this.#underWay -= bytes;
  }

  /** This side has taken packets apart. */
  returnCredit(bytes: number): void {
    this.#credit += bytes;
  }

  /** Whether there is something to tell, or enough credit to return. */
  get isWorthPosting(): boolean {
    return this.#items.length > 0 || this.#count > 0 || this.#credit >= CREDIT_TO_RETURN;
  }

  /** Posts the turn, as of `postedAt`, and starts the next. */
  post(postedAt: number): void {
    this.#closePackets();
    const turn = {
      items: this.#items,
      packets: this.packets.take(),
      packetBytes: this.#packetBytes,
      bytes: this.bytes.take(),
      postedAt,
      credit: this.#credit,
    };
    this.#underWay += this.#packetBytes;
    this.#packetBytes = 0;
    this.#credit = 0;
    this.#items = [];
    this.#cable.post(turn);
  }

  #closePackets(): void {
    if (this.#count === 0) return;
    this.#items.push(this.#packetItem(this.#count));
    this.#count = 0;
  }
}
