/**
 * The virtual network interface card: packets from a stack leave for the network, packets from the network enter a stack.
 *
 * Runs on the main side.
 *
 * @module
 */

import { type Carrier, carrierOf } from "./carrier.ts";
import {
  type CopyingDispatcher,
  isCopyingDispatcher,
  type LinkEndpoint,
  type NetworkDispatcher,
  type VNICFrame,
  type VNICNetwork,
} from "./dispatcher.ts";
import { checkMTU } from "./mtu.ts";

/**
 * How many packets a {@linkcode VNIC} has passed on, and why it dropped the others, in both directions together.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { VNIC, type VNICStats } from "@uis/uis";
 *
 * const vnic = new VNIC(68, { sendFrame: () => true });
 * vnic.writePackets([Uint8Array.of(0x45), new Uint8Array(0), new Uint8Array(69)]);
 * const stats: VNICStats = vnic.stats;
 * assertEquals(stats, { received: 0, sent: 1, malformed: 1, overMTU: 1, detached: 0, refused: 0 });
 * ```
 */
export interface VNICStats {
  /** Packets that the dispatcher took. */
  received: number;
  /** Packets that the network took. */
  sent: number;
  /** Packets dropped as empty or, arriving, as neither IPv4 nor IPv6. */
  malformed: number;
  /** Packets dropped as larger than the MTU. */
  overMTU: number;
  /** Packets dropped as no dispatcher was attached or the NIC was closed. */
  detached: number;
  /** Packets that the dispatcher or the network did not take. */
  refused: number;
}

const closeHooks = new WeakMap<VNIC, (() => void)[]>();

/**
 * Runs a hook when a NIC closes, before the program's own `onClose`. Internal, and so not in `mod.ts`: an Internet frees
 * the addresses of the NIC with it. A hook for a NIC that is closed already never runs, and a hook must not throw.
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { onVNICClosed, VNIC } from "./vnic.ts";
 *
 * const vnic = new VNIC(1500, { sendFrame: () => true });
 * let closed = false;
 * onVNICClosed(vnic, () => closed = true);
 * vnic.close();
 * assert(closed);
 * ```
 */
export function onVNICClosed(vnic: VNIC, hook: () => void): void {
  closeHooks.get(vnic)?.push(hook);
}

/**
 * Whether a NIC has been closed. Internal, and so not in `mod.ts`.
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { isVNICClosed, VNIC } from "./vnic.ts";
 *
 * const vnic = new VNIC(1500, { sendFrame: () => true });
 * assert(!isVNICClosed(vnic));
 * vnic.close();
 * assert(isVNICClosed(vnic));
 * ```
 */
export let isVNICClosed: (vnic: VNIC) => boolean;

/**
 * Carries a packet through a NIC and its network to where it ends, at once and without anybody who could keep it. False
 * when that cannot be: the packet is then to be written to the link. Internal, and so not in `mod.ts`.
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { carryPacket, VNIC } from "./vnic.ts";
 *
 * assert(!carryPacket(new VNIC(1500, { sendFrame: () => true }), Uint8Array.of(0x45)));
 * ```
 */
export let carryPacket: (link: LinkEndpoint, packet: Uint8Array) => boolean;

/**
 * Whether a NIC injects packets by its class's own method, which keeps nothing of them. Internal, and so not in `mod.ts`.
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { injectsByItself, VNIC } from "./vnic.ts";
 *
 * const vnic = new VNIC(1500, { sendFrame: () => true });
 * assert(injectsByItself(vnic));
 * vnic.injectFrame = () => false;
 * assert(!injectsByItself(vnic));
 * ```
 */
export function injectsByItself(vnic: VNIC): boolean {
  return vnic.injectFrame === injectFrame;
}

/**
 * A network interface card with nothing but IP on its wire: no link header, no link addresses to resolve.
 *
 * No packet makes it throw: what it cannot pass on it drops and counts. When a program's own dispatcher or network
 * throws, the packet counts as refused and the exception goes to `reportError()`, as that of an event listener does.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { MTU_ETHERNET, VNIC, type VNICFrame } from "@uis/uis";
 *
 * const sent: VNICFrame[] = [];
 * const received: Uint8Array[] = [];
 * const vnic = new VNIC(MTU_ETHERNET, { sendFrame: (frame) => sent.push(frame) > 0 });
 * vnic.attach({ deliverNetworkPacket: (packet) => received.push(packet) });
 *
 * assertEquals(vnic.writePackets([Uint8Array.of(0x45, 1), Uint8Array.of(0x45, 2)]), 2);
 * assertEquals(vnic.injectFrame(sent[0]), true);
 * assertEquals(received, [Uint8Array.of(0x45, 1)]);
 *
 * vnic.close();
 * assertEquals(vnic.injectFrame(sent[1]), false);
 * ```
 */
export class VNIC implements LinkEndpoint {
  static {
    isVNICClosed = (vnic) => #isClosed in vnic && vnic.#isClosed;
    carryPacket = (link, packet) => #carrier in link && link.writePackets === writePackets && link.#carry(packet);
  }

  /** Address of the NIC on its link. Nothing here uses it; "" by default. */
  linkAddress: string;
  /** The close action of the program: {@linkcode VNIC.close} runs it once. Set after that, it is not run any more. */
  onClose: (() => void) | null;
  /** The link resolves no addresses. */
  readonly arpHardwareType: "none";
  /** The link takes no work off the stack: no checksums, no segmentation. */
  readonly capabilities: 0;
  /** Bytes of link header before a packet. */
  readonly maxHeaderLength: 0;

  readonly #network: VNICNetwork;
  readonly #carrier: Carrier | undefined;
  readonly #closed: PromiseWithResolvers<void>;
  readonly #stats: VNICStats;
  #mtu: number;
  #dispatcher: NetworkDispatcher | null;
  #copying: CopyingDispatcher | null;
  #isClosed: boolean;

  /**
   * A NIC with an MTU, in bytes, whose packets go to `network`.
   *
   * @throws {RangeError} when the MTU is not an integer from 68 to 65535
   * @throws {TypeError} when the network has no `sendFrame`
   */
  constructor(mtu: number, network: VNICNetwork) {
    if (typeof network?.sendFrame !== "function") throw new TypeError("Network of a VNIC must have sendFrame()");
    this.linkAddress = "";
    this.onClose = null;
    this.arpHardwareType = "none";
    this.capabilities = 0;
    this.maxHeaderLength = 0;
    this.#network = network;
    this.#carrier = carrierOf(network);
    this.#closed = Promise.withResolvers();
    this.#stats = { received: 0, sent: 0, malformed: 0, overMTU: 0, detached: 0, refused: 0 };
    this.#mtu = checkMTU(mtu);
    this.#dispatcher = null;
    this.#copying = null;
    this.#isClosed = false;
    closeHooks.set(this, []);
  }

  /**
   * The largest packet that passes, in bytes: an integer from 68 to 65535. A change reaches a running stack, which may
   * refuse it, as one with an IPv6 address refuses less than 1280; the MTU then stays as it was.
   *
   * Setting it throws a RangeError when the value is not such an integer or the stack refuses it.
   */
  get mtu(): number {
    return this.#mtu;
  }

  set mtu(mtu: number) {
    checkMTU(mtu);
    this.#copying?.mtuChanged?.(mtu);
    this.#mtu = mtu;
  }

  /** Whether a dispatcher is attached. */
  get isAttached(): boolean {
    return this.#dispatcher !== null;
  }

  /** The counters as they are now, a copy. */
  get stats(): VNICStats {
    return { ...this.#stats };
  }

  /**
   * Says who takes the packets that arrive, in place of whoever did before; null detaches. Ignored once closed.
   *
   * @throws {TypeError} when the dispatcher has no `deliverNetworkPacket`
   */
  attach(dispatcher: NetworkDispatcher | null): void {
    if (dispatcher !== null && typeof dispatcher?.deliverNetworkPacket !== "function") {
      throw new TypeError("Dispatcher of a VNIC must have deliverNetworkPacket()");
    }
    if (this.#isClosed) return;
    this.#dispatcher = dispatcher;
    this.#copying = dispatcher !== null && isCopyingDispatcher(dispatcher) ? dispatcher : null;
  }

  /**
   * Hands a copy of the packet to the dispatcher. False, and counted, when the packet is empty, not IP or larger than the
   * MTU, when nobody is attached or the NIC is closed, and when the stack's buffer is full.
   */
  injectFrame(frame: VNICFrame): boolean {
    const packet: unknown = frame?.packet;
    const stats = this.#stats;
    if (!(packet instanceof Uint8Array) || !startsAsIP(packet)) {
      stats.malformed++;
      return false;
    }
    if (packet.length > this.#mtu) {
      stats.overMTU++;
      return false;
    }
    const dispatcher = this.#dispatcher;
    if (dispatcher === null) {
      stats.detached++;
      return false;
    }
    const taken = this.#copying === null ? deliverCopy(dispatcher, packet) : offer(this.#copying, packet);
    if (taken) stats.received++;
    else stats.refused++;
    return taken;
  }

  /**
   * Sends packets to the network, which gets them themselves, not copies, and says how many it took. Empty packets and
   * those larger than the MTU are skipped and counted. Once closed it sends nothing.
   */
  writePackets(packets: Iterable<Uint8Array>): number {
    let sent = 0;
    for (const packet of packets) {
      if (this.#writePacket(packet)) sent++;
    }
    return sent;
  }

  /** What cannot go is counted when it is written. */
  #carry(packet: Uint8Array): boolean {
    if (this.#carrier === undefined || this.#isClosed || packet.length === 0 || packet.length > this.#mtu) return false;
    if (!this.#carrier({ packet })) return false;
    this.#stats.sent++;
    return true;
  }

  #writePacket(packet: Uint8Array): boolean {
    const stats = this.#stats;
    if (this.#isClosed) {
      stats.detached++;
      return false;
    }
    if (!(packet instanceof Uint8Array) || packet.length === 0) {
      stats.malformed++;
      return false;
    }
    if (packet.length > this.#mtu) {
      stats.overMTU++;
      return false;
    }
    const taken = send(this.#network, packet);
    if (taken) stats.sent++;
    else stats.refused++;
    return taken;
  }

  /** Would put a link header before the packet; the link has none, so that nothing happens. */
  addHeader(_packet: Uint8Array): void {}

  /** Would take the link header off the packet; the link has none, so that it always succeeds. */
  parseHeader(_packet: Uint8Array): boolean {
    return true;
  }

  /**
   * Detaches the dispatcher, frees the addresses that an Internet has routed here, and runs the close action, whose
   * exception goes to the caller when all this is done. Later calls do nothing.
   */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#dispatcher = null;
    this.#copying = null;
    const hooks = closeHooks.get(this) ?? [];
    closeHooks.delete(this);
    for (const hook of hooks) hook();
    this.#closed.resolve();
    this.onClose?.();
  }

  /** Resolves when the NIC has been closed. */
  wait(): Promise<void> {
    return this.#closed.promise;
  }
}

const { injectFrame, writePackets } = VNIC.prototype;

/** Versions 4 and 6, as read from the first four bits. */
function startsAsIP(packet: Uint8Array): boolean {
  if (packet.length === 0) return false;
  const version = packet[0] >> 4;
  return version === 4 || version === 6;
}

function offer(dispatcher: CopyingDispatcher, packet: Uint8Array): boolean {
  try {
    return dispatcher.offerNetworkPacket(packet);
  } catch (error) {
    reportError(error);
    return false;
  }
}

function deliverCopy(dispatcher: NetworkDispatcher, packet: Uint8Array): boolean {
  try {
    // Not slice(): that of Node's Buffer, a Uint8Array too, copies nothing.
    dispatcher.deliverNetworkPacket(new Uint8Array(packet));
    return true;
  } catch (error) {
    reportError(error);
    return false;
  }
}

function send(network: VNICNetwork, packet: Uint8Array): boolean {
  try {
    return network.sendFrame({ packet }) === true;
  } catch (error) {
    reportError(error);
    return false;
  }
}
