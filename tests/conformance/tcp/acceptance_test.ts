// T2: the acceptability test and the order of the steps (RFC 9293 §3.10.7.4).
import { ACCEPTED, scenario } from "../../harness/script.ts";

/** A receive window of 1000 bytes, which the peer fills. */
const SMALL = { tcp: { receiveBuffer: { max: 1000 } } };

const ZERO_WINDOW = `
  ${ACCEPTED}
  +1 < P. 1:1001 ack 1
  +0..40 > . 1 ack 1001 win 0
`;

scenario(
  "T2 a segment before the window is answered with one ACK",
  `
  ${ACCEPTED}
  +1 < P. 1:11 ack 1
  +40 > . 1 ack 11
  +1 < P. 1:11 ack 1
  > . 1 ack 11
  dropped unacceptable
  quiet
`,
);

scenario(
  "T2 a FIN that comes again is answered as often as it comes, a bare segment is not",
  `
  ${ACCEPTED}
  +1 < F. 1 ack 1
  > . 1 ack 2
  +200 < F. 1 ack 1
  > . 1 ack 2
  +100 < F. 1 ack 1
  > . 1 ack 2
  +1 < . 1 ack 1
  > . 1 ack 2
  +100 < . 1 ack 1
  dropped rateLimited
  quiet
`,
);

scenario(
  "T2 a segment beyond the window is answered with one ACK",
  `
  ${ACCEPTED}
  +1 < P. 1001:1011 ack 1
  > . 1 ack 1 win 1000
  +1 < . 1001 ack 1
  > . 1 ack 1
  quiet
`,
  SMALL,
);

scenario(
  "T2 the last byte of the window is acceptable, what lies beyond is cut off",
  `
  ${ACCEPTED}
  +1 < P. 991:1011 ack 1
  > . 1 ack 1
  +1 < P. 1:991 ack 1
  > . 1 ack 1001 win 0
  read 1000
  > . 1 ack 1001 win 1000
`,
  SMALL,
);

scenario(
  "T2 a segment that begins before RCV.NXT gives what is new",
  `
  ${ACCEPTED}
  +1 < P. 1:11 ack 1
  +1 < P. 1:21 ack 1
  +39 > . 1 ack 21
  readable 20
`,
);

scenario(
  "T2 zero window: data is not taken, and answered",
  `
  ${ZERO_WINDOW}
  +1 < P. 1001:1002 ack 1
  > . 1 ack 1001 win 0
  readable 1000
`,
  SMALL,
);

scenario(
  "T2 zero window: the ACK beside refused data counts",
  `
  ${ZERO_WINDOW}
  +1 write 10
  > P. 1:11 ack 1001
  +1 < P. 1001:1002 ack 11
  > . 11 ack 1001 win 0
  +1000 quiet
`,
  SMALL,
);

scenario(
  "T2 zero window: an ACK from beyond a byte that was refused counts",
  `
  ${ZERO_WINDOW}
  +1 write 10
  > P. 1:11 ack 1001
  -- The peer has probed with one byte: its segments come from one further.
  +1 < P. 1001:1002 ack 1
  > . 11 ack 1001 win 0
  +1 < . 1002 ack 11
  +0..1 > . 11 ack 1001 win 0
  +1000 quiet
`,
  SMALL,
);

scenario(
  "T2 zero window: RST resets",
  `
  ${ZERO_WINDOW}
  +1 < R 1001
  read 1000
  event failed reset
`,
  SMALL,
);

scenario(
  "T2 zero window: FIN is not taken before there is room",
  `
  ${ZERO_WINDOW}
  +1 < F. 1001 ack 1
  > . 1 ack 1001 win 0
  +1 read 1000
  > . 1 ack 1001 win 1000
  no event ended
  +1 < F. 1001 ack 1
  > . 1 ack 1002
  event ended
`,
  SMALL,
);

scenario(
  "T2 RST outside the window is ignored",
  `
  ${ACCEPTED}
  +1 < R 1001
  dropped unacceptable
  +1 < R 0
  +1 < R. 70000 ack 1
  no event failed
  +1 write 1
  > P. 1:2 ack 1
`,
  SMALL,
);

scenario(
  "T2 a segment without ACK is dropped",
  `
  ${ACCEPTED}
  +1 < P 1:11
  +1 < none 1:11
  +1 < F 1
  +100 quiet
  readable 0
  no event ended
`,
);

scenario(
  "T2 SYN-SENT: an ACK of what was not sent is reset, and the dial goes on",
  `
  connect 80
  > S 0
  +1 < S. 0 ack 0 mss MSS
  > R 0
  +1 < . 0 ack 2
  > R 2
  +1 < S. 0 ack 1 mss MSS
  > . 1 ack 1
  event connected
`,
);

scenario(
  "T2 SYN-SENT: a segment without SYN and RST is dropped",
  `
  connect 80
  > S 0
  +1 < . 1 ack 1
  +1 < none 0
  +1 < FP. 1:5 ack 1
  quiet
  no event failed
`,
);

scenario(
  "T2 SYN-RECEIVED: an ACK of what was not sent is reset",
  `
  listen 80
  < S 0 mss MSS
  > S. 0 ack 1
  +1 < . 1 ack 0
  > R 0
  +1 < . 1 ack 2
  > R 2
  no event accepted
  +1 < . 1 ack 1
  event accepted
`,
);

scenario(
  "T2 LISTEN: RST is ignored, ACK is reset, anything else dropped",
  `
  listen 80
  < R 0
  < R. 0 ack 5
  < . 0 ack 5
  > R 5
  < S. 0 ack 5
  > R 5
  < F 0
  < none 0
  < P 0:10
  quiet
  idle
`,
);

scenario(
  "T2 sequence numbers far off, on both sides of half the space",
  `
  ${ACCEPTED}
  +1 < . 0x7fffffff ack 1
  > . 1 ack 1
  +1000 < . 0x80000001 ack 1
  > . 1 ack 1
  +1 < P. 0x80000001:0x80000010 ack 1
  > . 1 ack 1
  readable 0
`,
);
