// How the packets of a failed test are told.
import { assertEquals } from "@std/assert";
import { PacketLines } from "../../adapters/testing/packet_lines.ts";
import { netstat } from "../../adapters/testing/report.ts";
import { ACK, FIN, RST, SYN, tcpPacket } from "../scenarios/packets.ts";
import { numbered } from "./lone_nic.ts";

const CLIENT = { source: "10.0.0.2", sourcePort: 5, destination: "10.0.0.1", destinationPort: 80 };
const SERVER = { source: "10.0.0.1", sourcePort: 80, destination: "10.0.0.2", destinationPort: 5 };

/** The lines of TCP packets, from their flags on. */
function linesOf(...packets: Uint8Array[]): string[] {
  const lines = new PacketLines();
  return packets.map((packet) => lines.describe(packet).replace(/^IP6? \S+ > \S+ /, "").replace(" win 65535, ", " "));
}

Deno.test("lines: sequence numbers count from the SYN, past the wrap too", () => {
  const client = 0xffff_ffff;
  assertEquals(
    linesOf(
      tcpPacket(CLIENT, { seq: client, flags: SYN }),
      tcpPacket(SERVER, { seq: 5000, ack: 0, flags: SYN | ACK }),
      tcpPacket(CLIENT, { seq: 0, ack: 5001, flags: ACK, data: new Uint8Array(10) }),
      tcpPacket(SERVER, { seq: 5001, ack: 10, flags: FIN | ACK }),
      tcpPacket(CLIENT, { seq: 10, ack: 5002, flags: RST | ACK }),
    ),
    [
      "Flags [S], seq 0, length 0",
      "Flags [S.], seq 0, ack 1, length 0",
      "Flags [.], seq 1:11, ack 1, length 10",
      "Flags [F.], seq 1, ack 11, length 0",
      "Flags [R.], seq 11, ack 2, length 0",
    ],
  );
});

Deno.test("lines: in the middle of a conversation they count from the first number seen", () => {
  assertEquals(
    linesOf(
      tcpPacket(CLIENT, { seq: 700, ack: 900, flags: ACK, data: new Uint8Array(10) }),
      tcpPacket(CLIENT, { seq: 690, ack: 900, flags: ACK, data: new Uint8Array(10) }),
      tcpPacket(SERVER, { seq: 900, ack: 710, flags: ACK, data: new Uint8Array(5) }),
    ),
    [
      "Flags [.], seq 1:11, ack 1, length 10",
      "Flags [.], seq -9:1, ack 1, length 10",
      "Flags [.], seq 1:6, ack 11, length 5",
    ],
  );
});

Deno.test("lines: a reset out of nowhere has its own number, and a new connection counts anew", () => {
  assertEquals(
    linesOf(
      tcpPacket(SERVER, { seq: 12345, ack: 0, flags: RST }),
      tcpPacket(CLIENT, { seq: 100, ack: 0, flags: SYN }),
      tcpPacket(CLIENT, { seq: 9000, ack: 0, flags: SYN }),
      tcpPacket(SERVER, { seq: 0, ack: 9001, flags: RST | ACK }),
    ),
    [
      "Flags [R], seq 12345, length 0",
      "Flags [S], seq 0, length 0",
      "Flags [S], seq 0, length 0",
      "Flags [R.], seq 0, ack 1, length 0",
    ],
  );
});

Deno.test("lines: of the options those are told that matter, with SACK in the same numbers", () => {
  const sack = Uint8Array.fromHex("0101050a000003f2000003fc");
  const noise = Uint8Array.fromHex("0101080a0000000100000002");
  assertEquals(
    linesOf(
      tcpPacket(CLIENT, { seq: 1000, ack: 1, flags: ACK, data: new Uint8Array(10) }),
      tcpPacket(SERVER, { seq: 1, ack: 1000, flags: ACK, options: sack }),
      tcpPacket(SERVER, { seq: 1, ack: 1000, flags: ACK, options: noise }),
    ).slice(1),
    [
      "Flags [.], ack 1, options [sack 1 {11:21}], length 0",
      "Flags [.], ack 1, length 0",
    ],
  );
});

Deno.test("lines: what is no TCP is told as it is", () => {
  const lines = new PacketLines();
  assertEquals(lines.describe(numbered(1)), "IP 10.0.0.1.9 > 10.0.0.2.9: UDP, length 1");
  assertEquals(lines.describe(new Uint8Array(3)), "unknown ip 0");
});

Deno.test("netstat: columns as wide as what is in them", () => {
  const entry = { protocol: "tcp", local: "10.0.0.1:80", remote: "*", receiveQueue: 0, sendQueue: 511 } as const;
  const other = { protocol: "udp", local: "[::]:53", remote: "*", receiveQueue: 1234567, sendQueue: 0 } as const;
  const sockets = [{ ...entry, state: "LISTEN" }, { ...other, state: "UNCONNECTED" }] as const;
  assertEquals(netstat({ name: "10.0.0.1, ::1", sockets }).split("\n"), [
    "netstat of 10.0.0.1, ::1",
    "  Proto  Recv-Q   Send-Q  Local        Remote  State",
    "  tcp    0        511     10.0.0.1:80  *       LISTEN",
    "  udp    1234567  0       [::]:53      *       UNCONNECTED",
  ]);
  assertEquals(netstat({ name: "10.0.0.1", sockets: [] }), "netstat of 10.0.0.1\n  no sockets");
  assertEquals(netstat({ name: "10.0.0.1", sockets: "no answer" }), "netstat of 10.0.0.1\n  no answer");
});
