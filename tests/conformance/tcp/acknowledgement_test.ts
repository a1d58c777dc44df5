// T11: delayed acknowledgements, Nagle's algorithm, silly-window avoidance (RFC 1122 §4.2.3, RFC 5681 §4.2, RFC 896).
import { ACCEPTED, DIALLED, scenario } from "../../harness/script.ts";

scenario(
  "T11 an acknowledgement waits 40 ms for company",
  `
  ${ACCEPTED}
  +1 < P. 1:11 ack 1
  +39 quiet
  +1 > . 1 ack 11
  quiet
`,
);

scenario(
  "T11 the wait is set by the first segment, not by the last",
  `
  ${ACCEPTED}
  +1 < P. 1:11 ack 1
  +30 < P. 11:21 ack 1
  +10 > . 1 ack 21
`,
);

scenario(
  "T11 another wait, and none",
  `
  ${ACCEPTED}
  +1 < P. 1:11 ack 1
  +100 > . 1 ack 11
`,
  { tcp: { delayedAck: 100 } },
);

scenario(
  "T11 without delay every segment is acknowledged",
  `
  ${ACCEPTED}
  +1 < P. 1:11 ack 1
  > . 1 ack 11
  +1 < P. 11:21 ack 1
  > . 1 ack 21
`,
  { tcp: { delayedAck: 0 } },
);

scenario(
  "T11 data takes the acknowledgement along",
  `
  ${ACCEPTED}
  +1 < P. 1:11 ack 1
  +10 write 5
  > P. 1:6 ack 11
  +40 quiet
`,
);

scenario(
  "T11 every second full segment is acknowledged at once",
  `
  ${ACCEPTED}
  +1 < . 1:1+MSS ack 1
  < . 1+MSS:1+2*MSS ack 1
  > . 1 ack 1+2*MSS
  < . 1+2*MSS:1+3*MSS ack 1
  < . 1+3*MSS:1+4*MSS ack 1
  > . 1 ack 1+4*MSS
`,
);

scenario(
  "T11 every second segment that is full for the peer is acknowledged at once",
  `
  listen 80
  < S 0 win 65535 mss 1400
  > S. 0 ack 1
  +1 < . 1 ack 1
  < . 1:1401 ack 1
  < . 1401:2801 ack 1
  > . 1 ack 2801
  < . 2801:4201 ack 1
  < . 4201:5601 ack 1
  > . 1 ack 5601
`,
  { mtu: 65535 },
);

scenario(
  "T11 segments that arrive in one batch are acknowledged together",
  `
  ${ACCEPTED}
  +1 hold
  < . 1:1+MSS ack 1
  < . 1+MSS:1+2*MSS ack 1
  < . 1+2*MSS:1+3*MSS ack 1
  < . 1+3*MSS:1+4*MSS ack 1
  release
  > . 1 ack 1+4*MSS
  quiet
`,
);

scenario(
  "T11 each segment out of order is acknowledged at once",
  `
  ${ACCEPTED}
  +1 < . 11:21 ack 1
  > . 1 ack 1
  < . 21:31 ack 1
  > . 1 ack 1
  < . 41:51 ack 1
  > . 1 ack 1
`,
);

scenario(
  "T11 a gap that is filled, wholly or in part, is acknowledged at once",
  `
  ${ACCEPTED}
  +1 < . 11:21 ack 1
  > . 1 ack 1
  < . 31:41 ack 1
  > . 1 ack 1
  < . 1:6 ack 1
  > . 1 ack 6
  < . 6:11 ack 1
  > . 1 ack 21
  < . 21:31 ack 1
  > . 1 ack 41
`,
);

scenario(
  "T11 FIN is acknowledged at once",
  `
  ${ACCEPTED}
  +1 < FP. 1:11 ack 1
  > . 1 ack 12
`,
);

scenario(
  "T11 FIN beyond a gap is acknowledged at once, also when it comes again",
  `
  ${ACCEPTED}
  +1 < F. 11 ack 1
  > . 1 ack 1
  +1 < F. 11 ack 1
  > . 1 ack 1
  +1 < P. 1:11 ack 1
  > . 1 ack 12
`,
);

scenario(
  "T11 Nagle: a small segment waits while something is under way",
  `
  ${ACCEPTED}
  noDelay off
  +1 write 10
  > P. 1:11 ack 1
  +1 write 10
  +1 write 10
  +1 < . 1 ack 11
  > P. 11:31 ack 1
`,
);

scenario(
  "T11 Nagle: a full segment does not wait",
  `
  ${ACCEPTED}
  noDelay off
  +1 write 10
  > P. 1:11 ack 1
  +1 write MSS+5
  > . 11:11+MSS ack 1
  +1 < . 1 ack 11+MSS
  > P. 11+MSS:16+MSS ack 1
`,
);

scenario(
  "T11 Nagle: the end of the stream does not wait",
  `
  ${ACCEPTED}
  noDelay off
  +1 write 10
  > P. 1:11 ack 1
  +1 write 10
  closeWrite
  > FP. 11:21 ack 1
`,
);

scenario(
  "T11 Nagle by option, and turned off",
  `
  ${ACCEPTED}
  +1 write 10
  > P. 1:11 ack 1
  +1 write 10
  +1 noDelay on
  > P. 11:21 ack 1
  +1 write 10
  > P. 21:31 ack 1
`,
  { tcp: { noDelay: false } },
);

scenario(
  "T11 without Nagle small segments go at once",
  `
  ${DIALLED}
  +1 write 10
  > P. 1:11 ack 1
  write 10
  > P. 11:21 ack 1
`,
);

scenario(
  "T11 sender: no sliver of the window is used",
  `
  listen 80
  < S 0 win 3000 mss 1400
  > S. 0 ack 1
  +1 < . 1 ack 1 win 3000
  event accepted
  +1 write 10000
  > . 1:1401 ack 1
  > . 1401:2801 ack 1
  +1 < . 1 ack 1401 win 1600
  -- 200 bytes could go.
  +1 < . 1 ack 2801 win 3000
  > . 2801:4201 ack 1
  > . 4201:5601 ack 1
`,
);

scenario(
  "T11 sender: half of the largest window is worth a segment",
  `
  listen 80
  < S 0 win 1000 mss 1400
  > S. 0 ack 1
  +1 < . 1 ack 1 win 1000
  event accepted
  +1 write 10000
  > . 1:1001 ack 1
  +1 < . 1 ack 1001 win 500
  > . 1001:1501 ack 1
`,
);

scenario(
  "T11 sender: what waits for a wider window goes after a while, all that fits",
  `
  ${ACCEPTED}
  +1 write 10
  > P. 1:11 ack 1
  +1 < . 1 ack 11 win 100
  write 1000
  -- RFC 9293 §3.8.6.2.1: the override timeout, 0.1 to 1 s.
  +100..1000 > . 11:111 ack 1
`,
);

scenario(
  "T11 receiver: the window is not widened by a sliver",
  `
  ${ACCEPTED}
  +1 < . 1:1+MSS ack 1
  < . 1+MSS:1+2*MSS ack 1
  > . 1 ack 1+2*MSS win 4000-2*MSS
  < P. 1+2*MSS:4001 ack 1
  +0..40 > . 1 ack 4001 win 0
  +1 read 100
  +1 read 900
  +1 read MSS-1000
  > . 1 ack 4001 win MSS
`,
  { tcp: { receiveBuffer: { max: 4000 } } },
);

scenario(
  "T11 receiver: a read does not send an acknowledgement when the window cannot grow",
  `
  ${ACCEPTED}
  +1 < P. 1:101 ack 1
  +1 read 100
  +39 > . 1 ack 101
`,
);
