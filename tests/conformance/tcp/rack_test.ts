// T10: losses found by time, the reordering window, tail loss probes, proportional rate reduction, and undo (RFC 8985,
// RFC 6937, RFC 3522).
import { scenario } from "../../harness/script.ts";
import { out, selective } from "./lines.ts";

const RENO = { tcp: { congestion: "newreno" } } as const;

scenario(
  "T10 RACK: what is overtaken is lost a quarter of a round trip later",
  `
  ${selective(40)}
  +1 write 4*MSS
  ${out(0, 4)}
  +40 < . 1 ack 1 win 8000 sack 1+MSS:1+2*MSS
  +10 ${out(0, 1)}
  +40 < . 1 ack 1+4*MSS win 8000
  idle
`,
);

scenario(
  "T10 RACK: what comes before that was only late",
  `
  ${selective(40)}
  +1 write 4*MSS
  ${out(0, 4)}
  +40 < . 1 ack 1 win 8000 sack 1+MSS:1+4*MSS
  -- Three beyond the gap, and nobody has seen reordering: lost.
  ${out(0, 1)}
  +40 < . 1 ack 1+4*MSS win 8000
  #2 < S 0 win 65535 mss MSS sackok ws 7
  #2 > S. 0 ack 1
  +40 #2 < . 1 ack 1 win 8000
  #2 event accepted
  #2 accept
  #2 write 4*MSS
  ${out(0, 4).replaceAll(">", "#2 >")}
  +40 #2 < . 1 ack 1 win 8000 sack 1+MSS:1+2*MSS
  +9 #2 < . 1 ack 1+4*MSS win 8000
  idle
`,
);

scenario(
  "T10 RACK: where reordering was seen, three segments beyond a gap do not make it a loss",
  `
  ${selective(40)}
  +1 write 4*MSS
  ${out(0, 4)}
  +40 < . 1 ack 1 win 8000 sack 1+MSS:1+2*MSS
  +5 < . 1 ack 1+4*MSS win 8000
  +1 write 10*MSS
  ${out(4, 14)}
  +40 < . 1 ack 1+4*MSS win 8000 sack 1+5*MSS:1+10*MSS
  +9.9 quiet
  +0.1 ${out(4, 5)}
`,
);

scenario(
  "T10 RACK: a D-SACK widens the reordering window",
  `
  ${selective(40)}
  +1 write 4*MSS
  ${out(0, 4)}
  +40 < . 1 ack 1 win 8000 sack 1+MSS:1+2*MSS
  +10 ${out(0, 1)}
  +1 < . 1 ack 1+4*MSS win 8000
  +1 < . 1 ack 1+4*MSS win 8000 sack 1:1+MSS
  +1 write 2*MSS
  ${out(4, 6)}
  +40 < . 1 ack 1+4*MSS win 8000 sack 1+5*MSS:1+6*MSS
  +20 ${out(4, 5)}
`,
);

scenario(
  "T10 RACK: a D-SACK of what cannot have been sent lately changes nothing: a segment sent blindly brings it about",
  `
  ${selective(40, 100)}
  +1 write 4*MSS
  ${out(0, 4)}
  +40 < . 1 ack 1 win 100 sack 1+MSS:1+2*MSS
  +10 ${out(0, 1)}
  +1 < . 1 ack 1+4*MSS win 100
  +1 < . 1 ack 1+4*MSS win 100 sack 0-1000000:0-999000
  +1 write 2*MSS
  ${out(4, 6)}
  +40 < . 1 ack 1+4*MSS win 100 sack 1+5*MSS:1+6*MSS
  +10 ${out(4, 5)}
`,
);

scenario(
  "T10 RACK: what was sent again and lost again is found without the timer",
  `
  ${selective(40)}
  +1 write 10*MSS
  ${out(0, 10)}
  +40 < . 1 ack 1 win 8000 sack 1+MSS:1+10*MSS
  ${out(0, 1)}
  +1 write MSS
  +0..20 > . 1+10*MSS:1+11*MSS ack 1
  +40 < . 1 ack 1 win 8000 sack 1+10*MSS:1+11*MSS 1+MSS:1+8*MSS
  +0..10 ${out(0, 1)}
`,
  { tcp: { congestion: "newreno" }, only: 4 },
);

scenario(
  "T10 TLP: new data is the probe, where there is some",
  `
  ${selective(50)}
  +1 write 20*MSS
  ${out(0, 10)}
  +100 ${out(10, 11)}
  +50 < . 1 ack 1 win 8000 sack 1+10*MSS:1+11*MSS
  ${out(0, 2)}
`,
);

scenario(
  "T10 TLP: one probe, then the timer",
  `
  ${selective(50)}
  +1 write 4*MSS
  ${out(0, 4)}
  +100 ${out(3, 4)}
  +200 ${out(0, 1)}
`,
);

scenario(
  "T10 TLP: one probe of new data, then the timer",
  `
  ${selective(50)}
  +1 write 20*MSS
  ${out(0, 10)}
  +100 ${out(10, 11)}
  +1000 ${out(0, 1)}
`,
  { tcp: { minRto: 1000 } },
);

scenario(
  "T10 TLP: what was written before a close is probed too",
  `
  ${selective(50)}
  +1 hold
  write 3*MSS
  closeWrite
  release
  > . 1:1+MSS ack 1
  > . 1+MSS:1+2*MSS ack 1
  > FP. 1+2*MSS:1+3*MSS ack 1
  +100 > F. 1+2*MSS:1+3*MSS ack 1
  +50 < . 1 ack 1 win 8000 sack 1+2*MSS:2+3*MSS
  ${out(0, 2)}
`,
);

scenario(
  "T10 TLP: after the peer's close and ours",
  `
  ${selective(50)}
  +1 < F. 1 ack 1 win 8000
  > . 1 ack 2
  hold
  write 2*MSS
  close
  release
  > . 1:1+MSS ack 2
  > FP. 1+MSS:1+2*MSS ack 2
  +100 > F. 1+MSS:1+2*MSS ack 2
  +50 < . 2 ack 2+2*MSS win 8000
  event released
`,
);

scenario(
  "T10 TLP: every acknowledgement puts the probe off",
  `
  ${selective(50)}
  +1 write 10*MSS
  ${out(0, 10)}
  +60 < . 1 ack 1+2*MSS win 8000
  +60 < . 1 ack 1+4*MSS win 8000
  +100 quiet
  +0..30 > . 1+9*MSS:1+10*MSS ack 1
`,
);

/** The probe is no idle time: the window stays. */
const LAST_PROBED = `
  ${selective(900)}
  +1 write 10*MSS
  ${out(0, 10)}
  +900 < . 1 ack 1+9*MSS win 8000
  -- Two round trips, and the time for which a peer may delay the acknowledgement of one segment.
  +2000 > P. 1+9*MSS:1+10*MSS ack 1
`;

scenario(
  "T10 TLP: a loss that the probe has repaired halves the window",
  `
  ${LAST_PROBED}
  +1000 < . 1 ack 1+10*MSS win 8000
  write 40*MSS
  ${out(10, 29)}
  +1000 < . 1 ack 1+11*MSS win 8000
  +1 < . 1 ack 1+19*MSS win 8000
  +1 < . 1 ack 1+21*MSS win 8000
  ${out(29, 31)}
  +1 quiet
`,
  RENO,
);

scenario(
  "T10 TLP: a probe that arrived twice means that nothing was lost",
  `
  ${LAST_PROBED}
  +1000 < . 1 ack 1+10*MSS win 8000
  +0.5 < . 1 ack 1+10*MSS win 8000 sack 1+9*MSS:1+10*MSS
  write 40*MSS
  ${out(10, 29)}
  +1000 < . 1 ack 1+11*MSS win 8000
  ${out(29, 31)}
  +1 quiet
`,
  RENO,
);

/** Three segments have arrived beyond the first of twenty; two more went out for them. */
const LOSS_OF_TWENTY = `
  ${selective(50)}
  +1 write 60*MSS
  ${out(0, 10)}
  +50 < . 1 ack 1+10*MSS win 8000
  ${out(10, 30)}
  +50 < . 1 ack 1+10*MSS win 8000 sack 1+11*MSS:1+12*MSS
  ${out(30, 31)}
  +1 < . 1 ack 1+10*MSS win 8000 sack 1+11*MSS:1+13*MSS
  ${out(31, 32)}
  +1 < . 1 ack 1+10*MSS win 8000 sack 1+11*MSS:1+14*MSS
  ${out(10, 11)}
`;

scenario(
  "T10 PRR: in recovery what is sent is in proportion to what arrives",
  `
  ${LOSS_OF_TWENTY}
  -- From 22 in flight to 10: ten go out for each 22 that arrive.
  +1 < . 1 ack 1+10*MSS win 8000 sack 1+11*MSS:1+15*MSS
  +1 < . 1 ack 1+10*MSS win 8000 sack 1+11*MSS:1+16*MSS
  +1 < . 1 ack 1+10*MSS win 8000 sack 1+11*MSS:1+17*MSS
  +1 < . 1 ack 1+10*MSS win 8000 sack 1+11*MSS:1+18*MSS
  ${out(32, 33)}
  +1 < . 1 ack 1+10*MSS win 8000 sack 1+11*MSS:1+19*MSS
  +1 < . 1 ack 1+10*MSS win 8000 sack 1+11*MSS:1+20*MSS
  ${out(33, 34)}
  +1 < . 1 ack 1+10*MSS win 8000 sack 1+11*MSS:1+21*MSS
  +1 < . 1 ack 1+10*MSS win 8000 sack 1+11*MSS:1+22*MSS
  ${out(34, 35)}
  +1 quiet
`,
  RENO,
);

scenario(
  "T10 PRR: an acknowledgement that says nothing new has made no room",
  `
  ${LOSS_OF_TWENTY}
  ${"+1 < . 1 ack 1+10*MSS win 8000 sack 1+11*MSS:1+12*MSS 1+11*MSS:1+14*MSS\n".repeat(10)}
  +1 < . 1 ack 1+10*MSS win 8000 sack 1+11*MSS:1+18*MSS
  ${out(32, 33)}
  +1 quiet
`,
  RENO,
);

scenario(
  "T10 PRR: it ends at ssthresh",
  `
  ${LOSS_OF_TWENTY}
  +1 < . 1 ack 1+10*MSS win 8000 sack 1+11*MSS:1+32*MSS
  ${out(32, 41)}
  +1 < . 1 ack 1+32*MSS win 8000
  ${out(41, 42)}
  +1 quiet
`,
  RENO,
);

scenario(
  "T10 PRR: after many losses it grows back to ssthresh as slow start would",
  `
  ${selective(50)}
  +1 write 40*MSS
  ${out(0, 10)}
  -- Nine lost: one segment for what arrived, and one more.
  +50 < . 1 ack 1 win 8000 sack 1+9*MSS:1+10*MSS
  ${out(10, 11)}
  +12.5 ${out(0, 1)}
  +50 < . 1 ack 1+MSS win 8000 sack 1+9*MSS:1+11*MSS
  ${out(1, 4)}
`,
  RENO,
);

scenario(
  "T10 PRR: what the reordering timer finds lost during recovery is no reason to send it all at once",
  `
  ${selective(40)}
  +1 write 4*MSS
  ${out(0, 4)}
  -- Reordering: the first comes last.
  +40 < . 1 ack 1 win 8000 sack 1+MSS:1+2*MSS
  +5 < . 1 ack 1+4*MSS win 8000
  +1 write 40*MSS
  ${out(4, 14)}
  +40 < . 1 ack 1+4*MSS win 8000 sack 1+5*MSS:1+6*MSS
  ${out(14, 15)}
  +10 ${out(4, 5)}
  +1 < . 1 ack 1+4*MSS win 8000 sack 1+13*MSS:1+14*MSS 1+5*MSS:1+6*MSS
  +9.9 quiet
  -- Seven more are lost; one segment has arrived in recovery.
  +0.1 ${out(6, 7)}
  +1 quiet
`,
  RENO,
);

const STAMPED = `
  listen 80
  < S 0 win 65535 mss MSS ws 7 ts 1000 0
  > S. 0 ack 1 ts * 1000
  +50 < . 1 ack 1 win 8000 ts 1050 last
  event accepted
  accept
  +1 write 40*MSS-480
  ${segmentsWithTimestamps(0, 10)}
`;

/** Full segments of a connection with timestamps. */
function segmentsWithTimestamps(from: number, to: number): string {
  return out(from, to).replaceAll("*MSS", "*MSS-0").replace(/1\+(\d+)\*MSS-0/g, (_, n) => `1+${n}*MSS-${12 * n}`);
}

scenario(
  "T10 Eifel: a timeout that the echo shows to be spurious gives the window back, and sends nothing more again",
  `
  ${STAMPED}
  +200 ${segmentsWithTimestamps(0, 1)}
  +5 < . 1 ack 1+10*MSS-120 win 8000 ts 1240 last-200
  -- All of the ten are acknowledged: twenty may go.
  ${segmentsWithTimestamps(10, 30)}
  +1 quiet
`,
);

scenario(
  "T10 Eifel: a timeout for a loss is not undone",
  `
  ${STAMPED}
  +200 ${segmentsWithTimestamps(0, 1)}
  +50 < . 1 ack 1+10*MSS-120 win 8000 ts 1240 last
  -- Slow start from one, up to half of the ten, and one more.
  ${segmentsWithTimestamps(10, 16)}
  +1 quiet
`,
  RENO,
);

scenario(
  "T10 Eifel: a fast retransmission of what was only late is undone",
  `
  ${STAMPED}
  +50 < . 1 ack 1 win 8000 ts 1100 last
  ${segmentsWithTimestamps(10, 11)}
  < . 1 ack 1 win 8000 ts 1100 last
  ${segmentsWithTimestamps(11, 12)}
  < . 1 ack 1 win 8000 ts 1100 last
  ${segmentsWithTimestamps(0, 1)}
  +1 < . 1 ack 1+10*MSS-120 win 8000 ts 1101 last-50
  ${segmentsWithTimestamps(12, 30)}
  +1 quiet
`,
);
