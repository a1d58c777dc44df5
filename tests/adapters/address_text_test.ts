import { assertEquals, assertThrows } from "@std/assert";
import { formatEndpoint, parseEndpoint } from "../../adapters/address_text.ts";

for (
  const [text, address, port] of [
    ["10.0.0.1:80", "10.0.0.1", 80],
    ["10.0.0.1:080", "10.0.0.1", 80],
    ["10.0.0.1:65535", "10.0.0.1", 65535],
    ["[2001:db8::1]:80", "2001:db8::1", 80],
    ["[2001:DB8:0:0::01]:80", "2001:db8::1", 80],
    ["[64:ff9b::10.0.0.1]:80", "64:ff9b::a00:1", 80],
    ["0.0.0.0:80", "0.0.0.0", 80],
    ["[::]:80", "::", 80],
  ] as const
) {
  Deno.test(`address: ${text}`, () => {
    assertEquals(parseEndpoint(text, "dial"), { address, port });
    assertEquals(parseEndpoint(text, "listen on"), { address, port });
    assertEquals(parseEndpoint(formatEndpoint({ address, port }), "dial"), { address, port });
  });
}

const HOST = "host must be an IP literal";
const PORT = "port must be a decimal number up to 65535";
const MISSING = 'port is missing, as in "10.0.0.1:80"';
const BRACKETS = 'an IPv6 address must be in brackets, as in "[2001:db8::1]:80"';

for (
  const [text, why] of [
    ["example.com:80", HOST],
    ["localhost:80", HOST],
    [":80", HOST],
    ["[]:80", HOST],
    ["[::1:80", HOST],
    ["::1]:80", BRACKETS],
    ["10.0.0:80", HOST],
    ["10.0.0.256:80", HOST],
    ["010.0.0.1:80", HOST],
    [" 10.0.0.1:80", HOST],
    ["[10.0.0.1]:80", "host must be an IP literal, in brackets only if IPv6"],
    ["[fe80::1%eth0]:80", "host must be an IP literal without a zone id"],
    ["10.0.0.1%eth0:80", "host must be an IP literal without a zone id"],
    ["[::ffff:10.0.0.1]:80", "host must be an IP literal that is not IPv4-mapped: 10.0.0.1"],
    ["[::ffff:a00:1]:80", "host must be an IP literal that is not IPv4-mapped: 10.0.0.1"],
    ["2001:db8::1:80", BRACKETS],
    ["::1", BRACKETS],
    ["10.0.0.1", MISSING],
    ["[::1]", MISSING],
    ["", MISSING],
    ["10.0.0.1:", PORT],
    ["10.0.0.1:http", PORT],
    ["10.0.0.1:65536", PORT],
    ["10.0.0.1:-1", PORT],
    ["10.0.0.1:0x50", PORT],
    ["10.0.0.1:8 0", PORT],
    ["10.0.0.1:1e3", PORT],
    ["10.0.0.1:80\n", PORT],
    ['10.0.0.1:"', PORT],
  ]
) {
  Deno.test(`address: ${JSON.stringify(text)} is refused`, () => {
    for (const use of ["dial", "listen on"] as const) {
      const error = assertThrows(() => parseEndpoint(text, use), TypeError);
      assertEquals(error.message, `Cannot ${use} ${JSON.stringify(text)}: ${why}`);
    }
  });
}

Deno.test("address: port 0 can be listened on, not dialled", () => {
  assertEquals(parseEndpoint("10.0.0.1:0", "listen on"), { address: "10.0.0.1", port: 0 });
  const error = assertThrows(() => parseEndpoint("10.0.0.1:0", "dial"), TypeError);
  assertEquals(error.message, 'Cannot dial "10.0.0.1:0": port must not be 0');
});

for (const value of [undefined, null, 80, {}, ["10.0.0.1:80"], Symbol("s"), Object.create(null)]) {
  Deno.test(`address: ${Deno.inspect(value)} is no text`, () => {
    const error = assertThrows(() => parseEndpoint(value, "dial"), TypeError);
    assertEquals(error.message, `Cannot dial ${Deno.inspect(value)}: address must be a string such as "10.0.0.1:80"`);
  });
}
