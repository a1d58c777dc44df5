/**
 * Events on their way to the driver.
 *
 * @module
 */
import type { SocketEvent } from "./events.ts";

/** First in, first out. */
export class EventQueue<Event = SocketEvent> {
  #events: Event[];
  #read: number;

  constructor() {
    this.#events = [];
    this.#read = 0;
  }

  /** Events not polled. */
  get length(): number {
    return this.#events.length - this.#read;
  }

  push(event: Event): void {
    this.#events.push(event);
  }

  /** The oldest event. */
  poll(): Event | undefined {
    if (this.#read === this.#events.length) return undefined;
    const event = this.#events[this.#read++];
    if (this.#read === this.#events.length) {
      this.#events.length = 0;
      this.#read = 0;
    }
    return event;
  }
}
