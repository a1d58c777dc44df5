/**
 * In which order connections send: each has its share in turn, so that a new one need not wait for whole windows of others.
 *
 * @module
 */
import { Deque } from "../deque.ts";
import type { Connection } from "./connection.ts";
import { armRetransmission, isBlockedByWindow, transmit } from "./send.ts";

/** Bytes of a share. */
const SHARE = 16 * 1024;

/** The connections of a host with something to send. */
export class SendOrder {
  /** In turn. */
  readonly #waiting: Deque<Connection>;
  /** Bytes that the connection whose turn it is may still send. */
  share: number;

  constructor() {
    this.#waiting = new Deque();
    this.share = 0;
  }

  /** Puts a connection at the end, unless it waits already. */
  add(c: Connection): void {
    if (c.queued) return;
    c.queued = true;
    this.#waiting.push(c);
  }

  /** Sends what may be sent; false when the wire is full before all is out. */
  transmit(now: number): boolean {
    for (let c = this.#waiting.shift(); c !== undefined; c = this.#waiting.shift()) {
      this.share = SHARE;
      if (c.state !== "CLOSED" && !transmit(c, now)) {
        // It goes last now, so that none starves.
        this.#waiting.push(c);
        return false;
      }
      c.queued = false;
      if (c.state === "CLOSED") continue;
      if (c.retransmitAt === Infinity && (c.sent.count > 0 || isBlockedByWindow(c))) armRetransmission(c, now);
      c.updateDeadline();
      if (this.share <= 0) this.add(c);
    }
    return true;
  }
}
