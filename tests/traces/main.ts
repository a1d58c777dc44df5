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

/** Files whose tests make packets that are malformed or have a wrong checksum, and why. */
const ON_PURPOSE: readonly [files: RegExp, why: string][] = [
  [/^tests\/traces\//, "they test the traces"],
];
/** Payloads here are bytes of any kind, whatever the port; and packets of many tests are in one file. */
const OPTIONS = [
  ...["-d", "tcp.port==0-65535,data", "-d", "udp.port==0-65535,data"],
  ...["ip.defragment", "ipv6.defragment", "tcp.desegment_tcp_streams", "tcp.analyze_sequence_numbers"]
    .flatMap((option) => ["-o", `${option}:FALSE`]),
];

interface Findings {
  files: number;
  packets: number;
  /** Lines of tshark about files that are not excepted, and how many there are about those that are. */
  problems: string[];
  excepted: number;
}

async function inspect(folder: string): Promise<Findings> {
  const findings: Findings = { files: 0, packets: 0, problems: [], excepted: 0 };
  for (const { name } of [...Deno.readDirSync(folder)].sort((a, b) => a.name < b.name ? -1 : 1)) {
    const path = `${folder}/${name}`;
    const problems = await checkPCAP(path, OPTIONS);
    findings.files++;
    findings.packets += await countPackets(path);
    const file = name.replaceAll("!", "/");
    const isGiven = file.endsWith(".given.pcap");
    if (isGiven && ON_PURPOSE.some(([files]) => files.test(file))) findings.excepted += problems.length;
    else findings.problems.push(...problems.map((problem) => `${file} ${problem}`));
  }
  return findings;
}

if (import.meta.main) {
  if (!await requireTshark()) Deno.exit(1);
  const folder = await Deno.makeTempDir({ prefix: "uis-traces-" });
  Deno.env.set("UIS_TRACES", folder);
  const code = await test(await standardLibrary(), Deno.args);
  const { files, packets, problems, excepted } = await inspect(folder);
  for (const problem of problems) console.log(problem);
  console.log(
    `\n${packets} packets in ${files} traces (${folder}): ${problems.length} malformed or with a wrong checksum`,
  );
  console.log(`and ${excepted} that tests made so on purpose`);
  Deno.exit(code !== 0 || problems.length > 0 ? 1 : 0);
}
