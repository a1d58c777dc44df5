/**
 * One packet that has arrived, after its IP header was read.
 *
 * @module
 */
import { sumOfWords } from "../wire/checksum.ts";
import * as ipv4 from "../wire/ipv4.ts";
import * as ipv6 from "../wire/ipv6.ts";
import * as extensions from "../wire/ipv6_extensions.ts";
import { Address, isLoopback, isMapped } from "./address.ts";

const NO_BYTES = new DataView(new ArrayBuffer(0));

/** The packet under way. One object is filled again and again: nothing may keep it. */
export class Packet {
  view: DataView;
  /** Where the IP header starts and the packet ends. */
  start: number;
  end: number;
  /** Where the IP payload starts. */
  payload: number;
  protocol: number;
  /** IPv6: where the field is that names `protocol`. */
  nextHeaderAt: number;
  isIPv4: boolean;
  /** Source and destination, as the words of an `Address`. */
  s0: number;
  s1: number;
  s2: number;
  s3: number;
  d0: number;
  d1: number;
  d2: number;
  d3: number;

  constructor() {
    this.view = NO_BYTES;
    this.start = 0;
    this.end = 0;
    this.payload = 0;
    this.protocol = 0;
    this.nextHeaderAt = 0;
    this.isIPv4 = true;
    this.s0 =
      this.s1 =
      this.s2 =
      this.s3 =
        0;
    this.d0 =
      this.d1 =
      this.d2 =
      this.d3 =
        0;
  }

  /** Bytes of the IP payload. */
  get payloadLength(): number {
    return this.end - this.payload;
  }

  /** Reads a header that is valid. */
  readIPv4(view: DataView, start: number): void {
    this.view = view;
    this.start = start;
    this.end = start + ipv4.totalLength(view, start);
    this.payload = start + ipv4.headerLength(view, start);
    this.protocol = ipv4.protocol(view, start);
    this.isIPv4 = true;
    this.s0 =
      this.s1 =
      this.d0 =
      this.d1 =
        0;
    this.s2 = this.d2 = 0xffff;
    this.s3 = ipv4.source(view, start);
    this.d3 = ipv4.destination(view, start);
  }

  /** Reads a fixed header that is valid. */
  readIPv6(view: DataView, start: number): void {
    this.view = view;
    this.start = start;
    this.end = start + ipv6.HEADER_LENGTH + ipv6.payloadLength(view, start);
    this.payload = start + ipv6.HEADER_LENGTH;
    this.protocol = ipv6.nextHeader(view, start);
    this.nextHeaderAt = start + ipv6.NEXT_HEADER_AT;
    this.isIPv4 = false;
    this.s0 = ipv6.source(view, start, 0);
    this.s1 = ipv6.source(view, start, 1);
    this.s2 = ipv6.source(view, start, 2);
    this.s3 = ipv6.source(view, start, 3);
    this.d0 = ipv6.destination(view, start, 0);
    this.d1 = ipv6.destination(view, start, 1);
    this.d2 = ipv6.destination(view, start, 2);
    this.d3 = ipv6.destination(view, start, 3);
  }

  /** Bytes of the extension header that the payload starts with; 0 when it is not all there (RFC 8200 §4). */
  get extensionLength(): number {
    return extensions.lengthOf(this.protocol, this.view, this.payload, this.payloadLength);
  }

  /** Goes past the extension header that the payload starts with, of which `length` bytes are there. */
  skipExtension(length: number): void {
    this.nextHeaderAt = this.payload;
    this.protocol = extensions.nextHeader(this.view, this.payload);
    this.payload += length;
  }

  /**
   * Goes past all extension headers, however many, without a look into them; false when they are cut off, or not in this
   * fragment.
   */
  skipExtensions(): boolean {
    while (!this.isIPv4 && extensions.isExtension(this.protocol)) {
      const length = this.extensionLength;
      if (length === 0) return false;
      const isFragment = this.protocol === extensions.FRAGMENT;
      if (isFragment && extensions.fragmentOffset(this.view, this.payload) !== 0) return false;
      this.skipExtension(length);
    }
    return true;
  }

  source(): Address {
    return new Address(this.s0, this.s1, this.s2, this.s3);
  }

  destination(): Address {
    return new Address(this.d0, this.d1, this.d2, this.d3);
  }

  /** Whether the words are the address that the packet was sent to. */
  isTo(w0: number, w1: number, w2: number, w3: number): boolean {
    return this.d3 === w3 && this.d2 === w2 && this.d1 === w1 && this.d0 === w0;
  }

  /** Whether either address may not be seen outside a host (RFC 1122 §3.2.1.3). */
  get isFromLoopback(): boolean {
    return isLoopback(this.s0, this.s1, this.s2, this.s3) || isLoopback(this.d0, this.d1, this.d2, this.d3);
  }

  /** An IPv4-mapped address inside an IPv6 header would be taken for IPv4. */
  get isDisguisedIPv4(): boolean {
    return !this.isIPv4 && (isMapped(this.s0, this.s1, this.s2) || isMapped(this.d0, this.d1, this.d2));
  }

  /** The pseudo-header's sum for a payload of `length` bytes (RFC 9293 §3.1, RFC 8200 §8.1). */
  pseudoHeaderSum(length: number): number {
    const mapped = this.isIPv4 ? -2 * 0xffff : 0;
    return sumOfWords(this.s0, this.s1, this.s2, this.s3) + sumOfWords(this.d0, this.d1, this.d2, this.d3) + mapped +
      this.protocol + (length & 0xffff) + (length >>> 16);
  }
}
