// T3: robustness against segments sent blindly (RFC 5961).
import { ACCEPTED, DIALLED, scenario } from "../../harness/script.ts";

scenario(
  "T3 RST in the window, not at RCV.NXT, is challenged",
  `
  ${ACCEPTED}
  +1 < R 2
  > . 1 ack 1
  +1000 < R. 60000 ack 1
  > . 1 ack 1
  no event failed
  +1 < R 1
  event failed reset
`,
);

scenario(
  "T3 SYN in the window is challenged",
  `
  ${ACCEPTED}
  +1 < S 1
  > . 1 ack 1
  +1000 < S 5000
  > . 1 ack 1
  +1000 < S. 5000 ack 1
  > . 1 ack 1
  no event failed
`,
);

scenario(
  "T3 SYN outside the window is challenged",
  `
  ${ACCEPTED}
  +1 < S 0x70000000
  > . 1 ack 1
  no event failed
`,
);

scenario(
  "T3 SYN while the window is closed is answered, not often, and its ACK does not count",
  `
  ${ACCEPTED}
  +1 < P. 1:1001 ack 1
  > . 1 ack 1001 win 0
  +1 write 10
  > P. 1:11 ack 1001
  +1 < S. 1001 ack 11
  > . 11 ack 1001 win 0
  +1 < S 1001
  dropped rateLimited
  quiet
  +198 > P. 1:11 ack 1001
`,
  { tcp: { receiveBuffer: { max: 1000 } } },
);

scenario(
  "T3 the peer answers the challenge with RST, and is believed",
  `
  ${DIALLED}
  +1 < S 9000
  > . 1 ack 1
  +1 < R 1
  event failed reset
`,
);

scenario(
  "T3 ACK of what was not sent: answered, its data not taken",
  `
  ${ACCEPTED}
  +1 < P. 1:11 ack 2
  > . 1 ack 1
  readable 0
`,
);

scenario(
  "T3 ACK further back than the largest window: answered, its data not taken",
  `
  ${ACCEPTED}
  +1 write 100
  > P. 1:101 ack 1
  +1 < . 1 ack 101 win 65535
  +1 < P. 1:11 ack 0-65500
  > . 101 ack 1
  readable 0
`,
);

scenario(
  "T3 ACK within the largest window: the data is taken",
  `
  ${ACCEPTED}
  +1 write 100
  > P. 1:101 ack 1
  +1 < . 1 ack 101 win 65535
  +1 < P. 1:11 ack 0-65000
  +40 > . 101 ack 11
  readable 10
`,
);

scenario(
  "T3 an old ACK with newer data does not change the send window",
  `
  ${ACCEPTED}
  +1 write 100
  > P. 1:101 ack 1
  +1 < . 1 ack 101 win 1000
  -- SEG.ACK < SND.UNA: the window is not updated (RFC 9293 §3.10.7.4).
  +1 < P. 1:11 ack 50 win 0
  +40 > . 101 ack 11
  +1 write 10
  > P. 101:111 ack 11
`,
);

scenario(
  "T3 challenges are limited, for each connection",
  `
  ${ACCEPTED}
  #2 < S 0 mss MSS
  #2 > S. 0 ack 1
  #2 < . 1 ack 1
  < R 2
  > . 1 ack 1
  +1 < R 2
  dropped rateLimited
  < S 5000
  dropped rateLimited
  < . 1 ack 7
  dropped rateLimited
  #2 < R 2
  #2 > . 1 ack 1
  +1000 < R 2
  > . 1 ack 1
`,
);

scenario(
  "T3 nothing but the exact number disturbs a flow",
  `
  ${ACCEPTED}
  hold
  ${Array.from({ length: 200 }, (_, i) => `< R ${2 + i * 317}`).join("\n")}
  ${Array.from({ length: 200 }, (_, i) => `< S ${i * 317}`).join("\n")}
  ${Array.from({ length: 200 }, (_, i) => `< R. ${70000 + i * 1000003} ack 1`).join("\n")}
  ${Array.from({ length: 200 }, (_, i) => `< FP. ${2 + i}:${3 + i} ack ${2 + i * 1000003}`).join("\n")}
  release
  > . 1 ack 1
  no event failed
  +1 < P. 1:11 ack 1
  +1..40 > . 1 ack 11
  readable 10
  +1 write 10
  > P. 1:11 ack 11
`,
);
