// T12: zero windows, probes, updates, windows that shrink (RFC 9293 §3.8.6).
import { ACCEPTED, scenario } from "../../harness/script.ts";
import { plain, selective } from "./lines.ts";

const CLOSED_WINDOW = `
  ${ACCEPTED}
  +1 < . 1 ack 1 win 0
  write 100
`;

/** The times at which a probe timer of 200 ms that is doubled up to 120 s fires, from 2 on. */
function probeTimes(count: number): number[] {
  const times: number[] = [];
  for (let i = 0, at = 2; i < count; i++) times.push(at += Math.min(200 * 2 ** i, 120_000));
  return times;
}

scenario(
  "T12 nothing is sent into a closed window but probes, ever further apart",
  `
  ${CLOSED_WINDOW}
  ${probeTimes(12).map((at) => `${at} > . 1:2 ack 1\n${at + 1} < . 1 ack 1 win 0`).join("\n")}
  no event failed
`,
);

scenario(
  "T12 a peer that answers probes is never given up",
  `
  ${CLOSED_WINDOW}
  ${probeTimes(60).map((at) => `${at} > . 1:2 ack 1\n< . 1 ack 1 win 0`).join("\n")}
  no event failed
  +60000 < . 1 ack 2 win 65535
  > P. 2:101 ack 1
`,
);

scenario(
  "T12 a peer that does not answer probes is given up",
  `
  ${CLOSED_WINDOW}
  ${probeTimes(15).map((at) => `${at} > . 1:2 ack 1`).join("\n")}
  ${probeTimes(16)[15]} event failed timed-out
  idle
`,
);

scenario(
  "T12 the window opens: what waited goes at once",
  `
  ${CLOSED_WINDOW}
  +50 < . 1 ack 1 win 65535
  > P. 1:101 ack 1
`,
);

scenario(
  "T12 the window opens after a probe that was refused: its byte goes again",
  `
  ${CLOSED_WINDOW}
  +200 > . 1:2 ack 1
  +1 < . 1 ack 1 win 0
  +10 < . 1 ack 1 win 65535
  > . 1:2 ack 1
  > P. 2:101 ack 1
  +1 < . 1 ack 101
  idle
`,
);

scenario(
  "T12 the window opens after a probe that was taken",
  `
  ${CLOSED_WINDOW}
  +200 > . 1:2 ack 1
  +1 < . 1 ack 2 win 0
  +200..400 > . 2:3 ack 1
  +1 < . 1 ack 3 win 1000
  > P. 3:101 ack 1
`,
);

scenario(
  "T12 back-off ends with the closed window",
  `
  ${CLOSED_WINDOW}
  +200 > . 1:2 ack 1
  +1 < . 1 ack 1 win 0
  +399 > . 1:2 ack 1
  +1 < . 1 ack 1 win 0
  +799 > . 1:2 ack 1
  +1 < . 1 ack 2 win 65535
  > P. 2:101 ack 1
  +200..220 > . 2:101 ack 1
`,
);

scenario(
  "T12 no byte goes beyond the right edge",
  `
  listen 80
  < S 0 win 2000 mss 1000
  > S. 0 ack 1
  +1 < . 1 ack 1 win 2000
  event accepted
  write 5000
  > . 1:1001 ack 1
  > . 1001:2001 ack 1
  +1 < . 1 ack 1001 win 1000
  +1 < . 1 ack 2001 win 0
  +100 < . 1 ack 2001 win 1000
  > . 2001:3001 ack 1
`,
);

scenario(
  "T12 FIN waits for the window, and probes it",
  `
  ${ACCEPTED}
  +1 < . 1 ack 1 win 0
  closeWrite
  +0..200 > F. 1 ack 1
  +1 < . 1 ack 1 win 0
  +1 < . 1 ack 1 win 100
  +0..400 > F. 1 ack 1
  +1 < . 1 ack 2 win 100
  +1 < F. 1 ack 2
  > . 2 ack 2
  event timeWait
`,
);

scenario(
  "T12 FIN after data behind a closed window",
  `
  ${CLOSED_WINDOW}
  closeWrite
  +200 > . 1:2 ack 1
  +1 < . 1 ack 2 win 10
  -- Ten of 99 bytes are a sliver; they go when they have waited long enough.
  +100..1000 > . 2:12 ack 1
  +1 < . 1 ack 12 win 65535
  > FP. 12:101 ack 1
`,
);

scenario(
  "T12 a window that shrinks below what is under way",
  `
  ${ACCEPTED}
  +1 write 3*MSS
  > . 1:1+MSS ack 1
  > . 1+MSS:1+2*MSS ack 1
  > P. 1+2*MSS:1+3*MSS ack 1
  +1 < . 1 ack 1+MSS win 0
  +200 > . 1+MSS:1+2*MSS ack 1
  +1 < . 1 ack 1+MSS win 0
  +399 > . 1+MSS:1+2*MSS ack 1
  +1 < . 1 ack 1+MSS win 0
  +799 > . 1+MSS:1+2*MSS ack 1
  +1 < . 1 ack 1+MSS win 0
  -- Nothing waits for a timer that has backed off meanwhile.
  +1 < . 1 ack 1+MSS win 65535
  > . 1+MSS:1+2*MSS ack 1
  +1 < . 1 ack 1+2*MSS win 65535
  +0..1 > . 1+2*MSS:1+3*MSS ack 1
`,
);

scenario(
  "T12 a peer that shrank its window and answers is never given up",
  `
  ${ACCEPTED}
  +1 write 2*MSS
  > . 1:1+MSS ack 1
  > P. 1+MSS:1+2*MSS ack 1
  +1 < . 1 ack 1+MSS win 0
  ${
    Array.from({ length: 30 }, (_, i) => {
      const after = Math.min(200 * 2 ** i, 120_000);
      return `+${after} > . 1+MSS:1+2*MSS ack 1\n< . 1 ack 1+MSS win 0`;
    }).join("\n")
  }
  no event failed
`,
);

scenario(
  "T12 our window closes, and opens when the program has read",
  `
  ${ACCEPTED}
  ${
    Array.from({ length: 4 }, (_, i) =>
      `+1 < . ${1 + i * 1000}:${1001 + i * 1000} ack 1\n+0..40 > . 1 ack ${1001 + i * 1000} win ${3000 - i * 1000}`)
      .join("\n")
  }
  +1 < P. 4001:4002 ack 1
  > . 1 ack 4001 win 0
  +1 read 4000
  > . 1 ack 4001 win 4000
  +1 < P. 4001:5001 ack 1
  +0..40 > . 1 ack 5001 win 3000
`,
  { tcp: { receiveBuffer: { max: 4000 } } },
);

scenario(
  "T12 our window is never taken back",
  `
  ${ACCEPTED}
  +1 < . 1:1001 ack 1
  +0..40 > . 1 ack 1001 win 3000
  +1 < . 1001:1011 ack 1
  +0..40 > . 1 ack 1011 win 2990
  +1 read 500
  +1 < . 1011:1021 ack 1
  +0..40 > . 1 ack 1021 win 2980
`,
  { tcp: { receiveBuffer: { max: 4000 } } },
);

scenario(
  "T12 what is lost behind a window that has opened is a loss as any: the congestion window shrinks",
  `
  ${plain(50, 0)}
  +1 write 20*MSS
  +200 > . 1:2 ack 1
  +1 < . 1 ack 1 win 8000
  > . 1:2 ack 1
  ${Array.from({ length: 9 }, (_, i) => `> . 2+${i}*MSS:2+${i + 1}*MSS ack 1`).join("\n")}
  +200 > . 1:2 ack 1
  +100 quiet
`,
);

scenario(
  "T12 a peer that has all and acknowledges nothing, as its window opens, is asked again",
  `
  ${selective(50)}
  +1 write 10
  > P. 1:11 ack 1
  +1 < . 1 ack 1 win 0
  +100..1000 > P. 1:11 ack 1
  +1 < . 1 ack 1 win 8000 sack 1:11
  +200..1000 > P. 1:11 ack 1
`,
  { tcp: { rack: false } },
);
