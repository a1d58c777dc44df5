// What waits on the main thread counts in the memory of all connections, until the program has read it.
import { assertEquals } from "@std/assert";
import { OutgoingTurn } from "../../stack/outgoing_turn.ts";
import { StreamCredits } from "../../stack/stream_credits.ts";
import { Pair } from "../harness/pair.ts";

/** A connection from a to b on which 1000 bytes have arrived, and b's credits. */
function arrived(): { pair: Pair; id: number; credits: StreamCredits } {
  const pair = new Pair();
  const { engine } = pair.b;
  engine.listen(0, 1, { address: "0.0.0.0", port: 80 }, 1);
  pair.a.engine.connect(0, 1, 50000, { address: "10.0.0.2", port: 80 });
  pair.run(() => pair.a.saw("connected"));
  pair.a.engine.write(pair.now, 1, new Uint8Array(1000));
  pair.run(() => pair.b.saw("readable"));
  const { id } = pair.b.events.find(({ kind }) => kind === "accepted")!;
  const out = new OutgoingTurn({ post: () => {}, sharesBuffers: false, onTurn: null, close: () => {} });
  return { pair, id, credits: new StreamCredits(engine, out) };
}

Deno.test("bytes that are handed over count until they are read", () => {
  const { pair, id, credits } = arrived();
  const { receiveMemory } = pair.b.engine;
  assertEquals(receiveMemory.held, 2048);
  credits.pump(pair.now, id);
  assertEquals(receiveMemory.held, 1000);
  credits.consumed(pair.now, id, 400);
  assertEquals([receiveMemory.held, credits.unread(id)], [600, 600]);
  credits.consumed(pair.now, id, 600);
  assertEquals(receiveMemory.held, 0);
});

Deno.test("bytes of a connection that is gone count until they are read", () => {
  const { pair, id, credits } = arrived();
  const { receiveMemory } = pair.b.engine;
  credits.pump(pair.now, id);
  pair.a.engine.abort(pair.now, 1);
  pair.run(() => pair.b.saw("released", id));
  credits.release(id);
  assertEquals(receiveMemory.held, 1000);
  credits.consumed(pair.now, id, 999);
  assertEquals(receiveMemory.held, 1);
  credits.consumed(pair.now, id, 1);
  assertEquals([receiveMemory.held, credits.close(id)], [0, false]);
});

Deno.test("bytes of a connection that the program lets go of count no more", () => {
  const { pair, id, credits } = arrived();
  const { receiveMemory } = pair.b.engine;
  credits.pump(pair.now, id);
  assertEquals(credits.close(id), true);
  assertEquals(receiveMemory.held, 0);
  credits.release(id);
  assertEquals(receiveMemory.held, 0);
});

Deno.test("what has arrived is not handed over once the program has let go", () => {
  for (const end of ["close", "abort"] as const) {
    const { pair, id, credits } = arrived();
    const { engine } = pair.b;
    assertEquals(credits.close(id), false);
    engine[end](pair.now, id);
    credits.pump(pair.now, id);
    assertEquals([engine.receiveMemory.held, credits.unread(id)], [0, 0], end);
  }
});
