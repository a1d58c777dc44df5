/**
 * Packets in lines that are quick to read: as tcpdump prints them, with relative sequence numbers.
 *
 * Main side.
 *
 * @module
 */
import { describePacket, type Packet, parsePacket, type TCPSegment } from "../../internet/mod.ts";

/**
 * Describes the packets of conversations, one after the other. The sequence numbers of a direction count from its SYN, or
 * from the first packet that is seen of it; timestamps and padding among the options are left out.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { PacketLines } from "./packet_lines.ts";
 *
 * const syn = "4500002c00014000400626c90a0000020a000001c00000500000007b000000006002ffffc3580000020405b4";
 * assertEquals(
 *   new PacketLines().describe(Uint8Array.fromHex(syn)),
 *   "IP 10.0.0.2.49152 > 10.0.0.1.80: Flags [S], seq 0, win 65535, options [mss 1460], length 0",
 * );
 * ```
 */
export class PacketLines {
  /** Where the sequence numbers of each direction begin. */
  readonly #starts: Map<string, number>;

  /** Knows no conversation yet. */
  constructor() {
    this.#starts = new Map();
  }

  /** The line of the next packet. */
  describe(bytes: Uint8Array): string {
    const line = describePacket(bytes);
    const packet = parsePacket(bytes);
    return packet?.tcp === undefined ? line : this.#describeTCP(line, packet, packet.tcp);
  }

  #describeTCP(line: string, packet: Packet, { seq, ack, flags }: TCPSegment): string {
    const from = `${packet.source} ${packet.sourcePort}`;
    const to = `${packet.destination} ${packet.destinationPort}`;
    const [there, back] = [`${from} ${to}`, `${to} ${from}`];
    if (flags.syn) this.#starts.set(there, seq);
    else if (!flags.rst) this.#note(there, seq);
    if (flags.ack) this.#note(back, ack);
    const sent = (text: string) => this.#relative(there, text);
    const received = (text: string) => this.#relative(back, text);
    return withoutPadding(line)
      .replace(/(?<= seq )(\d+)(:?)(\d*)/, (_, start, colon, end) => sent(start) + colon + (end && sent(end)))
      .replace(/(?<= ack )\d+/, received)
      .replace(/(?<=\{)(\d+):(\d+)/g, (_, left, right) => `${received(left)}:${received(right)}`);
  }

  /** In the middle of a conversation, numbers begin at 1, as they do after a SYN. */
  #note(direction: string, number: number): void {
    if (!this.#starts.has(direction)) this.#starts.set(direction, number - 1);
  }

  #relative(direction: string, text: string): string {
    const start = this.#starts.get(direction);
    if (start === undefined) return text;
    // Signed, as what is sent again may lie before the first packet that was seen.
    return String((Number(text) - start) | 0);
  }
}

function withoutPadding(line: string): string {
  return line.replace(/ options \[([^\]]*)\],/, (_, options: string) => {
    const told = options.split(",").filter((option) =>
      option !== "nop" && option !== "eol" && !option.startsWith("TS ")
    );
    return told.length > 0 ? ` options [${told}],` : "";
  });
}
