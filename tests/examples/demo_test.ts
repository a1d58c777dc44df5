// The first thing that a newcomer sees: `deno task demo`.
import { assertEquals } from "@std/assert";
import { readPCAP } from "../../mod.ts";
import { ROOT, runDeno } from "./run_example.ts";

const PCAPS = ["tcpDownloadIPv4.pcap", "udpEchoIPv4.pcap", "udpEchoIPv6.pcap"];

Deno.test("deno task demo prints three greetings, and the packets of three pcaps", async () => {
  await using pcaps = await newPCAPs();
  const { code, stdout, stderr } = await runDeno(ROOT, "task", "--quiet", "demo");
  assertEquals({ code, stderr }, { code: 0, stderr: "" });
  const counts = await Promise.all(pcaps.paths.map(countPackets));
  assertEquals(stdout, [
    ...["Hello, world!", "Hello, IPv4!", "Hello, IPv6!"],
    ...PCAPS.map((name, i) => `${name}: ${counts[i]} packets`),
  ]);
});

async function countPackets(path: string): Promise<number> {
  return readPCAP(await Deno.readFile(path)).packets.length;
}

/** The pcaps of the demo, which it writes into the project's folder; in the end those are removed that were not there before. */
async function newPCAPs(): Promise<AsyncDisposable & { paths: string[] }> {
  const paths = PCAPS.map((name) => ROOT + name);
  const before = await Promise.all(paths.map((path) => Deno.stat(path).then(() => true, () => false)));
  const ours = paths.filter((_, i) => !before[i]);
  const remove = async () => void await Promise.all(ours.map((path) => Deno.remove(path)));
  return { paths, [Symbol.asyncDispose]: remove };
}
