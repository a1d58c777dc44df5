// Turns of an engine on the main thread: their order, and what becomes of their buffers.
import { assert, assertEquals, assertNotStrictEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { ArrivingTurns } from "../../stack/arriving_turns.ts";
import type { Event, Turn } from "../../stack/messages.ts";
import { BatchWriter } from "../../vnic/batch.ts";
import { setCarrier } from "../../vnic/carrier.ts";
import type { VNICNetwork } from "../../vnic/dispatcher.ts";
import { spareBuffer } from "../../vnic/spare_buffers.ts";
import { VNIC } from "../../vnic/vnic.ts";
import { reportedErrors } from "../harness/reported_errors.ts";

const MTU = 1500;
/** Larger than what is shared or copied. */
const PACKETS = 64;

/** Turns at a NIC that carries every packet, or all but those which `refuses`, and what became of them in order. */
function turns(refuses: (id: number) => boolean = () => false): { turns: ArrivingTurns; log: string[] } {
  const log: string[] = [];
  const network: VNICNetwork = { sendFrame: ({ packet }) => log.push(`sent ${packet[1]}`) > 0 };
  setCarrier(network, ({ packet }) => !refuses(packet[1]) && log.push(`carried ${packet[1]}`) > 0);
  const listener = {
    handle: (event: Event) => void log.push(event.kind),
    turnTaken: ({ packetBytes }: Turn<Event>) => void log.push(`taken ${packetBytes}`),
  };
  return { turns: new ArrivingTurns(new VNIC(MTU, network), listener), log };
}

/** A turn with packets that have ids from `first` on, `counts` of them before each "started". */
function turn(first: number, ...counts: number[]): Turn<Event> {
  const writer = new BatchWriter();
  const items: Event[] = [];
  let id = first;
  for (const count of counts) {
    for (let i = 0; i < count; i++) writer.append(new Uint8Array(MTU).fill(0x45, 0, 1).fill(id++, 1, 2));
    items.push({ kind: "packets", count }, { kind: "started" });
  }
  return { items, packets: writer.take(), packetBytes: (id - first) * MTU, postedAt: 0, credit: 0 };
}

async function settle(): Promise<void> {
  for (let i = 0; i < 50; i++) await null;
}

Deno.test("packets that are carried need no waiting", () => {
  const { turns: arriving, log } = turns();
  arriving.take(turn(1, 2, 1));
  assertEquals(log, ["carried 1", "carried 2", "started", "carried 3", "started", "taken 4500"]);
});

Deno.test("from one that cannot be carried, packets are written one by one, and later turns wait", async () => {
  const { turns: arriving, log } = turns((id) => id === 2);
  arriving.take(turn(1, 3, 1));
  arriving.take(turn(5, 1));
  assertEquals(log, ["carried 1", "sent 2"]);
  await settle();
  assertEquals(log.slice(2), [
    ...["sent 3", "started", "carried 4", "started", `taken ${4 * MTU}`],
    ...["carried 5", "started", `taken ${MTU}`],
  ]);
});

Deno.test("a buffer is used again when all its packets were carried, and never when one was sent", async () => {
  for (const refused of [0, 1, PACKETS]) {
    const { turns: arriving } = turns((id) => id === refused);
    const arrived = turn(1, PACKETS);
    const { buffer } = arrived.packets!.view;
    arriving.take(arrived);
    await settle();
    const next = spareBuffer(buffer.byteLength - 64);
    if (refused === 0) assertStrictEquals(next, buffer);
    else assertNotStrictEquals(next, buffer);
  }
});

Deno.test("an event that throws is reported, and those after it are told", () => {
  const heard: number[] = [];
  const taken: number[] = [];
  const listener = {
    handle: (event: Event) => {
      if (event.kind !== "received") return;
      if (event.id === 1) throw new Error("no buffer of mine");
      heard.push(event.id);
    },
    turnTaken: ({ packetBytes }: Turn<Event>) => void taken.push(packetBytes),
  };
  const arriving = new ArrivingTurns(new VNIC(MTU, { sendFrame: () => true }), listener);
  using reported = reportedErrors();
  arriving.take({
    items: [{ kind: "received", id: 1 }, { kind: "received", id: 2 }],
    packetBytes: 3,
    postedAt: 0,
    credit: 0,
  });
  assertEquals([heard, taken, reported.list.map(String)], [[2], [3], ["Error: no buffer of mine"]]);
});

Deno.test("what throws while a turn is taken apart does not hold up those after it", () => {
  const { turns: arriving, log } = turns((id) => {
    if (id === 1) throw new Error("no carrier does this");
    return false;
  });
  assertThrows(() => arriving.take(turn(1, 1)), Error, "no carrier does this");
  arriving.take(turn(2, 1));
  assert(log.includes("carried 2"));
});

Deno.test("turns that wait behind one in which something throws are taken all the same", async () => {
  const { turns: arriving, log } = turns((id) => {
    if (id === 2) throw new Error("no carrier does this");
    return id === 1;
  });
  const rejected = Promise.withResolvers<Error>();
  addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    rejected.resolve(event.reason);
  }, { once: true });
  arriving.take(turn(1, 1, 1));
  arriving.take(turn(3, 1));
  assertEquals((await rejected.promise).message, "no carrier does this");
  assert(log.includes("carried 3"));
});

Deno.test("turns that wait when all ends are forgotten", async () => {
  const { turns: arriving, log } = turns(() => true);
  arriving.take(turn(1, 1));
  arriving.take(turn(2, 1));
  arriving.clear();
  await settle();
  assertEquals(log, ["sent 1", "started", `taken ${MTU}`]);
});
