// T9: loss recovery with and without SACK (RFC 2018 §8, RFC 3042, RFC 5681 §3.2, RFC 6582, RFC 6675).
import { scenario } from "../../harness/script.ts";
import { out, plain, selective } from "./lines.ts";

const RENO = { tcp: { congestion: "newreno" } } as const;
const BY_COUNT = { tcp: { rack: false } };

const TEN = `
  ${plain(50)}
  +1 write 40*MSS
  ${out(0, 10)}
`;

const TEN_SELECTIVE = `
  ${selective(50)}
  +1 write 40*MSS
  ${out(0, 10)}
`;

scenario(
  "T9 limited transmit: each of the first two duplicate acknowledgements brings a new segment",
  `
  ${TEN}
  +50 < . 1 ack 1 win 8000
  ${out(10, 11)}
  +1 < . 1 ack 1 win 8000
  ${out(11, 12)}
  +1 < . 1 ack 1 win 8000
  ${out(0, 1)}
  +1 quiet
`,
);

scenario(
  "T9 limited transmit, with SACK",
  `
  ${TEN_SELECTIVE}
  +50 < . 1 ack 1 win 8000 sack 1+MSS:1+2*MSS
  ${out(10, 11)}
  +1 < . 1 ack 1 win 8000 sack 1+MSS:1+3*MSS
  ${out(11, 12)}
  +1 < . 1 ack 1 win 8000 sack 1+MSS:1+4*MSS
  ${out(0, 1)}
  +1 quiet
`,
);

scenario(
  "T9 what limited transmit has sent does not count for the window that a loss leaves",
  `
  ${TEN}
  +50 < . 1 ack 1 win 8000
  ${out(10, 11)}
  +1 < . 1 ack 1 win 8000
  ${out(11, 12)}
  +1 < . 1 ack 1 win 8000
  ${out(0, 1)}
  +50 < . 1 ack 1+12*MSS win 8000
  -- Five: half of ten.
  ${out(12, 17)}
  +1 quiet
`,
  RENO,
);

scenario(
  "T9 the acknowledgement that ends recovery leaves the window at ssthresh",
  `
  ${TEN_SELECTIVE}
  +50 < . 1 ack 1 win 8000 sack 1+MSS:1+10*MSS
  ${out(0, 1)}
  +0..20 ${out(10, 14)}
  +50 < . 1 ack 1+14*MSS win 8000
  ${out(14, 19)}
  +1 quiet
`,
  RENO,
);

scenario(
  "T9 two losses in one window are one reduction, without SACK",
  `
  ${TEN}
  +50 < . 1 ack 1 win 8000
  ${out(10, 11)}
  < . 1 ack 1 win 8000
  ${out(11, 12)}
  < . 1 ack 1 win 8000
  ${out(0, 1)}
  +50 < . 1 ack 1+5*MSS win 8000
  ${out(5, 6)}
  +50 < . 1 ack 1+12*MSS win 8000
  ${out(12, 17)}
  +1 quiet
`,
  RENO,
);

scenario(
  "T9 by count: three segments beyond a gap make it a loss, no time does",
  `
  ${TEN_SELECTIVE.replace("40*MSS", "10*MSS")}
  +50 < . 1 ack 1 win 8000 sack 1+MSS:1+3*MSS
  +100 quiet
  < . 1 ack 1 win 8000 sack 1+MSS:1+4*MSS
  ${out(0, 1)}
  +1 < . 1 ack 1 win 8000 sack 1+5*MSS:1+8*MSS 1+MSS:1+4*MSS
  ${out(4, 5)}
  +49 < . 1 ack 1+10*MSS win 8000
  idle
`,
  BY_COUNT,
);

scenario(
  "T9 by count: what was sent again and is lost again waits for the timer",
  `
  ${TEN_SELECTIVE.replace("40*MSS", "10*MSS")}
  +50 < . 1 ack 1 win 8000 sack 1+MSS:1+4*MSS
  ${out(0, 1)}
  +50 < . 1 ack 1 win 8000 sack 1+MSS:1+10*MSS
  +149 quiet
  +0..50 ${out(0, 1)}
  +50 < . 1 ack 1+10*MSS win 8000
  idle
`,
  BY_COUNT,
);

scenario(
  "T9 by count: no probe of the tail",
  `
  ${selective(50)}
  +1 write 3*MSS
  ${out(0, 3)}
  +199 quiet
  +0..1 ${out(0, 1)}
`,
  BY_COUNT,
);

scenario(
  "T9 a peer that takes back what it has reported gets it again after a timeout",
  `
  ${selective(50)}
  +1 write 4*MSS
  ${out(0, 4)}
  +50 < . 1 ack 1 win 8000 sack 1+MSS:1+4*MSS
  ${out(0, 1)}
  +50 < . 1 ack 1+MSS win 8000
  +200..250 ${out(1, 2)}
  +50 < . 1 ack 1+2*MSS win 8000
  ${out(2, 4)}
  +50 < . 1 ack 1+4*MSS win 8000
  idle
`,
);
