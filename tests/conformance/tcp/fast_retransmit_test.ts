// T9, without SACK: fast retransmit and NewReno's recovery (RFC 5681 §3.2, RFC 6582).
import { ACCEPTED, scenario } from "../../harness/script.ts";

const FIVE = `
  ${ACCEPTED}
  +1 write 5*MSS
  > . 1:1+MSS ack 1
  > . 1+MSS:1+2*MSS ack 1
  > . 1+2*MSS:1+3*MSS ack 1
  > . 1+3*MSS:1+4*MSS ack 1
  > P. 1+4*MSS:1+5*MSS ack 1
`;

scenario(
  "T9 without SACK: the third duplicate acknowledgement brings the segment again",
  `
  ${FIVE}
  +1 < . 1 ack 1
  +1 < . 1 ack 1
  quiet
  +1 < . 1 ack 1
  > . 1:1+MSS ack 1
  +1 < . 1 ack 1
  quiet
  +1 < . 1 ack 1+5*MSS
  idle
`,
);

scenario(
  "T9 without SACK: a partial acknowledgement brings the next that is missing",
  `
  ${FIVE}
  +1 < . 1 ack 1
  < . 1 ack 1
  < . 1 ack 1
  > . 1:1+MSS ack 1
  +1 < . 1 ack 1+2*MSS
  > . 1+2*MSS:1+3*MSS ack 1
  +1 < . 1 ack 1+5*MSS
  idle
`,
);

scenario(
  "T9 without SACK: an acknowledgement with data, or another window, is no duplicate",
  `
  ${FIVE}
  +1 < P. 1:11 ack 1
  < P. 11:21 ack 1
  < P. 21:31 ack 1
  < . 31 ack 1 win 60000
  < . 31 ack 1 win 50000
  < . 31 ack 1 win 40000
  +1 quiet
`,
);
