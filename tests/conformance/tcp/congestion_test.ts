// T8: the congestion window as packets show it (RFC 5681, RFC 6928, RFC 9438).
import { ACCEPTED, scenario } from "../../harness/script.ts";
import { out, plain } from "./lines.ts";

const RENO = { tcp: { congestion: "newreno" } } as const;
const CUBIC = { tcp: { congestion: "cubic" } } as const;

for (const [mtu, segments] of [[576, 10], [1280, 10], [1500, 10], [2000, 7], [4000, 3], [9000, 2], [65535, 2]]) {
  scenario(
    `T8 the initial window is ten segments within 14,600 bytes, and two at least: MTU ${mtu}`,
    `
    ${plain(10, 65535)}
    +1 write 12*MSS ${mtu === 65535 ? "takes 262144" : ""}
    ${out(0, segments)}
    +1 quiet
  `,
    // The peer's segments are as large.
    { mtu },
  );
}

scenario(
  "T8 the initial window follows the peer's MSS",
  `
  listen 80
  < S 0 win 65535 mss 500
  > S. 0 ack 1
  +1 < . 1 ack 1 win 65535
  event accepted
  accept
  write 20*500
  ${Array.from({ length: 10 }, (_, i) => `> . 1+${i}*500:1+${i + 1}*500 ack 1`).join("\n")}
  +1 quiet
`,
);

scenario(
  "T8 another initial window by option",
  `
  ${ACCEPTED}
  +1 write 10*MSS
  ${out(0, 3)}
  +1 quiet
`,
  { tcp: { initialWindow: 3 } },
);

scenario(
  "T8 after a lost SYN the window is one segment",
  `
  connect 80
  > S 0
  +1000 > S 0
  +1 < S. 0 ack 1 win 65535 mss MSS
  > . 1 ack 1
  write 20*MSS
  ${out(0, 1)}
  +1 < . 1 ack 1+MSS
  ${out(1, 3)}
  +1 < . 1 ack 1+3*MSS
  ${out(3, 7)}
  +1 < . 1 ack 1+7*MSS
  ${out(7, 15)}
`,
);

scenario(
  "T8 after a lost SYN|ACK the window is one segment",
  `
  listen 80
  < S 0 win 65535 mss MSS
  > S. 0 ack 1
  +1000 > S. 0 ack 1
  +1 < . 1 ack 1 win 65535
  event accepted
  accept
  write 20*MSS
  ${out(0, 1)}
  +1 < . 1 ack 1+MSS
  ${out(1, 3)}
  +1 < . 1 ack 1+3*MSS
  ${out(3, 7)}
  +1 < . 1 ack 1+7*MSS
  ${out(7, 15)}
`,
);

scenario(
  "T8 a simultaneous open has lost nothing: ten segments",
  `
  connect 80
  > S 0
  +1 < S 0 win 65535 mss MSS
  > S. 0 ack 1
  +1 < . 1 ack 1 win 65535
  event connected
  write 12*MSS
  ${out(0, 10)}
  +1 quiet
`,
);

scenario(
  "T8 after a SYN that was lost a simultaneous open begins with one segment",
  `
  connect 80
  > S 0
  +1000 > S 0
  +1 < S 0 win 65535 mss MSS
  > S. 0 ack 1
  +1 < . 1 ack 1 win 65535
  event connected
  write 12*MSS
  ${out(0, 1)}
  +1 quiet
`,
);

for (const options of [RENO, CUBIC]) {
  scenario(
    `T8 slow start: the window grows by what is acknowledged, ${options.tcp.congestion}`,
    `
    ${plain(50)}
    +1 write 60*MSS
    ${out(0, 10)}
    +50 < . 1 ack 1+2*MSS win 8000
    ${out(10, 14)}
    +1 < . 1 ack 1+4*MSS win 8000
    ${out(14, 18)}
    +1 < . 1 ack 1+10*MSS win 8000
    ${out(18, 30)}
    +1 quiet
  `,
    options,
  );
}

scenario(
  "T8 a window that the program does not fill does not grow",
  `
  ${plain(50)}
  +1 write 2*MSS
  ${out(0, 2)}
  +50 < . 1 ack 1+2*MSS win 8000
  write 2*MSS
  ${out(2, 4)}
  +50 < . 1 ack 1+4*MSS win 8000
  write 20*MSS
  ${out(4, 14)}
  +1 quiet
`,
);

scenario(
  "T8 after a timeout one segment, slow start to half of the flight, then one more for each window: NewReno",
  `
  ${plain(50)}
  +1 write 40*MSS
  ${out(0, 10)}
  +150..200 ${out(0, 1)}
  +50 < . 1 ack 1+MSS win 8000
  ${out(1, 3)}
  +50 < . 1 ack 1+3*MSS win 8000
  ${out(3, 7)}
  +50 < . 1 ack 1+6*MSS win 8000
  -- Five: half of ten.
  ${out(7, 11)}
  +50 < . 1 ack 1+11*MSS win 8000
  ${out(11, 17)}
  +50 < . 1 ack 1+17*MSS win 8000
  ${out(17, 24)}
`,
  RENO,
);

scenario(
  "T8 CUBIC leaves seven tenths of the flight",
  `
  ${plain(50)}
  +1 write 40*MSS
  ${out(0, 10)}
  +150..200 ${out(0, 1)}
  +50 < . 1 ack 1+MSS win 8000
  ${out(1, 3)}
  +50 < . 1 ack 1+3*MSS win 8000
  ${out(3, 7)}
  +50 < . 1 ack 1+7*MSS win 8000
  ${out(7, 14)}
  +50 < . 1 ack 1+8*MSS win 8000
  ${out(14, 15)}
  +1 quiet
`,
  CUBIC,
);

scenario(
  "T8 several timeouts in a row halve the window once",
  `
  ${plain(50)}
  +1 write 40*MSS
  ${out(0, 10)}
  +150..200 ${out(0, 1)}
  +300..400 ${out(0, 1)}
  +600..800 ${out(0, 1)}
  +50 < . 1 ack 1+10*MSS win 8000
  -- Slow start from 1 by what was acknowledged, up to half of ten.
  ${out(10, 16)}
`,
  RENO,
);

const GROWN = `
  ${plain(50)}
  +1 write 20*MSS
  ${out(0, 10)}
  +50 < . 1 ack 1+10*MSS win 8000
  ${out(10, 20)}
  +50 < . 1 ack 1+20*MSS win 8000
`;

scenario(
  "T8 after an idle timeout the window starts small again",
  `
  ${GROWN}
  +1000 write 50*MSS
  ${out(20, 30)}
  +1 quiet
`,
);

scenario(
  "T8 after a short pause it does not",
  `
  ${GROWN}
  +60 write 50*MSS
  ${out(20, 40)}
  +1 quiet
`,
  { tcp: { congestion: "newreno" } },
);

scenario(
  "T8 idle restart turned off",
  `
  ${GROWN}
  +1000 write 50*MSS
  ${out(20, 40)}
  +1 quiet
`,
  { tcp: { congestion: "newreno", idleRestart: false } },
);
