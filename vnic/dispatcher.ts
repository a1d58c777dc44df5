/**
 * What a VNIC stands between: the network that its packets leave for, and the dispatcher that takes those which arrive.
 *
 * Runs on the main side.
 *
 * @module
 */

/**
 * A packet on its way. It belongs to whoever holds it: it may be kept, changed, delivered later or twice.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Internet, type VNICFrame } from "@uis/uis";
 *
 * await using internet = new Internet();
 * const frame: VNICFrame = { packet: Uint8Array.of(0x45, 0, 0, 20) };
 * internet.sendFrame(frame);
 * const { value } = await internet.inFlight().next();
 * assertEquals(value, frame);
 * ```
 */
export interface VNICFrame {
  /** One raw IPv4 or IPv6 packet, without a link header. */
  packet: Uint8Array;
}

/**
 * The network which a {@linkcode VNIC} sends to. An {@linkcode Internet} is one, and so may a program's own object be.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { MTU_ETHERNET, VNIC, type VNICFrame, type VNICNetwork } from "@uis/uis";
 *
 * const sent: VNICFrame[] = [];
 * const network: VNICNetwork = { sendFrame: (frame) => sent.push(frame) <= 2 };
 * const vnic = new VNIC(MTU_ETHERNET, network);
 * assertEquals(vnic.writePackets([Uint8Array.of(0x45), Uint8Array.of(0x60)]), 2);
 * assertEquals(sent.length, 2);
 * ```
 */
export interface VNICNetwork {
  /** Sends a packet; false when it was dropped. */
  sendFrame(frame: VNICFrame): boolean;
}

/**
 * Takes the packets that arrive at a NIC: the network side of a stack, or a program's own object.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Internet, MTU_ETHERNET, type NetworkDispatcher } from "@uis/uis";
 *
 * const received: Uint8Array[] = [];
 * const dispatcher: NetworkDispatcher = { deliverNetworkPacket: (packet) => received.push(packet) };
 * await using internet = new Internet();
 * const vnic = internet.newVNIC(MTU_ETHERNET);
 * vnic.attach(dispatcher);
 * vnic.injectFrame({ packet: Uint8Array.of(0x45) });
 * assertEquals(received, [Uint8Array.of(0x45)]);
 * ```
 */
export interface NetworkDispatcher {
  /** Takes one packet, which is the dispatcher's own from then on. */
  deliverNetworkPacket(packet: Uint8Array): void;
}

/**
 * What a stack needs of a NIC. {@linkcode VNIC} implements it, and so may a program's own class, as one that sends
 * through a tunnel instead of an {@linkcode Internet}.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type LinkEndpoint, MTU_ETHERNET, type NetworkDispatcher } from "@uis/uis";
 *
 * class Loopback implements LinkEndpoint {
 *   readonly mtu = MTU_ETHERNET;
 *   #dispatcher: NetworkDispatcher | null = null;
 *   attach(dispatcher: NetworkDispatcher | null): void {
 *     this.#dispatcher = dispatcher;
 *   }
 *   writePackets(packets: Iterable<Uint8Array>): number {
 *     let sent = 0;
 *     for (const packet of packets) {
 *       this.#dispatcher?.deliverNetworkPacket(packet);
 *       sent++;
 *     }
 *     return sent;
 *   }
 *   close(): void {
 *     this.#dispatcher = null;
 *   }
 * }
 *
 * const link = new Loopback();
 * let received = 0;
 * link.attach({ deliverNetworkPacket: () => received++ });
 * assertEquals(link.writePackets([Uint8Array.of(0x45)]), 1);
 * assertEquals(received, 1);
 * ```
 */
export interface LinkEndpoint {
  /** The largest packet that the link carries, in bytes. */
  readonly mtu: number;
  /** Says who takes the packets that arrive; null: nobody. */
  attach(dispatcher: NetworkDispatcher | null): void;
  /** Sends packets and says how many were sent. */
  writePackets(packets: Iterable<Uint8Array>): number;
  /** Ends the link. */
  close(): void;
  /**
   * Resolves when the link has ended: closing a stack calls `close()` and awaits this. No other end of it is heard of,
   * but that of a {@linkcode VNIC}, which closes its stack.
   */
  wait?(): Promise<void>;
}

/**
 * A stack's own dispatcher: it copies the packet itself, straight into the batch for its worker, and can say that it has
 * no room. Internal, and so not in `mod.ts`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { copiesPackets } from "./dispatcher.ts";
 * import { VNIC } from "./vnic.ts";
 *
 * const full = copiesPackets({ offerNetworkPacket: () => false, deliverNetworkPacket: () => {} });
 * const vnic = new VNIC(1500, { sendFrame: () => true });
 * vnic.attach(full);
 * assertEquals(vnic.injectFrame({ packet: Uint8Array.of(0x45) }), false);
 * ```
 */
export interface CopyingDispatcher extends NetworkDispatcher {
  /** Copies the packet, which stays the caller's; false when there is no room for it. */
  offerNetworkPacket(packet: Uint8Array): boolean;
  /** Hears that the NIC is about to have another MTU, in bytes; a throw refuses it. */
  mtuChanged?(mtu: number): void;
}

/** By identity: anything else with such a method may keep the packets that it is given. */
const copying = new WeakSet<NetworkDispatcher>();

/**
 * Says that a dispatcher copies packets itself, and keeps nothing of them.
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { copiesPackets, isCopyingDispatcher } from "./dispatcher.ts";
 *
 * assert(isCopyingDispatcher(copiesPackets({ offerNetworkPacket: () => true, deliverNetworkPacket: () => {} })));
 * ```
 */
export function copiesPackets<Dispatcher extends CopyingDispatcher>(dispatcher: Dispatcher): Dispatcher {
  copying.add(dispatcher);
  return dispatcher;
}

/**
 * Whether a dispatcher copies packets itself.
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { isCopyingDispatcher } from "./dispatcher.ts";
 *
 * assert(!isCopyingDispatcher({ deliverNetworkPacket: () => {} }));
 * ```
 */
export function isCopyingDispatcher(dispatcher: NetworkDispatcher): dispatcher is CopyingDispatcher {
  return copying.has(dispatcher);
}
