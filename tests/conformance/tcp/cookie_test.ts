// T17: what a SYN cookie remembers (RFC 4987 §3.6), and what happens when there is no room for the connection.
import { scenario } from "../../harness/script.ts";

const ONE_HALF_OPEN = { limits: { synQueue: 1 } };
/** The queue of half-open connections is full. */
const FULL = `
  listen 80 backlog 2
  #9 < S 0 mss MSS
  #9 > S. 0 ack 1
`;

scenario(
  "T17 a cookie with timestamps remembers window scaling and SACK",
  `
  ${FULL}
  #2 < S 0 mss 1000 ws 3 sackok ts 100 0 win 65535
  #2 > S. 0 ack 1 sackok ts * 100 ws 7
  +10 #2 < . 1 ack 1 win 131 ts 110 last
  #2 event accepted
  #2 accept
  -- Two segments: 131 << 3; the largest size in the table that is not above 1000 is 536.
  #2 write 2000
  #2 > . 1:525 ack 1
  #2 > . 525:1049 ack 1
  +1 #2 < . 11:21 ack 1049 win 0 ts 111 last
  #2 > . 1049 ack 1 sack 11:21 ts last+1 110
`,
  ONE_HALF_OPEN,
);

scenario(
  "T17 a cookie with timestamps remembers that there was neither",
  `
  ${FULL}
  #2 < S 0 mss 536 ts 100 0 win 65535
  #2 > S. 0 ack 1 no sackok no ws ts * 100
  +10 #2 < . 1 ack 1 win 1048 ts 110 last
  #2 event accepted
  #2 accept
  #2 write 2000
  #2 > . 1:525 ack 1
  #2 > . 525:1049 ack 1
  +1 #2 < . 11:21 ack 1049 win 0 ts 111 last
  #2 > . 1049 ack 1 no sack
`,
  ONE_HALF_OPEN,
);

scenario(
  "T17 a cookie without timestamps has neither window scaling nor SACK",
  `
  ${FULL}
  #2 < S 0 mss 536 ws 3 sackok win 65535
  #2 > S. 0 ack 1 no sackok no ws no ts
  +10 #2 < . 1 ack 1 win 1072
  #2 event accepted
  #2 accept
  #2 write 2000
  #2 > . 1:537 ack 1
  #2 > . 537:1073 ack 1
`,
  ONE_HALF_OPEN,
);

scenario(
  "T17 a cookie for a peer without an MSS is good for the default",
  `
  ${FULL}
  #2 < S 0 win 65535
  #2 > S. 0 ack 1
  +10 #2 < . 1 ack 1 win 65535
  #2 event accepted
  #2 accept
  #2 write 2*DEFAULT
  #2 > . 1:1+DEFAULT ack 1
  #2 > . 1+DEFAULT:1+2*DEFAULT ack 1
`,
  ONE_HALF_OPEN,
);

scenario(
  "T17 with a full backlog a good cookie is kept for later, not reset",
  `
  ${FULL}
  ${["2", "3", "4"].map((flow) => `#${flow} < S 0 mss MSS\n#${flow} > S. 0 ack 1`).join("\n")}
  +1 #2 < . 1 ack 1
  #2 event accepted
  #3 < . 1 ack 1
  #3 event accepted
  #4 < P. 1:11 ack 1
  dropped queueFull
  quiet
  #2 accept
  +200 #4 < P. 1:11 ack 1
  #4 event accepted
  #4 readable 10
  +0..40 #4 > . 1 ack 11
`,
  ONE_HALF_OPEN,
);

scenario(
  "T17 at the limit of connections a good cookie is kept for later, not reset",
  `
  ${FULL}
  #2 < S 0 mss MSS
  #2 > S. 0 ack 1
  #3 < S 0 mss MSS
  #3 > S. 0 ack 1
  +1 #2 < . 1 ack 1
  #2 event accepted
  #3 < P. 1:11 ack 1
  dropped connectionLimit
  quiet
`,
  { limits: { synQueue: 1, connections: 2 } },
);

scenario(
  "T17 a cookie is good for its own sequence numbers only",
  `
  ${FULL}
  #2 < S 0 mss MSS
  #2 > S. 0 ack 1
  +1 #2 < . 2 ack 1
  #2 > R 1
  #2 < . 1 ack 2
  #2 > R 2
  #2 < . 1 ack 1
  #2 event accepted
`,
  ONE_HALF_OPEN,
);
