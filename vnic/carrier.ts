/**
 * The short way of a packet: through a network to the NIC that it is for, in one call, with nobody on the way who could
 * keep it. Its sender may then write over it, which spares a new buffer for each batch of packets.
 *
 * Internal, and so not in `mod.ts`. Runs on the main side.
 *
 * @module
 */
import type { VNICFrame, VNICNetwork } from "./dispatcher.ts";

/** Brings a packet to its end; false when it cannot, and the packet must be sent. */
export type Carrier = (frame: VNICFrame) => boolean;

/** By identity, so that nothing that a program puts around a network is taken for it. */
const carriers = new WeakMap<VNICNetwork, Carrier>();

/**
 * Says how a network carries packets.
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { setCarrier } from "./carrier.ts";
 * import { carryPacket, VNIC } from "./vnic.ts";
 *
 * const network = { sendFrame: () => true };
 * setCarrier(network, () => true);
 * assert(carryPacket(new VNIC(1500, network), Uint8Array.of(0x45)));
 * ```
 */
export function setCarrier(network: VNICNetwork, carrier: Carrier): void {
  carriers.set(network, carrier);
}

/**
 * How a network carries packets, if it does.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { carrierOf } from "./carrier.ts";
 *
 * assertEquals(carrierOf({ sendFrame: () => true }), undefined);
 * ```
 */
export function carrierOf(network: VNICNetwork): Carrier | undefined {
  return carriers.get(network);
}
