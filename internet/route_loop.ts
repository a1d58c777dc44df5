/**
 * The loop that most programs want: each packet in flight is recorded, filtered and delivered.
 *
 * Runs on the main side.
 *
 * @module
 */

import { canCopy, type PCAPTrace } from "../pcap/pcap_trace.ts";
import type { VNICFrame } from "../vnic/dispatcher.ts";
import type { Carry, InflightQueue } from "./inflight_queue.ts";

/**
 * What {@linkcode Internet.route} does with the packets besides delivering them.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Internet, type RouteOptions } from "@uis/uis";
 *
 * const lossy: RouteOptions = { filter: (frame) => frame.packet.length < 100 };
 * await using internet = new Internet();
 * const routing = internet.route(lossy);
 * await internet.close();
 * assertEquals(await routing, undefined);
 * ```
 */
export interface RouteOptions {
  /** Sees every packet, before the filter. The loop never closes it. */
  trace?: PCAPTrace;
  /**
   * Says what becomes of a packet: false drops it, true delivers it, a frame is delivered in its place. A throw rejects
   * `route()`, and so does a promise or anything else, with a TypeError.
   */
  filter?: (frame: VNICFrame) => boolean | VNICFrame;
  /** Abort ends the loop normally. Packets not yet filtered stay in flight. */
  signal?: AbortSignal;
}

/**
 * Runs the loop until the queue is closed or the signal aborted.
 *
 * @throws {TypeError} when an option is not what it should be, or the filter returns neither a boolean nor a frame
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import type { VNICFrame } from "../vnic/dispatcher.ts";
 * import { InflightQueue } from "./inflight_queue.ts";
 * import { runRouteLoop } from "./route_loop.ts";
 *
 * const queue = new InflightQueue(4);
 * const delivered: VNICFrame[] = [];
 * const loop = runRouteLoop(queue, (frame) => delivered.push(frame), { filter: ({ packet }) => packet.length > 1 });
 * queue.push({ packet: Uint8Array.of(0x45) });
 * await Promise.resolve();
 * queue.push({ packet: Uint8Array.of(0x45, 0) });
 * await Promise.resolve();
 * queue.close();
 * await loop;
 * assertEquals(delivered, [{ packet: Uint8Array.of(0x45, 0) }]);
 * ```
 */
export async function runRouteLoop(
  queue: InflightQueue,
  deliver: (frame: VNICFrame) => void,
  options: RouteOptions,
): Promise<void> {
  checkOptions(options);
  const { trace, filter, signal } = options;
  const reader = {};
  let aborted = signal?.aborted ?? false;
  const abort = () => {
    aborted = true;
    queue.leave(reader);
  };
  const handle = (frame: VNICFrame) => {
    trace?.dump(frame.packet);
    const passed = filter === undefined ? frame : applyFilter(filter, frame);
    if (passed !== undefined) deliver(passed);
  };
  const carry = filter === undefined ? carrier(trace) : undefined;
  signal?.addEventListener("abort", abort, { once: true });
  try {
    while (!aborted) {
      const { done, value } = await queue.next(reader, carry);
      if (done) return;
      if (aborted) return queue.giveBack(value);
      handle(value);
      // The rest without a promise each; not what is queued meanwhile, or two inline stacks would let nothing else run.
      for (let rest = queue.length; rest > 0 && !aborted; rest--) {
        const frame = queue.take();
        if (frame !== undefined) handle(frame);
      }
    }
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}

function checkOptions({ trace, filter, signal }: RouteOptions): void {
  if (trace !== undefined && typeof trace?.dump !== "function") {
    throw new TypeError("Cannot route: trace must be a PCAPTrace");
  }
  if (filter !== undefined && typeof filter !== "function") {
    throw new TypeError("Cannot route: filter must be a function");
  }
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new TypeError("Cannot route: signal must be an AbortSignal");
  }
}

/** What {@linkcode runRouteLoop} does with a packet, when it is known where that goes, and the trace can take it. */
function carrier(trace: PCAPTrace | undefined): Carry {
  return (frame, to) => {
    if (trace !== undefined && !canCopy(trace)) return false;
    trace?.dump(frame.packet);
    to?.injectFrame(frame);
    return true;
  };
}

/** The frame to deliver, if any. */
function applyFilter(filter: (frame: VNICFrame) => boolean | VNICFrame, frame: VNICFrame): VNICFrame | undefined {
  const verdict: unknown = filter(frame);
  if (verdict === true) return frame;
  if (verdict === false) return undefined;
  if (typeof verdict === "object" && verdict !== null) {
    if ("then" in verdict) throw promiseReturned(verdict);
    if ("packet" in verdict && verdict.packet instanceof Uint8Array) return verdict as VNICFrame;
  }
  throw new TypeError(`Cannot route: filter must return a boolean or a frame, not ${describe(verdict)}`);
}

function promiseReturned(promise: unknown): TypeError {
  // A rejection of what nobody will await must not end the process.
  Promise.resolve(promise).catch(() => {});
  return new TypeError("Cannot route: filter must return a boolean or a frame, not a promise");
}

function describe(value: unknown): string {
  if (value === null) return "null";
  return typeof value === "object" ? "an object without a packet" : typeof value;
}
