/**
 * Whether a packet is one that a host may send: lengths, checksums, addresses.
 *
 * @module
 */
import { finish, sum } from "../../stack/wire/checksum.ts";
import { ICMPV4, type Layout, TCP, UDP } from "./layout.ts";
import { type Family, isAt, TARGET_BYTES } from "./places.ts";
import { Violation } from "./violation.ts";

/** Throws where a packet of the target is not what a host may send. */
export function checkWhole(packet: Uint8Array, view: DataView, layout: Layout, family: Family): void {
  const { transport, end, protocol, isFragment, isICMP, payloadLength } = layout;
  const stated = family === 4 ? view.getUint16(2) : 40 + view.getUint16(4);
  if (stated !== packet.length || end !== packet.length) {
    throw new Violation("answer", `length ${stated} of ${packet.length}`);
  }
  const own = TARGET_BYTES[family];
  if (!isAt(packet, family === 4 ? 12 : 8, own)) {
    throw new Violation("answer", "sent from an address that is not its own");
  }
  if (isAt(packet, family === 4 ? 16 : 24, own)) throw new Violation("answer", "sent to itself over the wire");
  const first = packet[family === 4 ? 16 : 24];
  if (family === 4 ? first >> 4 === 14 || first === 0 || first === 127 : first === 0xff) {
    throw new Violation("answer", "sent to an address that is no host's");
  }
  if (family === 4 && finish(sum(view, 0, transport)) !== 0) throw new Violation("answer", "bad IPv4 checksum");
  if (isFragment || !(protocol === TCP || protocol === UDP || isICMP)) return;
  if (payloadLength < 8) throw new Violation("answer", `${payloadLength} bytes of protocol ${protocol}`);
  const addresses = family === 4 ? sum(view, 12, 8) : sum(view, 8, 32);
  const pseudoHeader = protocol === ICMPV4 ? 0 : addresses + protocol + payloadLength;
  if (finish(sum(view, transport, payloadLength, pseudoHeader)) !== 0) {
    throw new Violation("answer", `bad checksum of protocol ${protocol}`);
  }
}
