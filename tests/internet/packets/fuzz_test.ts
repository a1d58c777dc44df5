// Packets changed at random: nothing throws, and what is said of them stays within bounds.
import { assert, assertEquals } from "@std/assert";
import { describePacket, icmpError, type ICMPErrorKind, type Packet, parsePacket } from "../../../mod.ts";
import { seeded } from "../../harness/seeded.ts";
import * as samples from "./samples.ts";

const PACKETS = 60_000;
const ROUTER = { 4: "10.0.0.254", 6: "2001:db8::fe" };
const KINDS: ICMPErrorKind[] = [
  ...["network-unreachable", "host-unreachable", "protocol-unreachable", "port-unreachable", "admin-prohibited"],
  ...["packet-too-big", "time-exceeded", "reassembly-time-exceeded", "parameter-problem"],
] as ICMPErrorKind[];
/** Bytes that mean something: lengths, versions, protocols, options, extremes. */
const TELLING = [0, 1, 2, 3, 4, 5, 6, 8, 17, 43, 44, 58, 59, 60, 0x45, 0x4f, 0x60, 0x7f, 0x80, 0xff];

Deno.test("mutated packets are read, described and reported without an exception", () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  const random = seeded(seed);
  const below = (bound: number) => Math.floor(random() * bound);
  const originals = [...samples.wellFormed(4), ...samples.wellFormed(6)];
  const seen = { packets: 0, tcp: 0, udp: 0, icmp: 0, quoted: 0, errors: 0 };
  try {
    for (let i = 0; i < PACKETS; i++) {
      const bytes = mutate(originals[below(originals.length)], below);
      const line = describePacket(bytes);
      assert(line.length > 0 && !/[\n\r]|undefined|NaN/.test(line), line);
      const packet = parsePacket(bytes);
      if (!packet) continue;
      readAll(packet);
      seen.packets++;
      if (packet.tcp) seen.tcp++;
      if (packet.udp) seen.udp++;
      if (packet.icmp) seen.icmp++;
      if (packet.icmp?.quoted) seen.quoted++;
      if (report(packet, KINDS[below(KINDS.length)])) seen.errors++;
    }
    // Else the mutations are so coarse that they test nothing.
    for (const [name, count] of Object.entries(seen)) assert(count > PACKETS / 50, `${count} times ${name}`);
  } catch (error) {
    throw new Error(`seed ${seed}`, { cause: error });
  }
});

/** A copy with a few bytes changed, most of them in the headers, and sometimes another length. */
function mutate(original: Uint8Array, below: (bound: number) => number): Uint8Array {
  const length = below(3) > 0 ? original.length : below(original.length + 20);
  const bytes = new Uint8Array(length);
  bytes.set(original.subarray(0, length));
  for (let changes = below(6); changes > 0; changes--) {
    const at = below(Math.min(length, below(4) > 0 ? 80 : length));
    if (at < length) bytes[at] = below(2) > 0 ? TELLING[below(TELLING.length)] : below(256);
  }
  return bytes;
}

/** Asks for everything, the quoted packet's too. */
function readAll(packet: Packet): void {
  const inside = (part: Uint8Array) =>
    assert(part.buffer === packet.bytes.buffer && part.length <= packet.bytes.length);
  values(packet);
  inside(packet.payload);
  const { tcp, udp, icmp } = packet;
  if (tcp) {
    values(tcp);
    values(tcp.flags);
    inside(tcp.payload);
    assert(tcp.options.sack.length <= 4);
  }
  if (udp) {
    values(udp);
    inside(udp.payload);
  }
  if (icmp) {
    values(icmp);
    inside(icmp.payload);
    if (icmp.quoted) readAll(icmp.quoted);
  }
}

/** Calls every getter. */
function values(view: object): unknown[] {
  const found: unknown[] = [];
  for (let at = Object.getPrototypeOf(view); at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    for (const [name, { get }] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
      if (get) found.push(view[name as keyof typeof view]);
    }
  }
  assert(found.length > 0);
  return found;
}

/** What is sent about a packet is whole, of bounded size, and no reason for another error. */
function report(packet: Packet, kind: ICMPErrorKind): boolean {
  const options = { from: ROUTER[packet.version], mtu: kind === "packet-too-big" ? 1300 : undefined };
  const bytes = icmpError(packet.bytes, kind, options);
  if (!bytes) return false;
  const error = parsePacket(bytes)!;
  assert(error.hasValidChecksums && !error.isTruncated);
  assertEquals([error.source, error.destination, error.icmp!.kind], [options.from, packet.source, kind]);
  assert(bytes.length <= (packet.version === 4 ? 576 : 1280));
  assertEquals(icmpError(bytes, kind, options), undefined);
  return true;
}
