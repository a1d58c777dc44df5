/**
 * A failed test in words: what was said between the hosts, and what each knew in the end.
 *
 * Main side.
 *
 * @module
 */
import type { SocketEntry } from "../../stack/mod.ts";
import { PacketLines } from "./packet_lines.ts";
import type { PacketFate, SentPacket } from "./packet_log.ts";

/** A host at the end of a test: its sockets, or why it does not tell them. */
export interface HostReport {
  readonly name: string;
  readonly sockets: readonly SocketEntry[] | string;
}

/** What there is to know about a failed test. */
export interface Failure {
  readonly error: unknown;
  readonly seed: number;
  /** The packets that were kept, and how many were sent. */
  readonly packets: readonly SentPacket[];
  readonly sent: number;
  readonly hosts: readonly HostReport[];
  /** A line on the pcap. */
  readonly file: string;
}

/** Lines of a conversation that are printed; the rest is in the pcap. */
const PRINTED_PACKETS = 40;

/** What a line says of a packet's fate. */
const REMARKS: Record<PacketFate, string> = {
  delivered: "",
  duplicated: "twice",
  filtered: "filtered",
  lost: "lost",
  delayed: "under way",
  undeliverable: "no taker",
};

/** All of it, the error first. */
export function describeFailure({ error, seed, packets, sent, hosts, file }: Failure): string {
  const [what] = (error instanceof Error ? String(error) : Deno.inspect(error)).split("\n");
  const heading = `withInternet: the test failed: ${what}\nseed ${seed}: UIS_SEED=${seed} repeats its random faults`;
  return [heading, conversation(packets, sent), ...hosts.map(netstat), file].join("\n\n");
}

/**
 * A line for each of the last packets, in the style of tcpdump: seconds since the first one kept, then what it is.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { conversation } from "./report.ts";
 *
 * assertEquals(conversation([], 0), "No packet was sent.");
 * ```
 */
export function conversation(packets: readonly SentPacket[], total: number): string {
  if (total === 0) return "No packet was sent.";
  if (packets.length === 0) return `${total} packets were sent, of which none was kept.`;
  const lines = new PacketLines();
  const rows = packets.map(({ timestamp, packet, fate }) => {
    const seconds = ((timestamp - packets[0].timestamp) / 1000).toFixed(6);
    return [seconds, REMARKS[fate], lines.describe(packet)];
  }).slice(-PRINTED_PACKETS);
  const which = rows.length === total ? "All packets" : `The last ${rows.length} of ${total} packets`;
  return [`${which}, with the seconds since the first:`, ...table(rows)].join("\n");
}

/**
 * The sockets of a host, a line each, as `netstat` lists them.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { netstat } from "./report.ts";
 *
 * assertEquals(netstat({ name: "10.0.0.1", sockets: [] }), "netstat of 10.0.0.1\n  no sockets");
 * ```
 */
export function netstat({ name, sockets }: HostReport): string {
  if (typeof sockets === "string") return `netstat of ${name}\n  ${sockets}`;
  if (sockets.length === 0) return `netstat of ${name}\n  no sockets`;
  const rows = sockets.map(({ protocol, receiveQueue, sendQueue, local, remote, state }) => {
    return [protocol, `${receiveQueue}`, `${sendQueue}`, local, remote, state];
  });
  return [`netstat of ${name}`, ...table([["Proto", "Recv-Q", "Send-Q", "Local", "Remote", "State"], ...rows])].join(
    "\n",
  );
}

/** Rows as lines, with each column as wide as its widest cell; one that is empty is left out. */
function table(rows: string[][]): string[] {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const columns = widths.flatMap((width, column) => width > 0 ? [column] : []);
  return rows.map((row) => `  ${columns.map((column) => row[column].padEnd(widths[column])).join("  ").trimEnd()}`);
}
