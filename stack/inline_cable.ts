/**
 * The line between a stack's two sides on one thread.
 *
 * Main side.
 *
 * @module
 */
import type { Cable } from "./cable.ts";
import { Deque } from "./engine/deque.ts";
import { queueMicrotask, setImmediate } from "./real_time.ts";

/** Turns in a row that one thread's cables deliver before timers and input of the program have their chance. */
const TURNS_BETWEEN_BREATHS = 64;

/** Two ends on one thread. Turns arrive in a later microtask, in order. */
export function inlineCables<A, B>(): [Cable<A, B>, Cable<B, A>] {
  const sharesBuffers = true;
  const a: Cable<A, B> = { post: (turn) => deliverSoon(() => b.onTurn?.(turn)), sharesBuffers, onTurn: null, close };
  const b: Cable<B, A> = { post: (turn) => deliverSoon(() => a.onTurn?.(turn)), sharesBuffers, onTurn: null, close };
  function close() {
    a.onTurn = null;
    b.onTurn = null;
  }
  return [a, b];
}

/** The deliveries that wait, the next one by itself: mostly there is no other. */
let next: (() => void) | undefined;
const others = new Deque<() => void>();
let delivered = 0;

function deliverSoon(delivery: () => void): void {
  if (next !== undefined) return void others.push(delivery);
  next = delivery;
  schedule();
}

function schedule(): void {
  if (++delivered % TURNS_BETWEEN_BREATHS === 0) setImmediate(deliverNext);
  else queueMicrotask(deliverNext);
}

/** One delivery, then the next, so that each finds the microtasks of the one before it done. */
function deliverNext(): void {
  const delivery = next!;
  try {
    delivery();
  } finally {
    next = others.shift();
    if (next !== undefined) schedule();
  }
}
