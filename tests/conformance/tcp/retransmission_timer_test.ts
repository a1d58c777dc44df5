// T6: the retransmission timer (RFC 6298).
import { ACCEPTED, DIALLED, scenario } from "../../harness/script.ts";

/** The times after the first transmission at which a timer of `rto` ms that is doubled fires, `count` times. */
function timeouts(rto: number, count: number): number[] {
  const times: number[] = [];
  for (let i = 0, at = 0; i < count; i++) times.push(at += Math.min(rto * 2 ** i, 120_000));
  return times;
}

scenario(
  "T6 a SYN is repeated six times, from 1 s on, doubled; then the dial times out",
  `
  connect 80
  > S 0 mss MSS
  ${timeouts(1000, 6).map((at) => `${at} > S 0 mss MSS`).join("\n")}
  126999 no event failed
  127000 event failed timed-out
  event released
  idle
`,
);

scenario(
  "T6 as many SYNs as were asked for",
  `
  connect 80
  > S 0
  1000 > S 0
  3000 event failed timed-out
`,
  { tcp: { synRetries: 1 } },
);

scenario(
  "T6 a SYN-ACK is repeated, and given up",
  `
  listen 80
  < S 0 mss MSS
  > S. 0 ack 1
  ${timeouts(1000, 6).map((at) => `${at} > S. 0 ack 1 mss MSS`).join("\n")}
  127000 quiet
  idle
  no event accepted
`,
);

scenario(
  "T6 data is repeated from 200 ms on, doubled up to 120 s, 15 times; then the connection times out",
  `
  ${ACCEPTED}
  +1 write 10
  > P. 1:11 ack 1
  ${timeouts(200, 15).map((at) => `${2 + at} > P. 1:11 ack 1`).join("\n")}
  ${2 + timeouts(200, 16)[15] - 1} no event failed
  +1 event failed timed-out
  idle
`,
);

scenario(
  "T6 as many retransmissions as were asked for",
  `
  ${ACCEPTED}
  +1 write 10
  > P. 1:11 ack 1
  +200 > P. 1:11 ack 1
  +400 > P. 1:11 ack 1
  +800 event failed timed-out
`,
  { tcp: { retries: 2 } },
);

scenario(
  "T6 the first sample: RTO = 3 RTT",
  `
  connect 80
  > S 0
  +300 < S. 0 ack 1 mss MSS
  > . 1 ack 1
  write 10
  > P. 1:11 ack 1
  +900 > P. 1:11 ack 1
`,
);

scenario(
  "T6 a second sample of the same: RTTVAR shrinks by a quarter",
  `
  connect 80
  > S 0
  +300 < S. 0 ack 1 mss MSS
  > . 1 ack 1
  write 10
  > P. 1:11 ack 1
  +300 < . 1 ack 11
  write 10
  > P. 11:21 ack 1
  +750 > P. 11:21 ack 1
`,
);

scenario(
  "T6 Karn: the acknowledgement of a retransmission is no sample, and the back-off stays",
  `
  ${DIALLED}
  +1 write 10
  > P. 1:11 ack 1
  +200 > P. 1:11 ack 1
  +100 < . 1 ack 11
  write 10
  > P. 11:21 ack 1
  -- No sample yet: still doubled.
  +400 > P. 11:21 ack 1
  +1 < . 1 ack 21
  write 10
  > P. 21:31 ack 1
  +5 < . 1 ack 31
  -- A sample: from here it is computed again.
  write 10
  > P. 31:41 ack 1
  +200 > P. 31:41 ack 1
`,
);

scenario(
  "T6 after a SYN that timed out the RTO for data is 3 s",
  `
  connect 80
  > S 0
  +1000 > S 0
  +500 < S. 0 ack 1 mss MSS
  > . 1 ack 1
  write 10
  > P. 1:11 ack 1
  +1500 < . 1 ack 11
  write 10
  > P. 11:21 ack 1
  -- SRTT 1500, RTTVAR 750.
  +4500 > P. 11:21 ack 1
`,
);

scenario(
  "T6 an RTT of nothing gives no RTO of nothing",
  `
  connect 80
  > S 0
  < S. 0 ack 1 mss MSS
  > . 1 ack 1
  write 10
  > P. 1:11 ack 1
  < . 1 ack 11
  write 10
  > P. 11:21 ack 1
  +200 > P. 11:21 ack 1
`,
);

scenario(
  "T6 without a floor the RTO is at least the clock's granularity",
  `
  connect 80
  > S 0
  < S. 0 ack 1 mss MSS
  > . 1 ack 1
  write 10
  > P. 1:11 ack 1
  +1..2 > P. 1:11 ack 1
  +1..4 > P. 1:11 ack 1
`,
  { tcp: { minRto: 0 } },
);

scenario(
  "T6 an acknowledgement of new data starts the timer anew",
  `
  ${ACCEPTED}
  +1 write 2*MSS
  > . 1:1+MSS ack 1
  > P. 1+MSS:1+2*MSS ack 1
  +100 < . 1 ack 1+MSS
  +199 quiet
`,
);

scenario(
  "T6 the timer is off when all is acknowledged",
  `
  ${ACCEPTED}
  +1 write 10
  > P. 1:11 ack 1
  +1 < . 1 ack 11
  idle
`,
);

scenario(
  "T6 a timeout sends the oldest segment alone",
  `
  ${ACCEPTED}
  +1 write 3*MSS
  > . 1:1+MSS ack 1
  > . 1+MSS:1+2*MSS ack 1
  > P. 1+2*MSS:1+3*MSS ack 1
  +200 > . 1:1+MSS ack 1
  +1 quiet
`,
);

scenario(
  "T6 a partly acknowledged segment is repeated from there",
  `
  ${ACCEPTED}
  +1 write 100
  > P. 1:101 ack 1
  +10 < . 1 ack 41
  +200 > P. 41:101 ack 1
`,
);

scenario(
  "T6 a FIN is repeated",
  `
  ${ACCEPTED}
  +1 write 10
  > P. 1:11 ack 1
  closeWrite
  > F. 11 ack 1
  +1 < . 1 ack 11
  +200 > F. 11 ack 1
  +400 > F. 11 ack 1
  +1 < . 1 ack 12
  idle
`,
);
