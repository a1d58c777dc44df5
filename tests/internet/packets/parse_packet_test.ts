// Packets as programs read them, field by field.
import { assert, assertEquals } from "@std/assert";
import { type ICMPKind, parsePacket } from "../../../mod.ts";
import { checksum } from "../../harness/checksum.ts";
import { cut } from "../../harness/fragments.ts";
import { withExtensions } from "../../harness/lone_host.ts";
import * as samples from "./samples.ts";

const { datagram, FAMILIES, HELLO, message, packet, segment } = samples;

for (const family of FAMILIES) {
  Deno.test(`IPv${family}: the header`, () => {
    const view = parsePacket(packet(family, samples.other(99), {}, { ttl: 7, ecn: 3, identification: 0x1234 }))!;
    assertEquals([view.version, view.source, view.destination], [
      family,
      samples.CLIENT[family],
      samples.SERVER[family],
    ]);
    assertEquals([view.protocol, view.ecn, view.fragment, view.isTruncated], [99, 3, undefined, false]);
    assertEquals([view.payload, view.length], [HELLO, view.bytes.length]);
    assertEquals([view.tcp, view.udp, view.icmp, view.sourcePort], [undefined, undefined, undefined, undefined]);
    if (view.version === 4) assertEquals([view.ttl, view.identification, view.dontFragment], [7, 0x1234, true]);
    else assertEquals([view.hopLimit, view.flowLabel], [7, 0]);
  });

  Deno.test(`IPv${family}: a TCP segment`, () => {
    const tcp = parsePacket(packet(family, segment({ flags: "SEP", payload: HELLO, urgent: 3 })))!.tcp!;
    assertEquals([tcp.sourcePort, tcp.destinationPort], [50_000, 8000]);
    assertEquals([tcp.seq, tcp.ack, tcp.window, tcp.urgentPointer], [4_000_000_123, 3_000_000_077, 65_535, 3]);
    const { syn, ack, fin, rst, psh, urg, ece, cwr } = tcp.flags;
    assertEquals([syn, ack, fin, rst, psh, urg, ece, cwr], [true, false, false, false, true, false, true, false]);
    assertEquals([tcp.headerLength, tcp.payload], [20, HELLO]);
    assertEquals(tcp.options, {
      ...{ mss: undefined, windowScale: undefined, sackPermitted: false, sack: [], timestamps: undefined },
    });
  });

  Deno.test(`IPv${family}: TCP options`, () => {
    const blocks: [number, number][] = [[4e9, 4e9 + 5], [1, 2], [3, 4]];
    const read = (transport: ReturnType<typeof segment>) => parsePacket(packet(family, transport))!.tcp!.options;
    const first = read(segment({
      options: [{ name: "mss", value: 1460 }, { name: "ws", value: 0 }, { name: "sackok" }],
    }));
    assertEquals([first.mss, first.windowScale, first.sackPermitted], [1460, 0, true]);
    const later = read(segment({ options: [{ name: "ts", value: 4e9, echo: 3e9 }, { name: "sack", blocks }] }));
    assertEquals(later.timestamps, { value: 4e9, echo: 3e9 });
    assertEquals(later.sack, blocks.map(([left, right]) => ({ left, right })));
    assertEquals(read(segment({ options: [{ name: "raw", bytes: [2, 9, 1, 1] }] })).mss, undefined);
  });

  Deno.test(`IPv${family}: a datagram, whatever follows the packet`, () => {
    const view = parsePacket(packet(family, datagram(), { trailing: 9 }))!;
    assertEquals([view.udp!.sourcePort, view.udp!.destinationPort, view.udp!.length], [50_000, 7, 20]);
    assertEquals([view.udp!.payload, view.payload.length, view.isTruncated], [HELLO, 20, false]);
    assertEquals([view.sourcePort, view.destinationPort], [50_000, 7]);
  });

  Deno.test(`IPv${family}: only the first fragment has ports`, () => {
    const [first, second, last] = cut(packet(family, datagram(new Uint8Array(2500))), 1000, 77).map((bytes) =>
      parsePacket(bytes)!
    );
    assertEquals(first.fragment, { id: 77, offset: 0, more: true });
    assertEquals([first.udp!.length, first.udp!.payload.length, first.sourcePort], [2508, 992, 50_000]);
    assertEquals(second.fragment, { id: 77, offset: 1000, more: true });
    assertEquals(last.fragment, { id: 77, offset: 2000, more: false });
    for (const later of [second, last]) {
      assertEquals([later.protocol, later.udp, later.sourcePort], [17, undefined, undefined]);
    }
    assertEquals([second.payload.length, last.payload.length], [1000, 508]);
  });

  Deno.test(`IPv${family}: echoes`, () => {
    const [request, reply] = family === 4 ? [8, 0] : [128, 129];
    for (const [type, kind] of [[request, "echo-request"], [reply, "echo-reply"]] as const) {
      const icmp = parsePacket(packet(family, message(type, 0, 0x1234_5678)))!.icmp!;
      assertEquals([icmp.type, icmp.code, icmp.kind, icmp.isError], [type, 0, kind, false]);
      assertEquals([icmp.id, icmp.seq, icmp.payload], [0x1234, 0x5678, HELLO]);
      assertEquals([icmp.mtu, icmp.pointer, icmp.quoted], [undefined, undefined, undefined]);
    }
  });

  const kinds: [type: number, code: number, kind: ICMPKind][] = family === 4
    ? [
      ...[[3, 0, "network-unreachable"], [3, 1, "host-unreachable"], [3, 2, "protocol-unreachable"]],
      ...[[3, 3, "port-unreachable"], [3, 4, "packet-too-big"], [3, 5, "other"], [3, 6, "network-unreachable"]],
      ...[[3, 7, "host-unreachable"], [3, 9, "admin-prohibited"], [3, 10, "admin-prohibited"]],
      ...[[3, 13, "admin-prohibited"], [11, 0, "time-exceeded"], [11, 1, "reassembly-time-exceeded"]],
      ...[[12, 0, "parameter-problem"], [12, 2, "parameter-problem"], [5, 0, "other"], [8, 3, "echo-request"]],
    ] as [number, number, ICMPKind][]
    : [
      ...[[1, 0, "network-unreachable"], [1, 1, "admin-prohibited"], [1, 2, "other"], [1, 3, "host-unreachable"]],
      ...[[1, 4, "port-unreachable"], [2, 0, "packet-too-big"], [2, 5, "packet-too-big"], [3, 0, "time-exceeded"]],
      ...[[3, 1, "reassembly-time-exceeded"], [4, 0, "parameter-problem"], [4, 1, "protocol-unreachable"]],
      ...[[4, 2, "parameter-problem"], [4, 3, "parameter-problem"], [135, 0, "other"]],
    ] as [number, number, ICMPKind][];

  Deno.test(`IPv${family}: what ICMP errors are, and what they quote`, () => {
    const quoted = packet(family, segment()).subarray(0, (family === 4 ? 20 : 40) + 8);
    for (const [type, code, kind] of kinds) {
      const icmp = parsePacket(packet(family, message(type, code, 0x0600_0500, quoted)))!.icmp!;
      assertEquals(icmp.kind, kind, `type ${type}, code ${code}`);
      if (!icmp.isError || kind === "other") continue;
      assertEquals([icmp.quoted!.protocol, icmp.quoted!.destinationPort, icmp.quoted!.tcp], [6, 8000, undefined]);
      assertEquals([icmp.quoted!.isTruncated, icmp.quoted!.hasValidChecksums], [true, true]);
      const tooBig = family === 4 ? 0x500 : 0x0600_0500;
      assertEquals(icmp.mtu, kind === "packet-too-big" ? tooBig : undefined, kind);
      const problem = kind === "parameter-problem" || (family === 6 && kind === "protocol-unreachable");
      assertEquals(icmp.pointer, problem ? (family === 4 ? 6 : 0x0600_0500) : undefined, kind);
    }
  });

  Deno.test(`IPv${family}: checksums`, () => {
    const valid = samples.wellFormed(family).filter((bytes) => !parsePacket(bytes)!.hasValidChecksums);
    assertEquals(valid, []);
    for (const transport of [segment(), datagram(), message(family === 4 ? 8 : 128, 0)]) {
      assertEquals(parsePacket(packet(family, transport, { badChecksum: true }))!.hasValidChecksums, false);
      const bytes = packet(family, transport);
      bytes[bytes.length - 1] ^= 1;
      assertEquals(parsePacket(bytes)!.hasValidChecksums, false);
    }
    // A UDP checksum of 0 means none, which IPv6 does not allow (RFC 8200 §8.1).
    assertEquals(parsePacket(packet(family, datagram(), { noChecksum: true }))!.hasValidChecksums, family === 4);
    // What is not all there is not looked at, and a length that cannot be is wrong.
    assertEquals(parsePacket(packet(family, datagram(), { cut: 1, badChecksum: true }))!.hasValidChecksums, true);
    assertEquals(parsePacket(packet(family, datagram(), { udpLength: 100 }))!.hasValidChecksums, false);
    assertEquals(parsePacket(packet(family, segment(), { dataOffset: 4 }))!.hasValidChecksums, false);
  });

  Deno.test(`IPv${family}: malformed payloads have no views`, () => {
    assertEquals(parsePacket(packet(family, segment(), { dataOffset: 4 }))!.tcp, undefined);
    assertEquals(parsePacket(packet(family, segment(), { dataOffset: 6 }))!.tcp, undefined);
    assertEquals(parsePacket(packet(family, segment(), { cut: 1 }))!.tcp, undefined);
    assertEquals(parsePacket(packet(family, datagram(), { udpLength: 7 }))!.udp, undefined);
    assertEquals(parsePacket(packet(family, datagram(), { cut: 13 }))!.udp, undefined);
    assertEquals(parsePacket(packet(family, message(8, 0), { cut: 13 }))!.icmp, undefined);
    // More than there is: the program gets what there is.
    assertEquals(parsePacket(packet(family, datagram(), { udpLength: 100 }))!.udp!.payload, HELLO);
  });

  Deno.test(`IPv${family}: bytes cut off before the header's end are no packet`, () => {
    const whole = packet(family, datagram());
    const header = family === 4 ? 20 : 40;
    for (let length = 0; length < whole.length; length++) {
      assertEquals(parsePacket(whole.subarray(0, length)) !== undefined, length >= header, `${length} bytes`);
    }
  });
}

Deno.test("IPv4: an impossible header is no packet", () => {
  assertEquals(parsePacket(packet(4, datagram(), { headerWords: 4 })), undefined);
  assertEquals(parsePacket(packet(4, datagram(), { headerWords: 15 })), undefined);
  const short = packet(4, datagram());
  short[3] = 19;
  assertEquals(parsePacket(short), undefined);
  for (const version of [0, 1, 5, 7, 15]) assertEquals(parsePacket(packet(4, datagram(), { version })), undefined);
});

Deno.test("IPv4: options are skipped, and the header's own checksum is checked", () => {
  assertEquals(parsePacket(packet(4, datagram(), { ipOptions: 40 }))!.udp!.payload, HELLO);
  assertEquals(parsePacket(packet(4, datagram(), { badIPChecksum: true }))!.hasValidChecksums, false);
});

Deno.test("IPv6: extension headers are followed, and no more than 16", () => {
  const { HOP_BY_HOP, ROUTING, ATOMIC_FRAGMENT, DESTINATION_OPTIONS } = samples;
  const whole = packet(6, datagram());
  const view = parsePacket(withExtensions(whole, [HOP_BY_HOP, ROUTING, ATOMIC_FRAGMENT, DESTINATION_OPTIONS]))!;
  assertEquals([view.protocol, view.udp!.payload], [17, HELLO]);
  assertEquals(view.fragment, { id: 9, offset: 0, more: false });
  assert(view.hasValidChecksums);

  const most = new Array<[number, number[]]>(16).fill(DESTINATION_OPTIONS);
  assertEquals(parsePacket(withExtensions(whole, most))!.destinationPort, 7);
  const tooMany = parsePacket(withExtensions(whole, [...most, DESTINATION_OPTIONS]))!;
  assertEquals([tooMany.protocol, tooMany.udp], [60, undefined]);
});

Deno.test("checksums on a route that leads on are over its end, and not checked before", () => {
  const end = { destination: "2001:db8::9" };
  const route = (left: number): [number, number[]] => [43, [0, 2, 0, left, ...new Array(20).fill(9)]];
  for (const transport of [segment(), datagram(), message(128, 0)]) {
    const [onItsWay, arrived] = [1, 0].map((left) => {
      const bytes = withExtensions(packet(6, transport, {}, end), [route(left)]);
      bytes[39] = 1;
      return parsePacket(bytes)!.hasValidChecksums;
    });
    assertEquals([onItsWay, arrived], [true, false], transport.kind);
  }
  const whole = packet(4, datagram(), { ipOptions: 8 }, { destination: "10.0.0.9" });
  whole[19] = 1;
  for (
    const [options, expected] of [[[131, 7, 4, 10, 0, 0, 9, 0], true], [[131, 7, 8, 10, 0, 0, 9, 0], false]] as const
  ) {
    whole.set(options, 20);
    const view = new DataView(whole.buffer);
    view.setUint16(10, 0);
    view.setUint16(10, checksum(whole.subarray(0, 28)));
    assertEquals(parsePacket(whole)!.hasValidChecksums, expected);
  }
});

Deno.test("IPv6: a chain that is cut off ends at the header that is", () => {
  const whole = withExtensions(packet(6, datagram()), [samples.HOP_BY_HOP, samples.ROUTING]);
  assertEquals(parsePacket(whole.subarray(0, 47))!.protocol, 0);
  assertEquals(parsePacket(whole.subarray(0, 48))!.protocol, 43);
  assertEquals(parsePacket(whole.subarray(0, 71))!.protocol, 43);
  assertEquals(parsePacket(whole.subarray(0, 72))!.protocol, 17);
});

Deno.test("a later fragment is not read on, whatever its first header's number is", () => {
  const whole = withExtensions(packet(6, datagram()), [samples.DESTINATION_OPTIONS]);
  const later = parsePacket(cut(whole, 8)[1])!;
  assertEquals([later.protocol, later.payload.length, later.udp], [60, 8, undefined]);
});

Deno.test("a view is of the bytes themselves, wherever they lie in their buffer", () => {
  const bytes = packet(4, datagram());
  const shifted = new Uint8Array(bytes.length + 7);
  shifted.set(bytes, 3);
  const view = parsePacket(shifted.subarray(3, 3 + bytes.length))!;
  assertEquals([view.source, view.udp!.payload], ["10.0.0.2", HELLO]);
  assertEquals(view.udp!.payload.buffer, shifted.buffer);
  assert(view.hasValidChecksums);
});
