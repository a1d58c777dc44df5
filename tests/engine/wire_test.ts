// The wire formats against published examples, and against the harness's own reading of them.
import { assert, assertEquals } from "@std/assert";
import { finish, intact, sum, sumOfWords } from "../../stack/wire/checksum.ts";
import * as icmpv4 from "../../stack/wire/icmpv4.ts";
import { formatAddress, parseAddress } from "../../stack/wire/ip_address.ts";
import * as ipv4 from "../../stack/wire/ipv4.ts";
import * as ipv6 from "../../stack/wire/ipv6.ts";
import * as tcp from "../../stack/wire/tcp.ts";
import * as udp from "../../stack/wire/udp.ts";
import { checksum } from "../harness/checksum.ts";
import { readPacket } from "../harness/packets.ts";
import { seeded } from "../harness/seeded.ts";

function bytesOf(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(hex.replaceAll(" ", "").match(/../g)!, (digits) => parseInt(digits, 16));
}

function viewOf(hex: string): DataView {
  return new DataView(bytesOf(hex).buffer);
}

Deno.test("the checksum of RFC 1071 §3", () => {
  const view = viewOf("0001 f203 f4f5 f6f7");
  assertEquals(sum(view, 0, 8), 0x2ddf0);
  assertEquals(finish(sum(view, 0, 8)), 0x220d);
});

Deno.test("the checksum of a well-known IPv4 header", () => {
  const view = viewOf("4500 0073 0000 4000 4011 b861 c0a8 0001 c0a8 00c7");
  assertEquals(intact(view, 0, 20), true);
  view.setUint16(10, 0);
  assertEquals(finish(sum(view, 0, 20)), 0xb861);
});

Deno.test("the checksum agrees with a plain one for all lengths and alignments", () => {
  const random = seeded(1);
  const bytes = Uint8Array.from({ length: 200 }, () => Math.floor(random() * 256));
  const view = new DataView(bytes.buffer);
  for (let offset = 0; offset < 8; offset++) {
    for (let length = 0; length <= 150; length++) {
      assertEquals(finish(sum(view, offset, length)), checksum(bytes.subarray(offset, offset + length)));
    }
  }
});

Deno.test("the checksum of 64 KiB of ones does not overflow", () => {
  const bytes = new Uint8Array(65535).fill(0xff);
  assertEquals(finish(sum(new DataView(bytes.buffer), 0, 65534)), 0);
  assertEquals(finish(sum(new DataView(bytes.buffer), 0, 65535, 8 * 0xffff)), checksum(bytes));
});

Deno.test("finish folds any partial sum", () => {
  for (const [total, folded] of [[0, 0xffff], [0xffff, 0], [0x10000, 0xfffe], [0x1fffe, 0], [0xffff_ffff, 0]]) {
    assertEquals(finish(total), folded, total.toString(16));
  }
  assertEquals(finish(0xffff * 0x10000 * 4), 0);
});

Deno.test("the words of an address sum as their bytes do", () => {
  assertEquals(sumOfWords(0x20010db8, 0, -1, 1), 0x2001 + 0x0db8 + 0xffff + 0xffff + 1);
});

Deno.test("an IPv4 header is valid or not", () => {
  const good = "4500 0016 0001 4000 4011 0000 0a00 0001 0a00 0002 abcd";
  const make = (change: (view: DataView) => void = () => {}) => {
    const view = viewOf(good);
    change(view);
    view.setUint16(10, 0);
    view.setUint16(10, finish(sum(view, 0, 20)));
    return view;
  };
  assertEquals(ipv4.valid(make(), 0, 22), true);
  assertEquals(ipv4.valid(make(), 0, 21), false);
  for (let length = 0; length < 22; length++) assertEquals(ipv4.valid(make(), 0, length), false);
  assertEquals(ipv4.valid(make((view) => view.setUint8(0, 0x44)), 0, 22), false);
  assertEquals(ipv4.valid(make((view) => view.setUint8(0, 0x4f)), 0, 22), false);
  assertEquals(ipv4.valid(make((view) => view.setUint8(0, 0x55)), 0, 22), false);
  assertEquals(ipv4.valid(make((view) => view.setUint16(2, 19)), 0, 22), false);
  assertEquals(ipv4.valid(make((view) => view.setUint16(2, 20)), 0, 22), true);
  assertEquals(ipv4.valid(make((view) => view.setUint16(2, 23)), 0, 22), false);
  const broken = make();
  broken.setUint8(8, 63);
  assertEquals(ipv4.valid(broken, 0, 22), false);
});

Deno.test("an IPv6 header is valid or not", () => {
  const view = new DataView(new ArrayBuffer(50));
  const word = { w0: 0x20010db8, w1: 0, w2: 0, w3: 1 };
  ipv6.write(view, 0, {
    ecn: 2,
    payloadLength: 10,
    nextHeader: 99,
    hopLimit: 64,
    flowLabel: 0xabcde,
    source: word,
    destination: { ...word, w3: 2 },
  });
  assertEquals(ipv6.valid(view, 0, 50), true);
  assertEquals(ipv6.valid(view, 0, 49), false);
  assertEquals(ipv6.valid(view, 0, 39), false);
  assertEquals(view.getUint32(0), 0x602abcde);
  const packet = readPacket(new Uint8Array(view.buffer));
  assertEquals([packet.source, packet.destination, packet.ttl], ["2001:db8::1", "2001:db8::2", 64]);
  view.setUint8(0, 0x40);
  assertEquals(ipv6.valid(view, 0, 50), false);
});

Deno.test("TCP, UDP and ICMP headers are valid or not", () => {
  const header = (offset: number) =>
    viewOf(`0050 c000 00000001 00000002 ${offset.toString(16)}018 ffff 0000 0000 01010101`);
  assertEquals(tcp.valid(header(5), 0, 24), true);
  assertEquals(tcp.valid(header(6), 0, 24), true);
  assertEquals(tcp.valid(header(7), 0, 24), false);
  assertEquals(tcp.valid(header(4), 0, 24), false);
  assertEquals(tcp.valid(header(5), 0, 19), false);
  assertEquals(udp.valid(viewOf("0007 0009 0008 0000"), 0, 8), true);
  assertEquals(udp.valid(viewOf("0007 0009 0009 0000"), 0, 8), false);
  assertEquals(udp.valid(viewOf("0007 0009 0007 0000"), 0, 8), false);
  assertEquals(udp.valid(viewOf("0007 0009 0008 0000"), 0, 7), false);
  assertEquals(icmpv4.valid(viewOf("0800 f7fd 0001 0001"), 0, 8), true);
  assertEquals(icmpv4.valid(viewOf("0800 f7fc 0001 0001"), 0, 8), false);
  assertEquals(icmpv4.valid(viewOf("0800 f7fd 0001 0001"), 0, 7), false);
});

Deno.test("addresses to text and back", () => {
  const canonical = [
    "0.0.0.0",
    "255.255.255.255",
    "::",
    "::1",
    "1::",
    "2001:db8::1",
    "2001:db8:0:1:1:1:1:1",
    "1:0:0:2::3",
    "::ffff:10.0.0.1",
    "fe80::1:2:3:4",
  ];
  for (const text of canonical) assertEquals(formatAddress(parseAddress(text)!), text);
  const others: [string, string][] = [
    ["2001:DB8:0:0:0:0:0:1", "2001:db8::1"],
    ["1:0:0:0:0:0:0:0", "1::"],
    ["0:0:0:0:0:0:0:0", "::"],
    ["::10.0.0.1", "::a00:1"],
    ["1:0:0:2:0:0:0:3", "1:0:0:2::3"],
  ];
  for (const [text, wanted] of others) assertEquals(formatAddress(parseAddress(text)!), wanted);
});

Deno.test("what is no address literal is refused", () => {
  const texts = [
    "",
    ".",
    ":",
    ":::",
    "1.2.3",
    "1.2.3.4.5",
    "01.2.3.4",
    "256.0.0.1",
    "1.2.3.4 ",
    "a.b.c.d",
    "1:2:3:4:5:6:7",
  ];
  texts.push("1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", "g::", "fe80::1%eth0", "[::1]", "1:2:3:4:5:6:7::8", "::1.2.3");
  for (const text of texts) assertEquals(parseAddress(text), undefined, text);
  assert(parseAddress("1:2:3:4:5:6:7::"));
});
