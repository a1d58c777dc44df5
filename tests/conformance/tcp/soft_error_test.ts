// T16: a report about an open connection is remembered, and tells why it timed out (RFC 1122 §4.2.3.9, RFC 5927 §5.2).
import { ACCEPTED, scenario } from "../../harness/script.ts";

const TWO_TRIES = { tcp: { retries: 2 } };

for (const [report, reason] of [["host", "host-unreachable"], ["net", "network-unreachable"]]) {
  scenario(
    `T16 a connection that times out says why: unreachable ${report}`,
    `
    ${ACCEPTED}
    +1 write 10
    > P. 1:11 ack 1
    +200 > P. 1:11 ack 1
    +1 < icmp unreachable ${report}
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
