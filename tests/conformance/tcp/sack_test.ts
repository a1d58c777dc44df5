// T9 and T10: selective acknowledgements sent and used (RFC 2018, RFC 2883, RFC 6675, RFC 8985).
import { ACCEPTED, scenario } from "../../harness/script.ts";

const SELECTIVE = `
  listen 80
  < S 0 win 65535 mss MSS sackok
  > S. 0 ack 1 sackok
  +1 < . 1 ack 1 win 65535
  event accepted
  accept
`;

const STAMPED = `
  listen 80
  < S 0 win 65535 mss MSS sackok ts 1000 0
  > S. 0 ack 1 sackok ts * 1000
  +1 < . 1 ack 1 win 65535 ts 1001 last
  event accepted
  accept
`;

const TEN = `
  ${SELECTIVE}
  +10 write 10*MSS
  ${Array.from({ length: 10 }, (_, i) => `> . 1+${i}*MSS:1+${i + 1}*MSS ack 1`).join("\n")}
`;

scenario(
  "T9 SACK is offered, and sent only when the peer offers it",
  `
  connect 80
  > S 0 sackok
  +1 < S. 0 ack 1 mss MSS
  > . 1 ack 1
  +1 < . 11:21 ack 1
  > . 1 ack 1 no sack
`,
);

scenario(
  "T9 SACK turned off",
  `
  listen 80
  < S 0 mss MSS sackok
  > S. 0 ack 1 no sackok
  +1 < . 1 ack 1
  < . 11:21 ack 1
  > . 1 ack 1 no sack
`,
  { tcp: { sack: false } },
);

scenario(
  "T9 the block that changed last comes first; blocks join and go",
  `
  ${SELECTIVE}
  +1 < . 11:21 ack 1
  > . 1 ack 1 sack 11:21
  < . 31:41 ack 1
  > . 1 ack 1 sack 31:41 11:21
  < . 51:61 ack 1
  > . 1 ack 1 sack 51:61 31:41 11:21
  < . 21:31 ack 1
  > . 1 ack 1 sack 11:41 51:61
  < . 1:11 ack 1
  > . 1 ack 41 sack 51:61
  < . 41:51 ack 1
  > . 1 ack 61 no sack
`,
);

scenario(
  "T9 no more than four blocks",
  `
  ${SELECTIVE}
  +1 < . 11:21 ack 1
  > . 1 ack 1 sack 11:21
  < . 31:41 ack 1
  > . 1 ack 1 sack 31:41 11:21
  < . 51:61 ack 1
  > . 1 ack 1 sack 51:61 31:41 11:21
  < . 71:81 ack 1
  > . 1 ack 1 sack 71:81 51:61 31:41 11:21
  < . 91:101 ack 1
  > . 1 ack 1 sack 91:101 71:81 51:61 31:41
`,
);

for (const [ts, blocks] of [["", "51:61 31:41 11:21"], ["ts 1 0", "51:61"]]) {
  scenario(
    `T9 on the smallest MTU as many blocks are reported as fit, ${ts ? "beside timestamps" : "without timestamps"}`,
    `
    listen 80
    < S 0 win 65535 mss MSS sackok ${ts}
    > S. 0 ack 1 sackok
    +1 < . 1 ack 1 ${ts}
    < . 11:21 ack 1 ${ts}
    > . 1 ack 1 sack 11:21
    < . 31:41 ack 1 ${ts}
    > . 1 ack 1
    < . 51:61 ack 1 ${ts}
    > . 1 ack 1 sack ${blocks}
    < . 71:81 ack 1 ${ts}
    > . 1 ack 1
  `,
    { mtu: 68, only: 4 },
  );
}

scenario(
  "T9 D-SACK: what came twice is reported",
  `
  ${SELECTIVE}
  +1 < P. 1:11 ack 1
  +40 > . 1 ack 11
  < P. 1:11 ack 1
  > . 1 ack 11 sack 1:11
  +1 < . 21:31 ack 1
  > . 1 ack 11 sack 21:31
  < . 21:31 ack 1
  > . 1 ack 11 sack 21:31 21:31
`,
);

scenario(
  "T9 D-SACK: what arrives later than what was sent in its place is reported, though its timestamp is old",
  `
  ${STAMPED}
  +1 < P. 11:21 ack 1 ts 1011 last
  > . 1 ack 1 sack 11:21
  +1 < P. 1:11 ack 1 ts 1020 last
  > . 1 ack 21 ts * 1020 no sack
  +1 < P. 1:11 ack 1 ts 1010 last
  > . 1 ack 21 ts * 1020 sack 1:11
`,
);

scenario(
  "T9 D-SACK: of a segment that came in part, the part is reported",
  `
  ${SELECTIVE}
  +1 < P. 1:11 ack 1
  +40 > . 1 ack 11
  < P. 6:16 ack 1
  > . 1 ack 16 sack 6:11
  < . 31:41 ack 1
  > . 1 ack 16 sack 31:41
  < . 36:51 ack 1
  > . 1 ack 16 sack 36:41 31:51
  < . 61:71 ack 1
  > . 1 ack 16 sack 61:71 31:51
  -- Of two parts the first (RFC 2883 §4.2).
  < . 21:81 ack 1
  > . 1 ack 16 sack 31:51 21:81
  < . 16:26 ack 1
  > . 1 ack 81 sack 21:26
`,
);

scenario(
  "T9 a FIN beyond a gap is reported with the bytes before it",
  `
  ${SELECTIVE}
  +1 < FP. 11:21 ack 1
  > . 1 ack 1 sack 11:22
  < . 5:8 ack 1
  > . 1 ack 1 sack 5:8 11:22
  < . 8:11 ack 1
  > . 1 ack 1 sack 5:22
  < . 1:5 ack 1
  > . 1 ack 22 no sack
`,
);

scenario(
  "T9 a FIN without data beyond a gap is reported, as often as it comes",
  `
  ${SELECTIVE}
  +1 < F. 11 ack 1
  > . 1 ack 1 sack 11:12
  +1 < F. 11 ack 1
  > . 1 ack 1 sack 11:12
  +1 < . 6:11 ack 1
  > . 1 ack 1 sack 6:12
  < . 1:6 ack 1
  > . 1 ack 12 no sack
`,
);

scenario(
  "T9 a FIN in the middle of data is not reported for ever",
  `
  ${SELECTIVE}
  +1 < F. 11 ack 1
  > . 1 ack 1 sack 11:12
  +1 < . 1:21 ack 1
  +40 > . 1 ack 21 no sack
`,
);

scenario(
  "T9 three segments known to have arrived bring back the one before them",
  `
  ${TEN}
  +1 < . 1 ack 1 sack 1+MSS:1+4*MSS
  > . 1:1+MSS ack 1
  +1 < . 1 ack 1+10*MSS
  idle
`,
);

scenario(
  "T9 only what is missing goes again",
  `
  ${TEN}
  +1 < . 1 ack 1+MSS sack 1+2*MSS:1+4*MSS
  < . 1 ack 1+MSS sack 1+5*MSS:1+10*MSS 1+2*MSS:1+4*MSS
  > . 1+MSS:1+2*MSS ack 1
  +0..20 > . 1+4*MSS:1+5*MSS ack 1
  +1 < . 1 ack 1+10*MSS
  idle
`,
);

scenario(
  "T9 blocks of what was never sent, or was acknowledged, or upside down, change nothing",
  `
  ${TEN}
  +0.5 < . 1 ack 1+2*MSS sack 1:1+MSS
  < . 1 ack 1+2*MSS sack 1+20*MSS:1+30*MSS
  < . 1 ack 1+2*MSS sack 1+9*MSS:1+5*MSS
  < . 1 ack 1+2*MSS sack 0x7fffffff:0x80000001
  +0.5 < . 1 ack 1+10*MSS
  idle
`,
);

scenario(
  "T9 blocks on a connection that has not agreed on them are ignored",
  `
  ${ACCEPTED}
  +1 write 5*MSS
  ${Array.from({ length: 5 }, (_, i) => `> . 1+${i}*MSS:1+${i + 1}*MSS ack 1`).join("\n")}
  +1 < . 1 ack 1 sack 1+MSS:1+4*MSS
  +1 quiet
`,
);

scenario(
  "T10 the tail of a flight is probed after two round trips",
  `
  ${SELECTIVE}
  +10 write 3*MSS
  > . 1:1+MSS ack 1
  > . 1+MSS:1+2*MSS ack 1
  > P. 1+2*MSS:1+3*MSS ack 1
  +2..10 > P. 1+2*MSS:1+3*MSS ack 1
  +1 < . 1 ack 1+3*MSS sack 1+2*MSS:1+3*MSS
  idle
`,
);

scenario(
  "T10 a probe that is answered by SACK alone finds the loss",
  `
  ${SELECTIVE}
  +10 write 3*MSS
  > . 1:1+MSS ack 1
  > . 1+MSS:1+2*MSS ack 1
  > P. 1+2*MSS:1+3*MSS ack 1
  +2..10 > P. 1+2*MSS:1+3*MSS ack 1
  +1 < . 1 ack 1 sack 1+2*MSS:1+3*MSS
  > . 1:1+MSS ack 1
  +0..2 > . 1+MSS:1+2*MSS ack 1
`,
);
