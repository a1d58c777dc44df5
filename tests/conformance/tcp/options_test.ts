// T4: MSS, window scaling, and options of any bytes (RFC 9293 §3.7.1, RFC 7323 §2).
import { ACCEPTED, scenario } from "../../harness/script.ts";

function passive(syn: string, then: string): string {
  return `
    listen 80
    < S 0 ${syn}
    > S. 0 ack 1
    +1 < . 1 ack 1 win 65535
    event accepted
    accept
    ${then}
  `;
}

/** The first segments of 3000 bytes that are written, `size` each. */
function segments(size: string): string {
  return `
    write 3000
    > . 1:1+${size} ack 1
    > . 1+${size}:1+2*${size} ack 1
  `;
}

for (const mtu of [1280, 1500, 9000, 65535]) {
  scenario(
    `T4 our MSS follows the MTU ${mtu}`,
    `
    connect 80
    > S 0 mss MSS
    +1 < S. 0 ack 1 mss 65495 win 65535 ws 7
    > . 1 ack 1
    < . 1 ack 1 win 65535
    write 2*MSS
    > . 1:1+MSS ack 1
    > P. 1+MSS:1+2*MSS ack 1
  `,
    { mtu },
  );
}

scenario("T4 the peer's smaller MSS is honoured, passive", passive("mss 1000", segments("1000") + "> P. 2001:3001"));
scenario(
  "T4 the peer's smaller MSS is honoured, active",
  `
  connect 80
  > S 0
  +1 < S. 0 ack 1 mss 1000
  > . 1 ack 1
  ${segments("1000")}
  > P. 2001:3001
`,
);
scenario(
  "T4 the peer's larger MSS does not exceed the MTU",
  passive(
    "mss 9000",
    `
  write 2*MSS
  > . 1:1+MSS ack 1
  > P. 1+MSS:1+2*MSS ack 1
`,
  ),
);
scenario(
  "T4 without the option: 536 or 1220",
  passive(
    "",
    `
  write 2*DEFAULT
  > . 1:1+DEFAULT ack 1
  > P. 1+DEFAULT:1+2*DEFAULT ack 1
`,
  ),
);
scenario(
  "T4 an MSS of 0 is no MSS",
  passive(
    "mss 0",
    `
  write 2*DEFAULT
  > . 1:1+DEFAULT ack 1
  > P. 1+DEFAULT:1+2*DEFAULT ack 1
`,
  ),
);
scenario(
  "T4 an absurdly small MSS is raised",
  passive(
    "mss 1",
    `
  write 96
  > . 1:49 ack 1
  > P. 49:97 ack 1
`,
  ),
);

scenario(
  "T4 MSS of a wrong length is skipped",
  passive(
    "opt 020305",
    `
  write DEFAULT
  > P. 1:1+DEFAULT
`,
  ),
);

scenario(
  "T4 window scaling is offered, and used when the peer offers it",
  `
  connect 80
  > S 0 ws 2 win 65535
  +1 < S. 0 ack 1 mss MSS ws 3 win 1000
  > . 1 ack 1
  -- The window of a SYN is not scaled; the one after it is.
  write 20000
  > . 1:1001 ack 1
  +1 < . 1 ack 1001 win 250
  > . 1001:1001+MSS ack 1
`,
  { tcp: { initialWindow: 1, receiveBuffer: { max: 4 * 65535 } } },
);

scenario(
  "T4 window scaling is not used when the peer does not offer it",
  `
  listen 80
  < S 0 mss MSS win 65535
  > S. 0 ack 1 no ws win 65535
  +1 < . 1 ack 1 win 65535
  +1 < P. 1:11 ack 1
  +40 > . 1 ack 11 
`,
);

scenario(
  "T4 window scaling answers the peer's offer",
  `
  listen 80
  < S 0 mss MSS ws 2 win 65535
  > S. 0 ack 1 ws 2 win 65535
`,
  { tcp: { receiveBuffer: { max: 4 * 65535 } } },
);

scenario(
  "T4 window scaling turned off",
  `
  connect 80
  > S 0 no ws
  +1 < S. 0 ack 1 mss MSS ws 3 win 65535
  > . 1 ack 1 win 65535
`,
  { tcp: { windowScaling: false } },
);

scenario(
  "T4 a shift beyond 14 counts as 14",
  `
  ${
    passive(
      "mss MSS ws 15",
      `
  write 100
  > P. 1:101 ack 1
  +1 < . 1 ack 101 win 1
  write 65536
  ${Array.from({ length: 11 }, (_, i) => `> . ${101}+${i}*MSS:${101}+${i + 1}*MSS`).join("\n")}
  -- 16,384 bytes: a window of 1 in units of 2^14. A rest of 324 is not worth a segment.
  +100 quiet
  `,
    )
  }
`,
  { only: 4, tcp: { initialWindow: 40 } },
);

scenario(
  "T4 the window of a peer's SYN is never scaled",
  `
  ${passive("mss MSS ws 10 win 100", "")}
`,
);

const ODD: [name: string, options: string][] = [
  ["a length of 0", "fd00"],
  ["a length of 1", "0201"],
  ["a length beyond the header", "02ff"],
  ["a kind without a length", "010102"],
  ["end of list, then garbage", "00ffffff"],
  ["unknown kinds", "fd04abcdfe06000000ff"],
  ["only padding", "01".repeat(40)],
  ["all ones", "ff".repeat(40)],
  ["SACK without blocks", "0502"],
  ["SACK of an odd length", "0507aabbccddee"],
  ["five SACK blocks cut short", "052a" + "00".repeat(38)],
  ["timestamps of a wrong length", "0809000000000000000000"],
  ["everything twice", "020405b4020405b4030305030305"],
];

for (const [name, options] of ODD) {
  scenario(
    `T4 odd options: ${name}`,
    `
    listen 80
    < S 0 opt ${options}
    > S. 0 ack 1
    +1 < . 1 ack 1 opt ${options}
    event accepted
    +1 < P. 1:11 ack 1 opt ${options}
    event readable
    +40 > . 1 ack 11
  `,
  );
}

scenario(
  "T4 MSS on a segment that is no SYN is ignored",
  `
  ${ACCEPTED}
  +1 < . 1 ack 1 mss 100 ws 14
  +1 write MSS
  > P. 1:1+MSS ack 1
`,
);

scenario(
  "T4 a smaller MTU makes smaller segments at once",
  `
  ${ACCEPTED}
  +1 mtu 1280
  write 1000+MSS
  > . 1:1+MSS-220 ack 1
  > P. 1+MSS-220:1001+MSS ack 1
`,
);

scenario(
  "T4 a TCP header that says more than there is",
  `
  listen 80
  < S 0 doff 4
  dropped malformed
  < S 0 doff 6
  dropped malformed
  < S 0 cut 1
  dropped malformed
  < S 0 badsum
  dropped checksum
`,
);
