// T13: keep-alive (RFC 1122 §4.2.3.6).
import { ACCEPTED, DIALLED, scenario } from "../../harness/script.ts";

const QUICK = { tcp: { keepAlive: { idle: 10_000, interval: 1000, count: 3 } } };

scenario(
  "T13 a silent peer is asked, and answers",
  `
  ${ACCEPTED}
  +9999 quiet
  +1 > . 0 ack 1
  +1 < . 1 ack 1
  +10000 > . 0 ack 1
  +1 < . 1 ack 1
  no event failed
`,
  QUICK,
);

scenario(
  "T13 a peer that is gone is asked so many times, then the connection times out",
  `
  ${DIALLED}
  +10000 > . 0 ack 1
  +1000 > . 0 ack 1
  +1000 > . 0 ack 1
  +999 no event failed
  +1 event failed timed-out
`,
  QUICK,
);

scenario(
  "T13 a peer that has forgotten the connection resets it",
  `
  ${ACCEPTED}
  +10000 > . 0 ack 1
  +1 < R 1
  event failed reset
`,
  QUICK,
);

scenario(
  "T13 whatever arrives counts as a sign of life",
  `
  ${ACCEPTED}
  +9000 < P. 1:11 ack 1
  +40 > . 1 ack 11
  +9959 quiet
  +1 > . 0 ack 11
`,
  QUICK,
);

scenario(
  "T13 while data is under way its own timer watches the peer",
  `
  ${ACCEPTED}
  +9900 write 10
  > P. 1:11 ack 1
  +200 > P. 1:11 ack 1
  +1 < . 1 ack 11
  +9999 quiet
  +1 > . 10 ack 1
`,
  QUICK,
);

scenario(
  "T13 off by default; after two hours, every 75 s, nine times when it is turned on",
  `
  ${ACCEPTED}
  +7200000 quiet
  keepAlive on
  ${Array.from({ length: 9 }, (_, i) => `+${i === 0 ? 7_200_000 : 75_000} > . 0 ack 1`).join("\n")}
  +75000 event failed timed-out
`,
);

scenario(
  "T13 turned off again",
  `
  ${ACCEPTED}
  +5000 keepAlive off
  +10000 quiet
  idle
`,
  QUICK,
);

scenario(
  "T13 half-closed both ways: CLOSE-WAIT and FIN-WAIT-2 ask too",
  `
  ${ACCEPTED}
  +1 < F. 1 ack 1
  > . 1 ack 2
  +10000 > . 0 ack 2
  #2 < S 0 mss MSS
  #2 > S. 0 ack 1
  #2 < . 1 ack 1
  #2 closeWrite
  #2 > F. 1 ack 1
  #2 < . 1 ack 2
  < . 2 ack 1
  +10000 > . 0 ack 2
  #2 > . 1 ack 1
`,
  QUICK,
);

scenario(
  "T13 the peer's keep-alive is answered, without and with a byte",
  `
  ${ACCEPTED}
  +1 < P. 1:11 ack 1
  +40 > . 1 ack 11
  +60000 < . 10 ack 1
  > . 1 ack 11
  +60000 < . 10:11 ack 1
  > . 1 ack 11
  readable 10
`,
);
