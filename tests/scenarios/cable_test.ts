import { assertEquals } from "@std/assert";
import { portCable } from "../../stack/cable.ts";
import type { Turn } from "../../stack/messages.ts";
import { BatchReader, BatchWriter } from "../../vnic/batch.ts";

/** A turn with `length` bytes that have arrived. */
function turnOf(length: number): Turn<string> {
  const writer = new BatchWriter();
  writer.append(new Uint8Array(length).fill(7));
  return { items: ["received"], packetBytes: 0, bytes: writer.take(), postedAt: 0, credit: 0 };
}

for (const [length, isHandedOver] of [[10, false], [100_000, true]] as const) {
  Deno.test(`between threads a buffer of ${length} bytes is ${isHandedOver ? "handed over" : "copied"}`, async () => {
    const { port1, port2 } = new MessageChannel();
    const [near, far] = [portCable<string, string>(port1), portCable<string, string>(port2)];
    const arrived = Promise.withResolvers<Turn<string>>();
    far.onTurn = arrived.resolve;
    const turn = turnOf(length);
    near.post(turn);
    assertEquals(turn.bytes!.view.buffer.detached, isHandedOver);
    const { items, bytes } = await arrived.promise;
    assertEquals(items, ["received"]);
    assertEquals(BatchReader.of(bytes).next(), new Uint8Array(length).fill(7));
    near.close();
    far.close();
  });
}
