// N5 and N6: ICMP and ICMPv6 (RFC 792, RFC 1122 §3.2.2, RFC 1812 §4.3, RFC 4443).
import { scenario } from "../../harness/script.ts";

const UDP = "< udp 10 dport 9";
const PORT_UNREACHABLE = "> icmp unreachable port";

for (const [row, only] of [["N5", 4], ["N6", 6]] as const) {
  scenario(
    `${row} echo: identifier, sequence number and data come back`,
    `
    < icmp echo id 0x1234 seq 0xfffe data 56
    > icmp echo-reply id 0x1234 seq 0xfffe data 56
    < icmp echo id 65535 seq 65535 data 0
    > icmp echo-reply id 65535 seq 65535 data 0
    < icmp echo id 1 seq 1 data 57
    > icmp echo-reply id 1 seq 1 data 57
    < icmp echo id 1 seq 1 data MSS
    > icmp echo-reply id 1 seq 1 data MSS
  `,
    { only },
  );

  scenario(
    `${row} a bad checksum is dropped`,
    `
    < icmp echo id 1 seq 1 data 8 badsum
    dropped checksum
    quiet
  `,
    { only },
  );

  scenario(`${row} an echo reply that nobody asked for is ignored`, "< icmp echo-reply id 1 seq 1 data 8\nquiet", {
    only,
  });

  scenario(`${row} a closed UDP port is reported, with the packet`, `${UDP}\n${PORT_UNREACHABLE}`, { only });

  scenario(
    `${row} a report quotes no more than fits the smallest packet that must be taken`,
    `
    < udp MSS dport 9
    > icmp unreachable port quoted ${only === 4 ? 576 - 28 : 1280 - 48}
  `,
    { only },
  );

  scenario(
    `${row} never about an error`,
    `
    connect 80
    > S 0
    ${
      ["unreachable port", "too-big", "time-exceeded", "parameter"].map((kind) => `< icmp ${kind} quoted 0\nquiet`)
        .join("\n")
    }
  `,
    { only },
  );

  scenario(
    `${row} reports are limited`,
    `
    < udp 10 dport 9
    > icmp unreachable port
    < udp 10 dport 9
    dropped rateLimited
    +100 < udp 10 dport 9
    > icmp unreachable port
    +1 < udp 10 dport 9
    dropped rateLimited
  `,
    { only, limits: { icmpRate: 10 } },
  );
}

scenario(
  "N5 a protocol that is not spoken is reported",
  "< protocol 99 10\n> icmp unreachable proto\n< protocol 58 10\n> icmp unreachable proto",
  { only: 4 },
);
scenario("N5 a protocol with an empty packet is reported", "< protocol 99 0\n> icmp unreachable proto", { only: 4 });
for (const [row, only, ...groups] of [["N5", 4, "224.0.0.1", "255.255.255.255"], ["N6", 6, "ff02::1"]] as const) {
  for (const group of groups) {
    scenario(
      `${row} never about a packet to or from ${group}`,
      `
      < udp 10 dport 9 dst ${group}
      quiet
      < protocol 99 10 dst ${group}
      quiet
      < udp 10 dport 9 src ${group}
      quiet
    `,
      { only },
    );
  }
}

scenario("N5 never about a fragment other than the first", "< udp 10 dport 9 frag 0x0001\nquiet", { only: 4 });

scenario(
  "N6 an unknown next header is reported, with its place",
  "< protocol 99 10\n> icmp parameter header pointer 6\n< protocol 1 10\n> icmp parameter header pointer 6",
  { only: 6 },
);
scenario("N6 no next header is no error", "< protocol 59 0\nquiet\n< protocol 59 10\nquiet", { only: 6 });
