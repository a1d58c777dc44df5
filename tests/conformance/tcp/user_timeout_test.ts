// T13: the user timeout (RFC 9293 §3.8.3, RFC 5482).
import { ACCEPTED, scenario } from "../../harness/script.ts";

const FIVE_SECONDS = { tcp: { userTimeout: 5000 } };

scenario(
  "T13 data that stays unacknowledged for the user timeout ends the connection, at that time",
  `
  ${ACCEPTED}
  +1 write 10
  > P. 1:11 ack 1
  +200 > P. 1:11 ack 1
  +400 > P. 1:11 ack 1
  +800 > P. 1:11 ack 1
  +1600 > P. 1:11 ack 1
  +1999 no event failed
  +1 event failed timed-out
  event released
  idle
`,
  FIVE_SECONDS,
);

scenario(
  "T13 an acknowledgement of a part starts it anew",
  `
  ${ACCEPTED}
  +1 write 10
  > P. 1:11 ack 1
  +200 > P. 1:11 ack 1
  +400 > P. 1:11 ack 1
  +800 > P. 1:11 ack 1
  +1600 > P. 1:11 ack 1
  +1000 < . 1 ack 6
  -- The back-off lasts until a round trip was measured (RFC 6298 §5).
  +3200 > P. 6:11 ack 1
  +1799 no event failed
  +1 event failed timed-out
`,
  FIVE_SECONDS,
);

scenario(
  "T13 an idle connection is not ended by the user timeout",
  `
  ${ACCEPTED}
  +1 write 10
  > P. 1:11 ack 1
  +1 < . 1 ack 11
  +60000 quiet
  no event failed
  write 10
  > P. 11:21 ack 1
  +200 > P. 11:21 ack 1
  +1 < . 1 ack 21
  no event failed
  idle
`,
  FIVE_SECONDS,
);

scenario(
  "T13 a dial ends at the user timeout too",
  `
  connect 80
  > S 0
  +1000 > S 0
  +2000 > S 0
  +1999 no event failed
  +1 event failed timed-out
`,
  FIVE_SECONDS,
);

scenario(
  "T13 without a user timeout fifteen repetitions end the connection",
  `
  ${ACCEPTED}
  +1 write 10
  > P. 1:11 ack 1
  ${Array.from({ length: 15 }, (_, i) => `+${Math.min(120_000, 200 * 2 ** i)} > P. 1:11 ack 1`).join("\n")}
  +119999 no event failed
  +1 event failed timed-out
`,
);
