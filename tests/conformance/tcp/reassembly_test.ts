// T18: out-of-order and overlapping segments, urgent data (RFC 9293 §3.10.7.4, §3.8.5).
import { ACCEPTED, scenario } from "../../harness/script.ts";

const AT_ONCE = { tcp: { delayedAck: 0 } };

scenario(
  "T18 segments in reverse order",
  `
  ${ACCEPTED}
  +1 < . 41:51 ack 1
  > . 1 ack 1
  < . 31:41 ack 1
  > . 1 ack 1
  < . 21:31 ack 1
  > . 1 ack 1
  < . 11:21 ack 1
  > . 1 ack 1
  no event readable
  < . 1:11 ack 1
  > . 1 ack 51
  read 50
`,
  { only: 4 },
);

scenario(
  "T18 two gaps are filled by one segment that overlaps all",
  `
  ${ACCEPTED}
  +1 < . 11:21 ack 1
  > . 1 ack 1
  < . 31:41 ack 1
  > . 1 ack 1
  < . 1:46 ack 1
  > . 1 ack 46
  readable 45
`,
);

scenario(
  "T18 a segment that begins before and ends after",
  `
  ${ACCEPTED}
  +1 < . 1:11 ack 1
  > . 1 ack 11
  < . 5:21 ack 1
  > . 1 ack 21
  < . 1:31 ack 1
  > . 1 ack 31
  readable 30
`,
  AT_ONCE,
);

scenario(
  "T18 of bytes that come twice the first to come stay",
  `
  ${ACCEPTED}
  +1 < . 5:9 ack 1 "AAAA"
  > . 1 ack 1
  < . 7:13 ack 1 "BBBBBB"
  > . 1 ack 1
  < . 1:11 ack 1 "CCCCCCCCCC"
  > . 1 ack 13
  hold
  < . 1:16 ack 1 "DDDDDDDDDDDDDDD"
  read "CCCCAAAABBBBDDD"
`,
);

scenario(
  "T18 a segment that comes again out of order changes nothing",
  `
  ${ACCEPTED}
  +1 < . 11:21 ack 1
  > . 1 ack 1
  < . 11:21 ack 1
  > . 1 ack 1
  < . 1:11 ack 1
  > . 1 ack 21
  readable 20
`,
);

scenario(
  "T18 what is out of order is bounded by the window",
  `
  ${ACCEPTED}
  +1 < . 501:1501 ack 1
  > . 1 ack 1 win 1000
  < . 1:501 ack 1
  > . 1 ack 1001 win 0
  readable 1000
`,
  { tcp: { receiveBuffer: { max: 1000 } } },
);

scenario(
  "T18 urgent data is delivered in line",
  `
  ${ACCEPTED}
  +1 < PU. 1:11 ack 1 urg 5
  +0..40 > . 1 ack 11
  +1 < U. 11 ack 1 urg 3
  +1 < PU. 11:21 ack 1 urg 60000
  +0..40 > . 1 ack 21
  readable 20
`,
);

scenario(
  "T18 a FIN at a wrong place, ahead of data, ends nothing",
  `
  ${ACCEPTED}
  +1 < F. 5 ack 1
  > . 1 ack 1
  < P. 1:11 ack 1
  +0..40 > . 1 ack 11
  no event ended
  +1 < F. 11 ack 1
  > . 1 ack 12
  hold
  read 10
  release
  event ended
`,
);

scenario(
  "T18 a FIN further on does not hide the one that is next",
  `
  ${ACCEPTED}
  +1 < F. 500 ack 1
  > . 1 ack 1
  +1 < P. 1:11 ack 1
  +40 > . 1 ack 11
  +1 < F. 11 ack 1
  > . 1 ack 12
  hold
  read 10
  release
  event ended
`,
);

scenario(
  "T18 data beyond a FIN that has been taken is not delivered",
  `
  ${ACCEPTED}
  +1 < FP. 1:11 ack 1
  > . 1 ack 12
  +1 < P. 12:21 ack 1
  +0..40 > . 1 ack 12
  readable 10
`,
);

scenario(
  "T18 one byte at a time, every other first",
  `
  ${ACCEPTED}
  hold
  ${Array.from({ length: 100 }, (_, i) => `< . ${2 + 2 * i}:${3 + 2 * i} ack 1`).join("\n")}
  ${Array.from({ length: 100 }, (_, i) => `< . ${1 + 2 * i}:${2 + 2 * i} ack 1`).join("\n")}
  release
  > . 1 ack 201
  hold
  read 200
`,
);
