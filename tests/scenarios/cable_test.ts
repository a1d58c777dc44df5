// What crosses between threads: turns arrive as they were posted, and their buffers are handed over or copied.
import { assertEquals } from "@std/assert";
import { portCable } from "../../stack/cable.ts";
import type { Call, Event, Turn } from "../../stack/messages.ts";
import { BatchReader, BatchWriter } from "../../vnic/batch.ts";

const NOTHING_ELSE = { packets: undefined, packetBytes: 0, bytes: undefined, postedAt: 0, credit: 0 };

/** What arrives at the other end of a cable for a turn. */
async function cross<Item extends Call | Event>(turn: Turn<Item>): Promise<Turn<Item>> {
  const { port1, port2 } = new MessageChannel();
  const [near, far] = [portCable<Item, Item>(port1), portCable<Item, Item>(port2)];
  const arrived = Promise.withResolvers<Turn<Item>>();
  far.onTurn = arrived.resolve;
  near.post(turn);
  try {
    return await arrived.promise;
  } finally {
    near.close();
    far.close();
  }
}

/** A batch with one record of `length` bytes. */
function batchOf(length: number) {
  const writer = new BatchWriter();
  writer.append(new Uint8Array(length).fill(7));
  return writer.take()!;
}

for (const [length, isHandedOver] of [[10, false], [100_000, true]] as const) {
  Deno.test(`between threads a buffer of ${length} bytes is ${isHandedOver ? "handed over" : "copied"}`, async () => {
    const bytes = batchOf(length);
    const items: Event[] = [{ kind: "received", id: 1 }];
    const arrived = await cross({ ...NOTHING_ELSE, items, bytes });
    assertEquals(bytes.view.buffer.detached, isHandedOver);
    assertEquals(arrived.items, items);
    assertEquals(BatchReader.of(arrived.bytes).next(), new Uint8Array(length).fill(7));
  });
}

Deno.test("calls arrive as they were made, in order", async () => {
  const remote = { address: "10.0.0.2", port: 80 };
  const items: Call[] = [
    { op: "consumed", id: 2, bytes: 30_000 },
    { op: "connect", id: 3, localPort: 49_152, remote },
    { op: "write", id: 2 },
    { op: "write", id: 2 ** 40 },
    { op: "packets", count: 5 },
    { op: "send", id: 4, to: remote },
    { op: "packets", count: 0 },
    { op: "query", id: 5, query: "netstat" },
  ];
  assertEquals((await cross({ ...NOTHING_ELSE, items })).items, items);
});

Deno.test("events arrive as they were told, in order", async () => {
  const items: Event[] = [
    { kind: "started" },
    { kind: "packets", count: 5 },
    { kind: "writable", id: 2, bytes: 70_000 },
    { kind: "ended", id: 2 },
    { kind: "received", id: 2 },
    { kind: "datagram", id: 4, from: { address: "fd00::1", port: 53 } },
    { kind: "received", id: 3 },
    { kind: "stopped" },
  ];
  assertEquals((await cross({ ...NOTHING_ELSE, items })).items, items);
});

Deno.test("all else of a turn arrives too", async () => {
  const [packets, bytes] = [batchOf(20), batchOf(100_000)];
  const turn: Turn<Call> = { items: [], packets, packetBytes: 20, bytes, postedAt: 1e12 + 0.125, credit: 7 };
  const arrived = await cross({ ...turn });
  assertEquals(BatchReader.of(arrived.packets).next().length, 20);
  assertEquals(BatchReader.of(arrived.bytes).next().length, 100_000);
  assertEquals({ ...arrived, packets: undefined, bytes: undefined }, { ...turn, packets: undefined, bytes: undefined });
});
