// When the main thread posts: a program has time to answer, packets that only pass do not wait for one.
import { assertEquals } from "@std/assert";
import { hold, postSoon, release, type Turner } from "../../stack/turns.ts";

class Counted implements Turner {
  isWaiting = false;
  posts = 0;

  postTurn(): void {
    this.posts++;
  }
}

/** Microtasks from now until the turner has posted. */
async function untilPosted(turner: Turner & { posts: number }): Promise<number> {
  const before = turner.posts;
  for (let microtasks = 0;; microtasks++) {
    if (turner.posts > before) return microtasks;
    await null;
  }
}

/** What happens where a batch is taken apart that is for `turner`, and perhaps tells the program something. */
function pass(turner: Turner, isTold: boolean): void {
  hold();
  postSoon(turner);
  release(isTold);
}

Deno.test("a turn is posted four quiet microtasks after the last call", async () => {
  const turner = new Counted();
  postSoon(turner);
  await null;
  postSoon(turner);
  assertEquals(await untilPosted(turner), 4);
  assertEquals(turner.posts, 1);
});

Deno.test("packets that were carried are posted in the next microtask", async () => {
  const turner = new Counted();
  pass(turner, false);
  assertEquals(await untilPosted(turner), 1);
});

Deno.test("where the program was told something too, they wait for its answer", async () => {
  const turner = new Counted();
  pass(turner, true);
  assertEquals(await untilPosted(turner), 4);
});

Deno.test("packets that are carried neither delay the program's calls nor cut its time short", async () => {
  const [caller, receiver] = [new Counted(), new Counted()];
  postSoon(caller);
  await null;
  await null;
  pass(receiver, false);
  assertEquals(await untilPosted(caller), 2);
  assertEquals([caller.posts, receiver.posts], [1, 1]);
});

Deno.test("nothing is posted while a batch is taken apart", async () => {
  const turner = new Counted();
  hold();
  postSoon(turner);
  for (let i = 0; i < 10; i++) await null;
  assertEquals(turner.posts, 0);
  release(true);
  assertEquals(await untilPosted(turner), 4);
});
