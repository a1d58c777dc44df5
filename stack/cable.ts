/**
 * The one line between a stack's two sides. Its ends are alike: over a MessagePort between threads, or in memory on one.
 *
 * Both sides.
 *
 * @module
 */
import { queueMicrotask, setImmediate } from "./real_time.ts";
import type { Turn } from "./messages.ts";

/** One end: sends turns of `Out`, and hands over those of `In` in order. */
export interface Cable<Out, In> {
  /** Sends a turn; its batches are gone from this side. */
  post(turn: Turn<Out>): void;
  /** Called for each turn that arrives. Set once. */
  onTurn: ((turn: Turn<In>) => void) | null;
  /** Ends the line. */
  close(): void;
}

/** An end at a MessagePort. */
export function portCable<Out, In>(port: MessagePort): Cable<Out, In> {
  const cable: Cable<Out, In> = {
    post: (turn) => port.postMessage(turn, buffersOf(turn)),
    onTurn: null,
    close: () => port.close(),
  };
  port.onmessage = ({ data }) => cable.onTurn?.(data);
  return cable;
}

function buffersOf<Item>({ packets, bytes }: Turn<Item>): ArrayBuffer[] {
  const buffers: ArrayBuffer[] = [];
  if (packets) buffers.push(packets.buffer);
  if (bytes) buffers.push(bytes.buffer);
  return buffers;
}

/** Turns in a row that one thread's cables deliver before timers and input of the program have their chance. */
const TURNS_BETWEEN_BREATHS = 64;

/** Two ends on one thread. Turns arrive in a later microtask, in order. */
export function inlineCables<A, B>(): [Cable<A, B>, Cable<B, A>] {
  const a: Cable<A, B> = { post: (turn) => deliverSoon(() => b.onTurn?.(turn)), onTurn: null, close };
  const b: Cable<B, A> = { post: (turn) => deliverSoon(() => a.onTurn?.(turn)), onTurn: null, close };
  function close() {
    a.onTurn = null;
    b.onTurn = null;
  }
  return [a, b];
}

const deliveries: (() => void)[] = [];
let delivered = 0;

function deliverSoon(delivery: () => void): void {
  if (deliveries.push(delivery) === 1) schedule();
}

function schedule(): void {
  if (++delivered % TURNS_BETWEEN_BREATHS === 0) setImmediate(deliverNext);
  else queueMicrotask(deliverNext);
}

/** One delivery, then the next, so that each finds the microtasks of the one before it done. */
function deliverNext(): void {
  const delivery = deliveries[0];
  try {
    delivery();
  } finally {
    deliveries.shift();
    if (deliveries.length > 0) schedule();
  }
}
