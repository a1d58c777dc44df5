/**
 * The internet itself: NICs, the addresses they have, and the packets in flight between them.
 *
 * Runs on the main side.
 *
 * @module
 */

import { Stack, type StackOptions } from "../stack/mod.ts";
import { formatAddress } from "../stack/wire/ip_address.ts";
import { setCarrier } from "../vnic/carrier.ts";
import type { VNICFrame, VNICNetwork } from "../vnic/dispatcher.ts";
import { MTU_ETHERNET } from "../vnic/mtu.ts";
import { injectsByItself, isVNICClosed, onVNICClosed, VNIC } from "../vnic/vnic.ts";
import { addressInUse, networkDown } from "./errors.ts";
import { InflightQueue } from "./inflight_queue.ts";
import { type RouteOptions, runRouteLoop } from "./route_loop.ts";
import { parseHostAddress, Routes } from "./routes.ts";

/**
 * How many packets may be in flight when an {@linkcode Internet} is not told otherwise.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { DEFAULT_MAX_INFLIGHT, Internet } from "@uis/uis";
 *
 * await using internet = new Internet();
 * for (let i = 0; i <= DEFAULT_MAX_INFLIGHT; i++) internet.sendFrame({ packet: Uint8Array.of(0x45) });
 * assertEquals(internet.dropped, 1);
 * ```
 */
export const DEFAULT_MAX_INFLIGHT = 1024;

const CLOSED_WHILE_STARTING = "Cannot create a stack: internet was closed";

/**
 * How an {@linkcode Internet} differs from the default one.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Internet, type InternetOptions } from "@uis/uis";
 *
 * const options: InternetOptions = { maxInflight: 0 };
 * await using internet = new Internet(options);
 * assertEquals(internet.sendFrame({ packet: Uint8Array.of(0x45) }), false);
 * ```
 */
export interface InternetOptions {
  /**
   * Packets that wait for a reader of `inFlight()` before further ones are dropped; {@linkcode DEFAULT_MAX_INFLIGHT} by
   * default. With 0 a packet is kept only for a reader that waits already.
   */
  maxInflight?: number;
  /** Where its stacks run: each in a worker of its own, which is the default, or all on this thread. */
  isolation?: "worker" | "inline";
}

/**
 * A network of NICs and stacks whose packets the program moves: each packet sent is in flight until the program takes it
 * from {@linkcode Internet.inFlight}, and arrives when the program gives it to {@linkcode Internet.deliver}.
 *
 * @example Two NICs, one packet
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Internet, MTU_ETHERNET } from "@uis/uis";
 *
 * await using internet = new Internet();
 * const [left, right] = [internet.newVNIC(MTU_ETHERNET), internet.newVNIC(MTU_ETHERNET)];
 * internet.addRoute(right, "10.0.0.2");
 * const received: Uint8Array[] = [];
 * right.attach({ deliverNetworkPacket: (packet) => received.push(packet) });
 *
 * const packet = new Uint8Array(20);
 * packet[0] = 0x45;
 * packet.set([10, 0, 0, 2], 16);
 * left.writePackets([packet]);
 * for await (const frame of internet.inFlight()) {
 *   assertEquals(internet.deliver(frame), true);
 *   break;
 * }
 * assertEquals(received, [packet]);
 * ```
 */
export class Internet implements VNICNetwork, AsyncDisposable {
  readonly #isolation: "worker" | "inline";
  readonly #queue: InflightQueue;
  readonly #routes: Routes;
  readonly #vnics: Set<VNIC>;
  readonly #stacks: Set<Stack>;
  readonly #starting: Set<Promise<Stack>>;
  #closing: Promise<void> | undefined;

  /**
   * An internet without hosts.
   *
   * @throws {RangeError} when `maxInflight` is not an integer of at least 0
   * @throws {TypeError} when `isolation` is neither "worker" nor "inline"
   */
  constructor(options: InternetOptions = {}) {
    const { maxInflight = DEFAULT_MAX_INFLIGHT, isolation = "worker" } = options;
    if (!Number.isInteger(maxInflight) || maxInflight < 0) {
      throw new RangeError(`maxInflight ${String(maxInflight)} must be an integer of at least 0`);
    }
    if (isolation !== "worker" && isolation !== "inline") {
      throw new TypeError(`isolation ${JSON.stringify(isolation)} must be "worker" or "inline"`);
    }
    this.#isolation = isolation;
    this.#queue = new InflightQueue(maxInflight);
    this.#routes = new Routes();
    this.#vnics = new Set();
    this.#stacks = new Set();
    this.#starting = new Set();
    this.#closing = undefined;
    setCarrier(this, (frame) => this.#carry(frame));
  }

  /** How many packets were dropped because the queue was full. */
  get dropped(): number {
    return this.#queue.dropped;
  }

  /** Its stacks that run, in the order in which they came to; those whose worker died stay until the internet is closed. */
  get stacks(): Stack[] {
    return [...this.#stacks];
  }

  /**
   * Puts a packet in flight, without a copy. False when the queue is full, which counts as dropped, when the packet is
   * empty, and once closed.
   */
  sendFrame(frame: VNICFrame): boolean {
    const packet: unknown = frame?.packet;
    if (!(packet instanceof Uint8Array) || packet.length === 0) return false;
    return this.#queue.push(frame);
  }

  /**
   * A NIC whose packets go in flight here. It has no address yet: {@linkcode Internet.addRoute} gives it some.
   *
   * @param mtu bytes
   * @throws {RangeError} when the MTU is not an integer from 68 to 65535
   * @throws {Deno.errors.NetworkUnreachable} once closed, code ENETDOWN
   */
  newVNIC(mtu: number): VNIC {
    if (this.#closing !== undefined) throw networkDown("Cannot create a VNIC: internet is closed");
    const vnic = new VNIC(mtu, this);
    this.#vnics.add(vnic);
    onVNICClosed(vnic, () => this.#vnics.delete(vnic));
    return vnic;
  }

  /**
   * Gives addresses to a NIC, all or none of them, until the NIC is closed. The NIC may be one that the program made,
   * whose packets go through a network of its own; closing the internet then does not close it.
   *
   * @throws {TypeError} when an address is not an IP literal (also with a zone id or IPv4-mapped), or is unspecified,
   *   loopback, multicast or broadcast
   * @throws {Deno.errors.AddrInUse} when an address has a NIC already, code EADDRINUSE
   * @throws {Deno.errors.NetworkUnreachable} when the NIC or the internet is closed, code ENETDOWN
   */
  addRoute(vnic: VNIC, ...addrs: string[]): void {
    if (!(vnic instanceof VNIC)) throw new TypeError("Cannot route to what is not a VNIC");
    const addresses = addrs.map(parseHostAddress);
    if (this.#closing !== undefined) throw networkDown("Cannot add a route: internet is closed");
    if (isVNICClosed(vnic)) throw networkDown("Cannot add a route: VNIC is closed");
    const seen = new Set<string>();
    for (const [i, address] of addresses.entries()) {
      if (this.#routes.owner(address) !== undefined || seen.has(formatAddress(address))) {
        throw addressInUse(`Cannot route ${JSON.stringify(addrs[i])}: address is in use`);
      }
      seen.add(formatAddress(address));
    }
    if (!this.#routes.has(vnic)) onVNICClosed(vnic, () => this.#routes.remove(vnic));
    this.#routes.add(vnic, addresses);
  }

  /**
   * A host with an MTU, in bytes, and addresses: a NIC, its routes and a running stack. When it rejects, nothing is left
   * of them. The NIC is closed, and its addresses are free, when the stack is closed or its worker dies.
   *
   * Rejects with a RangeError for a bad MTU, with a TypeError or Deno.errors.AddrInUse as {@linkcode Internet.addRoute}
   * throws them, with Deno.errors.NetworkUnreachable (ENETDOWN) when the internet is closed before the stack runs, and as
   * {@linkcode Stack.create} does.
   *
   * @example
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Internet, MTU_ETHERNET } from "@uis/uis";
   *
   * await using internet = new Internet();
   * const stack = await internet.newStack(MTU_ETHERNET, "10.0.0.1", "2001:DB8::1");
   * assertEquals(stack.addresses, ["10.0.0.1", "2001:db8::1"]);
   * ```
   */
  newStack(mtu: number, ...addrs: string[]): Promise<Stack>;
  /**
   * A host with options, of which `mtu` is 1500 bytes by default.
   *
   * @example
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Internet } from "@uis/uis";
   *
   * await using internet = new Internet();
   * const stack = await internet.newStack({ addresses: ["10.0.0.1"], tcp: { congestion: "newreno" } });
   * assertEquals(stack.addresses, ["10.0.0.1"]);
   * ```
   */
  newStack(options: StackOptions): Promise<Stack>;
  newStack(mtuOrOptions: number | StackOptions, ...addrs: string[]): Promise<Stack> {
    const isOptions = typeof mtuOrOptions === "object" && mtuOrOptions !== null;
    const { mtu = MTU_ETHERNET, ...options } = isOptions ? mtuOrOptions : { addresses: addrs };
    const starting = this.#startStack(isOptions ? mtu : mtuOrOptions, options);
    this.#starting.add(starting);
    const forget = () => void this.#starting.delete(starting);
    starting.then(forget, forget);
    return starting;
  }

  async #startStack(mtu: number, options: StackOptions): Promise<Stack> {
    if (!Array.isArray(options.addresses)) throw new TypeError("Cannot create a stack: addresses must be an array");
    const vnic = this.newVNIC(mtu);
    try {
      // Before the worker starts, so that of two stacks with one address only the first comes to be.
      this.addRoute(vnic, ...options.addresses);
      const stack = await this.#createStack(vnic, options);
      if (this.#closing === undefined) return this.#adopt(stack, vnic);
      await stack.close();
    } catch (cause) {
      vnic.close();
      throw this.#closing === undefined ? cause : networkDown(CLOSED_WHILE_STARTING, { cause });
    }
    throw networkDown(CLOSED_WHILE_STARTING);
  }

  #createStack(vnic: VNIC, options: StackOptions): Promise<Stack> {
    return this.#isolation === "inline" ? Stack.createInline(vnic, options) : Stack.create(vnic, options);
  }

  #adopt(stack: Stack, vnic: VNIC): Stack {
    this.#stacks.add(stack);
    // A stack whose worker died stays in the set: close() has it release what it still holds.
    stack.closed.then(() => this.#stacks.delete(stack), () => vnic.close());
    return stack;
  }

  /**
   * The packets in flight, in the order of sending. All iterators share one queue: each packet goes to one of them, the
   * one that has waited longest. They end when the internet is closed; an iterator that ends by itself, by `return()` or
   * by leaving a loop, also ends its pending `next()`, and the packets queued remain for the others.
   *
   * @example
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Internet } from "@uis/uis";
   *
   * const internet = new Internet();
   * const next = internet.inFlight().next();
   * await internet.close();
   * assertEquals((await next).done, true);
   * ```
   */
  inFlight(): AsyncIterableIterator<VNICFrame> & AsyncDisposable {
    return this.#queue.iterate();
  }

  /**
   * Hands a packet to the NIC that has its destination address. False when there is none, when the packet has no whole IP
   * header, and when the NIC does not take it, as it is closed, has nobody attached, a smaller MTU or a full buffer. No
   * packet makes it throw.
   */
  deliver(frame: VNICFrame): boolean {
    const packet: unknown = frame?.packet;
    if (!(packet instanceof Uint8Array)) return false;
    const vnic = this.#routes.lookup(packet);
    return vnic !== undefined && vnic.injectFrame(frame);
  }

  /**
   * The loop that most programs want: each packet in flight goes to the trace, through the filter and to its destination.
   * It takes part in the queue as an iterator does, from the call on, and ends when the internet is closed or the signal
   * aborted.
   *
   * Rejects with what the filter throws, and with a TypeError when an option is not what it should be or the filter
   * returns a promise.
   *
   * @example
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Internet } from "@uis/uis";
   *
   * const internet = new Internet();
   * const sizes: number[] = [];
   * const routing = internet.route({ filter: ({ packet }) => sizes.push(packet.length) > 0 });
   * internet.sendFrame({ packet: new Uint8Array(20) });
   * await Promise.resolve();
   * await internet.close();
   * await routing;
   * assertEquals(sizes, [20]);
   * ```
   */
  route(options: RouteOptions = {}): Promise<void> {
    return runRouteLoop(this.#queue, (frame) => void this.deliver(frame), options);
  }

  /** Carries a packet where a {@linkcode Internet.route} can, and no method was replaced that would have seen it. */
  #carry(frame: VNICFrame): boolean {
    if (this.sendFrame !== sendFrame || this.deliver !== deliver) return false;
    const vnic = this.#routes.lookup(frame.packet);
    return (vnic === undefined || injectsByItself(vnic)) && this.#queue.carry(frame, vnic);
  }

  /**
   * Closes its stacks and NICs. At once the iterators end, the packets in flight are gone, `deliver()` and `sendFrame()`
   * return false. Resolves when the stacks have ended, those under way too. Later calls return the same promise.
   *
   * Rejects, when all is closed, with what a NIC's close action threw; with an AggregateError when there was more.
   */
  close(): Promise<void> {
    if (this.#closing === undefined) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#closing = promise;
      resolve(this.#shutDown());
    }
    return this.#closing;
  }

  async #shutDown(): Promise<void> {
    this.#queue.close();
    const stacks = [...this.#stacks].map((stack) => stack.close());
    const vnics = [...this.#vnics].map((vnic) => Promise.try(() => vnic.close()));
    this.#routes.clear();
    const ended = await Promise.allSettled([...stacks, ...vnics]);
    await Promise.allSettled(this.#starting);
    this.#stacks.clear();
    const errors = ended.filter((end) => end.status === "rejected").map((end) => end.reason);
    if (errors.length === 1) throw errors[0];
    if (errors.length > 1) throw new AggregateError(errors, "Closing the internet failed in several places");
  }

  /** {@linkcode Internet.close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

const { sendFrame, deliver } = Internet.prototype;
