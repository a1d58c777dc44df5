/**
 * `deno task traces`: runs the tests with a trace of every file, and asks tshark whether a packet is malformed or has a
 * wrong checksum that no test made so on purpose. Arguments go through to `deno test`.
 *
 * What the tests of `tests/interop/` and the examples record, they give to tshark themselves.
 *
 * @module
 */
import { checkPCAP, countPackets, requireTshark } from "../harness/tshark.ts";
import { standardLibrary, test } from "../run.ts";

const ROOT = new URL("../../", import.meta.url);

/** What a test file says that makes packets which are malformed or have a wrong checksum. */
const MARK = /malformed on purpose/;
/** Payloads here are bytes of any kind, whatever the port; and packets of many tests are in one file. */
const OPTIONS = [
  ...["-d", "tcp.port==0-65535,data", "-d", "udp.port==0-65535,data"],
  ...["ip.defragment", "ipv6.defragment", "tcp.desegment_tcp_streams", "tcp.analyze_sequence_numbers"]
    .flatMap((option) => ["-o", `${option}:FALSE`]),
];

/** What tshark has to say. */
interface Findings {
  traces: number;
  packets: number;
  /** A line for each packet that is malformed or has a wrong checksum, but for those made so on purpose. */
  problems: string[];
  /** How many were made so on purpose. */
  onPurpose: number;
}

/** Has tshark read the traces of a folder. */
export async function inspect(folder: string): Promise<Findings> {
  const findings: Findings = { traces: 0, packets: 0, problems: [], onPurpose: 0 };
  for (const { name } of [...Deno.readDirSync(folder)].sort((a, b) => a.name < b.name ? -1 : 1)) {
    const path = `${folder}/${name}`;
    const [problems, packets] = [
      await checkPCAP(path, { options: OPTIONS, quotes: "ignored" }),
      await countPackets(path),
    ];
    findings.traces++;
    findings.packets += packets;
    if (isMadeOnPurpose(name)) findings.onPurpose += problems.length;
    else findings.problems.push(...problems.map((problem) => `${name.replaceAll("!", "/")}: ${problem}`));
  }
  return findings;
}

/**
 * Whether the packets of a trace were made by a documentation example, which writes no more of them than it needs, or by a
 * file that says so. What a stack sends is never meant to be malformed.
 */
function isMadeOnPurpose(trace: string): boolean {
  const [, file, example] = /^([^#]*)(#.*)?\.made\.pcap$/.exec(trace) ?? [];
  if (file === undefined) return false;
  return example !== undefined || MARK.test(Deno.readTextFileSync(new URL(file.replaceAll("!", "/"), ROOT)));
}

if (import.meta.main) {
  if (!await requireTshark()) Deno.exit(1);
  const folder = await Deno.makeTempDir({ prefix: "uis-traces-" });
  Deno.env.set("UIS_TRACES", folder);
  const code = await test(await standardLibrary(), Deno.args);
  const { traces, packets, problems, onPurpose } = await inspect(folder);
  for (const problem of problems) console.log(problem);
  console.log(`\n${packets} packets in ${traces} traces, in ${folder}`);
  console.log(`${problems.length} malformed or with a wrong checksum, beside ${onPurpose} that tests made on purpose`);
  Deno.exit(code !== 0 || problems.length > 0 ? 1 : 0);
}
