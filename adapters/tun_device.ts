/**
 * A TUN device of Linux, opened and used through the C library: packets in, packets out.
 *
 * Main side.
 *
 * @module
 */
import { notSupported, systemError } from "./tun_errors.ts";

const LIBRARY = "libc.so.6";
const CLONE_DEVICE = "/dev/net/tun";

// From the headers of Linux; the same on x86_64 and aarch64, and so is the order of bytes.
const O_RDWR = 0o2;
const O_NONBLOCK = 0o4000;
const O_CLOEXEC = 0o2000000;
const EFD_NONBLOCK = O_NONBLOCK;
const EFD_CLOEXEC = O_CLOEXEC;
const TUNSETIFF = 0x400454can;
const IFF_TUN = 0x1;
const IFF_NO_PI = 0x1000;
const SIOCGIFMTU = 0x8921n;
const SIOCSIFMTU = 0x8922n;
const AF_INET = 2;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = O_CLOEXEC;
const POLLIN = 0x1;
const POLL_TROUBLE = 0x8 | 0x10 | 0x20; // POLLERR, POLLHUP, POLLNVAL
const EINTR = 4;
const EAGAIN = 11;

/** Size of struct ifreq, the length of the name at its start, and where the value begins. */
const IFREQ = 40;
const IFNAMSIZ = 16;
const IFREQ_VALUE = 16;
/** Size of struct pollfd, and where its two sets of events are. */
const POLLFD = 8;
const POLLFD_EVENTS = 4;
const POLLFD_REVENTS = 6;

const LARGEST_PACKET = 65535;
/** So long, in ms, an abandoned wait holds its thread at most; what ends a wait in time is {@linkcode TUNDevice.wake}. */
const LONGEST_WAIT = 1000;

const SYMBOLS = {
  open: { parameters: ["buffer", "i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  ioctl: { parameters: ["i32", "u64", "buffer"], result: "i32" },
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  eventfd: { parameters: ["u32", "i32"], result: "i32" },
  // The result of a packet's read or write fits in 32 bits.
  read: { parameters: ["i32", "buffer", "usize"], result: "i32" },
  write: { parameters: ["i32", "buffer", "usize"], result: "i32" },
  poll: { parameters: ["buffer", "u64", "i32"], result: "i32", nonblocking: true },
  __errno_location: { parameters: [], result: "pointer" },
} as const satisfies Deno.ForeignLibraryInterface;

type Library = Deno.DynamicLibrary<typeof SYMBOLS>;

/**
 * An open TUN device. Its reads and writes never block; {@linkcode TUNDevice.wait} does, on a thread of its own.
 *
 * @example
 * ```ts
 * import { assertThrows } from "@std/assert";
 * import { TUNDevice } from "./tun_device.ts";
 *
 * assertThrows(() => TUNDevice.open("a/b"), TypeError, 'Cannot open TUN device "a/b": name must');
 * ```
 */
export class TUNDevice {
  /** What the kernel calls the device. */
  readonly name: string;
  readonly #library: Library;
  readonly #fd: number;
  readonly #wakeFd: number;
  readonly #pollFds: DataView<ArrayBuffer>;
  readonly #buffer: Uint8Array<ArrayBuffer>;

  private constructor(library: Library, name: string, fd: number, wakeFd: number) {
    this.name = name;
    this.#library = library;
    this.#fd = fd;
    this.#wakeFd = wakeFd;
    // Buffers of their own: what a thread writes to must stay where it is.
    this.#pollFds = new DataView(new ArrayBuffer(2 * POLLFD));
    for (const [i, descriptor] of [fd, wakeFd].entries()) {
      this.#pollFds.setInt32(i * POLLFD, descriptor, true);
      this.#pollFds.setInt16(i * POLLFD + POLLFD_EVENTS, POLLIN, true);
    }
    this.#buffer = new Uint8Array(LARGEST_PACKET);
  }

  /**
   * Opens a device: a new one, unless one with this name exists that nobody has open. `%d` in the name stands for a number
   * that the kernel chooses.
   *
   * @throws {TypeError} when the name is not one to fifteen bytes without "/", ":" and white space
   * @throws {Deno.errors.NotSupported} on another system than Linux, code ENOTSUP
   * @throws {Deno.errors.PermissionDenied} without the right to do it, code EPERM or EACCES
   * @throws {Deno.errors.NotFound} without /dev/net/tun, code ENOENT, or without its driver, code ENODEV
   * @throws {Deno.errors.Busy} when somebody has it open, code EBUSY
   * @throws {Deno.errors.NotCapable} without --allow-ffi
   */
  static open(name: string): TUNDevice {
    checkName(name);
    if (Deno.build.os !== "linux") throw notSupported(name);
    const library = Deno.dlopen(LIBRARY, SYMBOLS);
    const descriptors: number[] = [];
    try {
      const fd = library.symbols.open(cString(CLONE_DEVICE), O_RDWR | O_NONBLOCK | O_CLOEXEC);
      if (fd < 0) throw systemError("open", name, errnoOf(library));
      descriptors.push(fd);
      const request = interfaceRequest(name, IFF_TUN | IFF_NO_PI);
      if (library.symbols.ioctl(fd, TUNSETIFF, request) < 0) throw systemError("open", name, errnoOf(library));
      const wakeFd = library.symbols.eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
      if (wakeFd < 0) throw systemError("open", name, errnoOf(library));
      return new TUNDevice(library, nameIn(request), fd, wakeFd);
    } catch (error) {
      for (const descriptor of descriptors) library.symbols.close(descriptor);
      library.close();
      throw error;
    }
  }

  /** The MTU of the kernel's side, in bytes. */
  get mtu(): number {
    return this.#interfaceControl(SIOCGIFMTU, 0);
  }

  set mtu(mtu: number) {
    this.#interfaceControl(SIOCSIFMTU, mtu);
  }

  /** The next packet from the kernel, a copy of its own; undefined when there is none now. */
  read(): Uint8Array<ArrayBuffer> | undefined {
    const { symbols } = this.#library;
    const length = symbols.read(this.#fd, this.#buffer, BigInt(LARGEST_PACKET));
    if (length >= 0) return this.#buffer.slice(0, length);
    const errno = errnoOf(this.#library);
    if (errno === EAGAIN || errno === EINTR) return undefined;
    throw systemError("read from", this.name, errno);
  }

  /** Gives the kernel a packet; false when it does not take it, as when the device is down. */
  write(packet: Uint8Array): boolean {
    // The buffer of a Uint8Array may also be shared; the kernel only reads it.
    const bytes = packet as Uint8Array<ArrayBuffer>;
    return this.#library.symbols.write(this.#fd, bytes, BigInt(bytes.length)) === bytes.length;
  }

  /** Resolves when a packet may be there to read, or after {@linkcode TUNDevice.wake}; rejects when the device is gone. */
  async wait(): Promise<void> {
    await this.#library.symbols.poll(this.#pollFds, 2n, LONGEST_WAIT);
    if (this.#pollFds.getInt16(POLLFD_REVENTS, true) & POLL_TROUBLE) throw systemError("wait for", this.name, 77);
  }

  /** Ends the wait under way, and all later ones at once. */
  wake(): void {
    this.#library.symbols.write(this.#wakeFd, EVENT, BigInt(EVENT.length));
  }

  /** Closes the device, which ends it unless it was made to persist. No wait may be under way. */
  close(): void {
    this.#library.symbols.close(this.#fd);
    this.#library.symbols.close(this.#wakeFd);
    this.#library.close();
  }

  /** Asks or tells the kernel a number about the interface; such requests go to a socket, any socket. */
  #interfaceControl(request: bigint, value: number): number {
    const { symbols } = this.#library;
    const socket = symbols.socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (socket < 0) throw systemError("configure", this.name, errnoOf(this.#library));
    try {
      const bytes = interfaceRequest(this.name, value);
      if (symbols.ioctl(socket, request, bytes) < 0) {
        throw systemError("configure", this.name, errnoOf(this.#library));
      }
      return new DataView(bytes.buffer).getInt32(IFREQ_VALUE, true);
    } finally {
      symbols.close(socket);
    }
  }
}

/** What an eventfd takes: a 64-bit count. */
const EVENT = new Uint8Array(BigUint64Array.of(1n).buffer);

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function checkName(name: string): void {
  const isName = typeof name === "string" && /^[^\s/:]+$/.test(name) && name !== "." && name !== "..";
  if (isName && encoder.encode(name).length < IFNAMSIZ) return;
  throw new TypeError(
    `Cannot open TUN device ${
      JSON.stringify(name)
    }: name must have 1 to 15 bytes, and neither "/", ":" nor white space`,
  );
}

function cString(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(`${text}\0`);
}

/** A struct ifreq. */
function interfaceRequest(name: string, value: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(new ArrayBuffer(IFREQ));
  bytes.set(encoder.encode(name));
  new DataView(bytes.buffer).setInt32(IFREQ_VALUE, value, true);
  return bytes;
}

function nameIn(request: Uint8Array): string {
  return decoder.decode(request.subarray(0, request.indexOf(0)));
}

/** Of the call before, on this thread. */
function errnoOf(library: Library): number {
  return new Deno.UnsafePointerView(library.symbols.__errno_location()!).getInt32();
}
