/**
 * The one line between a stack's two sides. Its ends are alike: over a MessagePort between threads, or in memory on one.
 *
 * Both sides.
 *
 * @module
 */
import { LARGEST_COPIED } from "../vnic/batch.ts";
import { keepBuffer } from "../vnic/spare_buffers.ts";
import { Deque } from "./engine/deque.ts";
import { queueMicrotask, setImmediate } from "./real_time.ts";
import type { Call, Event, Turn } from "./messages.ts";
import { rowOf, turnOf } from "./turn_row.ts";

/** One end: sends turns of `Out`, and hands over those of `In` in order. */
export interface Cable<Out, In> {
  /** Sends a turn; its batches are gone from this side. */
  post(turn: Turn<Out>): void;
  /** Whether the memory of a batch that was sent is still this thread's. */
  readonly sharesBuffers: boolean;
  /** Called for each turn that arrives. Set once. */
  onTurn: ((turn: Turn<In>) => void) | null;
  /** Ends the line. */
  close(): void;
}

/** An end at a MessagePort. */
export function portCable<Out extends Call | Event, In extends Call | Event>(port: MessagePort): Cable<Out, In> {
  const cable: Cable<Out, In> = {
    post: (turn) => {
      const buffers = buffersOf(turn);
      const handedOver = buffers.filter(({ byteLength }) => byteLength > LARGEST_COPIED);
      // Even an empty list would be looked through.
      if (handedOver.length > 0) port.postMessage(rowOf(turn), handedOver);
      else port.postMessage(rowOf(turn));
      // Those that were handed over are empty now, and are not kept.
      for (const buffer of buffers) keepBuffer(buffer);
    },
    sharesBuffers: false,
    onTurn: null,
    close: () => port.close(),
  };
  port.onmessage = ({ data }) => cable.onTurn?.(turnOf(data));
  return cable;
}

function buffersOf<Item>({ packets, bytes }: Turn<Item>): ArrayBuffer[] {
  const buffers: ArrayBuffer[] = [];
  if (packets) buffers.push(packets.view.buffer);
  if (bytes) buffers.push(bytes.view.buffer);
  return buffers;
}

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
