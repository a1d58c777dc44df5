// T20: explicit congestion notification (RFC 3168).
import { scenario } from "../../harness/script.ts";

const ECN = { tcp: { ecn: true, congestion: "newreno" } } as const;

/** A connection that was accepted with ECN: 10 segments are under way, of which the peer has the first two. */
const SENDING = `
  listen 80
  < SEW 0 win 65535 mss MSS
  > S.E 0 ack 1 ecn 0
  +1 < . 1 ack 1 win 65535
  event accepted
  accept
  +10 write 20*MSS
  ${Array.from({ length: 10 }, (_, i) => `> . 1+${i}*MSS:1+${i + 1}*MSS ack 1 ecn 2`).join("\n")}
`;

scenario(
  "T20 a dial offers ECN, and data says that it can be marked",
  `
  connect 80
  > SEW 0 ecn 0
  +1 < S.E 0 ack 1 win 65535 mss MSS
  > . 1 ack 1 ecn 0
  event connected
  write 10
  > . 1:11 ack 1 ecn 2
`,
  ECN,
);

scenario(
  "T20 a SYN that offers ECN and comes again is answered by SYN-ACK again",
  `
  listen 80
  < SEW 0 win 65535 mss MSS
  > S. 0 ack 1
  +100 < SEW 0 win 65535 mss MSS
  > S. 0 ack 1
`,
);

scenario(
  "T20 a peer that does not answer the offer is sent nothing that can be marked",
  `
  connect 80
  > SEW 0
  +1 < S. 0 ack 1 win 65535 mss MSS
  > . 1 ack 1
  write 10
  > . 1:11 ack 1 ecn 0
  +1 < .E 1 ack 11
  +1 < P. 1:11 ack 11 ecn 3
  +40 > . 11 ack 11
`,
  { tcp: { ecn: true, delayedAck: 40 } },
);

scenario(
  "T20 an answer that reflects both flags is none",
  `
  connect 80
  > SEW 0
  +1 < S.EW 0 ack 1 win 65535 mss MSS
  > . 1 ack 1
  write 10
  > . 1:11 ack 1 ecn 0
`,
  ECN,
);

scenario(
  "T20 a SYN that goes out again does without the offer",
  `
  connect 80
  > SEW 0
  +1000 > S 0
`,
  ECN,
);

scenario(
  "T20 an answer that goes out again accepts the offer still",
  `
  listen 80
  < SEW 0 win 65535 mss MSS
  > S.E 0 ack 1
  +1000 > S.E 0 ack 1 ecn 0
  +1 < SEW 0 win 65535 mss MSS
  > S.E 0 ack 1 ecn 0
  +1 < . 1 ack 1 win 65535
  event accepted
  write 10
  > . 1:11 ack 1 ecn 2
`,
  ECN,
);

scenario(
  "T20 off unless switched on",
  `
  listen 80
  < SEW 0 win 65535 mss MSS
  > S. 0 ack 1
  +1 < . 1 ack 1 win 65535
  accept
  write 10
  > . 1:11 ack 1 ecn 0
`,
);

scenario(
  "T20 a mark is echoed at once, and until the peer says that it has slowed down",
  `
  listen 80
  < SEW 0 win 65535 mss MSS
  > S.E 0 ack 1
  +1 < . 1 ack 1 win 65535
  accept
  +1 < . 1:11 ack 1 ecn 3
  > .E 1 ack 11
  +1 < P. 11:21 ack 1 ecn 2
  +40 > .E 1 ack 21
  +1 < .W 21:31 ack 1 ecn 2
  +40 > . 1 ack 31
`,
  ECN,
);

scenario(
  "T20 an echo halves the window once for each round trip, and the next new data says so",
  `
  ${SENDING}
  +10 < .E 1 ack 1+2*MSS win 65535
  -- The window is half of the ten segments that were under way.
  quiet
  +1 < .E 1 ack 1+5*MSS win 65535
  quiet
  +1 < .E 1 ack 1+6*MSS win 65535
  > .W 1+10*MSS:1+11*MSS ack 1 ecn 2
`,
  ECN,
);

scenario(
  "T20 the echo of what was under way is no news, up to its end",
  `
  ${SENDING}
  +10 < .E 1 ack 1+6*MSS win 65535
  > .W 1+10*MSS:1+11*MSS ack 1 ecn 2
  -- The segment that says W is under way still.
  +1 < .E 1 ack 1+10*MSS win 65535
  ${Array.from({ length: 4 }, (_, i) => `> . 1+${11 + i}*MSS:1+${12 + i}*MSS ack 1 ecn 2`).join("\n")}
`,
  ECN,
);

/** New segments, by their place among all; the first says that the window was reduced. */
function slowed(from: number, to: number): string {
  return Array.from(
    { length: to - from },
    (_, i) => `> ${i === 0 ? ".W" : "."} 1+${from + i}*MSS:1+${from + i + 1}*MSS ack 1 ecn 2`,
  ).join("\n");
}

scenario(
  "T20 a window that a loss has halved is told of too",
  `
  ${SENDING}
  -- Limited transmit, before the window is reduced (RFC 3042).
  ${[10, 11].map((i) => `+10 < . 1 ack 1 win 65535\n> . 1+${i}*MSS:1+${i + 1}*MSS ack 1 ecn 2`).join("\n")}
  +10 < . 1 ack 1 win 65535
  > . 1:1+MSS ack 1 ecn 0
  +10 < . 1 ack 1+12*MSS win 65535
  ${slowed(12, 17)}
`,
  ECN,
);

scenario(
  "T20 a mark and a loss among the same segments halve the window once",
  `
  ${SENDING}
  ${"+10 < .E 1 ack 1 win 65535\n".repeat(3)}
  > . 1:1+MSS ack 1 ecn 0
  +10 < .E 1 ack 1+10*MSS win 65535
  ${slowed(10, 15)}
`,
  ECN,
);

scenario(
  "T20 a window that a timeout has closed is told of too",
  `
  ${SENDING}
  +200 > . 1:1+MSS ack 1 ecn 0
  +10 < . 1 ack 1+10*MSS win 65535
  ${slowed(10, 16)}
`,
  ECN,
);

scenario(
  "T20 what is sent again cannot be marked",
  `
  ${SENDING}
  +200 > . 1:1+MSS ack 1 ecn 0
`,
  ECN,
);
