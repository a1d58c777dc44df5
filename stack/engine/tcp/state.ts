/**
 * Connection states (RFC 9293 §3.3.2).
 *
 * @module
 */

/** LISTEN is a {@link Listener}'s, and never a connection's. */
export type State =
  | "CLOSED"
  | "SYN-SENT"
  | "SYN-RECEIVED"
  | "ESTABLISHED"
  | "FIN-WAIT-1"
  | "FIN-WAIT-2"
  | "CLOSE-WAIT"
  | "CLOSING"
  | "LAST-ACK"
  | "TIME-WAIT";

/** Whether the peer may still send data. */
export function mayReceive(state: State): boolean {
  return state === "ESTABLISHED" || state === "FIN-WAIT-1" || state === "FIN-WAIT-2";
}

/** Whether data or a FIN of ours may still be under way. */
export function maySend(state: State): boolean {
  return state === "ESTABLISHED" || state === "CLOSE-WAIT" || state === "FIN-WAIT-1" || state === "CLOSING" ||
    state === "LAST-ACK";
}

/** Whether both SYNs have been acknowledged. */
export function isSynchronized(state: State): boolean {
  return state !== "CLOSED" && state !== "SYN-SENT" && state !== "SYN-RECEIVED";
}
