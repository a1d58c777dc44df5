/**
 * A way between the simulated internet and the machine that it runs on.
 *
 * Main side.
 *
 * @module
 */
import type { Stack } from "../../stack/stack.ts";
import type { End } from "./end.ts";
import { splice } from "./splice.ts";

/**
 * A gateway that is open, and keeps the process alive, until it or its stack is closed.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { expose, type Gateway, Internet, type TCPAddr } from "@uis/uis";
 *
 * await using internet = new Internet();
 * const stack = await internet.newStack(1500, "10.0.0.1");
 * await using gateway: Gateway<Deno.NetAddr> = await expose(stack, "10.0.0.1:80", { to: { port: 0 } });
 * assertEquals(gateway.addr.hostname, "127.0.0.1");
 * ```
 */
export interface Gateway<Addr extends Deno.Addr = Deno.Addr> extends AsyncDisposable {
  /** What it listens on. */
  readonly addr: Addr;
  /** Stops listening, resets the connections that go through it, and resolves when nothing is left of them. */
  close(): Promise<void>;
}

/**
 * The connections of one gateway, and its end.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Internet } from "@uis/uis";
 * import { Crossings } from "./gateway.ts";
 *
 * await using internet = new Internet();
 * const stack = await internet.newStack(1500, "10.0.0.1");
 * const crossings = new Crossings();
 * const gateway = crossings.gateway(stack, { addr: "where it listens", close: () => Promise.resolve() });
 * await gateway.close();
 * assertEquals(crossings.signal.aborted, true);
 * ```
 */
export class Crossings {
  readonly #controller: AbortController;
  readonly #ends: Set<End>;
  readonly #running: Set<Promise<void>>;

  constructor() {
    this.#controller = new AbortController();
    this.#ends = new Set();
    this.#running = new Set();
  }

  /** Aborted when the gateway closes. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /**
   * Looks after a connection that came in. `open` says where it goes on; undefined closes it, and a failure resets it.
   */
  cross(incoming: End, open: () => Promise<End | undefined>): void {
    const crossing = this.#cross(incoming, open);
    this.#running.add(crossing);
    crossing.finally(() => this.#running.delete(crossing));
  }

  /** The gateway as its user sees it. */
  gateway<Addr>(
    stack: Stack,
    listener: { addr: Addr; close(): Promise<void> | void },
  ): AsyncDisposable & { addr: Addr; close(): Promise<void> } {
    let closing: Promise<void> | undefined;
    const close = () => closing ??= this.#close(listener);
    stack.closed.then(close, close);
    return { addr: listener.addr, close, [Symbol.asyncDispose]: close };
  }

  async #cross(incoming: End, open: () => Promise<End | undefined>): Promise<void> {
    this.#ends.add(incoming);
    let outgoing: End | undefined;
    try {
      this.signal.throwIfAborted();
      outgoing = await open();
      if (outgoing === undefined) return incoming.close();
      this.#ends.add(outgoing);
      this.signal.throwIfAborted();
      await splice(incoming, outgoing);
    } catch {
      incoming.abort();
      outgoing?.abort();
    } finally {
      this.#ends.delete(incoming);
      if (outgoing) this.#ends.delete(outgoing);
    }
  }

  async #close(listener: { close(): Promise<void> | void }): Promise<void> {
    const closed = listener.close();
    this.#controller.abort(new Deno.errors.Interrupted("The gateway was closed"));
    for (const end of this.#ends) end.abort();
    await closed;
    await Promise.all(this.#running);
  }
}
