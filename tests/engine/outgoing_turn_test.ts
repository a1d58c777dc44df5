// What a worker's turn tells of room to write.
import { assertEquals } from "@std/assert";
import type { Event } from "../../stack/messages.ts";
import { OutgoingTurn } from "../../stack/outgoing_turn.ts";

Deno.test("room to write is told once for each socket and turn", () => {
  const posted: Event[][] = [];
  const cable = { post: ({ items }: { items: Event[] }) => void posted.push(items) };
  const out = new OutgoingTurn({ ...cable, sharesBuffers: false, onTurn: null, close: () => {} });
  for (const id of [1, 2, 3, 1, 3, 2, 2]) out.push({ kind: "writable", id, bytes: 10 * id });
  out.post();
  out.push({ kind: "writable", id: 2, bytes: 5 });
  out.post();
  assertEquals(posted, [
    [
      { kind: "writable", id: 1, bytes: 20 },
      { kind: "writable", id: 2, bytes: 60 },
      { kind: "writable", id: 3, bytes: 60 },
    ],
    [{ kind: "writable", id: 2, bytes: 5 }],
  ]);
});
