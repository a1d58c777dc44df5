/**
 * A segment that no open connection sends: a header and nothing else.
 *
 * @module
 */
import { finish, sum } from "../../wire/checksum.ts";
import { PROTOCOL_TCP } from "../../wire/ip.ts";
import * as tcp from "../../wire/tcp.ts";
import { TIMESTAMPS_LENGTH, writeTimestamps } from "../../wire/tcp_options.ts";
import type { FourTuple } from "./connection.ts";
import type { TCP } from "./tcp.ts";

/** What of the header the four-tuple does not say. */
export type BareSegment =
  & Pick<tcp.Fields, "sequence" | "acknowledgment" | "flags" | "window">
  & { timestamps?: { value: number; echo: number } };

/** Sends it at once. It is dropped when the wire is full: who asked for it asks again. */
export function sendBare(owner: TCP, { local, localPort, remote, remotePort }: FourTuple, segment: BareSegment): void {
  const { output } = owner;
  const { timestamps } = segment;
  const headerLength = tcp.HEADER_LENGTH + (timestamps ? TIMESTAMPS_LENGTH : 0);
  if (!output.open(local, remote, headerLength)) return owner.counters.drop("queueFull");
  const { view, offset } = output;
  tcp.write(view, offset, { ...segment, sourcePort: localPort, destinationPort: remotePort, headerLength });
  if (timestamps) writeTimestamps(view, offset + tcp.HEADER_LENGTH, timestamps.value, timestamps.echo);
  const pseudoHeader = local.sum + remote.sum + PROTOCOL_TCP + headerLength;
  tcp.setChecksum(view, offset, finish(sum(view, offset, headerLength, pseudoHeader)));
  output.close(PROTOCOL_TCP, headerLength);
}
