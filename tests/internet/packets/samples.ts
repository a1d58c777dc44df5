// Packets to read and describe: some that a test builds, and some that two hosts sent each other.
import { Internet } from "../../../mod.ts";
import { cut } from "../../harness/fragments.ts";
import { withExtensions } from "../../harness/lone_host.ts";
import { buildPacket, type Damage, type IPPacket, type TCPSegment, type Transport } from "../../harness/packets.ts";

export type Family = 4 | 6;
export const FAMILIES: readonly Family[] = [4, 6];

export const CLIENT = { 4: "10.0.0.2", 6: "2001:db8::2" };
export const SERVER = { 4: "10.0.0.1", 6: "2001:db8::1" };

const NOTHING = new Uint8Array();
export const HELLO: Uint8Array<ArrayBuffer> = new TextEncoder().encode("Hello, world");

/** Extension headers, whole but for their links. */
export const HOP_BY_HOP: [kind: number, bytes: number[]] = [0, [0, 0, 1, 4, 0, 0, 0, 0]];
export const DESTINATION_OPTIONS: [kind: number, bytes: number[]] = [60, [0, 0, 1, 4, 0, 0, 0, 0]];
export const ROUTING: [kind: number, bytes: number[]] = [43, [0, 2, 4, 0, 0, 0, 0, 0, ...new Array(16).fill(2)]];
export const ATOMIC_FRAGMENT: [kind: number, bytes: number[]] = [44, [0, 0, 0, 0, 0, 0, 0, 9]];

/** A packet from the client to the server. */
export function packet(
  family: Family,
  transport: Transport,
  damage: Damage = {},
  changes: Partial<IPPacket> = {},
): Uint8Array<ArrayBuffer> {
  const ends = { source: CLIENT[family], destination: SERVER[family] };
  return buildPacket({ ...ends, ttl: 64, identification: 1, dontFragment: true, transport, ...changes }, damage);
}

export function segment(changes: Partial<TCPSegment> = {}): TCPSegment {
  return {
    ...{ kind: "tcp", sourcePort: 50_000, destinationPort: 8000, seq: 4_000_000_123, ack: 3_000_000_077 },
    ...{ flags: ".", window: 65_535, urgent: 0, options: [], payload: NOTHING },
    ...changes,
  };
}

export function datagram(payload: Uint8Array = HELLO): Transport {
  return { kind: "udp", sourcePort: 50_000, destinationPort: 7, checksum: 0, payload };
}

export function message(type: number, code: number, rest = 0, payload: Uint8Array = HELLO): Transport {
  return { kind: "icmp", type, code, rest, payload };
}

export function other(protocol: number): Transport {
  return { kind: "other", protocol, payload: HELLO };
}

/** All kinds of packets that are well-formed, in one family. */
export function wellFormed(family: Family): Uint8Array<ArrayBuffer>[] {
  const [echo, reply] = family === 4 ? [8, 0] : [128, 129];
  const long = packet(family, datagram(new Uint8Array(3000).fill(1)));
  const all = [
    ...["S", "S.", ".", "F.", "R", "R.", "", "FSRP.UEW", "SEW"].map((flags) => packet(family, segment({ flags }))),
    packet(family, segment({ flags: "P.", payload: HELLO, seq: 0xffff_fffe })),
    packet(family, segment({ flags: "P.U", payload: HELLO, urgent: 5 })),
    packet(
      family,
      segment({
        flags: "S",
        options: [{ name: "mss", value: 1460 }, { name: "sackok" }, { name: "ts", value: 4e9, echo: 0 }, {
          name: "raw",
          bytes: [1],
        }, { name: "ws", value: 7 }],
      }),
    ),
    packet(family, segment({ options: [{ name: "sack", blocks: [[4e9, 4e9 + 100], [5, 9]] }] })),
    packet(family, datagram()),
    packet(family, datagram(NOTHING)),
    packet(family, message(echo, 0, 0x10002)),
    packet(family, message(reply, 0, 0x10002)),
    ...cut(long, 1000),
    ...cut(packet(family, segment({ flags: "P.", payload: new Uint8Array(3000) })), 1000),
    ...errors(family),
  ];
  return family === 4 ? [...all, packet(4, datagram(), { ipOptions: 8 })] : [...all, ...chains()];
}

/** Every error that is known, about UDP and TCP. */
function errors(family: Family): Uint8Array<ArrayBuffer>[] {
  const codes: [type: number, codes: number, rest: number][] = family === 4
    ? [[3, 16, 1280], [11, 2, 0], [12, 1, 9 << 24]]
    : [[1, 5, 0], [2, 1, 1280], [3, 2, 0], [4, 4, 6]];
  const about = [packet(family, datagram()), packet(family, segment({ flags: "S" }))];
  return about.flatMap((quoted) =>
    codes.flatMap(([type, count, rest]) =>
      Array.from(
        { length: count },
        (_, code) =>
          packet(family, message(type, code, type === 3 && code !== 4 ? 0 : rest, quoted), {}, {
            source: SERVER[family],
            destination: CLIENT[family],
          }),
      )
    )
  );
}

function chains(): Uint8Array<ArrayBuffer>[] {
  const ends = [datagram(), segment({ flags: "S" }), message(128, 0, 0x10002), other(99), other(59)];
  return ends.flatMap((end) =>
    [
      [HOP_BY_HOP],
      [DESTINATION_OPTIONS],
      [ROUTING],
      [ATOMIC_FRAGMENT],
      [HOP_BY_HOP, ROUTING, ATOMIC_FRAGMENT, DESTINATION_OPTIONS],
    ].map((chain) => withExtensions(packet(6, end), chain))
  );
}

/** What two hosts send each other: TCP that loses packets, datagrams in fragments, a report of a closed port. */
export async function traffic(): Promise<Uint8Array[]> {
  const packets: Uint8Array[] = [];
  await using internet = new Internet({ isolation: "inline" });
  const filter = (frame: { packet: Uint8Array }) => {
    packets.push(frame.packet.slice());
    return packets.length % 10 !== 0;
  };
  const routing = internet.route({ filter });
  const server = await internet.newStack({ addresses: [SERVER[4], SERVER[6]], tcp: { minRto: 20 } });
  const client = await internet.newStack({ addresses: [CLIENT[4], CLIENT[6]], tcp: { minRto: 20, ecn: true } });
  for (const host of [SERVER[4], `[${SERVER[6]}]`]) {
    using listener = server.listenTCP(`${host}:8000`);
    const conn = await client.dialTCP(`${host}:8000`);
    const accepted = await listener.accept();
    await Promise.all([
      new Blob([new Uint8Array(100_000)]).stream().pipeTo(accepted.writable),
      new Response(conn.readable).arrayBuffer(),
    ]);
    // From a port of its own, for tcpdump takes datagrams of some ports for other protocols.
    using socket = client.listenUDP(host.startsWith("[") ? "[::]:50000" : "0.0.0.0:50000");
    const to: Deno.NetAddr = { transport: "udp", hostname: host.replaceAll(/[[\]]/g, ""), port: 9 };
    await socket.send(HELLO, to);
    await socket.send(new Uint8Array(5000), to);
  }
  await internet.close();
  await routing;
  return packets;
}
