// What Wireshark thinks of a pcap file, asked of its command line tool, tshark.

const CHECKS = ["-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE"];
/** Field for the status of each checksum, which is 0 when bad; a packet quoted in an ICMP error has its own, after a comma. */
const CHECKSUMS = ["ip", "tcp", "udp", "icmp", "icmpv6"].map((protocol) => `${protocol}.checksum.status`);
const BAD = "0";
const RETRANSMISSIONS =
  "tcp.analysis.retransmission || tcp.analysis.fast_retransmission || tcp.analysis.spurious_retransmission";

let available: Promise<boolean> | undefined;

/** Whether tshark can be started. */
export function tsharkAvailable(): Promise<boolean> {
  available ??= runTshark(["--version"]).then((output) => output.success, () => false);
  return available;
}

/**
 * Whether to run checks that need tshark. Where it is missing: false after printing why, but under CI an error, because there a
 * check must not be skipped unseen.
 */
export async function requireTshark(): Promise<boolean> {
  if (await tsharkAvailable()) return true;
  const reason = "tshark is not installed or may not be run (Debian: apt-get install tshark)";
  if (Deno.env.get("CI")) throw new Error(`Cannot check pcap files: ${reason}`);
  console.log(`Skipped: ${reason}`);
  return false;
}

/**
 * What is wrong with a pcap file: a line for each malformed packet, bad checksum, or complaint of tshark. Empty when all is well.
 * `options` are further ones of tshark; with `quotes` "ignored", what an ICMP error quotes may be cut or wrong.
 */
export async function checkPCAP(
  path: string,
  { options = [], quotes = "checked" }: { options?: string[]; quotes?: "checked" | "ignored" } = {},
): Promise<string[]> {
  const fields = ["frame.number", "_ws.malformed", ...CHECKSUMS, "_ws.col.Protocol", "_ws.col.Info"];
  const filter = ["_ws.malformed", ...CHECKSUMS.map((field) => `${field} == ${BAD}`)].join(" || ");
  const output = await runTshark([
    ...["-r", path, ...CHECKS, ...options, "-Y", filter, "-T", "fields", "-E", "separator=/t"],
    ...fields.flatMap((field) => ["-e", field]),
  ]);
  const problems = output.lines.map((line) => problemOf(line, quotes === "ignored")).filter((line) =>
    line !== undefined
  );
  return [...problems, ...output.success ? [] : [`tshark: ${output.complaint}`]];
}

/** How many packets are in a pcap file, as tshark counts them. */
export function countPackets(path: string): Promise<number> {
  return countMatches(path, "frame");
}

/**
 * How many TCP segments in a pcap file Wireshark's analysis takes for retransmissions, fast and spurious ones included. A segment
 * repeated within 3 ms it may take for a late one instead: see {@link reorderings}.
 */
export function retransmissions(path: string): Promise<number> {
  return countMatches(path, RETRANSMISSIONS);
}

/** How many TCP segments in a pcap file Wireshark's analysis takes for late: after segments with higher sequence numbers. */
export function reorderings(path: string): Promise<number> {
  return countMatches(path, "tcp.analysis.out_of_order");
}

/** How many packets in a pcap file a display filter matches. */
export async function countMatches(path: string, filter: string): Promise<number> {
  const output = await runTshark(["-r", path, "-Y", filter, "-T", "fields", "-e", "frame.number"]);
  if (!output.success) throw new Error(`Cannot count packets of ${path}: tshark: ${output.complaint}`);
  return output.lines.length;
}

/**
 * What tshark reads in each packet of a pcap file: the values of each field, in order, as a packet quoted in an ICMP error has
 * them too. Fragments are not put together, sequence numbers are absolute.
 */
export async function readFields(path: string, fields: string[]): Promise<Record<string, string[]>[]> {
  const output = await runTshark([
    ...["-r", path, ...CHECKS, "-o", "ip.defragment:FALSE", "-o", "ipv6.defragment:FALSE"],
    ...["-o", "tcp.relative_sequence_numbers:FALSE"],
    ...["-T", "fields", "-E", "separator=/t", "-E", "aggregator=;", "-e", "frame.number"],
    ...fields.flatMap((field) => ["-e", field]),
  ]);
  if (!output.success) throw new Error(`Cannot read ${path}: tshark: ${output.complaint}`);
  return output.lines.map((line) => {
    const [, ...columns] = line.split("\t");
    return Object.fromEntries(fields.map((field, i) => [field, columns[i] === "" ? [] : columns[i].split(";")]));
  });
}

function problemOf(line: string, ignoresQuotes: boolean): string | undefined {
  const [frame, malformed, ...rest] = line.split("\t");
  const isICMP = ["icmp", "icmpv6"].some((protocol) => rest[CHECKSUMS.indexOf(`${protocol}.checksum.status`)] !== "");
  const bad = CHECKSUMS.filter((field, i) => {
    const [own, ...quoted] = rest[i].split(",");
    if (!ignoresQuotes) return [own, ...quoted].includes(BAD);
    return own === BAD && !(isICMP && /^(tcp|udp)/.test(field));
  }).map((field) => field.split(".")[0]);
  if (malformed === "" && bad.length === 0) return undefined;
  const problems = [...malformed ? ["malformed"] : [], ...bad.map((protocol) => `bad ${protocol} checksum`)];
  const [protocol, ...info] = rest.slice(CHECKSUMS.length);
  return `packet ${frame}: ${problems.join(", ")}: ${protocol} ${info.join(" ")}`;
}

interface TsharkOutput {
  success: boolean;
  lines: string[];
  complaint: string;
}

async function runTshark(args: string[]): Promise<TsharkOutput> {
  const command = new Deno.Command("tshark", {
    args: ["-n", ...args],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
  const { success, stdout, stderr } = await command.output();
  const decoder = new TextDecoder();
  const complaint = decoder.decode(stderr).split("\n").filter((line) =>
    line !== "" && !line.startsWith("Running as user")
  );
  return {
    success,
    lines: decoder.decode(stdout).split("\n").map((line) => line.replace(/\r$/, "")).filter((line) => line !== ""),
    complaint: complaint.join(" "),
  };
}
