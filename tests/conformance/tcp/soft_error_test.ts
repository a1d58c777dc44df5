// T16: a report about an open connection is remembered, and tells why it timed out (RFC 1122 §4.2.3.9, RFC 5927 §5.2).
import { ACCEPTED, scenario } from "../../harness/script.ts";

const TWO_TRIES = { tcp: { retries: 2 } };

for (
  const [report, reason] of [
    ["unreachable host", "host-unreachable"],
    ["unreachable net", "network-unreachable"],
    ["unreachable port", "refused"],
    ["time-exceeded", "host-unreachable"],
    ["time-exceeded reassembly", "host-unreachable"],
    ["parameter", "protocol-error"],
  ]
) {
  scenario(
    `T16 a connection that times out says why: ${report}`,
    `
    ${ACCEPTED}
    +1 write 10
    > P. 1:11 ack 1
    +200 > P. 1:11 ack 1
    +1 < icmp ${report}
    no event failed
    +399 > P. 1:11 ack 1
    +800 event failed ${reason}
  `,
    TWO_TRIES,
  );
}

scenario(
  "T16 an acknowledgement shows that the report is over",
  `
  ${ACCEPTED}
  +1 write 10
  > P. 1:11 ack 1
  +1 < icmp unreachable host
  +1 < . 1 ack 11
  write 10
  > P. 11:21 ack 1
  +200 > P. 11:21 ack 1
  +400 > P. 11:21 ack 1
  +800 event failed timed-out
`,
  TWO_TRIES,
);

scenario(
  "T16 a report about a sequence number that is not in flight is not remembered",
  `
  ${ACCEPTED}
  +1 write 10
  > P. 1:11 ack 1
  +1 < icmp unreachable host quoted-seq 11
  +1 < icmp unreachable host quoted-seq 0
  +198 > P. 1:11 ack 1
  +400 > P. 1:11 ack 1
  +800 event failed timed-out
`,
  TWO_TRIES,
);

scenario(
  "T16 the last report counts",
  `
  ${ACCEPTED}
  +1 write 10
  > P. 1:11 ack 1
  +1 < icmp unreachable net
  +1 < icmp time-exceeded
  +198 > P. 1:11 ack 1
  +400 > P. 1:11 ack 1
  +800 event failed host-unreachable
`,
  TWO_TRIES,
);

for (const report of ["time-exceeded", "time-exceeded reassembly"]) {
  scenario(
    `T16 a dial that times out says why: ${report}`,
    `
    connect 80
    > S 0
    +1 < icmp ${report}
    no event failed
    +999 > S 0
    +2000 > S 0
    +4000 event failed host-unreachable
    event released
    idle
  `,
    { tcp: { synRetries: 2 } },
  );
}

scenario(
  "T16 once it is open, a connection has forgotten what was reported about its SYN",
  `
  connect 80
  > S 0
  +1 < icmp time-exceeded
  +1 < S. 0 ack 1 mss MSS
  > . 1 ack 1
  event connected
  write 10
  > P. 1:11 ack 1
  +200 > P. 1:11 ack 1
  +400 > P. 1:11 ack 1
  +800 event failed timed-out
`,
  TWO_TRIES,
);
