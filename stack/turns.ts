/**
 * When the main thread posts: once its microtasks have come to rest, so that all that a program does in answer to one
 * message goes out as one message.
 *
 * Main side.
 *
 * @module
 */
import { Deque } from "./engine/deque.ts";
import { queueMicrotask } from "./real_time.ts";

/** Somebody with a turn to post. */
export interface Turner {
  postTurn(): void;
  /** Kept here: whether it is among those that wait. False at first. */
  isWaiting: boolean;
}

/** Microtasks without a new call before turns are posted: a reader needs as many to come back for its next packet. */
const QUIET_MICROTASKS = 4;

const waiting = new Deque<Turner>();
let scheduled = false;
let quiet = 0;
let holds = 0;

/** Posts the turn of `turner` when this thread has come to rest. */
export function postSoon(turner: Turner): void {
  if (!turner.isWaiting) waiting.push(turner);
  turner.isWaiting = true;
  quiet = 0;
  schedule();
}

/** Nothing is posted until as many calls of {@link release}: a batch is being taken apart. */
export function hold(): void {
  holds++;
}

/** Undoes one {@link hold}. */
export function release(): void {
  holds--;
  quiet = 0;
  if (waiting.length > 0) schedule();
}

function schedule(): void {
  if (scheduled || holds > 0) return;
  scheduled = true;
  queueMicrotask(look);
}

function look(): void {
  if (holds > 0) {
    scheduled = false;
    return;
  }
  if (++quiet < QUIET_MICROTASKS) {
    queueMicrotask(look);
    return;
  }
  scheduled = false;
  try {
    for (let left = waiting.length; left > 0; left--) {
      const turner = waiting.shift()!;
      turner.isWaiting = false;
      turner.postTurn();
    }
  } finally {
    if (waiting.length > 0) schedule();
  }
}
