// What `deno task traces` finds, and what it lets pass.
import { assertEquals } from "@std/assert";
import { requireTshark } from "../harness/tshark.ts";
import { damaged, malformedTCP, udpIPv4 } from "../pcap/packets.ts";
import { pcapFile } from "../pcap/pcap_file.ts";
import { unreachable } from "../scenarios/packets.ts";
import { inspect } from "./main.ts";

const MARKED = "tests!conformance!ip!ipv4_test.ts";
const UNMARKED = "tests!run.ts";

async function found(traces: Record<string, Uint8Array[]>): Promise<{ problems: string[]; onPurpose: number }> {
  const folder = await Deno.makeTempDir();
  try {
    for (const [name, packets] of Object.entries(traces)) {
      const records = packets.map((bytes) => ({ seconds: 1, fraction: 0, bytes }));
      await Deno.writeFile(`${folder}/${name}.pcap`, pcapFile(records));
    }
    const { problems, onPurpose } = await inspect(folder);
    return { problems: problems.map((problem) => problem.split(":")[0]), onPurpose };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("traces: what a stack sends must not be malformed, what a file makes only on purpose", async () => {
  if (!await requireTshark()) return;
  const packets = [udpIPv4("Hi"), malformedTCP()];
  assertEquals(await found({ [`${MARKED}.sent`]: packets, [`${MARKED}.made`]: packets }), {
    problems: ["tests/conformance/ip/ipv4_test.ts.sent.pcap"],
    onPurpose: 1,
  });
  assertEquals(await found({ [`${UNMARKED}.made`]: packets }), {
    problems: ["tests/run.ts.made.pcap"],
    onPurpose: 0,
  });
  assertEquals(await found({ [`${UNMARKED}#1-9.ts.made`]: packets }), { problems: [], onPurpose: 1 });
});

Deno.test("traces: an ICMP error may quote a packet that is cut or wrong", async () => {
  if (!await requireTshark()) return;
  const quoting = unreachable("10.0.0.9", damaged(udpIPv4("Hi"), -1), 1);
  assertEquals(await found({ [`${UNMARKED}.sent`]: [quoting] }), { problems: [], onPurpose: 0 });
});
