/**
 * Node's `dgram`, backed by a stack.
 *
 * Main side.
 *
 * @module
 */
import dgram from "node:dgram";
import type { Stack } from "../../stack/stack.ts";
import { NodeDatagramSocket } from "./datagram_socket.ts";

/**
 * The module `node:dgram` for code that takes it, or parts of it, as a parameter. `createSocket` makes sockets of a
 * stack, and may be taken apart; see {@linkcode NodeDatagramSocket} for what they are.
 *
 * @throws {TypeError} when `stack` is none.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { once } from "node:events";
 * import { Internet } from "@uis/uis";
 * import { nodeDatagram } from "@uis/uis/node";
 *
 * await using internet = new Internet();
 * void internet.route();
 * const there = nodeDatagram(await internet.newStack(1500, "10.0.0.1"));
 * const here = nodeDatagram(await internet.newStack(1500, "10.0.0.2"));
 *
 * const server = there.createSocket("udp4", (message, { port, address }) => server.send(message, port, address));
 * await once(server.bind(7), "listening");
 * const client = here.createSocket("udp4");
 * client.send("Hello", 7, "10.0.0.1");
 * const [echo] = await once(client, "message");
 * assertEquals(String(echo), "Hello");
 * client.close();
 * server.close();
 * ```
 */
export function nodeDatagram(stack: Stack): typeof dgram {
  if (typeof stack?.listenUDP !== "function") throw new TypeError("Cannot create a node:dgram: stack must be a Stack");

  class Socket extends NodeDatagramSocket {
    constructor(options: dgram.SocketType | dgram.SocketOptions, onMessage?: MessageListener) {
      super(stack, typeof options === "object" ? options : { type: options });
      if (onMessage) this.on("message", onMessage);
    }
  }

  const createSocket = (options: dgram.SocketType | dgram.SocketOptions, onMessage?: MessageListener) =>
    new Socket(options, onMessage);
  return { ...dgram, createSocket, Socket } as typeof dgram;
}

type MessageListener = (message: NonSharedBuffer, from: dgram.RemoteInfo) => void;
