/**
 * Listens by the name of a network.
 *
 * Main side.
 *
 * @module
 */
import type { Stack } from "../stack/stack.ts";
import type { DatagramConn } from "./datagram_conn.ts";
import { networkError } from "./errors.ts";
import type { TCPListener } from "./tcp_listener.ts";

/**
 * Listens on one stack, with the network given by name: `"tcp"` for connections, `"udp"` for packets.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Internet, ListenConfig } from "@uis/uis";
 *
 * await using internet = new Internet();
 * const config = new ListenConfig(await internet.newStack(1500, "10.0.0.1"));
 *
 * using listener = config.listen("tcp", "10.0.0.1:80");
 * using socket = config.listenPacket("udp", "10.0.0.1:80");
 * assertEquals([listener.addr.port, socket.addr.port], [80, 80]);
 * ```
 */
export class ListenConfig {
  #stack: Stack;

  /** Throws `TypeError` when `stack` is none. */
  constructor(stack: Stack) {
    if (typeof stack?.listenTCP !== "function") {
      throw new TypeError("Cannot create a ListenConfig: stack must be a Stack");
    }
    this.#stack = stack;
  }

  /**
   * Listens on `address`, an IP literal and a port, 0 for any: `10.0.0.1:80`, `[::]:0`. Throws as
   * {@linkcode Stack.listenTCP}.
   *
   * @throws {Deno.errors.NotSupported} (EPROTOTYPE) for another network.
   */
  listen(network: "tcp", address: string): TCPListener {
    if (network !== "tcp") throw unsupported(network);
    return this.#stack.listenTCP(address);
  }

  /**
   * Binds to `address`, an IP literal and a port, 0 for any: `10.0.0.1:53`, `[::]:0`. Throws as
   * {@linkcode Stack.listenUDP}.
   *
   * @throws {Deno.errors.NotSupported} (EPROTOTYPE) for another network.
   */
  listenPacket(network: "udp", address: string): DatagramConn {
    if (network !== "udp") throw unsupported(network);
    return this.#stack.listenUDP(address);
  }
}

function unsupported(network: unknown): Error {
  return networkError("not-supported", { operation: "listen on network", address: String(network) });
}
