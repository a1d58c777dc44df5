/**
 * Dials by the name of a network.
 *
 * Main side.
 *
 * @module
 */
import type { Stack } from "../stack/stack.ts";
import { networkError } from "./errors.ts";
import type { TCPConn } from "./tcp_conn.ts";
import type { UDPConn } from "./udp_conn.ts";

/**
 * Dials from one stack, with the network given by name: `"tcp"` or `"udp"`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Connector, Internet } from "@uis/uis";
 *
 * await using internet = new Internet();
 * const server = await internet.newStack(1500, "10.0.0.1");
 * const client = await internet.newStack(1500, "10.0.0.2");
 * void internet.route();
 *
 * using listener = server.listenTCP("10.0.0.1:80");
 * using conn = await new Connector(client).dial("tcp", "10.0.0.1:80");
 * assertEquals(conn.remoteAddr.port, listener.addr.port);
 * ```
 */
export class Connector {
  #stack: Stack;

  /** Throws `TypeError` when `stack` is none. */
  constructor(stack: Stack) {
    if (typeof stack?.dialTCP !== "function") throw new TypeError("Cannot create a Connector: stack must be a Stack");
    this.#stack = stack;
  }

  /**
   * Connects to `address`, an IP literal and a port: `10.0.0.1:80`, `[2001:db8::1]:80`. Rejects as
   * {@linkcode Stack.dialTCP} and {@linkcode Stack.dialUDP}, with the signal's reason when it is aborted before the
   * connection stands, and with `Deno.errors.NotSupported` (EPROTOTYPE) for another network.
   */
  dial(network: "tcp", address: string, options?: { signal?: AbortSignal }): Promise<TCPConn>;
  /** A connected UDP socket; as above. */
  dial(network: "udp", address: string, options?: { signal?: AbortSignal }): Promise<UDPConn>;
  // An async function turns what it throws into a rejection.
  async dial(network: "tcp" | "udp", address: string, options?: { signal?: AbortSignal }): Promise<TCPConn | UDPConn> {
    switch (network) {
      case "tcp":
        return await this.#stack.dialTCP(address, options);
      case "udp":
        return await dialUDP(this.#stack, address, options?.signal);
      default:
        throw networkError("not-supported", { operation: "dial network", address: String(network) });
    }
  }
}

/**
 * As {@linkcode Stack.dialUDP}, with a signal.
 *
 * @example
 * ```ts
 * import { assertRejects } from "@std/assert";
 * import { Internet } from "@uis/uis";
 * import { dialUDP } from "./connector.ts";
 *
 * await using internet = new Internet();
 * const stack = await internet.newStack(1500, "10.0.0.1");
 * const signal = AbortSignal.abort(new Error("enough"));
 * await assertRejects(() => dialUDP(stack, "10.0.0.2:53", signal), Error, "enough");
 * ```
 */
export async function dialUDP(stack: Stack, address: string, signal: AbortSignal | undefined): Promise<UDPConn> {
  signal?.throwIfAborted();
  const conn = await stack.dialUDP(address);
  if (signal?.aborted) {
    conn[Symbol.dispose]();
    throw signal.reason;
  }
  return conn;
}
