// The errors that a program sends as a router would.
import { assertEquals, assertThrows } from "@std/assert";
import { icmpError, type ICMPErrorKind, type ICMPErrorOptions, parsePacket } from "../../../mod.ts";
import { cut, fragmentOf } from "../../harness/fragments.ts";
import { withExtensions } from "../../harness/lone_host.ts";
import { checkPCAP, readFields, requireTshark } from "../../harness/tshark.ts";
import { pcapFile } from "../../pcap/pcap_file.ts";
import * as samples from "./samples.ts";

const { datagram, FAMILIES, message, packet, segment } = samples;
const ROUTER = { 4: "10.0.0.254", 6: "2001:db8::fe" };

/** RFC 792, RFC 1812 §5.2.7.1; RFC 4443 §3. */
const NUMBERS: [kind: ICMPErrorKind, ipv4: [type: number, code: number], ipv6: [type: number, code: number]][] = [
  ["network-unreachable", [3, 0], [1, 0]],
  ["host-unreachable", [3, 1], [1, 3]],
  ["protocol-unreachable", [3, 2], [4, 1]],
  ["port-unreachable", [3, 3], [1, 4]],
  ["admin-prohibited", [3, 13], [1, 1]],
  ["packet-too-big", [3, 4], [2, 0]],
  ["time-exceeded", [11, 0], [3, 0]],
  ["reassembly-time-exceeded", [11, 1], [3, 1]],
  ["parameter-problem", [12, 0], [4, 0]],
];

function optionsOf(kind: ICMPErrorKind): ICMPErrorOptions {
  if (kind === "packet-too-big") return { mtu: 1300 };
  return kind === "parameter-problem" ? { pointer: 7 } : {};
}

for (const family of FAMILIES) {
  const about = packet(family, datagram(new Uint8Array(2000).fill(3)));
  const headers = family === 4 ? 28 : 48;

  for (const [kind, ...numbers] of NUMBERS) {
    Deno.test(`IPv${family}: ${kind}`, () => {
      const error = parsePacket(icmpError(about, kind, { from: ROUTER[family], ...optionsOf(kind) })!)!;
      assertEquals([error.source, error.destination], [ROUTER[family], samples.CLIENT[family]]);
      assertEquals([error.hasValidChecksums, error.isTruncated], [true, false]);
      const icmp = error.icmp!;
      assertEquals([icmp.type, icmp.code], numbers[family === 4 ? 0 : 1]);
      assertEquals(icmp.kind, kind);
      assertEquals(icmp.mtu, kind === "packet-too-big" ? 1300 : undefined);
      // Of ICMPv6 "protocol-unreachable", the field that names the protocol.
      const pointer = kind === "protocol-unreachable" && family === 6 ? 6 : undefined;
      assertEquals(icmp.pointer, kind === "parameter-problem" ? 7 : pointer);
      assertEquals(error.bytes.length, family === 4 ? 576 : 1280);
      assertEquals(icmp.payload, about.subarray(0, error.bytes.length - headers));
    });
  }

  Deno.test(`IPv${family}: a host reports about what was sent to it, and quotes all of what is short`, () => {
    const short = packet(family, segment({ flags: "S" }), { trailing: 5 });
    const error = parsePacket(icmpError(short, "port-unreachable")!)!;
    assertEquals([error.source, error.destination], [samples.SERVER[family], samples.CLIENT[family]]);
    assertEquals(error.icmp!.payload, short.subarray(0, short.length - 5));
    assertEquals(icmpError(short.subarray(0, headers), "port-unreachable")!.length, headers + headers);
  });

  Deno.test(`IPv${family}: no error about what none may be sent about`, () => {
    const [first, second] = cut(about, 1000);
    const quoting = message(family === 4 ? 11 : 3, 0, 0, about.subarray(0, headers));
    const silent: Record<string, Uint8Array> = {
      "an error": packet(family, quoting),
      "an error of another kind": icmpError(about, "packet-too-big", { mtu: 1280 })!,
      "a redirect": packet(family, message(family === 4 ? 5 : 137, 0)),
      "ICMP whose type is cut off": packet(family, message(8, 0)).subarray(0, headers - 8),
      "a later fragment": second,
      "bytes that are no packet": about.subarray(0, 10),
    };
    for (const [name, bytes] of Object.entries(silent)) {
      assertEquals(icmpError(bytes, "time-exceeded", { from: ROUTER[family] }), undefined, name);
    }
    const [echo, reply] = family === 4 ? [8, 0] : [128, 129];
    for (const spoken of [first, packet(family, message(echo, 0)), packet(family, message(reply, 0))]) {
      assertEquals(icmpError(spoken, "time-exceeded")!.length > headers, true);
    }
  });

  Deno.test(`IPv${family}: no error to or about addresses that are no single host's`, () => {
    const addresses = family === 4
      ? ["0.0.0.0", "127.0.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"]
      : ["::", "::1", "ff02::1"];
    for (const address of addresses) {
      for (const end of ["source", "destination"]) {
        const bytes = packet(family, datagram(), {}, { [end]: address });
        assertEquals(icmpError(bytes, "host-unreachable", { from: ROUTER[family] }), undefined, `${end} ${address}`);
      }
    }
  });

  Deno.test(`IPv${family}: misuse throws, and says what to do`, () => {
    const other = family === 4 ? 6 : 4;
    const least = family === 4 ? 68 : 1280;
    const report = (kind: string, options?: ICMPErrorOptions) => () => icmpError(about, kind as ICMPErrorKind, options);
    assertThrows(report("lost"), TypeError, 'Cannot report "lost": kind must be one of network-unreachable, ');
    assertThrows(report("packet-too-big"), TypeError, 'Cannot report "packet-too-big": mtu is missing');
    assertThrows(report("time-exceeded", { mtu: 1300 }), TypeError, 'only "packet-too-big" has one');
    assertThrows(report("time-exceeded", { pointer: 1 }), TypeError, 'only "parameter-problem" has one');
    for (const mtu of [0, -1, least - 1, 65_536, 1300.5, NaN, Infinity]) {
      const text = `mtu ${mtu} must be an integer from ${least} to 65535`;
      assertThrows(report("packet-too-big", { mtu }), RangeError, text);
    }
    const last = family === 4 ? 255 : about.length - 1;
    for (const pointer of [-1, last + 1, 0.5]) {
      const text = `pointer ${pointer} must be an integer from 0 to ${last}`;
      assertThrows(report("parameter-problem", { pointer }), RangeError, text);
    }
    assertThrows(report("time-exceeded", { from: "router" }), TypeError, 'from "router": not an IP address');
    assertThrows(
      report("time-exceeded", { from: ROUTER[other] }),
      TypeError,
      `Cannot report an error from "${ROUTER[other]}": the packet is IPv${family}`,
    );
    // Also where no error would be sent, so that a mistake shows at once.
    const silent = icmpError(about, "time-exceeded")!;
    assertThrows(() => icmpError(silent, "time-exceeded", { from: ROUTER[other] }), TypeError);
    assertThrows(
      () => icmpError("packet" as unknown as Uint8Array, "time-exceeded"),
      TypeError,
      "must be a Uint8Array",
    );
  });
}

Deno.test("IPv6: protocol-unreachable points behind the extension headers", () => {
  const chain = [samples.HOP_BY_HOP, samples.DESTINATION_OPTIONS];
  const error = icmpError(withExtensions(packet(6, samples.other(99)), chain), "protocol-unreachable")!;
  assertEquals(parsePacket(error)!.icmp!.pointer, 48);
});

Deno.test("the packet that an error is about may be changed afterwards", () => {
  const about = packet(4, datagram());
  const error = icmpError(about, "port-unreachable")!;
  const before = error.slice();
  about.fill(0);
  assertEquals(error, before);
});

Deno.test("tshark finds nothing wrong with the errors, and reads the same numbers", async () => {
  if (!await requireTshark()) return;
  const cases = FAMILIES.flatMap((family) => NUMBERS.map(([kind, ...numbers]) => ({ family, kind, numbers })));
  const errors = cases.map(({ family, kind }) => {
    // Not a whole UDP datagram: of a fragment tshark does not say that its length is wrong.
    const whole = packet(family, datagram(new Uint8Array(2001)));
    return icmpError(fragmentOf(whole, { from: 0, to: 1200 }), kind, { from: ROUTER[family], ...optionsOf(kind) })!;
  });
  const path = await Deno.makeTempFile({ suffix: ".pcap" });
  try {
    await Deno.writeFile(path, pcapFile(errors.map((bytes) => ({ seconds: 1, fraction: 0, bytes }))));
    assertEquals(await checkPCAP(path), []);
    const names = ["type", "code", "mtu", "pointer"];
    const rows = await readFields(path, ["icmp", "icmpv6"].flatMap((protocol) => names.map((n) => `${protocol}.${n}`)));
    cases.forEach(({ family, kind, numbers }, i) => {
      const field = (name: string) => rows[i][`icmp${family === 4 ? "" : "v6"}.${name}`].map(Number);
      const [type, code] = numbers[family === 4 ? 0 : 1];
      assertEquals([field("type"), field("code")], [[type], [code]], kind);
      assertEquals(field("mtu"), kind === "packet-too-big" ? [1300] : [], kind);
      if (kind === "parameter-problem") assertEquals(field("pointer"), [7]);
    });
  } finally {
    await Deno.remove(path);
  }
});
