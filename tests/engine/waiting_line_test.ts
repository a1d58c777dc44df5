import { assertEquals } from "@std/assert";
import { type InLine, WaitingLine } from "../../stack/engine/waiting_line.ts";
import { seeded } from "../harness/seeded.ts";

class Guest implements InLine<Guest> {
  line: WaitingLine<Guest> | undefined = undefined;
  ahead: Guest | undefined = undefined;
  behind: Guest | undefined = undefined;
}

Deno.test("whoever came first is first, until it leaves", () => {
  const line = new WaitingLine<Guest>();
  const [a, b, c] = [new Guest(), new Guest(), new Guest()];
  assertEquals(line.first, undefined);
  line.leave(a);
  for (const guest of [a, b, c]) line.join(guest);
  line.leave(b);
  assertEquals(line.first === a, true);
  line.leave(a);
  line.leave(a);
  assertEquals(line.first === c, true);
  line.join(a);
  line.leave(c);
  assertEquals(line.first === a, true);
  line.leave(a);
  assertEquals(line.first, undefined);
});

Deno.test("a line does not lose its order by one who leaves another", () => {
  const [line, other] = [new WaitingLine<Guest>(), new WaitingLine<Guest>()];
  const [a, b, c, d] = [new Guest(), new Guest(), new Guest(), new Guest()];
  for (const guest of [a, b, c]) line.join(guest);
  other.join(d);
  for (const guest of [a, b, c]) other.leave(guest);
  line.leave(a);
  assertEquals([line.first === b, other.first === d], [true, true]);
});

Deno.test("the line agrees with a list, seed 1", () => {
  const random = seeded(1);
  const line = new WaitingLine<Guest>();
  const list: Guest[] = [];
  for (let i = 0; i < 5000; i++) {
    if (random() < 0.5) {
      const guest = new Guest();
      line.join(guest);
      list.push(guest);
    } else if (list.length > 0) {
      line.leave(list.splice(Math.floor(random() * list.length), 1)[0]);
    }
    assertEquals(line.first === list[0], true);
  }
});
