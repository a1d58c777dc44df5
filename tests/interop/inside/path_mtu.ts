// A path that becomes narrow in the middle of a transfer, with and without a router that says so.
import { assert, assertEquals, assertGreater } from "@std/assert";
import { parseAddress } from "../../../stack/wire/ip_address.ts";
import { patternDigest, receiveDigest, sendPattern } from "../../scenarios/data.ts";
import { ICMP, ICMPV6, ipPacket } from "../../scenarios/packets.ts";
import { connect, FAMILIES, type Family, type KernelNetworkOptions, kernelTest } from "./kernel.ts";

const MiB = 1024 * 1024;
const NARROW = 1300;
const ROUTER = { 4: "10.9.0.100", 6: "2001:db8::100" };
/** Packets that the wide path carries. */
const WIDE = 400;

/** RFC 792, 1191 §4 and RFC 4443 §3.2: type, code, and the MTU in the second word; the beginning of the packet follows. */
const TOO_BIG = { 4: [3, 4], 6: [2, 0] };
/** Bytes quoted: RFC 1812 §4.3.2.3 and RFC 4443 §3.2 leave the error no longer than these minimal MTUs. */
const QUOTED = { 4: 576 - 28, 6: 1280 - 48 };

/** What a router answers to a packet that is too long for its next link. */
function tooBig(packet: Uint8Array, mtu: number): Uint8Array {
  const family: Family = packet[0] >> 4 === 4 ? 4 : 6;
  const source = family === 4 ? packet.subarray(12, 16).join(".") : text(packet.subarray(8, 24));
  const quoted = packet.subarray(0, QUOTED[family]);
  const message = new Uint8Array(8 + quoted.length);
  message.set(TOO_BIG[family]);
  new DataView(message.buffer).setUint32(4, mtu);
  message.set(quoted, 8);
  const protocol = family === 4 ? ICMP : ICMPV6;
  const pseudoHeader = family === 4 ? [] : [
    ...parseAddress(ROUTER[6])!,
    ...packet.subarray(8, 24),
    ...[0, 0, message.length >> 8, message.length & 0xff, 0, 0, 0, ICMPV6],
  ];
  new DataView(message.buffer).setUint16(2, checksum(Uint8Array.of(...pseudoHeader, ...message)));
  return ipPacket(ROUTER[family], source, protocol, message);
}

/** RFC 1071 */
function checksum(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i++) sum += i % 2 === 0 ? bytes[i] << 8 : bytes[i];
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

function text(address: Uint8Array): string {
  const view = new DataView(address.buffer, address.byteOffset, address.byteLength);
  return Array.from({ length: 8 }, (_, i) => view.getUint16(2 * i).toString(16)).join(":");
}

/** A path that is narrow from its 400th packet on. It counts what it loses, and when asked to, says so to the sender. */
function narrowing(tells: boolean): { options: KernelNetworkOptions; lost: () => number } {
  let [packets, lost] = [0, 0];
  return {
    lost: () => lost,
    options: {
      path: (frame, deliver) => {
        if (++packets <= WIDE || frame.packet.length <= NARROW) return deliver(frame);
        const mayFragment = frame.packet[0] >> 4 === 4 && (frame.packet[6] & 0x40) === 0;
        assert(!mayFragment, "TCP finds the MTU of its path, and so it sets DF");
        lost++;
        if (tells) deliver({ packet: tooBig(frame.packet, NARROW) });
      },
    },
  };
}

for (const family of FAMILIES) {
  for (const sender of ["kernel", "host"] as const) {
    const { options, lost } = narrowing(true);
    kernelTest(
      `IPv${family}: the path of the ${sender} gets narrow, and a router says so`,
      options,
      async (network) => {
        using connection = await connect(network, family, "kernel");
        const [sends, receives] = sender === "kernel"
          ? [connection.kernel, connection.host]
          : [connection.host, connection.kernel];
        const [received] = await Promise.all([receiveDigest(receives), sendPattern(sends, MiB, family)]);
        assertEquals(received, patternDigest(MiB, family));
        assertGreater(lost(), 0);
      },
    );
  }
}

// The kernel finds out by itself only when told to (net.ipv4.tcp_mtu_probing).
const { options, lost } = narrowing(false);
kernelTest("the path of the host gets narrow, and nobody says so, over both families", options, async (network) => {
  await Promise.all(FAMILIES.map(async (family) => {
    using connection = await connect(network, family, "kernel");
    const sending = sendPattern(connection.host, MiB, family);
    assertEquals(await receiveDigest(connection.kernel), patternDigest(MiB, family));
    await sending;
  }));
  assertGreater(lost(), 0);
});
