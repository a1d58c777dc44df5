// What Wireshark reads in the TCP segments of a trace.

/** One segment. */
export interface Segment {
  source: string;
  isSYN: boolean;
  isRST: boolean;
  window: number;
  offersSACK: boolean;
  hasTimestamp: boolean;
  hasSACKBlocks: boolean;
  hasDSACK: boolean;
}

const FIELDS = [
  ...["ip.src", "ipv6.src", "tcp.flags.syn", "tcp.flags.reset", "tcp.window_size", "tcp.options.sack_perm"],
  ...["tcp.options.timestamp.tsval", "tcp.options.sack.count", "tcp.options.sack.dsack"],
];

/** All TCP segments of a pcap file. */
export async function readSegments(path: string): Promise<Segment[]> {
  // What ICMP quotes of a segment would be more values of the same fields.
  const args = [
    "-n",
    "-r",
    path,
    "-Y",
    "tcp && !icmp && !icmpv6",
    "-T",
    "fields",
    "-E",
    "separator=,",
    "-E",
    "occurrence=f",
  ];
  const command = new Deno.Command("tshark", { args: [...args, ...FIELDS.flatMap((field) => ["-e", field])] });
  const { success, stdout, stderr } = await command.output();
  if (!success) throw new Error(`tshark: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout).trimEnd().split("\n").map((line) => {
    const [ipv4, ipv6, syn, rst, window, offer, timestamp, blocks, dsack] = line.split(",");
    return {
      source: ipv4 || ipv6,
      isSYN: isSet(syn),
      isRST: isSet(rst),
      window: Number(window),
      offersSACK: offer !== "",
      hasTimestamp: timestamp !== "",
      hasSACKBlocks: blocks !== "",
      hasDSACK: dsack !== "",
    };
  });
}

/** Flags are "1" in some versions of tshark, "True" in others. */
function isSet(flag: string): boolean {
  return flag === "1" || flag === "True";
}
