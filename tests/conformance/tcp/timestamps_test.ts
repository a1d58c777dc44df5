// T5: timestamps, and protection against old duplicates (RFC 7323 §3, §4, §5).
import { ACCEPTED, scenario } from "../../harness/script.ts";

const STAMPED = `
  listen 80
  < S 0 win 65535 mss MSS ts 1000 0
  > S. 0 ack 1 ts * 1000
  +1 < . 1 ack 1 win 65535 ts 1001 last
  event accepted
  accept
`;

scenario(
  "T5 a dial offers timestamps, and uses them when the peer does",
  `
  connect 80
  > S 0 ts * 0
  +1 < S. 0 ack 1 mss MSS ts 77 last
  > . 1 ack 1 ts last+1 77
  write 2*MSS-24
  > . 1:MSS-11 ack 1 ts last 77
  > P. MSS-11:2*MSS-23 ack 1 ts last 77
  +5 < . 1 ack 2*MSS-23 ts 82 last
  +5 write 1
  > P. 2*MSS-23:2*MSS-22 ack 1 ts last+10 82
`,
);

scenario(
  "T5 without the peer's offer there are none",
  `
  connect 80
  > S 0 ts * 0
  +1 < S. 0 ack 1 mss MSS
  > . 1 ack 1 no ts
  write MSS
  > P. 1:1+MSS ack 1 no ts
`,
);

scenario(
  "T5 none are offered when they are turned off, nor taken",
  `
  connect 80
  > S 0 no ts
  #2 listen 90
  #2 < S 0 mss MSS ts 5 0
  #2 > S. 0 ack 1 no ts
`,
  { tcp: { timestamps: false } },
);

scenario(
  "T5 an acknowledgement that waited echoes the first segment that it is for",
  `
  ${STAMPED}
  +1 < P. 1:11 ack 1 ts 1010 last
  +1 < P. 11:21 ack 1 ts 1020 last
  +39 > . 1 ack 21 ts * 1010
`,
);

scenario(
  "T5 a segment out of order is not echoed",
  `
  ${STAMPED}
  +1 < P. 11:21 ack 1 ts 1010 last
  > . 1 ack 1 ts * 1001
  +1 < P. 1:11 ack 1 ts 1005 last
  > . 1 ack 21 ts * 1005
`,
);

scenario(
  "T5 PAWS: an old duplicate is acknowledged and not taken",
  `
  ${STAMPED}
  +1 < P. 1:11 ack 1 ts 1000 last
  > . 1 ack 1 ts * 1001
  readable 0
  dropped unacceptable
  +1000 < P. 1:11 ack 1 ts 1001 last
  +40 > . 1 ack 11
`,
);

scenario(
  "T5 PAWS: timestamps go round at 2^32",
  `
  listen 80
  < S 0 win 65535 mss MSS ts 4294967290 0
  > S. 0 ack 1 ts * 4294967290
  +1 < . 1 ack 1 ts 4294967295 last
  +1 < P. 1:11 ack 1 ts 3 last
  +40 > . 1 ack 11 ts * 3
  +1 < P. 11:21 ack 1 ts 4294967295 last
  > . 1 ack 11 ts * 3
`,
);

scenario(
  "T5 PAWS: after 24 idle days any timestamp is taken",
  `
  ${STAMPED}
  +2073600001 < P. 1:11 ack 1 ts 5 last
  +40 > . 1 ack 11 ts * 5
`,
);

scenario(
  "T5 a segment without timestamps is dropped once they are agreed, RST excepted",
  `
  ${STAMPED}
  +1 < P. 1:11 ack 1
  +100 quiet
  readable 0
  < R 1
  event failed reset
`,
);

scenario(
  "T5 timestamps on a connection that has not agreed on them are ignored",
  `
  ${ACCEPTED}
  +1 < P. 1:11 ack 1 ts 5 5
  +40 > . 1 ack 11 no ts
  +1 < P. 11:21 ack 1 ts 1 1
  +40 > . 1 ack 21
`,
);

scenario(
  "T5 a timestamp from a segment whose acknowledgement is refused is not kept",
  `
  ${STAMPED}
  -- Sent blindly: a good sequence number, a timestamp far ahead, and an ACK of what was not sent.
  +1 < P. 1:11 ack 1000 ts 2000000000 last
  > . 1 ack 1
  +1 < P. 1:11 ack 1 ts 1010 last
  +40 > . 1 ack 11 ts * 1010
`,
);

scenario(
  "T5 the round-trip time of a retransmission is known from its echo",
  `
  ${STAMPED}
  +1 write 10
  > P. 1:11 ack 1
  +200 > P. 1:11 ack 1
  +5 < . 1 ack 11 ts 1300 last
  write 10
  > P. 11:21 ack 1
  -- The sample of 5 ms ends the back-off.
  +200 > P. 11:21 ack 1
`,
  { tcp: { sack: false } },
);
