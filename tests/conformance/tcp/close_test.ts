// T19: the ways to end a connection (RFC 9293 §3.6, §3.10.4, §3.10.5).
import { ACCEPTED, scenario } from "../../harness/script.ts";

scenario(
  "T19 close with bytes that were not read: FIN, then RST",
  `
  ${ACCEPTED}
  +1 < P. 1:11 ack 1
  +1 close
  > F. 1 ack 11
  > R. 2 ack 11
  event released
  idle
`,
);

scenario(
  "T19 close with bytes that the program holds and has not read: FIN, then RST",
  `
  ${ACCEPTED}
  +1 < P. 1:11 ack 1
  hold
  read 10
  close unread
  release
  > F. 1 ack 11
  > R. 2 ack 11
  event released
`,
);

scenario(
  "T19 close with unread bytes after our FIN: RST",
  `
  ${ACCEPTED}
  +1 closeWrite
  > F. 1 ack 1
  +1 < . 1 ack 2
  +1 < P. 1:11 ack 2
  +1 close
  > R. 2 ack 11
  event released
  idle
`,
);

scenario(
  "T19 data for a program that has closed: RST",
  `
  ${ACCEPTED}
  +1 close
  > F. 1 ack 1
  +1 < . 1 ack 2
  +1 < P. 1:11 ack 2
  > R. 2 ack *
  event released
  idle
`,
);

scenario(
  "T19 data for a program that has closed, ahead of a gap: RST",
  `
  ${ACCEPTED}
  +1 close
  > F. 1 ack 1
  +1 < P. 11:21 ack 1
  > R. 2 ack *
  idle
`,
);

scenario(
  "T19 old data for a program that has closed is only acknowledged",
  `
  ${ACCEPTED}
  +1 < P. 1:11 ack 1
  hold
  read 10
  close
  release
  > F. 1 ack 11
  +1 < P. 1:11 ack 1
  > . 2 ack 11
  no event released
`,
);

scenario(
  "T19 abort: RST at SND.NXT",
  `
  ${ACCEPTED}
  +1 write 10
  > P. 1:11 ack 1
  +1 abort
  > R. 11 ack 1
  event released
  idle
  +1 < . 1 ack 11
  > R 11
`,
);

scenario(
  "T19 abort while a closed window is probed: RST where the peer accepts it",
  `
  ${ACCEPTED}
  +1 write 10
  > P. 1:11 ack 1
  +1 < . 1 ack 11 win 0
  +1 write 10
  +200 > . 11:12 ack 1
  +1 < . 1 ack 11 win 0
  +1 abort
  > R. 11 ack 1
`,
);

scenario(
  "T19 abort in SYN-RECEIVED, of a peer whose window is closed",
  `
  listen 80
  < S 0 win 0 mss MSS
  > S. 0 ack 1
  +1 unlisten
  > R. 1 ack 1
`,
);

scenario(
  "T19 abort in SYN-SENT: nothing",
  `
  connect 80
  > S 0
  +1 abort
  event released
  idle
`,
);

scenario(
  "T19 abort in CLOSE-WAIT, with unread bytes",
  `
  ${ACCEPTED}
  +1 < FP. 1:11 ack 1
  > . 1 ack 12
  +1 abort
  > R. 1 ack 12
  event released
  idle
`,
);

scenario(
  "T19 abort in TIME-WAIT: nothing",
  `
  ${ACCEPTED}
  +1 closeWrite
  > F. 1 ack 1
  +1 < F. 1 ack 2
  > . 2 ack 2
  +1 abort
  quiet
  event released
  idle
`,
);

scenario(
  "T19 close delivers what was written, then FIN",
  `
  listen 80
  < S 0 win 2000 mss 1000
  > S. 0 ack 1
  +1 < . 1 ack 1 win 2000
  event accepted
  write 3500
  > . 1:1001 ack 1
  > . 1001:2001 ack 1
  close
  +1 < . 1 ack 2001 win 2000
  > . 2001:3001 ack 1
  > FP. 3001:3501 ack 1
  +1 < . 1 ack 3502
  +1 < F. 1 ack 3502
  > . 3502 ack 2
  event timeWait
`,
);

scenario(
  "T19 nothing can be written after close of our direction",
  `
  ${ACCEPTED}
  +1 closeWrite
  > F. 1 ack 1
  write 10 takes 0
  closeWrite
  quiet
`,
);

scenario(
  "T19 a segment to no connection is reset",
  `
  < S 0
  > R. 0 ack 1
  < S 0:10
  > R. 0 ack 11
  < P 1:11
  > R. 0 ack 11
  < F 5
  > R. 0 ack 6
  < . 5 ack 77
  > R 77
  < FP. 5:15 ack 4000000000
  > R 4000000000-4294967296
  < R 5
  < R. 5 ack 5
  quiet
  idle
`,
);

scenario(
  "T19 a dial to a closed port is refused",
  `
  connect 80
  > S 0
  +1 < R. 0 ack 1
  event failed refused
  event released
`,
);
