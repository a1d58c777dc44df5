// How tcpdump describes packets.
import { pcapFile } from "../pcap/pcap_file.ts";

let available: Promise<boolean> | undefined;

/** Whether to run checks that need tcpdump. Where it is missing: false after printing why, but under CI an error. */
export async function requireTcpdump(): Promise<boolean> {
  available ??= runTcpdump("--version").then((lines) => lines.length > 0, () => false);
  if (await available) return true;
  const reason = "tcpdump is not installed or may not be run (Debian: apt-get install tcpdump)";
  if (Deno.env.get("CI")) throw new Error(`Cannot compare descriptions: ${reason}`);
  console.log(`Skipped: ${reason}`);
  return false;
}

/** A line for each packet: numeric, without times, with absolute sequence numbers. */
export async function tcpdumpLines(packets: Uint8Array[]): Promise<string[]> {
  const path = await Deno.makeTempFile({ suffix: ".pcap" });
  try {
    await Deno.writeFile(path, pcapFile(packets.map((bytes) => ({ seconds: 1, fraction: 0, bytes }))));
    const lines = await runTcpdump("-nn", "-t", "-S", "-r", path);
    // What it cannot read it dumps in hexadecimal, in lines of their own.
    return lines.filter((line) => !line.startsWith("\t"));
  } finally {
    await Deno.remove(path);
  }
}

async function runTcpdump(...args: string[]): Promise<string[]> {
  const command = new Deno.Command("tcpdump", { args, stdin: "null", stdout: "piped", stderr: "piped" });
  const { success, stdout, stderr } = await command.output();
  if (!success) throw new Error(`tcpdump: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout).split("\n").filter((line) => line !== "");
}
