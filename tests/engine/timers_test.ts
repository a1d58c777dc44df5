import { assertEquals } from "@std/assert";
import { type TimerOwner, Timers } from "../../stack/engine/timers.ts";
import { seeded } from "../harness/seeded.ts";

function owner(deadline = Infinity): TimerOwner {
  return { deadline, timerIndex: -1, timerKey: 0 };
}

Deno.test("deadlines are due in their order", () => {
  const timers = new Timers<TimerOwner>();
  for (const deadline of [30, 10, 20]) timers.update(owner(deadline));
  assertEquals(timers.next(), 10);
  assertEquals(timers.popDue(9.999), undefined);
  assertEquals(timers.popDue(25)?.deadline, 10);
  assertEquals(timers.popDue(25)?.deadline, 20);
  assertEquals(timers.popDue(25), undefined);
  assertEquals(timers.next(), 30);
});

Deno.test("a deadline moves later, earlier, and away", () => {
  const timers = new Timers<TimerOwner>();
  const [a, b] = [owner(10), owner(20)];
  timers.update(a);
  timers.update(b);
  a.deadline = 30;
  timers.update(a);
  assertEquals(timers.next(), 20);
  a.deadline = 5;
  timers.update(a);
  assertEquals(timers.next(), 5);
  a.deadline = b.deadline = Infinity;
  timers.update(a);
  timers.update(b);
  assertEquals(timers.next(), Infinity);
  assertEquals([a.timerIndex, b.timerIndex], [-1, -1]);
  a.deadline = 7;
  timers.update(a);
  assertEquals(timers.popDue(7), a);
  assertEquals(a.timerIndex, -1);
});

Deno.test("an owner that is removed is not due, and its place is taken by others", () => {
  const timers = new Timers<TimerOwner>();
  const owners = [50, 10, 40, 30, 20, 60, 70].map(owner);
  for (const one of owners) timers.update(one);
  for (const index of [1, 3, 6]) timers.remove(owners[index]);
  timers.remove(owners[3]);
  assertEquals(owners[3].timerIndex, -1);
  const due = Array.from({ length: 5 }, () => timers.popDue(100)?.deadline);
  assertEquals(due, [20, 40, 50, 60, undefined]);
});

Deno.test("an owner without a deadline is not kept", () => {
  const timers = new Timers<TimerOwner>();
  timers.update(owner());
  assertEquals(timers.next(), Infinity);
});

for (const seed of [1, 2, 3]) {
  Deno.test(`the heap agrees with a list that is searched, seed ${seed}`, () => {
    const random = seeded(seed);
    const timers = new Timers<TimerOwner>();
    const owners = Array.from({ length: 50 }, () => owner());
    let now = 0;
    for (let i = 0; i < 5000; i++) {
      const one = owners[Math.floor(random() * owners.length)];
      one.deadline = random() < 0.2 ? Infinity : now + Math.floor(random() * 100);
      if (one.deadline === Infinity && random() < 0.5) timers.remove(one);
      timers.update(one);
      assertEquals(timers.next(), Math.min(...owners.map(({ deadline }) => deadline)));
      if (random() < 0.3) now += random() * 20;
      for (let due = timers.popDue(now); due; due = timers.popDue(now)) {
        assertEquals(due.deadline, Math.min(...owners.map(({ deadline }) => deadline)));
        due.deadline = Infinity;
        timers.update(due);
      }
      assertEquals(owners.every(({ deadline }) => deadline > now), true);
    }
  });
}
