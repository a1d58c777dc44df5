/**
 * The one line between a stack's two sides. Its ends are alike: over a MessagePort between threads, or in memory on one
 * (`inline_cable.ts`).
 *
 * Both sides.
 *
 * @module
 */
import { LARGEST_COPIED } from "../vnic/batch.ts";
import { keepBuffer } from "../vnic/spare_buffers.ts";
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
