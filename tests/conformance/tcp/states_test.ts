// T1: all states, every transition (RFC 9293 §3.3 to §3.10).
import { ACCEPTED, DIALLED, scenario } from "../../harness/script.ts";

scenario(
  "T1 passive open",
  `
  listen 80
  < S 0 win 65535 mss MSS
  > S. 0 ack 1 mss MSS
  no event accepted
  +5 < . 1 ack 1
  event accepted
  quiet
`,
);

scenario(
  "T1 active open",
  `
  connect 80
  > S 0 mss MSS
  +5 < S. 0 ack 1 mss MSS
  > . 1 ack 1
  event connected
  quiet
`,
);

for (const [family, host] of [[4, "224.0.0.1"], [4, "255.255.255.255"], [6, "ff02::1"]] as const) {
  scenario(
    `T1 active open to ${host}: a connection has one peer`,
    `
    connect 80 to ${host}
    event failed network-unreachable
    event released
    quiet
  `,
    { only: family },
  );
}

scenario(
  "T1 simultaneous open",
  `
  connect 80
  > S 0
  +1 < S 0 mss MSS
  > S. 0 ack 1
  no event connected
  +1 < S. 0 ack 1 mss MSS
  -- The peer's SYN lies before RCV.NXT: it is answered, which is what the peer waits for.
  > . 1 ack 1
  +1 < . 1 ack 1
  event connected
  +1 write 5
  > P. 1:6 ack 1
`,
);

scenario(
  "T1 simultaneous open, the peer's SYN comes again",
  `
  connect 80
  > S 0
  +1 < S 0 mss MSS
  > S. 0 ack 1
  +1 < S 0 mss MSS
  > S. 0 ack 1
  +1 < . 1 ack 1
  event connected
`,
);

scenario(
  "T1 the peer closes first: CLOSE-WAIT, LAST-ACK, CLOSED",
  `
  ${ACCEPTED}
  +1 < F. 1 ack 1
  > . 1 ack 2
  event ended
  +10 write 3
  > P. 1:4 ack 2
  +1 < . 2 ack 4
  +1 close
  > F. 4 ack 2
  no event released
  +1 < . 2 ack 5
  event released
  idle
  -- CLOSED: nobody knows the connection.
  +1 < . 2 ack 5
  > R 5
`,
);

scenario(
  "T1 we close first: FIN-WAIT-1, FIN-WAIT-2, TIME-WAIT, CLOSED after 60 s",
  `
  ${ACCEPTED}
  +1 close
  > F. 1 ack 1
  +1 < . 1 ack 2
  +10 < F. 1 ack 2
  > . 2 ack 2
  event timeWait
  +59999 quiet
  no event released
  +1 event released
  idle
  < . 2 ack 2
  > R 2
`,
);

scenario(
  "T1 FIN answered by FIN and ACK in one segment: FIN-WAIT-1 to TIME-WAIT",
  `
  ${DIALLED}
  +1 close
  > F. 1 ack 1
  +1 < F. 1 ack 2
  > . 2 ack 2
  event timeWait
  +60000 event released
`,
);

scenario(
  "T1 simultaneous close: CLOSING, TIME-WAIT",
  `
  ${ACCEPTED}
  +1 close
  > F. 1 ack 1
  +1 < F. 1 ack 1
  > . 2 ack 2
  no event timeWait
  +1 < . 2 ack 2
  event timeWait
  +60000 event released
`,
);

scenario(
  "T1 simultaneous close with data under way both ways",
  `
  ${ACCEPTED}
  +1 write 10
  > P. 1:11 ack 1
  closeWrite
  > F. 11 ack 1
  +1 < FP. 1:6 ack 1
  > . 12 ack 7
  read 5
  event ended
  +1 < . 7 ack 12
  event timeWait
`,
);

scenario(
  "T1 a lost FIN in CLOSING is sent again",
  `
  ${ACCEPTED}
  +1 closeWrite
  > F. 1 ack 1
  +1 < F. 1 ack 1
  > . 2 ack 2
  +199 > F. 1 ack 2
  +1 < . 2 ack 2
  event timeWait
`,
);

scenario(
  "T1 half close: we have sent FIN and go on reading",
  `
  ${DIALLED}
  +1 write 4
  > P. 1:5 ack 1
  closeWrite
  > F. 5 ack 1
  +1 < . 1 ack 6
  +100 < P. 1:101 ack 6
  event readable
  read 100
  +40 > . 6 ack 101
  +1 < F. 101 ack 6
  > . 6 ack 102
  event ended
  event timeWait
`,
);

scenario(
  "T1 half close: the peer has sent FIN and we go on writing",
  `
  ${DIALLED}
  +1 < F. 1 ack 1
  > . 1 ack 2
  event ended
  +100 write 2*MSS
  > . 1:1+MSS ack 2
  > P. 1+MSS:1+2*MSS ack 2
  +1 < . 2 ack 1+2*MSS
  +100 closeWrite
  > F. 1+2*MSS ack 2
  +1 < . 2 ack 2+2*MSS
  event released
`,
);

scenario(
  "T1 FIN comes with data, and ahead of data",
  `
  ${ACCEPTED}
  +1 < FP. 11:21 ack 1
  > . 1 ack 1
  no event ended
  +1 < P. 1:11 ack 1
  > . 1 ack 22
  read 20
  event ended
`,
);

scenario(
  "T1 TIME-WAIT: the peer's FIN again is acknowledged, and starts the wait again",
  `
  ${ACCEPTED}
  +1 close
  > F. 1 ack 1
  +1 < F. 1 ack 2
  > . 2 ack 2
  +30000 < F. 1 ack 2
  > . 2 ack 2
  +30000 no event released
  +29999 no event released
  +1 event released
`,
);

scenario(
  "T1 TIME-WAIT of another length",
  `
  ${ACCEPTED}
  +1 close
  > F. 1 ack 1
  +1 < F. 1 ack 2
  > . 2 ack 2
  +999 no event released
  +1 event released
`,
  { tcp: { timeWait: 1000 } },
);

scenario(
  "T1 close before the handshake ends sends nothing more",
  `
  connect 80
  > S 0
  +1 close
  event released
  idle
  +1 < S. 0 ack 1
  > R 1
`,
);

scenario(
  "T1 close of our direction in SYN-SENT: FIN follows the handshake",
  `
  connect 80
  > S 0
  write 3
  closeWrite
  +1 < S. 0 ack 1 mss MSS
  > FP. 1:4 ack 1
  event connected
  +1 < . 1 ack 5
  +1 < F. 1 ack 5
  > . 5 ack 2
  event timeWait
`,
);

scenario(
  "T1 RST in SYN-SENT: refused, when it acknowledges our SYN",
  `
  connect 80
  > S 0
  +1 < R. 0 ack 2
  +1 < R 0
  +1 < R. 0 ack 0
  no event failed
  +1 < R. 0 ack 1
  event failed refused
  event released
  idle
`,
);

scenario(
  "T1 RST in SYN-RECEIVED of a listener: back to LISTEN",
  `
  listen 80
  < S 0 mss MSS
  > S. 0 ack 1
  +1 < R 1
  no event accepted
  idle
  +1 < S 1000 mss MSS
  > S. 0 ack 1001 beyond 0
  +1 < . 1001 ack 1
  event accepted
`,
);

scenario(
  "T1 RST in SYN-RECEIVED of a simultaneous open: refused",
  `
  connect 80
  > S 0
  +1 < S 0 mss MSS
  > S. 0 ack 1
  +1 < R. 1 ack 1
  event failed refused
  idle
`,
);

scenario(
  "T1 RST in ESTABLISHED: reset",
  `
  ${ACCEPTED}
  +1 < R 1
  event failed reset
  event released
  idle
`,
);

scenario(
  "T1 RST in ESTABLISHED: what has arrived can still be read",
  `
  ${ACCEPTED}
  +1 < P. 1:11 ack 1
  event readable
  +1 < R 11
  no event failed
  read 10
  event failed reset
  event released
`,
);

scenario(
  "T1 RST in FIN-WAIT-1",
  `
  ${ACCEPTED}
  +1 closeWrite
  > F. 1 ack 1
  +1 < R. 1 ack 1
  event failed reset
  idle
`,
);

scenario(
  "T1 RST in FIN-WAIT-2",
  `
  ${ACCEPTED}
  +1 closeWrite
  > F. 1 ack 1
  +1 < . 1 ack 2
  +1 < R 1
  event failed reset
  idle
`,
);

scenario(
  "T1 RST in CLOSE-WAIT",
  `
  ${ACCEPTED}
  +1 < F. 1 ack 1
  > . 1 ack 2
  event ended
  +1 < R 2
  event failed reset
  idle
`,
);

scenario(
  "T1 RST in CLOSING",
  `
  ${ACCEPTED}
  +1 close
  > F. 1 ack 1
  +1 < F. 1 ack 1
  > . 2 ack 2
  +1 < R 2
  event released
  idle
`,
);

scenario(
  "T1 RST in LAST-ACK",
  `
  ${ACCEPTED}
  +1 < F. 1 ack 1
  > . 1 ack 2
  +1 close
  > F. 1 ack 2
  +1 < R 2
  event released
  idle
`,
);

scenario(
  "T1 RST in TIME-WAIT",
  `
  ${ACCEPTED}
  +1 close
  > F. 1 ack 1
  +1 < F. 1 ack 2
  > . 2 ack 2
  +1 < R 2
  event released
  idle
`,
);

scenario(
  "T1 FIN-WAIT-2 that nobody waits in ends by itself",
  `
  ${ACCEPTED}
  +1 close
  > F. 1 ack 1
  +1 < . 1 ack 2
  +59999 no event released
  +1 event released
  idle
`,
);

scenario(
  "T1 a listener is closed during a handshake",
  `
  listen 80
  < S 0 mss MSS
  > S. 0 ack 1
  +1 unlisten
  > R. 1 ack 1
  idle
  +1 < . 1 ack 1
  > R 1
`,
);

scenario(
  "T1 a listener is closed with a connection that was not accepted",
  `
  listen 80
  < S 0 mss MSS
  > S. 0 ack 1
  +1 < . 1 ack 1
  event accepted
  +1 unlisten
  > R. 1 ack 1
  event released
  idle
`,
);

scenario(
  "T1 data in the SYN-ACK is delivered whole",
  `
  connect 80
  > S 0
  +1 < SP. 0:5 ack 1 mss MSS "hello"
  > . 1 ack 6
  event connected
  read "hello"
`,
);

scenario(
  "T1 a FIN in the SYN-ACK ends the stream",
  `
  connect 80
  > S 0
  +1 < SF. 0 ack 1 mss MSS
  > . 1 ack 2
  event connected
  event ended
`,
);

scenario(
  "T1 data and FIN with the last segment of the handshake",
  `
  listen 80
  < S 0 mss MSS
  > S. 0 ack 1
  +1 < FP. 1:11 ack 1
  > . 1 ack 12
  event accepted
  event readable
  read 10
  event ended
`,
);

scenario(
  "T1 half-open: the peer has forgotten the connection and dials again",
  `
  ${ACCEPTED}
  +1 < S 5000 mss MSS
  > . 1 ack 1
  -- The acknowledgement makes no sense to a peer in SYN-SENT, which answers with RST.
  +1 < R 1
  event failed reset
  +1000 < S 5000 mss MSS
  > S. 0 ack 5001 beyond 0
`,
);

scenario(
  "T1 a lost last segment of the handshake: SYN-ACK again, then ACK again",
  `
  connect 80
  > S 0
  +1 < S. 0 ack 1 mss MSS
  > . 1 ack 1
  +1000 < S. 0 ack 1 mss MSS
  > . 1 ack 1
`,
);
