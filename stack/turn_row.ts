/**
 * How a turn crosses between threads: as a row of values, because the fields of an object cross by name, every time. The
 * items that most turns are made of are numbers in it.
 *
 * Both sides.
 *
 * @module
 */
import type { Batch } from "../vnic/batch.ts";
import type { Call, Endpoint, Event, Turn } from "./messages.ts";

/** A turn in a message. A batch is the part of its buffer that is in use, and brings all of the buffer along. */
export type TurnRow = [
  items: ItemRow,
  packets: Uint8Array<ArrayBuffer> | undefined,
  packetBytes: number,
  bytes: Uint8Array<ArrayBuffer> | undefined,
  postedAt: number,
  credit: number,
];

/**
 * A number says which item it is, and its fields follow; other items are themselves. An endpoint that is the same object
 * several times crosses once.
 */
type ItemRow = (number | Call | Event | Endpoint)[];

const PACKETS_CALL = 0;
const WRITE = 1;
const CONSUMED = 2;
const PACKETS_EVENT = 3;
const RECEIVED = 4;
const WRITABLE = 5;
const SEND = 6;
const DATAGRAM = 7;

/**
 * A turn as a row.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { rowOf, turnOf } from "./turn_row.ts";
 *
 * const turn = { items: [{ op: "write", id: 7 } as const], packets: undefined, packetBytes: 0 };
 * const row = rowOf({ ...turn, bytes: undefined, postedAt: 1, credit: 0 });
 * assertEquals(turnOf(row).items, turn.items);
 * ```
 */
export function rowOf<Item extends Call | Event>(turn: Turn<Item>): TurnRow {
  const { items, packets, packetBytes, bytes, postedAt, credit } = turn;
  const row: ItemRow = [];
  for (const item of items) {
    if ("op" in item) pushCall(row, item);
    else pushEvent(row, item);
  }
  return [row, usedOf(packets), packetBytes, usedOf(bytes), postedAt, credit];
}

/** The turn that became a row in {@link rowOf}. */
export function turnOf<Item extends Call | Event>(row: TurnRow): Turn<Item> {
  const [itemRow, packets, packetBytes, bytes, postedAt, credit] = row;
  const items: (Call | Event)[] = [];
  for (let at = 0; at < itemRow.length; at++) {
    const item = itemRow[at];
    if (typeof item === "number") at = pushItem(items, item, itemRow, at);
    else items.push(item as Call | Event);
  }
  return {
    items: items as Item[],
    packets: batchOf(packets),
    packetBytes,
    bytes: batchOf(bytes),
    postedAt,
    credit,
  };
}

function pushCall(row: ItemRow, call: Call): void {
  switch (call.op) {
    case "packets":
      return void row.push(PACKETS_CALL, call.count);
    case "write":
      return void row.push(WRITE, call.id);
    case "consumed":
      return void row.push(CONSUMED, call.id, call.bytes);
    case "send":
      return void row.push(SEND, call.id, call.to);
    default:
      row.push(call);
  }
}

function pushEvent(row: ItemRow, event: Event): void {
  switch (event.kind) {
    case "packets":
      return void row.push(PACKETS_EVENT, event.count);
    case "received":
      return void row.push(RECEIVED, event.id);
    case "writable":
      return void row.push(WRITABLE, event.id, event.bytes);
    case "datagram":
      return void row.push(DATAGRAM, event.id, event.from);
    default:
      row.push(event);
  }
}

/** Adds the item that starts at `at` in `row`, and returns where its last field is. */
function pushItem(items: (Call | Event)[], which: number, row: ItemRow, at: number): number {
  const id = row[++at] as number;
  switch (which) {
    case PACKETS_CALL:
      items.push({ op: "packets", count: id });
      break;
    case PACKETS_EVENT:
      items.push({ kind: "packets", count: id });
      break;
    case WRITE:
      items.push({ op: "write", id });
      break;
    case RECEIVED:
      items.push({ kind: "received", id });
      break;
    case CONSUMED:
      items.push({ op: "consumed", id, bytes: row[++at] as number });
      break;
    case WRITABLE:
      items.push({ kind: "writable", id, bytes: row[++at] as number });
      break;
    case SEND:
      items.push({ op: "send", id, to: row[++at] as Endpoint });
      break;
    case DATAGRAM:
      items.push({ kind: "datagram", id, from: row[++at] as Endpoint });
      break;
  }
  return at;
}

function usedOf(batch: Batch | undefined): Uint8Array<ArrayBuffer> | undefined {
  return batch && new Uint8Array(batch.view.buffer, batch.start, batch.length);
}

function batchOf(used: Uint8Array<ArrayBuffer> | undefined): Batch | undefined {
  return used && { view: new DataView(used.buffer), start: used.byteOffset, length: used.length, isAlone: true };
}
