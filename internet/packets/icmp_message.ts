/**
 * An ICMP or ICMPv6 message as a program reads it.
 *
 * Runs on the main side.
 *
 * @module
 */
import * as icmpv4 from "../../stack/wire/icmpv4.ts";
import * as icmpv6 from "../../stack/wire/icmpv6.ts";
import { type ICMPKind, kindOf } from "./icmp_kinds.ts";
import { type Packet, parsePacket } from "./packet.ts";

/**
 * An ICMP (RFC 792) or ICMPv6 (RFC 4443) message. What its kind does not have is undefined.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parsePacket } from "@uis/uis";
 *
 * const unreachable = "4500003d00004000400126be0a0000010a0000020303111e00000000";
 * const datagram = "4500002100010000401166c90a0000020a000001c0000007000d07f848656c6c6f";
 * const icmp = parsePacket(Uint8Array.fromHex(unreachable + datagram))?.icmp;
 * assertEquals([icmp?.type, icmp?.code, icmp?.kind], [3, 3, "port-unreachable"]);
 * assertEquals([icmp?.quoted?.destination, icmp?.quoted?.destinationPort], ["10.0.0.1", 7]);
 * ```
 */
export class ICMPMessage {
  /** The version of IP that it belongs to. */
  readonly version: 4 | 6;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #start: number;
  readonly #end: number;
  #quoted: Packet | undefined;

  private constructor(version: 4 | 6, bytes: Uint8Array, view: DataView, start: number, end: number) {
    this.version = version;
    this.#bytes = bytes;
    this.#view = view;
    this.#start = start;
    this.#end = end;
    this.#quoted = undefined;
  }

  /** The message from `start` to `end`; undefined when its header is not whole. @internal */
  static at(
    version: 4 | 6,
    bytes: Uint8Array,
    view: DataView,
    start: number,
    end: number,
  ): ICMPMessage | undefined {
    const isWhole = end - start >= icmpv4.HEADER_LENGTH;
    return isWhole ? new ICMPMessage(version, bytes, view, start, end) : undefined;
  }

  /** The number of its type. */
  get type(): number {
    return icmpv4.type(this.#view, this.#start);
  }

  /** The number that says more about the type. */
  get code(): number {
    return icmpv4.code(this.#view, this.#start);
  }

  /** What type and code mean. */
  get kind(): ICMPKind {
    return kindOf(this.version, this.type, this.code);
  }

  /** Whether it reports an error. */
  get isError(): boolean {
    return this.version === 4 ? icmpv4.isError(this.type) : icmpv6.isError(this.type);
  }

  /** Of an echo: what tells one program's from another's. */
  get id(): number | undefined {
    return this.#isEcho ? this.#rest >>> 16 : undefined;
  }

  /** Of an echo: its number. */
  get seq(): number | undefined {
    return this.#isEcho ? this.#rest & 0xffff : undefined;
  }

  /** Of "packet-too-big": how large it might have been, in bytes. 0 when an old router does not say (RFC 1191 §5). */
  get mtu(): number | undefined {
    if (this.kind !== "packet-too-big") return undefined;
    return (this.version === 4 ? icmpv4 : icmpv6).nextMTU(this.#view, this.#start);
  }

  /** Of a parameter problem, ICMPv6's "protocol-unreachable" included: where in the quoted packet it is, in bytes. */
  get pointer(): number | undefined {
    const icmp = this.version === 4 ? icmpv4 : icmpv6;
    return this.type === icmp.PARAMETER_PROBLEM ? icmp.pointer(this.#view, this.#start) : undefined;
  }

  /** Of an error: the packet that it is about, or as much of it as is quoted. */
  get quoted(): Packet | undefined {
    return this.isError ? this.#quoted ??= parsePacket(this.payload) : undefined;
  }

  /** What follows the header of 8 bytes: the data of an echo, the quote of an error. A part of the packet's bytes. */
  get payload(): Uint8Array {
    return this.#bytes.subarray(this.#start + icmpv4.HEADER_LENGTH, this.#end);
  }

  get #rest(): number {
    return icmpv4.rest(this.#view, this.#start);
  }

  get #isEcho(): boolean {
    const { kind } = this;
    return kind === "echo-request" || kind === "echo-reply";
  }
}
