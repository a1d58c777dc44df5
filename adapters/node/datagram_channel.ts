/**
 * The two kinds of UDP sockets under one of Node's, which is of the one kind or the other at different times.
 *
 * Main side.
 *
 * @module
 */
import type { Stack } from "../../stack/stack.ts";
import { formatEndpoint } from "../address_text.ts";
import { destination, unmapped } from "../host_name.ts";

/** The largest datagram, and what of it one receive can take. */
const LARGEST = 65535;

/** An address and a port. */
export interface DatagramPeer {
  address: string;
  port: number;
}

/** A UDP socket in use. */
export interface NodeDatagramChannel {
  /** Where it is bound. */
  readonly local: DatagramPeer;
  /** Whether it has one peer only. */
  readonly isConnected: boolean;
  /** The next datagram, and who sent it. Rejects as the socket's own receives. */
  receive(): Promise<[Uint8Array<ArrayBuffer>, DatagramPeer]>;
  /** Sends one datagram; to its peer, where it has one. Rejects as the socket's own sends. */
  send(bytes: Uint8Array, to: DatagramPeer): Promise<number>;
  /** Frees the port. */
  close(): void;
}

/**
 * A socket bound to an address, which talks to anybody.
 *
 * @throws as {@linkcode Stack.listenUDP}.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Internet } from "@uis/uis";
 * import { boundChannel } from "./datagram_channel.ts";
 *
 * await using internet = new Internet();
 * const stack = await internet.newStack(1500, "10.0.0.1");
 * const channel = boundChannel(stack, { address: "10.0.0.1", port: 53 });
 * await channel.send(new Uint8Array([1, 2]), { address: "10.0.0.1", port: 53 });
 * const [bytes, from] = await channel.receive();
 * assertEquals([bytes.length, from.port], [2, 53]);
 * channel.close();
 * ```
 */
export function boundChannel(stack: Stack, at: DatagramPeer): NodeDatagramChannel {
  const conn = stack.listenUDP(formatEndpoint({ address: unmapped(at.address), port: at.port }));
  conn.bufSize = LARGEST;
  return {
    local: peerOf(conn.addr),
    isConnected: false,
    receive: async () => {
      const [bytes, from] = await conn.receive();
      return [bytes, peerOf(from)];
    },
    send: (bytes, { address, port }) => conn.send(bytes, { transport: "udp", hostname: address, port }),
    close: () => conn[Symbol.dispose](),
  };
}

/**
 * A socket connected to one peer, which learns of the errors that come back. Rejects as {@linkcode Stack.dialUDP}.
 *
 * @example
 * ```ts
 * import { assertRejects } from "@std/assert";
 * import { Internet } from "@uis/uis";
 * import { connectedChannel } from "./datagram_channel.ts";
 *
 * await using internet = new Internet();
 * const stack = await internet.newStack(1500, "10.0.0.1");
 * const peer = { address: "10.0.0.1", port: 53 };
 * const channel = await connectedChannel(stack, peer);
 * await channel.send(new Uint8Array([1, 2]), peer);
 * await assertRejects(() => channel.receive(), Deno.errors.ConnectionRefused);
 * channel.close();
 * ```
 */
export async function connectedChannel(stack: Stack, peer: DatagramPeer): Promise<NodeDatagramChannel> {
  const address = destination(unmapped(peer.address));
  const conn = await stack.dialUDP(formatEndpoint({ address, port: peer.port }));
  const buffer = new Uint8Array(LARGEST);
  return {
    local: peerOf(conn.localAddr),
    isConnected: true,
    receive: async () => {
      const length = await conn.read(buffer);
      return [buffer.slice(0, length), peer];
    },
    send: (bytes) => conn.write(bytes),
    close: () => conn[Symbol.dispose](),
  };
}

function peerOf({ hostname, port }: Deno.NetAddr): DatagramPeer {
  return { address: hostname, port };
}
