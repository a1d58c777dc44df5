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

/** A turn in a message: a batch is its buffer and how much of it is in use; the items follow. */
export type TurnRow = [
  postedAt: number,
  credit: number,
  packetBytes: number,
  packets: ArrayBuffer | undefined,
  packetsLength: number,
  bytes: ArrayBuffer | undefined,
  bytesLength: number,
  ...items: Piece[],
];

/** Where the items start. */
const ITEMS = 7;

/**
 * A number says which item it is, and its fields follow; other items are themselves. An endpoint that is the same object
 * several times crosses once.
 */
type Piece = number | Call | Event | Endpoint;

const PACKETS_CALL = 0;
const PACKETS_EVENT = 1;
const WRITE = 2;
const RECEIVED = 3;
/** From here on items have two fields. */
const CONSUMED = 4;
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
  const row: TurnRow = [
    postedAt,
    credit,
    packetBytes,
    packets?.view.buffer,
    packets?.length ?? 0,
    bytes?.view.buffer,
    bytes?.length ?? 0,
  ];
  for (const item of items) {
    if ("op" in item) pushCall(row, item);
    else pushEvent(row, item);
  }
  return row;
}

/** The turn that became a row in {@link rowOf}. */
export function turnOf<Item extends Call | Event>(row: TurnRow): Turn<Item> {
  const [postedAt, credit, packetBytes, packets, packetsLength, bytes, bytesLength] = row;
  const items: (Call | Event)[] = [];
  for (let at = ITEMS; at < row.length; at++) {
    const item = row[at];
    if (typeof item === "number") {
      items.push(itemOf(item, row[at + 1] as number, row[at + 2]));
      at += item < CONSUMED ? 1 : 2;
    } else {
      items.push(item as Call | Event);
    }
  }
  return {
    items: items as Item[],
    packets: batchOf(packets, packetsLength),
    packetBytes,
    bytes: batchOf(bytes, bytesLength),
    postedAt,
    credit,
  };
}

function pushCall(row: TurnRow, call: Call): void {
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

function pushEvent(row: TurnRow, event: Event): void {
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

function itemOf(which: number, first: number, second: unknown): Call | Event {
  switch (which) {
    case PACKETS_CALL:
      return { op: "packets", count: first };
    case PACKETS_EVENT:
      return { kind: "packets", count: first };
    case WRITE:
      return { op: "write", id: first };
    case RECEIVED:
      return { kind: "received", id: first };
    case CONSUMED:
      return { op: "consumed", id: first, bytes: second as number };
    case WRITABLE:
      return { kind: "writable", id: first, bytes: second as number };
    case SEND:
      return { op: "send", id: first, to: second as Endpoint };
    default:
      return { kind: "datagram", id: first, from: second as Endpoint };
  }
}

/** Between threads no batches share a buffer. */
function batchOf(buffer: ArrayBuffer | undefined, length: number): Batch | undefined {
  return buffer && { view: new DataView(buffer), start: 0, length, isAlone: true };
}
