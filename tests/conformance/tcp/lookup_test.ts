// T21: which socket a segment is for, and TIME-WAIT's reuse (RFC 6191, RFC 9293 §3.6.1).
import { ACCEPTED, DIALLED, scenario } from "../../harness/script.ts";

const TIME_WAIT = `
  ${ACCEPTED}
  +1 close
  > F. 1 ack 1
  +1 < F. 1 ack 2
  > . 2 ack 2
  event timeWait
`;

for (const [family, host] of [[4, "10.0.0.1"], [6, "2001:db8::1"]] as const) {
  scenario(
    "T21 an exact address comes before the wildcard",
    `
    listen 80
    #2 listen 80 on ${host}
    < S 0 mss MSS
    > S. 0 ack 1
    +1 < . 1 ack 1
    event accepted 2
  `,
    { only: family },
  );
}

scenario(
  "T21 the family's wildcard comes before ::",
  `
  #2 listen 80 on ::
  listen 80 on 0.0.0.0
  < S 0 mss MSS
  > S. 0 ack 1
  +1 < . 1 ack 1
  event accepted 1
`,
  { only: 4 },
);

scenario(
  "T21 :: serves IPv4",
  `
  listen 80 on ::
  < S 0 mss MSS
  > S. 0 ack 1
  +1 < . 1 ack 1
  event accepted
`,
  { only: 4 },
);

scenario(
  "T21 0.0.0.0 does not serve IPv6",
  `
  listen 80 on 0.0.0.0
  < S 0 mss MSS
  > R. 0 ack 1
`,
  { only: 6 },
);

scenario(
  "T21 a listener on loopback is not reached from outside",
  `
  listen 80 on 127.0.0.1
  #2 listen 80 on ::1
  < S 0 mss MSS
  > R. 0 ack 1
`,
);

scenario(
  "T21 connections are told apart by the peer's port",
  `
  ${ACCEPTED}
  #2 < S 0 mss MSS
  #2 > S. 0 ack 1
  #2 < . 1 ack 1
  #2 event accepted
  +1 < P. 1:11 ack 1
  +1 #2 < P. 1:6 ack 1
  readable 10
  #2 readable 5
  +39 > . 1 ack 11
  +1 #2 > . 1 ack 6
`,
);

scenario(
  "T21 TIME-WAIT yields to a newer SYN, whose connection starts beyond the old",
  `
  ${TIME_WAIT}
  +1 < S 1000 mss MSS
  > S. 0 ack 1001 beyond 2
  event released
  +1 < . 1001 ack 1
  event accepted
`,
);

scenario(
  "T21 TIME-WAIT does not yield to an old SYN",
  `
  ${TIME_WAIT}
  +1000 < S 0 mss MSS
  > . 2 ack 2
  no event released
`,
);

/** The peer's last timestamp was 1002. */
const STAMPED_TIME_WAIT = `
  listen 80
  < S 0 win 65535 mss MSS ts 1000 0
  > S. 0 ack 1
  +1 < . 1 ack 1 ts 1001 last
  event accepted
  accept
  +1 close
  > F. 1 ack 1
  +1 < F. 1 ack 2 ts 1002 last
  > . 2 ack 2
  event timeWait
`;

scenario(
  "T21 TIME-WAIT yields to a newer timestamp, though the number is an old one (RFC 6191)",
  `
  ${STAMPED_TIME_WAIT}
  +1 < S 0-5000 mss MSS ts 1003 0
  > S. 0 ack 0-4999 beyond 2
  event released
`,
);

scenario(
  "T21 TIME-WAIT does not yield to an older timestamp, though the number is a newer one (RFC 6191)",
  `
  ${STAMPED_TIME_WAIT}
  +1 < S 1000 mss MSS ts 1001 0
  > . 2 ack 2
  no event released
`,
);

scenario(
  "T21 TIME-WAIT goes by the number when the timestamp is the same, or missing",
  `
  ${STAMPED_TIME_WAIT}
  +1 < S 0-5000 mss MSS ts 1002 0
  > . 2 ack 2
  +1000 < S 0-5000 mss MSS
  > . 2 ack 2
  no event released
  +1 < S 1000 mss MSS ts 1002 0
  > S. 0 ack 1001 beyond 2
  event released
`,
);

scenario(
  "T21 TIME-WAIT without timestamps yields to a SYN that has one (RFC 6191)",
  `
  ${TIME_WAIT}
  +1 < S 0-5000 mss MSS ts 7 0
  > S. 0 ack 0-4999 beyond 2
  event released
`,
);

scenario(
  "T21 TIME-WAIT does not yield when nobody listens any more",
  `
  ${TIME_WAIT}
  +1 unlisten
  +1000 < S 1000 mss MSS
  > . 2 ack 2
`,
);

scenario(
  "T21 TIME-WAIT yields to a new dial",
  `
  ${DIALLED}
  +1 close
  > F. 1 ack 1
  +1 < F. 1 ack 2
  > . 2 ack 2
  event timeWait
  +1 connect 80
  > S 0 beyond 2
  +1 < S. 5000 ack 1 mss MSS
  > . 1 ack 5001
  event connected
`,
);

scenario(
  "T21 after much data TIME-WAIT's successor still starts beyond it",
  `
  ${ACCEPTED}
  ${
    Array.from({ length: 60 }, (_, i) =>
      `write 5*MSS\n${
        Array.from({ length: 5 }, (_, k) =>
          `> . 1+${5 * i + k}*MSS:1+${5 * i + k + 1}*MSS ack 1`).join("\n")
      }\n< . 1 ack 1+${5 * i + 5}*MSS`).join("\n")
  }
  close
  > F. 1+300*MSS ack 1
  < F. 1 ack 2+300*MSS
  > . 2+300*MSS ack 2
  +1 < S 1000 mss MSS
  > S. 0 ack 1001 beyond 300*MSS
`,
);

scenario(
  "T21 a four-tuple that is in use cannot be dialled",
  `
  ${DIALLED}
  +1 connect 80
  event failed address-in-use
  event released
  quiet
`,
);
