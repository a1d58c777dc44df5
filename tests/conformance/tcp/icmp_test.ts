// T16: what ICMP says of a connection (RFC 1122 §4.2.3.9, RFC 5927).
import { ACCEPTED, scenario } from "../../harness/script.ts";

for (
  const [report, reason] of [
    ["unreachable port", "refused"],
    ["unreachable host", "host-unreachable"],
    ["unreachable net", "network-unreachable"],
    ["unreachable admin", "host-unreachable"],
    ["parameter", "protocol-error"],
  ]
) {
  scenario(
    `T16 a dial ends with ${reason}: ${report}`,
    `
    connect 80
    > S 0
    +1 < icmp ${report}
    event failed ${reason}
    event released
    idle
  `,
  );
}

scenario(
  "T16 a dial ends: protocol unreachable",
  `
  connect 80
  > S 0
  +1 < icmp unreachable proto
  event failed refused
`,
  { only: 4 },
);

scenario(
  "T16 a dial ends: ICMPv6's way to say that the protocol is unknown",
  `
  connect 80
  > S 0
  +1 < icmp parameter header pointer 6
  event failed refused
`,
  { only: 6 },
);

scenario(
  "T16 a report that the packet was too big does not end a dial",
  `
  connect 80
  > S 0
  +1 < icmp too-big mtu 1280
  no event failed
  +999 > S 0
`,
);

scenario(
  "T16 a report of time exceeded does not end a dial",
  `
  connect 80
  > S 0
  +1 < icmp time-exceeded
  no event failed
  +999 > S 0
`,
);

scenario(
  "T16 a report about a sequence number that is not under way is ignored",
  `
  connect 80
  > S 0
  +1 < icmp unreachable port quoted-seq 0x40000000
  +1 < icmp unreachable port quoted-seq 0-1
  +1 < icmp unreachable port quoted-seq 5
  no event failed
  +997 > S 0
`,
);

scenario(
  "T16 a report that quotes too little is dropped",
  `
  connect 80
  > S 0
  +1 < icmp unreachable port quoted 27
  +1 < icmp unreachable port quoted 0
  +1 < icmp unreachable port quoted 1
  no event failed
`,
);

scenario(
  "T16 a report with a bad checksum is dropped",
  `
  connect 80
  > S 0
  +1 < icmp unreachable port badsum
  dropped checksum
  no event failed
`,
);

for (const report of ["unreachable port", "unreachable host", "unreachable net", "time-exceeded", "parameter"]) {
  scenario(
    `T16 an open connection survives: ${report}`,
    `
    ${ACCEPTED}
    +1 write 10
    > P. 1:11 ack 1
    +1 < icmp ${report}
    no event failed
    +199 > P. 1:11 ack 1
    +1 < . 1 ack 11
    idle
  `,
  );
}

scenario(
  "T16 a half-open connection of a listener survives",
  `
  listen 80
  < S 0 mss MSS
  > S. 0 ack 1
  +1 < icmp unreachable port
  +1 < . 1 ack 1
  event accepted
`,
);
