/**
 * Lines that scenarios have many of.
 *
 * @module
 */

/** Full segments out, by their place among all: `out(0, 10)` expects the first ten. */
export function out(from: number, to: number): string {
  return Array.from({ length: to - from }, (_, i) => `> . 1+${from + i}*MSS:1+${from + i + 1}*MSS ack 1`).join("\n");
}

/** An accepted connection with SACK and a wide window, whose handshake shows a round trip of `rtt` ms. */
export function selective(rtt: number, win = 8000): string {
  return `
  listen 80
  < S 0 win 65535 mss MSS sackok ws 7
  > S. 0 ack 1 sackok
  +${rtt} < . 1 ack 1 win ${win}
  event accepted
  accept
`;
}

/** The same without SACK. */
export function plain(rtt: number, win = 8000): string {
  return selective(rtt, win).replaceAll(" sackok", "");
}
