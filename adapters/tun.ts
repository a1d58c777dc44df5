/**
 * The kernel's own TCP/IP as one more host of an internet: {@linkcode openTUN}.
 *
 * Main side.
 *
 * @module
 */
import type { Internet } from "../internet/internet.ts";
import { checkStackMTU } from "../stack/options.ts";
import { copiesPackets, type CopyingDispatcher } from "../vnic/dispatcher.ts";
import { onVNICClosed, type VNIC } from "../vnic/vnic.ts";
import { TUNDevice } from "./tun_device.ts";

/** Packets read before the rest of the program gets its turn. */
const BATCH = 128;

/**
 * How the kernel joins an internet.
 *
 * @example
 * ```ts
 * import { assertThrows } from "@std/assert";
 * import { Internet, openTUN, type TUNOptions } from "@uis/uis";
 *
 * await using internet = new Internet();
 * const options: TUNOptions = { addresses: ["10.0.0.254"], name: "sixteen.letters." };
 * assertThrows(() => openTUN(internet, options), TypeError, "name must have 1 to 15 bytes");
 * ```
 */
export interface TUNOptions {
  /** The addresses that the internet reaches through the device: IP literals, those which the kernel has or forwards. */
  addresses: string[];
  /** What to call the device: 1 to 15 bytes, where `%d` is a number that the kernel chooses. "tun%d". */
  name?: string;
  /** MTU of both sides, in bytes; left out, that of the device, which is 1500 for a new one. */
  mtu?: number;
}

/**
 * What passed through a {@linkcode TUN}, in packets.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import type { TUNStats } from "@uis/uis";
 *
 * const idle: TUNStats = { fromKernel: 0, toKernel: 0, dropped: 0, refused: 0, wakeUps: 0 };
 * assertEquals(Object.keys(idle).length, 5);
 * ```
 */
export interface TUNStats {
  /** Packets that the kernel sent. */
  fromKernel: number;
  /** Packets that the kernel took. */
  toKernel: number;
  /** Packets that the kernel sent and that did not get in flight, as the internet's queue was full. */
  dropped: number;
  /** Packets that the kernel did not take, as its side is down or the packet is none. */
  refused: number;
  /** How often the device was waited for: many packets for each of them is a busy device. */
  wakeUps: number;
}

/**
 * Opens a TUN device of Linux and joins it to an internet, so that the kernel's own TCP, and any program on the machine,
 * talks to simulated hosts. What the kernel sends is in flight like any packet; what is delivered to `addresses` goes to
 * the kernel. The kernel checks and makes real checksums here, and sends no packet above the MTU.
 *
 * The kernel's side is the caller's to configure, in the same network namespace, for example with iproute2:
 * `ip address add 10.0.0.254/24 dev tun0` and `ip link set tun0 up`. Not only TCP comes from there: a kernel with IPv6
 * also sends router solicitations and multicast reports, which no host here has an address for.
 *
 * It needs Linux on x86_64 or aarch64 with glibc, `--allow-ffi`, and root or CAP_NET_ADMIN.
 *
 * @throws {TypeError} when the name is not allowed, or an address is not an IP literal or none that a host can have
 * @throws {RangeError} when the MTU is not an integer from 68 to 65535, or is under 1280 with an IPv6 address
 * @throws {Deno.errors.NotSupported} on another system than Linux, code ENOTSUP
 * @throws {Deno.errors.PermissionDenied} without the right to do it, code EPERM or EACCES
 * @throws {Deno.errors.NotFound} without /dev/net/tun, code ENOENT, or without its driver, code ENODEV
 * @throws {Deno.errors.Busy} when another program has the device open, code EBUSY
 * @throws {Deno.errors.AddrInUse} when an address has a NIC already, code EADDRINUSE
 * @throws {Deno.errors.NetworkUnreachable} when the internet is closed, code ENETDOWN
 * @throws {Deno.errors.NotCapable} without --allow-ffi
 *
 * @example
 * ```ts
 * import { assert, assertEquals } from "@std/assert";
 * import { Internet, openTUN } from "@uis/uis";
 *
 * await using internet = new Internet();
 * try {
 *   await using tun = openTUN(internet, { addresses: ["10.0.0.254"] });
 *   assertEquals(tun.vnic.mtu, 1500);
 * } catch (error) {
 *   const mayNot = ["EPERM", "EACCES", "ENOENT", "ENODEV", "ENOTSUP"];
 *   assert(error instanceof Error && "code" in error && mayNot.includes(String(error.code)), String(error));
 * }
 * ```
 */
export function openTUN(internet: Internet, options: TUNOptions): TUN {
  const { addresses, name = "tun%d", mtu } = options;
  if (!Array.isArray(addresses)) throw new TypeError("Cannot open a TUN device: addresses must be an array");
  if (mtu !== undefined) checkStackMTU(addresses, mtu);
  const device = TUNDevice.open(name);
  let vnic: VNIC | undefined;
  try {
    if (mtu !== undefined) device.mtu = mtu;
    checkStackMTU(addresses, device.mtu);
    vnic = internet.newVNIC(device.mtu);
    internet.addRoute(vnic, ...addresses);
  } catch (error) {
    vnic?.close();
    device.close();
    throw error;
  }
  return join(device, vnic);
}

/** Only this module makes a TUN, of a device and a NIC that are its own from then on. */
let join: (device: TUNDevice, vnic: VNIC) => TUN;

/**
 * The kernel as a host of an internet; {@linkcode openTUN} makes one. It is open, and keeps the process alive, until it or
 * the internet is closed.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type Internet, openTUN, type TUN } from "@uis/uis";
 *
 * function joinKernel(internet: Internet): TUN {
 *   return openTUN(internet, { name: "uis0", addresses: ["10.0.0.254", "2001:db8::254"], mtu: 9000 });
 * }
 * assertEquals(joinKernel.length, 1);
 * ```
 */
export class TUN implements AsyncDisposable {
  /** What the kernel calls the device. */
  readonly name: string;
  /** Its NIC in the internet. Closing it closes the device too; a new `mtu` becomes that of the kernel's side. */
  readonly vnic: VNIC;
  /** Resolves when the device is closed; rejects when it was removed under way. Nobody needs to await it. */
  readonly closed: Promise<void>;
  readonly #device: TUNDevice;
  readonly #stats: TUNStats;
  #isEnding: boolean;

  private constructor(device: TUNDevice, vnic: VNIC) {
    this.name = device.name;
    this.vnic = vnic;
    this.#device = device;
    this.#stats = { fromKernel: 0, toKernel: 0, dropped: 0, refused: 0, wakeUps: 0 };
    this.#isEnding = false;
    vnic.attach(this.#dispatcher());
    onVNICClosed(vnic, () => this.#end());
    this.closed = this.#run();
    this.closed.catch(() => {});
  }

  static {
    join = (device, vnic) => new TUN(device, vnic);
  }

  /** The counters as they are now, a copy. */
  get stats(): TUNStats {
    return { ...this.#stats };
  }

  /**
   * Closes the NIC, and the device, which is gone from the kernel when this resolves unless it was made to persist. Later
   * calls wait for the same. Rejects with what the program's `vnic.onClose` throws.
   */
  async close(): Promise<void> {
    try {
      this.vnic.close();
    } finally {
      await this.closed.catch(() => {});
    }
  }

  /** {@linkcode TUN.close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #end(): void {
    this.#isEnding = true;
    this.#device.wake();
  }

  #dispatcher(): CopyingDispatcher {
    const offer = (packet: Uint8Array): boolean => {
      const taken = this.#device.write(packet);
      if (taken) this.#stats.toKernel++;
      else this.#stats.refused++;
      return taken;
    };
    return copiesPackets({
      offerNetworkPacket: offer,
      deliverNetworkPacket: (packet) => void offer(packet),
      mtuChanged: (mtu) => this.#device.mtu = mtu,
    });
  }

  async #run(): Promise<void> {
    try {
      while (!this.#isEnding) {
        await this.#device.wait();
        this.#stats.wakeUps++;
        await this.#drain();
      }
    } finally {
      try {
        if (!this.#isEnding) this.vnic.close();
      } finally {
        this.#device.close();
      }
    }
  }

  /** One packet at a time, with a microtask between, so that a reader who keeps up finds each one waiting for it. */
  async #drain(): Promise<void> {
    for (let i = 0; i < BATCH && !this.#isEnding; i++) {
      const packet = this.#device.read();
      if (packet === undefined) return;
      this.#stats.fromKernel++;
      if (this.vnic.writePackets([packet]) === 0) this.#stats.dropped++;
      await null;
    }
  }
}
